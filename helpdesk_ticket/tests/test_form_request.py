from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TicketCommon

TEXT = "Buy <b>cheap</b> pills\nat evil.example"


@tagged("post_install", "-at_install")
class TestFormRequest(TicketCommon):
    """What becomes of what somebody wrote in the public form."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_form = True

    def _receive(self, email="anna@huber.example", files=(), **values):
        """Store an entry as the page does, as somebody without an account."""
        public = self.env.ref("base.public_user")
        entries = self.env(user=public, context={})["helpdesk.ticket.request"]
        entries._receive(
            {
                "name": "Spam subject",
                "sender_name": "Spam name",
                "email": email,
                "text": TEXT,
                "lang": "en_US",
                "company_id": self.company.id,
                **values,
            },
            list(files),
        )
        return self.env["helpdesk.ticket.request"].search([], limit=1)

    def _run(self):
        """Let the scheduled action run."""
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", return_value=9
        ):
            self.env["helpdesk.ticket.request"]._cron_process()

    def _process(self, *args, **kwargs):
        entry = self._receive(*args, **kwargs)
        with self.mock_mail_gateway():
            entry._process_guarded()
        return entry

    def test_becomes_the_ticket_of_its_contact(self):
        entry = self._process(files=[("a.txt", b"A")])
        ticket = entry.ticket_id
        self.assertEqual(entry.state, "accepted")
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.name, "Spam subject")
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_form")
        )
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.state, "unread")
        self.assertIn("&lt;b&gt;cheap", ticket.description)
        message = ticket.message_ids.filtered("attachment_ids")
        self.assertEqual(message.author_id, self.anna)
        self.assertEqual(message.attachment_ids.name, "a.txt")
        self.assertEqual(ticket._get_public_files()[ticket.id].name, "a.txt")

    def test_K06_a_text_that_does_not_tell_is_of_the_language_of_the_page(self):
        activate = self.env["res.lang"]._activate_lang
        languages = activate("en_US") | activate("fr_FR") | activate("de_DE")
        self.company.helpdesk_language_ids = languages - activate("de_DE")
        self.company.helpdesk_fallback_language_id = activate("en_US")
        for lang, text, expected in (
            ("fr_FR", "??", "fr_FR"),
            ("de_DE", "??", "en_US"),  # no support language
            ("fr_FR", "My printer has not printed since this morning.", "en_US"),
        ):
            with self.subTest(lang=lang, text=text):
                address = f"{lang.lower()}.{len(text)}@neu.example"
                entry = self._process(address, name="PC 1", text=text, lang=lang)
                self.assertEqual(entry.ticket_id.partner_id.lang, expected)

    def test_all_that_wait_are_dealt_with(self):
        """What one run leaves is announced, so that Odoo runs again at once."""
        entries = [self._receive() for _number in range(3)]
        module = "odoo.addons.helpdesk_ticket.models.intake.helpdesk_ticket_request"
        progress = type(self.env["ir.cron"])
        with (
            patch(f"{module}.MAX_PER_RUN", 2),
            patch.object(progress, "_commit_progress", return_value=9) as told,
            self.mock_mail_gateway(),
        ):
            self.env["helpdesk.ticket.request"]._cron_process()
        self.assertEqual(
            [e.state for e in entries], ["accepted", "accepted", "waiting"]
        )
        done = sum(call.args[0] for call in told.call_args_list if call.args)
        announced = [c.kwargs["remaining"] for c in told.call_args_list if c.kwargs]
        self.assertEqual(announced[-1] - done, 1)

    def test_acknowledgement_repeats_nothing(self):
        """rel-H5: neither text nor subject nor name: the address may be a victim's."""
        self._process(sender_name="Evil name")
        (mail,) = self._mails
        self.assertEqual(mail["email_to"], [self.anna.email_formatted])
        for word in ("pills", "Spam", "Evil", "evil.example"):
            self.assertNotIn(word, mail["body"])
            self.assertNotIn(word, mail["subject"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")
        self.assertIn("/helpdesk/link/", mail["body"])

    def test_acknowledgements_have_an_end(self):
        """rel-H3: whoever enters somebody's address does not flood that mailbox."""
        entries = [self._receive() for _number in range(7)]
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_form_sender", "6"
        )
        with self.mock_mail_gateway():
            for entry in entries:
                entry._process_guarded()
        self.assertEqual(len(self._mails), 5)
        self.assertEqual([e.state for e in entries], ["accepted"] * 6 + ["held"])
        self.assertFalse(entries[-1].ticket_id)
        with self.mock_mail_gateway():
            entries[-1].with_user(self.manager).action_accept()
        self.assertTrue(entries[-1].ticket_id)

    def test_unknown_address(self):
        """C09: with the setting on and off."""
        entry = self._process("carl@example.com", sender_name="Carl")
        self.assertEqual(entry.ticket_id.partner_id.name, "Carl")
        self.company.helpdesk_auto_create_contact = False
        entry = self._process("dora@example.com", sender_name="Dora")
        self.assertFalse(entry.ticket_id.partner_id)
        self.assertEqual(entry.ticket_id.partner_email, "dora@example.com")

    def test_known_addresses_only(self):
        self.company.helpdesk_form_known_only = True
        entry = self._process("carl@example.com")
        self.assertEqual(entry.state, "discarded")
        self.assertFalse(self._mails)
        self.assertFalse(entry.ticket_id)
        self.assertTrue(self._process().ticket_id)

    def test_never_acts_as_one_of_our_users(self):
        """rel-D1: anybody can enter an agent's address."""
        entry = self._process(self.agent.email)
        ticket = entry.ticket_id
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.partner_email, self.agent.email)
        self.assertEqual(ticket.state, "unread")
        self.assertNotIn(self.agent.partner_id, ticket.message_ids.author_id)
        self.company.helpdesk_form_known_only = True
        self.assertEqual(self._process(self.agent.email).state, "discarded")

    def test_primary_contact_only(self):
        """C07: on this channel too."""
        self.bernd.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        entry = self._process(files=[("a.txt", b"A")])
        self.assertFalse(entry.ticket_id)
        self.assertEqual((entry.partner_id, entry.state), (self.anna, "held"))
        to = [mail["email_to"][0] for mail in self._mails]
        self.assertIn("anna@huber.example", to[0])
        self.assertIn("bernd@huber.example", to[1])
        self.assertEqual(len(to), 2)
        with self.mock_mail_gateway():
            entry._decide("approve")
        ticket = entry.ticket_id
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(entry.state, "accepted")
        self.assertEqual(ticket._get_public_files()[ticket.id].name, "a.txt")

    def test_ignored_contact(self):
        """C08"""
        self.anna.helpdesk_ignore_email = True
        self.assertEqual(self._process().state, "discarded")

    def test_guards_in_their_order(self):
        """C08 before rel-H3 before C07: what is ignored counts for nothing, and what is
        too much asks no primary contact."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("helpdesk_ticket.limit_form_sender", "1")
        self.bernd.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.anna.helpdesk_ignore_email = True
        ignored = [self._process(name=f"Ignored {number}") for number in range(2)]
        self.assertEqual({entry.state for entry in ignored}, {"discarded"})
        self.anna.helpdesk_ignore_email = False
        asked, limited = self._process(name="Asked"), self._process(name="Limited")
        self.assertEqual((asked.partner_id, asked.state), (self.anna, "held"))
        self.assertEqual((limited.state, bool(limited.reason)), ("held", True))
        self.assertFalse(limited.partner_id or self._mails)

    def test_failure_is_kept(self):
        """E05: what fails is tried again, then somebody has to decide."""
        entry = self._receive()
        tickets = type(self.env["helpdesk.ticket"])
        logger = "odoo.addons.helpdesk_ticket.models.intake.helpdesk_ticket_request"
        with (
            patch.object(tickets, "_log", side_effect=ValueError("Oops")),
            self.mock_mail_gateway(),
            self.assertLogs(logger, "WARNING") as logs,
        ):
            entry._process_guarded()
            self.assertEqual((entry.state, entry.reason), ("waiting", "Oops"))
            self._run()
            self.assertEqual(entry.attempts, 1)  # it is not due yet
            for _attempt in range(2):
                entry.next_attempt = fields.Datetime.now()
                self._run()
        self.assertEqual((entry.state, entry.reason), ("failed", "Oops"))
        self.assertFalse(entry.next_attempt)
        self.assertNotIn("pills", str(logs.output))
        self.assertFalse(entry.ticket_id)
        with self.mock_mail_gateway():
            entry.with_user(self.manager).action_accept()
        self.assertEqual(entry.state, "accepted")
        self.assertFalse(entry.reason)

    def test_one_ticket_however_often_it_is_accepted(self):
        entry = self._process()
        with self.mock_mail_gateway():
            self.assertFalse(entry.with_user(self.manager).action_accept())
        self.assertEqual(
            self.env["helpdesk.ticket"].search_count([("name", "=", entry.name)]), 1
        )

    def test_discarded_by_a_manager(self):
        """It stays so, while what the program put aside can still be a ticket."""
        self.company.helpdesk_form_known_only = True
        entry = self._process("carl@example.com")
        self.assertTrue(entry.can_accept)
        with self.mock_mail_gateway():
            entry.with_user(self.manager).action_accept()
        self.assertTrue(entry.ticket_id)
        other = self._receive()
        other.state = "failed"
        other.with_user(self.manager).action_discard()
        self.assertEqual(other.state, "discarded")
        self.assertFalse(other.with_user(self.manager).action_accept())
        self.assertFalse(other.ticket_id)

    def test_cleaned_up(self):
        """I2: what strangers wrote, when it is dealt with; nothing else."""
        kept = self._receive(text="Kept")
        kept.state = "failed"
        entry = self._process(files=[("a.txt", b"A")])
        asked = kept.copy({"partner_id": self.anna.id, "state": "accepted"})
        ticket = entry.ticket_id
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_request SET write_date = %s",
            (fields.Datetime.now() - timedelta(days=31),),
        )
        self.env.invalidate_all()
        self.env["helpdesk.ticket.request"]._gc_requests()
        self.assertFalse(entry.exists())
        self.assertTrue(kept.exists() and asked.exists())
        self.assertEqual(ticket._get_public_files()[ticket.id].raw, b"A")

    def test_reactivates(self):
        """K10"""
        self.anna.active = False
        self._process()
        self.assertTrue(self.anna.active)

    def test_only_managers_read_entries(self):
        entry = self._receive()
        portal = new_test_user(self.env, "portal-form", groups="base.group_portal")
        stranger = self._create_user(
            "stranger-form",
            "helpdesk_contact.group_helpdesk_manager",
            self.other_company,
        )
        entries = self.env(user=stranger, context={})["helpdesk.ticket.request"]
        self.assertFalse(entries.search([("id", "=", entry.id)]))
        for user in (self.agent, portal):
            self.assertFalse(entry.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                entry.with_user(user).action_accept()
            with self.assertRaises(AccessError):
                entry.with_user(user).action_discard()
        self.assertFalse(entry.with_user(self.manager).has_access("write"))
        entry.partner_id = self.anna  # what a contact asked is for agents
        self.assertTrue(entry.with_user(self.agent).has_access("read"))
        self.assertFalse(entry.with_user(self.agent).has_access("write"))
