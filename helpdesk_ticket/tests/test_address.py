import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import SENDER_ADDRESS, TicketCommon

LINK = re.compile(r"/helpdesk/address/(\d+)/([0-9a-f]+)")
NEW = "anna.huber@example.org"


@tagged("post_install", "-at_install")
class TestAddress(TicketCommon):
    """An address that a customer enters counts when it is confirmed (K03, rel-A4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry_enter_test_mode_cls()  # what is counted goes with the test
        cls.user = cls._create_portal_user(cls.anna)
        cls.stranger = cls.env["res.partner"].create(
            {"name": "Stranger", "email": "stranger@example.net"}
        )
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("auth_signup.invitation_scope", "b2c")

    def _enter(self, email, user=None):
        """Enter an address as a customer's program does: its own user's."""
        user = user or self.user
        with self.mock_mail_gateway():
            user.with_user(user).write({"email": email})
            self.env.flush_all()

    def _sign_up(self, email, name="Somebody", token=None):
        public = self.env.ref("base.public_user")
        # sudo: as Odoo's page does
        users = self.env(user=public, context={})["res.users"].sudo()
        with self.mock_mail_gateway():
            users.signup(
                {"login": email, "name": name, "password": "Secret-2026-word"}, token
            )
            self.env.flush_all()
        return self.env["res.users"].search([("login", "=", email)])

    def _get_link(self):
        return LINK.search(self._mails[-1]["body"]).groups()

    def _find(self, link):
        public = self.env.ref("base.public_user")
        partners = self.env(user=public, context={})["res.partner"]
        return partners._find_by_link(int(link[0]), 0, link[1])

    def _confirm(self):
        found = self._find(self._get_link())
        confirmed = found._confirm_address()
        self.env.invalidate_all()
        return confirmed

    def test_old_address_stays_until_the_link_is_used(self):
        self._enter(NEW)
        self.assertEqual(self.anna.email, "anna@huber.example")
        self.assertEqual([mail["email_to"] for mail in self._mails], [[NEW]])
        self.assertEqual(self._mails[0]["headers"]["Auto-Submitted"], "auto-replied")
        addresses = self.env(user=self.user)["res.partner"]._get_unconfirmed_addresses()
        self.assertEqual(addresses, [NEW])
        self.assertTrue(self._confirm())
        self.assertEqual(self.anna.email, NEW)
        self.assertFalse(self._find(self._get_link()), "a link confirms once")

    def test_address_is_no_pattern(self):
        """Else, accounts could be guessed letter by letter by what is refused."""
        new_test_user(self.env, "somebody@example.net", "base.group_portal")
        for address, may in (
            ("Somebody@Example.net", False),
            ("some%@example.net", True),
            ("some____@example.net", True),
        ):
            with self.subTest(address=address):
                self.assertEqual(self.stranger._may_have_address(address), may)

    def test_mail_of_a_stranger_stays_its_own(self):
        """A customer who entered the address of somebody new gets none of its mail."""
        self._enter("victim@example.org")
        with self.mock_mail_gateway():
            ticket = self._mail_in(email_from="Victim <victim@example.org>")
        self.assertNotEqual(ticket.partner_id, self.anna)
        self.assertFalse(self._confirm_late())
        self.assertEqual(self.anna.email, "anna@huber.example")

    def _confirm_late(self):
        """Confirm an address that became another contact's meanwhile."""
        partner = self.anna.sudo()
        self.assertTrue(partner.helpdesk_new_email)
        return partner._confirm_address()

    def test_same_sentence_for_all_that_is_refused(self):
        self.env["helpdesk.contact.address"].create(
            {"email": "further@huber.example", "partner_id": self.bernd.id}
        )
        self.env["res.partner"].create(
            {"name": "Gone", "email": "gone@example.net", "active": False}
        )
        said = set()
        for email in (
            "stranger@example.net",
            "gone@example.net",
            "bernd@huber.example",
            "further@huber.example",
            SENDER_ADDRESS,
            SENDER_ADDRESS.upper(),
            self.agent.email,
            "no address",
            "one@example.org, two@example.org",
        ):
            with self.subTest(email=email), self.assertRaises(UserError) as refused:
                self._enter(email)
            said.add(str(refused.exception))
            self.assertFalse(self.anna.sudo().helpdesk_new_email)
        self.assertEqual(len(said), 1)
        self.assertNotIn("@", said.pop())
        self.assertEqual(self.anna.email, "anna@huber.example")

    def test_same_address_needs_no_mail(self):
        self._enter("Anna@Huber.example")
        self.assertFalse(self._mails)
        self.assertFalse(self.anna.sudo().helpdesk_new_email)

    def test_address_of_somebody_else_is_not_entered(self):
        other = self._create_portal_user(self.bernd)
        with self.assertRaises(AccessError), self.mock_mail_gateway():
            other.with_user(self.user).write({"email": NEW})
        with self.assertRaises(AccessError), self.mock_mail_gateway():
            self.bernd.with_user(self.user).write({"email": NEW})
        self.assertFalse(self.bernd.sudo().helpdesk_new_email)

    def test_agents_need_no_mail(self):
        with self.mock_mail_gateway():
            self.anna.with_user(self.manager).email = NEW
        self.assertEqual(self.anna.email, NEW)
        self.assertFalse(self._mails)

    def test_link_ends(self):
        self._enter(NEW)
        number, signature = self._get_link()
        self.assertFalse(self._find((number, signature[::-1])))
        self.assertFalse(self._find((str(self.bernd.id), signature)))
        with freeze_time(fields.Datetime.now() + timedelta(hours=49)):
            self.assertFalse(self._find((number, signature)))
        self._enter("another@example.org")
        self.assertFalse(self._find((number, signature)), "another address is newer")

    def test_mail_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        modules = self.env["ir.module.module"].search(
            [("name", "=", "helpdesk_ticket")]
        )
        modules._update_translations(["de_DE"])
        self.anna.lang = "de_DE"
        self._enter(NEW)
        self.assertIn("bestätigen", self._mails[0]["subject"])
        self.assertNotIn("Confirm", self._mails[0]["body"])

    def test_limits(self):
        """rel-H3: nobody's mailbox is flooded."""
        for number in range(5):
            self._enter(f"a{number}@example.org")
        with self.assertRaises(UserError):
            self._enter("a5@example.org")

    # -- free sign-up -----------------------------------------------------------

    def test_sign_up_with_the_address_of_a_customer(self):
        """Its tickets and its mail are seen when the address is confirmed."""
        carl = self.env["res.partner"].create(
            {"name": "Carl", "email": "carl@example.org"}
        )
        ticket = self._create_ticket(partner_id=carl.id)
        user = self._sign_up("carl@example.org", name="Carl")
        self.assertFalse(user.email)
        mine = self.env(user=user, context={})["helpdesk.ticket"]
        self.assertFalse(mine.browse(ticket.id).has_access("read"))
        with self.mock_mail_gateway():
            later = self._mail_in(email_from="Carl <carl@example.org>")
        self.assertEqual(later.partner_id, carl)
        with self.assertRaises(UserError):
            mine._open_from_portal(
                {"name": "a", "description": "b"}, self.env["ir.attachment"]
            )
        found = (
            self.env["res.partner"]
            .sudo()
            .search([("helpdesk_new_email", "=", "carl@example.org")])
        )
        self.assertTrue(found._confirm_address())
        self.env.invalidate_all()
        self.assertEqual(user.partner_id, carl)
        self.assertEqual(carl.email, "carl@example.org")
        self.assertTrue(mine.browse((ticket + later).ids).has_access("read"))

    def test_sign_up_with_a_new_address(self):
        user = self._sign_up("new@example.org")
        self.assertFalse(user.email)
        self.assertEqual(self._mails[-1]["email_to"], ["new@example.org"])
        self.assertTrue(self._confirm())
        self.assertEqual(user.email, "new@example.org")

    def test_sign_up_with_an_address_that_is_refused(self):
        for email in (SENDER_ADDRESS, self.anna.email):
            with self.subTest(email=email), self.assertRaises(UserError):
                self._sign_up(email)
            users = self.env["res.users"].with_context(active_test=False)
            self.assertFalse(users.search([("login", "=", email)]))

    def test_invited_with_another_address(self):
        """Whoever was invited keeps the address until another one is confirmed."""
        self.bernd.signup_prepare()
        token = self.bernd.sudo()._generate_signup_token()
        user = self._sign_up("bernd@example.org", token=token)
        self.assertEqual(user.partner_id, self.bernd)
        self.assertEqual(self.bernd.email, "bernd@huber.example")
        self.assertTrue(self._confirm())
        self.assertEqual(self.bernd.email, "bernd@example.org")


