from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.helpdesk_contact import cleaning
from odoo.addons.portal.utils import get_portal_partner

from ..client_address import client_network
from .common_link import LinkCommon


@tagged("post_install", "-at_install")
class TestTicketLink(LinkCommon):
    """The link in ticket mails: whom it shows what, and when it ends (N05)."""

    # -- sent ---------------------------------------------------------------------

    def test_each_recipient_outside_has_a_link_of_its_own(self):
        self.ticket.user_id = self.manager
        links = self._get_links()
        anna, bernd = (links[p.email_formatted] for p in (self.anna, self.bernd))
        self.assertEqual(anna[:2], (self.ticket.id, self.anna.id))
        self.assertEqual(bernd[:2], (self.ticket.id, self.bernd.id))
        self.assertNotEqual(anna[2], bernd[2])
        self.assertIsNone(links.get(self.manager.email_formatted))
        self.assertEqual(self._open(anna), self.ticket)
        self.assertEqual(self._open(bernd), self.ticket)

    def test_acknowledgement_has_a_link(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in(email_from="Anna Huber <anna@huber.example>")
        self.assertIn("See the ticket and answer", self._mails[0]["body"])
        self.assertEqual(self._open(self._parse(self._mails[0]["body"])), ticket)

    def test_setting_off(self):
        link = self._get_link()
        self.company.helpdesk_link = False
        self.assertFalse(self._open(link))
        self.assertFalse(any(self._get_links().values()))

    def test_bare_address_has_a_link_that_outlives_its_contact(self):
        """C09: the contact that an agent makes of the address is the same person."""
        self.company.helpdesk_auto_create_contact = False
        with self.mock_mail_gateway():
            ticket = self._mail_in(email_from="Carl <carl@example.com>")
        link = self._parse(self._mails[0]["body"])
        self.assertEqual(link[1], 0)
        self.assertEqual(self._open(link), ticket)
        ticket.action_create_contact()
        self.assertEqual(self._open(link), ticket)

    def _close_for_everybody(self, ticket):
        """Return the link in each mail about the closing by address."""
        wizard = self.agent_env["helpdesk.ticket.close"].create(
            {"ticket_ids": [(6, 0, ticket.ids)], "notify": "everybody"}
        )
        with self.mock_mail_gateway():
            wizard.action_confirm()
        return {
            address: self._parse(mail["body"])
            for mail in self._mails
            for address in mail["email_to"]
        }

    def test_addresses_in_copy_have_links_of_their_own(self):
        """They are no contacts: the link names the address and not more of it."""
        self.ticket.email_cc = (
            f"Dora <dora@huber.example>, emil@huber.example, {self.manager.email}"
        )
        links = self._close_for_everybody(self.ticket)
        dora, emil = links["dora@huber.example"], links["emil@huber.example"]
        self.assertEqual(self._open(dora), self.ticket)
        self.assertEqual(self._open(emil), self.ticket)
        # D1: nobody answers as one of our users
        self.assertIsNone(links.get(self.manager.email_normalized))
        # rel-A2: of another address, another ticket with the same copies, a contact
        other = self._create_ticket(email_cc=self.ticket.email_cc)
        their = self._close_for_everybody(other)["dora@huber.example"]
        for wrong in (
            (dora[0], emil[1], dora[2]),
            (dora[0], self.anna.id, dora[2]),
            (dora[0], 0, dora[2]),
            (other.id, dora[1], dora[2]),
            (other.id, their[1], dora[2]),
            (dora[0], their[1], their[2]),
        ):
            with self.subTest(wrong=wrong):
                self.assertFalse(self._open(wrong))
        ticket, partner, address = self.env["helpdesk.ticket"]._find_by_link(*dora)
        with self.mock_mail_gateway():
            message = ticket._answer_by_link(partner, address, "Not yet", [])
        self.assertFalse(message.author_id)
        self.assertEqual(message.email_from, '"Dora" <dora@huber.example>')
        self.assertEqual(self.ticket.state, "in_progress")
        # rel-A4: ended for the one who is in copy no more
        self.ticket.email_cc = "emil@huber.example"
        self.assertFalse(self._open(dora))
        self.assertEqual(self._open(emil), self.ticket)
        self.ticket.action_end_links()
        self.assertFalse(self._open(emil))

    def test_private_message_has_no_link(self):
        """T15"""
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent)._post_private_message(
                "Secret", self.bernd, self.env["ir.attachment"]
            )
        self.assertNotIn("/helpdesk/link/", self._mails[0]["body"])

    def test_people_who_take_no_part_have_no_link(self):
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "supplier@example.com"}
        )
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).message_post(
                body="A note",
                partner_ids=supplier.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_note",
            )
        self.assertNotIn("/helpdesk/link/", self._mails[0]["body"])

    # -- break in -----------------------------------------------------------------

    def test_changed_links_open_nothing(self):
        """rel-A2, rel-A3: of another ticket, another recipient, guessed, shortened."""
        ticket_id, recipient_id, signature = self._get_link()
        other = self._create_ticket(name="Another of Anna's")
        self.assertEqual(len(signature), 64)
        for wrong in (
            (other.id, recipient_id, signature),
            (ticket_id, self.bernd.id, signature),
            (ticket_id, 0, signature),
            (ticket_id, recipient_id, signature.upper()),
            (ticket_id, recipient_id, signature[:-1]),
            (ticket_id, recipient_id, ""),
            (ticket_id, recipient_id, "é" * 64),
            (
                ticket_id,
                recipient_id,
                "0" + signature[1:] if signature[0] != "0" else "1",
            ),
            (10**12, recipient_id, signature),
            (0, 0, signature),
        ):
            with self.subTest(wrong=wrong):
                self.assertFalse(self._open(wrong))

    def test_links_of_odoo_open_nothing(self):
        """rel-A2, rel-A4: its access token and signature would never end."""
        public = self.env.ref("base.public_user")
        tickets = self.env(user=public, context={})["helpdesk.ticket"]
        address = self.ticket.get_portal_url(report_type="pdf", anchor="x")
        self.assertEqual(address, f"/my/tickets/{self.ticket.id}?report_type=pdf#x")
        self.assertEqual(self.ticket.get_portal_url(), f"/my/tickets/{self.ticket.id}")
        by_agent = self.ticket.with_user(self.agent)
        self.assertEqual(by_agent.get_portal_url(), self.ticket.get_portal_url())
        shared = by_agent._get_share_url(redirect=True, pid=self.anna.id)
        for word in ("access_token", "hash", "pid"):
            self.assertNotIn(word, shared)
        thread = self.ticket.sudo()
        given = {
            "access_token": thread._portal_ensure_token(),
            "hash": thread._sign_token(self.anna.id),
        }
        self.env.invalidate_all()  # as in the next request
        self.assertNotEqual(thread.access_token, given["access_token"])
        for access in (
            {"token": given["access_token"]},
            {"pid": self.anna.id, "hash": given["hash"]},
        ):
            with self.subTest(access=list(access)):
                self.env.invalidate_all()
                self.assertFalse(
                    tickets._get_thread_with_access(self.ticket.id, **access)
                )
                partner = get_portal_partner(
                    thread, access.get("hash"), access.get("pid"), access.get("token")
                )
                self.assertFalse(partner)

    def test_nobody_reads_or_writes_what_signs(self):
        """rel-A3: nothing of it in lists, forms or exports, also of managers."""
        ticket = self.ticket.with_user(self.manager)
        described = ticket.fields_get()
        for name in ("access_token", "link_generation"):
            self.assertNotIn(name, described)
            with self.assertRaises(AccessError):
                ticket.read([name])
            with self.assertRaises(AccessError):
                ticket.write({name: 0})

    # -- ended --------------------------------------------------------------------

    def test_ends_some_days_after_closing(self):
        link = self._get_link()
        self.company.helpdesk_link_days = 5
        self.ticket.action_close()
        self.ticket.closed_date = fields.Datetime.now() - timedelta(days=4)
        self.assertEqual(self._open(link), self.ticket)
        self.ticket.closed_date = fields.Datetime.now() - timedelta(days=6)
        self.assertFalse(self._open(link))
        self.ticket.action_reopen()
        self.assertEqual(self._open(link), self.ticket)

    def test_ended_by_an_agent(self):
        """rel-A4: at once for all recipients; the next mail has a new one."""
        links = self._get_links()
        ticket = self.ticket.with_user(self.agent)
        ticket.action_end_links()
        for link in filter(None, links.values()):
            self.assertFalse(self._open(link))
        self.assertIn("links", self.ticket.message_ids[0].body)
        self.assertTrue(self.ticket.message_ids[0]._is_helpdesk_internal())
        self.assertEqual(self._open(self._get_link()), self.ticket)

    def test_only_who_may_write_ends_links(self):
        stranger = self._create_user(
            "stranger-link", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        with self.assertRaises(AccessError):
            self.env(user=stranger, context={})["helpdesk.ticket"].browse(
                self.ticket.id
            ).action_end_links()

    def test_ended_by_another_contact(self):
        """rel-A4: also for those who follow, and not only while it is another's."""
        links = self._get_links()
        self.ticket.with_user(self.agent).partner_id = self.bernd
        self.ticket.with_user(self.agent).partner_id = self.anna
        for link in filter(None, links.values()):
            self.assertFalse(self._open(link))

    def test_ended_by_another_address(self):
        link = self._get_link()
        self.anna.email = "anna.new@huber.example"
        self.assertFalse(self._open(link))

    def test_ended_when_the_recipient_takes_no_part_any_more(self):
        link = self._get_link(self.bernd)
        self.ticket.message_unsubscribe(self.bernd.ids)
        self.assertFalse(self._open(link))

    def test_ended_when_archived(self):
        link = self._get_link()
        self.ticket.active = False
        self.assertFalse(self._open(link))

    def test_opens_nothing_for_our_own_people(self):
        """Nobody answers as one of our users."""
        link = self._get_link()
        new_test_user(
            self.env, "anna-agent", groups="base.group_user", partner_id=self.anna.id
        )
        self.assertFalse(self._open(link))

    # -- used ---------------------------------------------------------------------

    def test_answer_is_its_recipients(self):
        """T13: it moves the ticket like an answer by mail."""
        self.ticket._move("asked")
        ticket, partner, address = self.env["helpdesk.ticket"]._find_by_link(
            *self._get_link(self.bernd)
        )
        self.ticket._move("asked")
        with self.mock_mail_gateway():
            message = ticket._answer_by_link(
                partner, address, "<b>Still</b>\nbroken", [("a.txt", b"A")]
            )
        self.assertEqual(message.author_id, self.bernd)
        self.assertIn("&lt;b&gt;Still", message.body)
        self.assertEqual(message.attachment_ids.name, "a.txt")
        self.assertFalse(message._is_helpdesk_internal())
        self.assertEqual(self.ticket.state, "in_progress")

    def test_use_is_recorded_for_agents(self):
        """rel-I3"""
        for kind in ("opened", "opened", "answered"):
            self.ticket._note_visit(self.anna, self.anna.email, kind)
        visits = self.ticket.with_user(self.agent).visit_ids
        self.assertEqual(visits.mapped("kind"), ["answered", "opened"])
        self.assertEqual(visits.partner_id, self.anna)
        self.assertTrue(all(visits.mapped("create_date")))
        self.assertEqual(self.ticket.with_user(self.agent).visit_count, 2)
        with self.assertRaises(AccessError):
            visits.write({"kind": "opened"})
        stranger = self._create_user(
            "stranger-visit", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        foreign = self.env(user=stranger, context={})["helpdesk.ticket.visit"]
        self.assertFalse(foreign.search([("id", "in", visits.ids)]))

    def test_answer_to_a_merged_ticket_arrives_at_the_other(self):
        """E06"""
        link = self._get_link()
        target = self._create_ticket(name="The other")
        self.ticket._merge_into(target)
        ticket, partner, address = self.env["helpdesk.ticket"]._find_by_link(*link)
        with self.mock_mail_gateway():
            message = ticket._answer_by_link(partner, address, "Hello", [])
        self.assertEqual(message.res_id, target.id)


@tagged("post_install", "-at_install")
class TestThrottle(LinkCommon):
    """What people without an account may do in a minute (rel-H4)."""

    def test_counts_for_each_scope_and_subject(self):
        throttle = self.env["helpdesk.throttle"]
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_form", "2")
        self.assertTrue(throttle._take("form", "192.0.2.1"))
        self.assertTrue(throttle._take("form", "192.0.2.1"))
        self.assertFalse(throttle._take("form", "192.0.2.1"))
        self.assertTrue(throttle._take("form", "192.0.2.2"))
        self.assertTrue(throttle._take("link", "192.0.2.1"))

    def test_forgets(self):
        throttle = self.env["helpdesk.throttle"]
        for _time in range(5):
            throttle._take("form", "192.0.2.1")
        self.assertFalse(throttle._take("form", "192.0.2.1"))
        throttle.search([]).date = fields.Datetime.now() - timedelta(minutes=2)
        self.assertTrue(throttle._take("form", "192.0.2.1"))
        throttle.search([]).date = fields.Datetime.now() - timedelta(days=2)
        throttle._gc_counts()
        self.assertFalse(throttle.search([]))

    def test_forgets_in_parts(self):
        """A transaction deletes so many rows, and Odoo is told that there are more."""
        throttle = self.env["helpdesk.throttle"]
        throttle.search([]).unlink()
        for _time in range(3):
            throttle._take("form", "192.0.2.1")
        throttle.search([]).date = fields.Datetime.now() - timedelta(days=2)
        self.patch(cleaning, "GC_UNLINK_LIMIT", 2)
        self.assertEqual(throttle._gc_counts(), (2, True))
        self.assertEqual(throttle._gc_counts(), (1, False))

    def test_takes_all_or_nothing(self):
        """Sums of amounts; what does not fit counts for nothing."""
        self.registry_enter_test_mode()
        throttle = self.env["helpdesk.throttle"]
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("helpdesk_ticket.limit_file_size", "10")
        parameters.set_param("helpdesk_ticket.limit_form", "3")
        entry, file = ("form", "192.0.2.1", 1), ("file_size", "192.0.2.1", 6)
        self.assertTrue(throttle._take_at_once(entry, file))
        self.assertFalse(throttle._take_at_once(entry, file))
        self.assertTrue(throttle._take_at_once(entry, (*file[:2], 4)))
        self.assertTrue(throttle._take_at_once(entry, (*file[:2], 0)))
        self.assertFalse(throttle._take_at_once(entry))

    def test_a_day_has_a_sum(self):
        """Whoever stays below the limit of each minute ends at that of the day."""
        throttle = self.env["helpdesk.throttle"]
        for scope in ("form", "file_size", "file_size_all", "form_all", "form_sender"):
            with self.subTest(scope=scope):
                minutes, limit = throttle._get_limits(scope)[-1]
                self.assertEqual(minutes, 24 * 60)
                throttle._count(scope, "192.0.2.9", limit)
                row = throttle.search([], order="id desc", limit=1)
                row.date = fields.Datetime.now() - timedelta(hours=23)
                self.assertFalse(throttle._take(scope, "192.0.2.9"))
                row.date = fields.Datetime.now() - timedelta(hours=25)
                self.assertTrue(throttle._take(scope, "192.0.2.9"))

    def test_keeps_no_address(self):
        self.env["helpdesk.throttle"]._count("form", "192.0.2.1")
        rows = self.env["helpdesk.throttle"].search([], order="id desc", limit=1)
        self.assertRegex(rows.key, "^[0-9a-f]{64}$")

    def test_one_client(self):
        for one, other, same in (
            ("192.0.2.1", "192.0.2.2", False),
            ("2001:db8::1", "2001:db8::ffff:2", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("nonsense", None, True),
        ):
            with self.subTest(one=one):
                self.assertEqual(client_network(one) == client_network(other), same)
