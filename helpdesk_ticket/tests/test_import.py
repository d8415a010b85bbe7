from datetime import datetime

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TicketCommon

COLUMNS = [
    "number",
    "name",
    "partner_email",
    "create_date",
    "create_uid",
    "closed_date",
    "stage_id",
    "channel_id",
    "user_id",
]


@tagged("post_install", "-at_install")
class TestImport(TicketCommon):
    """Tickets of another helpdesk come in as they were, and nobody is told."""

    def setUp(self):
        super().setUp()
        self.company.helpdesk_notify_closing = True
        self.mail = self.env.ref("helpdesk_ticket.channel_email")
        self.stages = {
            state: self.env["helpdesk.ticket.stage"]._get_for(
                state, self.env["helpdesk.team"], self.company
            )
            for state in ("read", "closed", "cancelled")
        }

    def _row(self, number, state="closed", **values):
        row = {
            "number": number,
            "name": f"Old {number}",
            "partner_email": "anna@huber.example",
            "create_date": "2019-03-04 08:00:00",
            "create_uid": self.manager.name,
            "closed_date": "" if state == "read" else "2019-03-05 09:30:00",
            "stage_id": self.stages[state].name,
            "channel_id": self.mail.name,
            "user_id": self.agent.name,
            **values,
        }
        return [row[name] for name in COLUMNS]

    def _load(self, user, rows, columns=COLUMNS):
        """Import rows, as a program would: without the context of the screen."""
        with self.mock_mail_gateway():
            result = self.env["helpdesk.ticket"].with_user(user).load(columns, rows)
        self.assertFalse(
            self._new_mails.filtered(lambda one: self.anna in one.recipient_ids)
        )
        return result, self.env["helpdesk.ticket"].browse(result["ids"] or ())

    def test_T01_manager_keeps_what_the_file_says(self):
        self.anna.email = "anna@huber.example"
        result, tickets = self._load(
            self.manager,
            [
                self._row("OLD-1"),
                self._row("OLD-2", "cancelled"),
                self._row("OLD-3", "read"),
            ],
        )
        self.assertFalse(result["messages"])
        self.env.invalidate_all()
        opened, closed = datetime(2019, 3, 4, 8), datetime(2019, 3, 5, 9, 30)
        for ticket, state in zip(tickets, ("closed", "cancelled", "read"), strict=True):
            with self.subTest(state):
                self.assertEqual(
                    ticket.number, f"OLD-{tickets.ids.index(ticket.id) + 1}"
                )
                self.assertEqual(ticket.create_date, opened)
                self.assertEqual(ticket.create_uid, self.manager)
                self.assertEqual(ticket.state, state)
                self.assertEqual(ticket.channel_id, self.mail)
                self.assertEqual(ticket.partner_id, self.anna)
                self.assertEqual(
                    ticket.closed_date, False if state == "read" else closed
                )
        log = self.env["helpdesk.ticket.event"].search(
            [("ticket_id", "=", tickets[0].id)], order="moment"
        )
        self.assertEqual(
            log.mapped(lambda event: (event.kind, event.moment)),
            [("opened", opened), ("closed", closed)],
        )

    def test_T01_next_ticket_gets_a_free_number(self):
        number = self._create_ticket().number
        _result, tickets = self._load(self.manager, [self._row("OLD-1"), self._row("")])
        self.assertEqual(tickets[0].number, "OLD-1")
        self.assertNotIn(tickets[1].number, ("", "/", number, "OLD-1"))

    def test_T01_number_that_is_taken_is_one_clear_sentence(self):
        taken = self._create_ticket().number
        result, tickets = self._load(self.manager, [self._row(taken)])
        self.assertFalse(tickets)
        self.assertIn("already has this reference", result["messages"][0]["message"])

    def test_T24_import_that_closes_a_ticket_tells_nobody(self):
        ticket = self._create_ticket()
        rows = [[str(ticket.id), self.stages["closed"].name, "2019-03-05 09:30:00"]]
        result, _tickets = self._load(
            self.manager, rows, [".id", "stage_id", "closed_date"]
        )
        self.assertFalse(result["messages"])
        self.assertEqual(ticket.state, "closed")
        self.assertEqual(ticket.closed_date, datetime(2019, 3, 5, 9, 30))

    def test_T01_nobody_else_sets_them(self):
        ticket = self._create_ticket()
        given = {
            "number": "OLD-1",
            "create_date": "2019-03-04 08:00:00",
            "create_uid": self.manager.id,
            "closed_date": "2019-03-05 08:00:00",
        }
        Ticket = self.agent_env["helpdesk.ticket"]
        ours = {"name": "Old", "team_id": self.team.id}
        for name, value in given.items():
            with self.subTest(name), self.assertRaises(UserError) as caught:
                Ticket.create({**ours, name: value})
            self.assertIn("Only a helpdesk manager", str(caught.exception))
            with self.subTest(name), self.assertRaises(UserError):
                ticket.with_user(self.agent).write({name: value})
            with self.subTest(name), self.assertRaises(UserError):
                # a key of the context that a program sends is no import
                ticket.with_user(self.manager).with_context(
                    helpdesk_import_kept=True
                ).write({name: value})
        result, tickets = self._load(self.agent, [self._row("OLD-1")])
        self.assertFalse(tickets)
        self.assertIn("Only a helpdesk manager", result["messages"][0]["message"])
        for name in given:
            ticket.with_user(self.agent).write({name: ticket[name]})

    def test_T01_closed_before_it_was_opened_is_refused(self):
        row = self._row("OLD-1", closed_date="2019-03-01 09:30:00")
        result, _tickets = self._load(self.manager, [row])
        self.assertIn("before it was opened", result["messages"][0]["message"])

    def test_T01_a_date_in_future_is_refused(self):
        row = self._row("OLD-1", create_date="2999-01-01 00:00:00")
        result, tickets = self._load(self.manager, [row])
        self.assertFalse(tickets)
        self.assertIn("future", result["messages"][0]["message"])

    def test_T01_a_closing_date_needs_a_closed_stage(self):
        row = self._row("OLD-1", "read", closed_date="2019-03-05 09:30:00")
        result, tickets = self._load(self.manager, [row])
        self.assertFalse(tickets)
        self.assertIn("closing date", result["messages"][0]["message"])

    def test_T01_screen_offers_them_to_managers(self):
        for user, offered in ((self.manager, True), (self.agent, False)):
            wizard = self.env["base_import.import"].with_user(user)
            names = {
                field["name"] for field in wizard.get_fields_tree("helpdesk.ticket")
            }
            for name in ("number", "create_date", "create_uid", "closed_date"):
                with self.subTest(user=user.login, name=name):
                    self.assertEqual(name in names, offered)


@tagged("post_install", "-at_install")
class TestChannel(TicketCommon):
    """How a request reached the helpdesk is known of every ticket."""

    def test_channel_of_what_agents_type_in(self):
        phone = self.env.ref("helpdesk_ticket.channel_phone")
        Ticket = self.agent_env["helpdesk.ticket"]
        for given in ({}, {"channel_id": False}):
            with self.subTest(given):
                ticket = Ticket.create(
                    {"name": "Call", "team_id": self.team.id, **given}
                )
                self.assertEqual(ticket.channel_id, phone)

    def test_channel_cannot_be_emptied(self):
        ticket = self.agent_env["helpdesk.ticket"].create(
            {"name": "Call", "team_id": self.team.id}
        )
        with self.assertRaisesRegex(UserError, "how the request reached"):
            ticket.channel_id = False
        # what has none, because its channel is gone, can still be saved
        ticket.sudo().channel_id = False
        ticket.write({"channel_id": False, "tag_ids": [Command.clear()]})