@tagged("post_install", "-at_install")
class TestAddressPage(TicketCommon, PatientHttpCase):
    """The pages on which customers enter and confirm addresses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_portal_user(cls.anna)
        cls.form = {
            "name": "Anna Huber",
            "phone": "1",
            "street": "Road 1",
            "city": "Vienna",
            "zip": "1010",
            "country_id": str(cls.env.ref("base.at").id),
        }

    def _submit(self, **values):
        token = Request.csrf_token(self)
        return self.url_open(
            "/my/address/submit", data={**self.form, "csrf_token": token, **values}
        ).json()

    @mute_logger("odoo.http")
    def test_enter_and_confirm(self):
        self.authenticate(self.user.login, self.user.login)
        known = self.bernd.email
        self.assertIn(
            "cannot be used",
            str(self._submit(partner_id=self.anna.id, email=known)["messages"]),
        )
        self.assertTrue(self._submit(partner_id=self.anna.id, email=NEW)["redirectUrl"])
        self.assertEqual(self.anna.email, "anna@huber.example")
        self.assertEqual(self.anna.street, "Road 1")
        self.assertIn(NEW, self.url_open("/my/account").text)
        self.assertIn(NEW, self.url_open("/my/tickets").text)
        self.authenticate(None, None)
        path = "/" + self.anna.sudo()._get_confirmation_url().split("/", 3)[3]
        self.assertIn(NEW, self.url_open(path).text)
        self.assertEqual(self.anna.email, "anna@huber.example", "only looked at")
        token = {"csrf_token": Request.csrf_token(self)}
        page = self.url_open(path, data=token)
        self.assertIn("From now on", page.text)
        self.env.invalidate_all()
        self.assertEqual(self.anna.email, NEW)
        self.assertEqual(self.url_open(path, data=token).status_code, 404)

    def test_address_of_an_added_contact(self):
        self.authenticate(self.user.login, self.user.login)
        answer = self._submit(name="Ware", email=NEW, address_type="delivery")
        self.assertTrue(answer.get("redirectUrl"), answer)
        added = self.env["res.partner"].search([("name", "=", "Ware")])
        self.assertEqual(len(added), 1)
        self.assertFalse(added.email)
        self.assertEqual(added.sudo().helpdesk_new_email, NEW)
        answer = self._submit(name="Two", email=self.bernd.email)
        self.assertIn("cannot be used", str(answer["messages"]))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Two")]))

    def test_what_is_typed_is_one_line(self):
        """rel-C5: no line break of a name reaches a header of a mail, and no word of
        the form switches off how the others are checked."""
        self.authenticate(self.user.login, self.user.login)
        mine = {"partner_id": self.anna.id, "email": self.anna.email}
        answer = self._submit(**mine, name="Anna\r\nBcc: x@evil.example", city="\0Graz")
        self.assertTrue(answer["redirectUrl"], answer)
        self.assertEqual(self.anna.name, "Anna Bcc: x@evil.example")
        self.assertEqual(self.anna.city, "Graz")
        answer = self._submit(**mine, street="x" * 201)
        self.assertEqual(answer["invalid_fields"], ["street"])
        self.assertIn("200", answer["messages"][0])
        answer = self._submit(**mine, name="", verify_address_values="")
        self.assertIn("name", answer["invalid_fields"])
        self.assertEqual(self.anna.street, "Road 1")

    def test_page_that_follows_is_ours(self):
        self.authenticate(self.user.login, self.user.login)
        mine = {"partner_id": self.anna.id, "email": self.anna.email}
        for path in (
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
        ):
            with self.subTest(path=path):
                answer = self._submit(**mine, callback=path)
                self.assertEqual(answer["redirectUrl"], "/my/addresses")
                for page in (
                    self.url_open("/my/account", params={"redirect": path}),
                    self.url_open("/my/address", params={"callback": path}),
                ):
                    self.assertEqual(page.status_code, 200)
                    self.assertNotIn("evil.example", page.text)
                    self.assertNotIn("alert(1)", page.text)
        page = self.url_open("/my/account", params={"redirect": "/my/tickets?a=1"})
        self.assertIn("/my/tickets?a=1", page.text)
