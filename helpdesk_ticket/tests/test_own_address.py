from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SENDER_ADDRESS, TicketCommon


@tagged("post_install", "-at_install")
class TestOwnAddress(TicketCommon):
    """Which addresses are our own: one list, one opinion (N02, E06, E07)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Own = cls.env["helpdesk.own.address"]
        cls.mailbox = cls.env["fetchmail.server"].create(
            {
                "name": "Info",
                "server_type": "imap",
                "server": "mail.helpdesk.example",
                "user": "info@helpdesk.example",
            }
        )

    def _is_own(self, address):
        return self.Own._is_own(address)

    def test_what_is_our_own(self):
        domain = self.company.alias_domain_id
        self.team.write({"alias_name": "printers", "alias_domain_id": domain.id})
        for address in (
            SENDER_ADDRESS,
            "Info <INFO@helpdesk.example>",
            domain.catchall_email,
            domain.bounce_email,
            domain.default_from_email,
            self.team.alias_email,
            "support+berlin@helpdesk.example",
            f"printers+de@{domain.name}",
        ):
            self.assertTrue(self._is_own(address), address)
        for address in ("anna@huber.example", "lena@helpdesk.example", "x", "", False):
            self.assertFalse(self._is_own(address), address)

    def test_changes_are_seen(self):
        """The list is kept in memory until one of its sources changes."""
        self.assertFalse(self._is_own("help@helpdesk.example"))
        self.mailbox.user = "help@helpdesk.example"
        self.assertTrue(self._is_own("help@helpdesk.example"))
        self.assertFalse(self._is_own("info@helpdesk.example"))
        self.mailbox.active = False
        self.assertFalse(self._is_own("help@helpdesk.example"))
        self.company.helpdesk_sender_address = "us@helpdesk.example"
        self.assertTrue(self._is_own("us@helpdesk.example"))
        row = self.Own.create({"email": "Group <all@helpdesk.example>"})
        self.assertTrue(self._is_own("all@helpdesk.example"))
        row.unlink()
        self.assertFalse(self._is_own("all@helpdesk.example"))

    def test_our_domains(self):
        """Those in which nobody else has addresses, so none of a free provider."""
        self.mailbox.user = "our.helpdesk@gmail.com"
        own = self.Own._get_own()
        self.assertTrue(own.has_domain("lists.helpdesk.example"))
        self.assertTrue(own.names("support.helpdesk.example"))
        self.assertFalse(own.has_domain("nothelpdesk.example"))
        self.assertFalse(own.has_domain("gmail.com"))

    def test_learning(self):
        """E06: the mail server's aliases, but nobody's own address."""
        self.Own._learn(
            ["hilfe+x@helpdesk.example", "anna@huber.example", SENDER_ADDRESS],
            self.company,
        )
        row = self.Own.search([("is_learned", "=", True)])
        self.assertEqual(row.mapped("email"), ["hilfe@helpdesk.example"])
        self.assertEqual(row.company_id, self.company)
        self.assertTrue(self._is_own("hilfe@helpdesk.example"))
        self.assertFalse(self._is_own("anna@huber.example"))
        self.Own._learn(["hilfe@helpdesk.example"], self.company)
        self.assertEqual(self.Own.search_count([("is_learned", "=", True)]), 1)

    def test_contacts_that_were_made_of_groups(self):
        """A contact of our own domain without a user is none; users are people."""
        self.env["res.partner"].create({"name": "x", "email": "hilfe@helpdesk.example"})
        self.agent.partner_id.email = "lena@helpdesk.example"
        addresses = ["hilfe@helpdesk.example", "lena@helpdesk.example"]
        self.Own._learn(addresses, self.company)
        self.assertTrue(self._is_own("hilfe@helpdesk.example"))
        self.assertFalse(self._is_own("lena@helpdesk.example"))

    def test_archived_address_stays_out(self):
        """It is somebody's after all: a manager says so once."""
        self.Own._learn(["hilfe@helpdesk.example"], self.company)
        self.Own.search([("is_learned", "=", True)]).action_archive()
        self.assertFalse(self._is_own("hilfe@helpdesk.example"))
        self.Own._learn(["hilfe@helpdesk.example"], self.company)
        self.assertFalse(self._is_own("hilfe@helpdesk.example"))

    def test_what_may_be_entered(self):
        for email in ("nobody", "anna@huber.example", self.agent.email):
            with self.assertRaises(ValidationError):
                self.Own.create({"email": email})

    @mute_logger("odoo.sql_db")
    def test_once(self):
        self.Own.create({"email": "all@helpdesk.example"})
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.Own.create({"email": "ALL@helpdesk.example"})

    def test_agents_change_nothing(self):
        with self.assertRaises(AccessError):
            self.Own.with_user(self.agent).create({"email": "all@helpdesk.example"})
        self.Own.with_user(self.manager).create({"email": "all@helpdesk.example"})

    # -- tickets -----------------------------------------------------------------------

    def _with_copies(self):
        self.Own.create({"email": "hilfe@helpdesk.example"})
        with self.mock_mail_gateway():
            return self._mail_in(
                Cc="Our group <hilfe@helpdesk.example>, Ina Berg <ina@berg.example>, "
                "support+berlin@helpdesk.example, info@helpdesk.example"
            )

    def test_in_copy(self):
        """E06: our own addresses are put in no copy; people keep their names."""
        ticket = self._with_copies()
        self.assertIn("Ina Berg", ticket.email_cc)
        self.assertNotIn("helpdesk.example", ticket.email_cc)
        self.assertFalse(
            ticket.message_partner_ids.filtered(
                lambda partner: "helpdesk.example" in (partner.email or "")
            )
        )
        with self.mock_mail_gateway():
            self._mail_in(
                "Re: it",
                In_Reply_To=ticket.message_ids.sorted("id")[0].message_id,
                Cc="hilfe@helpdesk.example, Jo <jo@berg.example>",
            )
        self.assertIn("jo@berg.example", ticket.email_cc)
        self.assertNotIn("hilfe@", ticket.email_cc)

    def test_proposed_to_nobody(self):
        """E06: neither as recipients, nor do they become contacts."""
        ticket = self._with_copies()
        first = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        # a mail of the time when the address was not known yet
        first.incoming_email_to = "hilfe@helpdesk.example, jo@berg.example"
        found = ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True, no_create=False
        )
        emails = {one["email"] for one in found}
        self.assertIn("jo@berg.example", emails)
        self.assertIn("ina@berg.example", emails)
        self.assertFalse([email for email in emails if "helpdesk.example" in email])
        contacts = self.env["res.partner"].search(
            [("email_normalized", "in", ["hilfe@helpdesk.example"])]
        )
        self.assertFalse(contacts)

    def test_own_company_as_contact_gets_no_notice(self):
        """rel-H2: it would come back."""
        self.company.partner_id.email = SENDER_ADDRESS
        with self.mock_mail_gateway():
            self.env["helpdesk.ticket"].create(
                {"name": "For us", "partner_id": self.company.partner_id.id}
            )
        self.assertFalse(
            self._new_mails.filtered(lambda m: m.message_type == "auto_comment")
        )
