import ast
from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestEveryday(TicketCommon):
    """What people and programs do any day, and what they expect."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.partner"].create(
            {"name": "Other Works", "is_company": True, "email": "o@other.example"}
        )

    def _create_contract(self, customer, **values):
        return self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": customer.id,
                "company_id": self.company.id,
                "line_recurrence": False,
                "date_start": date(2026, 1, 1),
                **values,
            }
        )

    # -- another customer (T08) --------------------------------------------------------

    def _check_former_contact_reads_nothing(self, ticket):
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.partner_email)
        with self.mock_mail_gateway():
            self._answer(ticket, "The password of Other Works")
        self.assertNotIn(
            self.anna.email, str(self._mails) + str(self._new_mails.mapped("email_to"))
        )
        self.assertNotIn(self.anna, self._new_mails.recipient_ids)

    def test_T08_the_former_contact_gets_no_mail_for_the_next_customer(self):
        ticket = self._create_ticket()
        ticket.with_user(self.agent).write(
            {"partner_id": False, "customer_id": self.other.id}
        )
        self._check_former_contact_reads_nothing(ticket)

    def test_T08_nor_when_the_form_lets_go_of_it(self):
        ticket = self._create_ticket()
        with Form(ticket.with_user(self.agent)) as form:
            form.customer_id = self.other
        self._check_former_contact_reads_nothing(ticket)

    def test_C09_a_contact_taken_off_alone_leaves_its_address(self):
        ticket = self._create_ticket()
        ticket.with_user(self.agent).partner_id = False
        self.assertEqual(ticket.partner_email, self.anna.email)

    # -- who has left (T10) ------------------------------------------------------------

    def test_T10_an_alias_that_names_a_former_colleague_still_opens_tickets(self):
        self.team.alias_name = "printers"
        alias = self.team.alias_id
        defaults = ast.literal_eval(alias.alias_defaults)
        alias.alias_defaults = repr({**defaults, "user_id": self.agent.id})
        self.agent.active = False
        intake = self.env["helpdesk.intake"]
        request = self.env["helpdesk.ticket"]._prepare_request(
            {
                "email_from": "new@sender.example",
                "subject": "Help",
                "body": "It blinks",
            },
            self.company,
            ast.literal_eval(alias.alias_defaults),
        )
        values = intake._prepare_ticket_values(request, self.env["res.partner"])
        self.assertFalse(values["user_id"])
        self.assertEqual(values["team_id"], self.team.id)

    # -- programs ----------------------------------------------------------------------

    def test_what_programs_send_is_refused_in_words(self):
        ticket = self._create_ticket().with_user(self.agent)
        for values, words in (
            ({"partner_id": "Anna"}, "“Anna” cannot be used for “Contact”"),
            ({"type_id": "abc"}, "a number"),
            ({"partner_id": [self.anna.id, "Anna"]}, "a number"),
            ({"partner_id": True}, "a number"),
            ({"name": 5}, "“5” cannot be used for “Subject”. Enter a text"),
            ({"description": ["x"]}, "Enter a text"),
            ({"email_cc": ["a@guest.example"]}, "Enter a text"),
            ({"partner_email": {"a": 1}}, "Enter a text"),
            ({"tag_ids": "urgent"}, "Enter a list of the IDs"),
            ({"tag_ids": 5}, "Enter a list of the IDs"),
            ({"tag_ids": ["urgent"]}, "Enter a list of the IDs"),
            ({"tag_ids": [[6, 0, ["urgent"]]]}, "Enter a list of the IDs"),
            ({"tag_ids": [[4, "urgent", 0]]}, "Enter a list of the IDs"),
            ({"name": "x" * 501}, "too long: use at most 500 characters"),
            ({"stage_id": False}, "“Stage” cannot be empty"),
            ({"stage_id": None}, "“Stage” cannot be empty"),
            ({"company_id": False}, "“Company” cannot be empty"),
            ({"closed_date": "yesterday"}, "set by the helpdesk itself"),
            ({"answered_date": "yesterday"}, "set by the helpdesk itself"),
            ({"partner_email": f"{'x' * 300}@a.example"}, "not an e-mail address"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, words):
                ticket.write(values)
        self.assertEqual(ticket.partner_id, self.anna)
        for values, words in (
            ({"description": "No subject"}, "Enter a subject"),
            ({"name": "New", "partner_id": "Anna"}, "cannot be used for"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, words):
                ticket.create(values)

    def test_T13_a_stage_of_another_team_is_refused(self):
        ticket = self._create_ticket().with_user(self.agent)
        team = self.team.copy({"name": "Workshop"})
        bench = self.env["helpdesk.ticket.stage"].create(
            {"name": "On the bench", "state": "in_progress", "team_ids": team.ids}
        )
        for way in (
            lambda: ticket.write({"stage_id": bench.id}),
            lambda: ticket.create({"name": "x", "stage_id": bench.id}),
            lambda: ticket.with_context(default_stage_id=bench.id).create(
                {"name": "x"}
            ),
        ):
            with self.assertRaisesRegex(ValidationError, "a stage of other teams"):
                way()
        ticket.write({"team_id": team.id, "stage_id": bench.id})
        self.assertEqual(ticket.stage_id, bench)
        ticket.team_id = self.team
        self.assertNotEqual(ticket.stage_id, bench)
        team.active = False  # it keeps its stages for itself
        with self.assertRaisesRegex(ValidationError, "a stage of other teams"):
            ticket.stage_id = bench

    def test_T11_T16_project_and_location_of_another_customer_are_refused(self):
        ticket = self._create_ticket().with_user(self.agent)
        branch = self.env["res.partner"].create(
            {
                "name": "Branch",
                "is_company": True,
                "parent_id": self.customer.id,
                "email": "branch@huber.example",
            }
        )
        make = {
            "project_id": lambda owner: self.env["project.project"].create(
                {"name": "Theirs", "partner_id": owner.id}
            ),
            "fsm_location_id": lambda owner: self.env["fsm.location"].create(
                {"name": "Theirs", "owner_id": owner.id}
            ),
        }
        for name, create in make.items():
            foreign = create(self.other)
            with self.subTest(name):
                with self.assertRaisesRegex(ValidationError, "belongs to Other Works"):
                    ticket[name] = foreign
                with self.assertRaisesRegex(ValidationError, "belongs to Other Works"):
                    ticket.create(
                        {"name": "x", "partner_id": self.anna.id, name: foreign.id}
                    )
                for owner in (self.customer, self.anna, branch):
                    ticket[name] = own = create(owner)
                    self.assertEqual(ticket[name], own)
                ticket.write({"partner_id": False, "customer_id": self.other.id})
                self.assertFalse(ticket[name])
                ticket[name] = foreign
                ticket.write({"partner_id": self.anna.id, name: False})
        # of a team's or contract's default only what fits is taken
        self.team.project_id = make["project_id"](self.other)
        self.assertFalse(self._create_ticket().project_id)
        ticket = self._create_ticket(partner_id=False, customer_id=self.other.id)
        self.assertEqual(ticket.project_id, self.team.project_id)

    def test_T13_a_stage_that_is_kept_to_one_team_leaves_the_others(self):
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "On the bench", "state": "in_progress"}
        )
        team = self.team.copy({"name": "Workshop"})
        tickets = {
            one: self._create_ticket(team_id=one.id, stage_id=stage.id)
            for one in (team, self.team, team.browse())
        }
        tickets[self.team].active = False
        stage.team_ids = team
        self.assertEqual(tickets[team].stage_id, stage)
        for one in (self.team, team.browse()):
            self.assertNotEqual(tickets[one].stage_id, stage)
            self.assertEqual(tickets[one].state, "in_progress")

    def test_T11_an_archived_project_is_no_default(self):
        project = self.env["project.project"].create({"name": "Former"})
        self.team.project_id = project
        self.assertEqual(self._create_ticket().project_id, project)
        project.active = False
        self.assertFalse(self._create_ticket().project_id)

    def test_K03_more_people_in_copy_than_anybody_types(self):
        ticket = self._create_ticket().with_user(self.agent)
        copies = [f"p{number}@many.example" for number in range(500)]
        for way in (
            lambda: ticket.write({"email_cc": ", ".join(copies)}),
            lambda: ticket.create({"name": "x", "email_cc": ";".join(copies)}),
        ):
            with self.assertRaisesRegex(UserError, "500 addresses are too many"):
                way()
        ticket.email_cc = ", ".join(copies[:50])
        with self.assertRaisesRegex(UserError, "not an e-mail address"):
            ticket.email_cc = "nonsense"
        ticket.reply_to = "Anna\0 <anna@huber.example>"
        self.assertEqual(ticket.reply_to, "Anna  <anna@huber.example>")
        for address in ("anna\0@huber.example", "anna@hu\0ber.example"):
            with self.assertRaisesRegex(UserError, "not an e-mail address"):
                ticket.partner_email = address

    def test_what_programs_post_is_refused_in_words(self):
        ticket = self._create_ticket().with_user(self.agent)
        for values, words in (
            ({"body": 5}, "Write a message"),
            ({"body": ["x"]}, "Write a message"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, words):
                ticket.message_post(message_type="comment", **values)

    def test_T08_an_address_that_changes_hands(self):
        """What was asked for at the former address does not go to its next owner."""
        ticket = self._create_ticket(reply_to="Anna <Anna@huber.example>")
        elsewhere = self._create_ticket(reply_to="secretary@huber.example")
        self.anna.email = "anna.new@huber.example"
        self.bernd.email = "anna@huber.example"
        self.assertFalse(ticket.reply_to)
        self.assertEqual(elsewhere.reply_to, "secretary@huber.example")
        with self.mock_mail_gateway():
            self._answer(ticket)
        [mail] = self._mails
        self.assertIn("anna.new@huber.example", mail["email_to"][0])

    def test_T25_nothing_is_no_answer(self):
        ticket = self._create_ticket(user_id=self.agent.id)
        for body in ("", False, "<p><br></p>", "   "):
            with (
                self.subTest(body),
                self.mock_mail_gateway(),
                self.assertRaisesRegex(UserError, "Write a message"),
            ):
                self._answer(ticket, body)
            self.assertFalse(self._new_mails)
        self.assertFalse(ticket.answered_date)
        file = self.agent_env["ir.attachment"].create({"name": "how.txt", "raw": b"so"})
        ticket.with_user(self.agent).message_post(
            body="",
            attachment_ids=file.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertTrue(ticket.answered_date)

    def test_T17_a_program_closes_without_saying_who_is_told(self):
        ticket = self._create_ticket()
        dialog = self.agent_env["helpdesk.ticket.close"].create(
            {"ticket_ids": [(6, 0, ticket.ids)]}
        )
        dialog.action_confirm()
        self.assertEqual(ticket.state, "closed")

    # -- contracts and calendars -------------------------------------------------------

    def test_T12_a_contract_that_another_customer_takes_over_leaves_open_tickets(self):
        contract = self._create_contract(self.customer)
        opened, closed = self._create_ticket(), self._create_ticket()
        closed.action_close()
        self.assertEqual(opened.contract_id, contract)
        contract.partner_id = self.other
        self.assertFalse(opened.contract_id)
        self.assertEqual(closed.contract_id, contract)

    def test_T25_a_calendar_that_promises_are_counted_in_stays(self):
        calendar = self.env["resource.calendar"].create({"name": "Days"})
        policy = self.env["helpdesk.sla"].create(
            {"name": "Quick", "answer_hours": 4, "calendar_id": calendar.id}
        )
        with self.assertRaisesRegex(UserError, "Days cannot be deleted"):
            calendar.unlink()
        policy.calendar_id = False
        self.company.helpdesk_calendar_id = calendar
        with self.assertRaisesRegex(UserError, "Days cannot be deleted"):
            calendar.unlink()
        self.company.helpdesk_calendar_id = False
        self.assertTrue(calendar.unlink())
