from odoo.tests import tagged

from .common import TicketCommon

GERMAN = "Guten Tag, seit heute Morgen kann ich mich nicht mehr anmelden."
FRENCH = "Bonjour, depuis ce matin je n'arrive plus à me connecter à mon compte."
ITALIAN = "Buongiorno, da questa mattina non riesco più ad accedere al mio account."


@tagged("post_install", "-at_install")
class TestNewSender(TicketCommon):
    """What a mail does to the profile of its sender."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.languages = cls.env["res.lang"].concat(
            *(
                cls.env["res.lang"]._activate_lang(code)
                for code in ("de_DE", "fr_FR", "en_US")
            )
        )
        cls.company.helpdesk_language_ids = cls.languages
        cls.company.helpdesk_fallback_language_id = cls.languages[2]

    def _new_sender(self, body, email_from="New <new@unknown.example>"):
        with self.mock_mail_gateway():
            return self._mail_in(subject="x", email_from=email_from, body=body)

    def test_K06_language_of_the_first_mail(self):
        partner = self._new_sender(GERMAN).partner_id
        self.assertEqual(partner.lang, "de_DE")
        self.assertEqual(partner.helpdesk_language_id, self.languages[0])

    def test_K06_unsupported_language_gets_the_fallback(self):
        self.assertEqual(self._new_sender(ITALIAN).partner_id.lang, "en_US")

    def test_K06_language_that_is_installed_but_not_supported(self):
        self.company.helpdesk_language_ids = self.languages[0] + self.languages[2]
        self.assertEqual(self._new_sender(FRENCH).partner_id.lang, "en_US")

    def test_K06_later_mail_changes_nothing(self):
        partner = self._new_sender(GERMAN).partner_id
        self._new_sender(FRENCH)
        self.assertEqual(partner.lang, "de_DE")

    def test_K05_notifications_in_the_support_language(self):
        self.anna.helpdesk_language_id = self.languages[1]
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_opened")
        template.with_context(lang="fr_FR").subject = "Ouvert [{{ object.number }}]"
        with self.mock_mail_gateway():
            self._mail_in(body="x")
        self.assertIn("Ouvert", self._mails[0]["subject"])

    def test_K10_request_reactivates_its_sender(self):
        self.customer.active = False
        self.anna.active = False
        with self.mock_mail_gateway():
            ticket = self._mail_in(subject="I am back")
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertTrue(self.anna.active)
        self.assertTrue(self.customer.active)
        self.assertIn("I am back", self.anna.message_ids[0].body)

    def test_K10_language_that_was_deactivated_meanwhile(self):
        """Who comes back, and who is new, is written to in one that is there."""
        self.anna.lang = "fr_FR"
        self.company.helpdesk_fallback_language_id = self.languages[1]
        self.anna.active = False
        self.env["res.partner"].search([("lang", "=", "fr_FR")]).lang = "en_US"
        self.env["res.lang"]._lang_get("fr_FR").active = False
        self.assertEqual(self.anna.lang, "en_US")
        with self.mock_mail_gateway():
            self.assertEqual(self._mail_in().partner_id, self.anna)
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(self._new_sender(ITALIAN).partner_id.lang, "en_US")

    def test_K10_name_of_the_mail_is_text(self):
        """rel-C3"""
        self.anna.active = False
        with self.mock_mail_gateway():
            self._mail_in(subject="<img src=x onerror=alert(1)>")
        self.assertNotIn("<img", self.anna.message_ids[0].body)

    def test_C09_domain_of_two_customers_is_said_on_the_ticket(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        for owner in (self.customer, other):
            owner.helpdesk_domain_ids = [(0, 0, {"name": "shared.example"})]
        ticket = self._new_sender(GERMAN, "x@shared.example")
        self.assertFalse(ticket.partner_id.parent_id)
        notes = " ".join(ticket.message_ids.mapped("body"))
        self.assertIn("belongs to several customers", notes)

    def test_K03_agent_teaches_a_further_address(self):
        self.company.helpdesk_auto_create_contact = False
        ticket = self._new_sender(GERMAN, "Anna <anna@private.example>")
        ticket = ticket.with_user(self.agent)
        self.assertFalse(ticket.sender_is_unknown)
        ticket.partner_id = self.anna
        self.assertTrue(ticket.sender_is_unknown)
        ticket.action_learn_sender_address()
        self.assertFalse(ticket.sender_is_unknown)
        again = self._new_sender(GERMAN, "anna@private.example")
        self.assertEqual(again.partner_id, self.anna)
