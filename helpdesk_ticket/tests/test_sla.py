from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user

from .common_deadline import DeadlineCommon


class TestSla(DeadlineCommon):
    """T25, T26: which promise a ticket has."""

    def test_T25_setting_on_and_off(self):
        ticket = self._ticket_at("03-02 09:00")
        self.assertFalse(ticket.answer_deadline)
        self.company.helpdesk_answer_hours = 2
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.answer_deadline, "03-02 11:00")
        self.assertFalse(ticket.action_deadline)

    def test_T26_setting_on_and_off(self):
        ticket = self._ticket_at("03-02 09:00")
        self.assertFalse(ticket.action_deadline)
        self.company.helpdesk_action_hours = 24
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.action_deadline, "03-03 09:00")
        self.assertFalse(ticket.answer_deadline)

    def test_T25_T26_setting_counts_working_hours(self):
        self.company.write(
            {
                "helpdesk_answer_hours": 4,
                "helpdesk_action_hours": 10,
                "helpdesk_calendar_id": self.calendar.id,
            }
        )
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.answer_deadline, "03-02 14:00")
        self.assertMoment(ticket.action_deadline, "03-03 11:00")

    def test_T25_settings_are_on_the_page(self):
        settings = Form(self.env["res.config.settings"].with_company(self.company))
        settings.helpdesk_answer_hours = 3
        settings.save().execute()
        self.assertEqual(self.company.helpdesk_answer_hours, 3)

    def test_T25_policy_says_everything(self):
        """A policy without a promise is an exemption from the settings."""
        self.company.helpdesk_answer_hours = 2
        self._create_sla(answer_hours=0, severity_ids=[(6, 0, self.severity.ids)])
        self.assertTrue(self._create_ticket().answer_deadline)
        burning = self._create_ticket(severity_id=self.severity.id)
        self.assertFalse(burning.answer_deadline)
        self.assertTrue(burning.solution_deadline)

    def test_T25_every_criterion(self):
        topic = self.env["helpdesk.ticket.topic"].create({"name": "Hardware"})
        below = topic.create({"name": "Printer", "parent_id": topic.id})
        request_type = self.env["helpdesk.ticket.type"].create({"name": "Order"})
        team = self.team.copy({"name": "Second level"})
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        colleague = other.create({"name": "Otto", "parent_id": other.id})
        cases = {
            "type_ids": (request_type, {"type_id": request_type.id}),
            "topic_ids": (topic, {"topic_id": below.id}),
            "severity_ids": (self.severity, {"severity_id": self.severity.id}),
            "customer_ids": (other, {"partner_id": colleague.id}),
            "contract_ids": (contract, {"contract_id": contract.id}),
            "team_ids": (team, {"team_id": team.id}),
        }
        plain = self._create_ticket(contract_id=False)
        for names, (scope, values) in cases.items():
            with self.subTest(criterion=names):
                sla = self._create_sla(name=names, **{names: [(6, 0, scope.ids)]})
                self.assertEqual(self._create_ticket(**values).sla_id, sla)
                plain._renew_deadlines()
                self.assertFalse(plain.sla_id)
                sla.active = False

    def test_T25_all_criteria_together(self):
        sla = self._create_sla(
            severity_ids=[(6, 0, self.severity.ids)],
            customer_ids=[(6, 0, self.customer.ids)],
        )
        self.assertFalse(self._create_ticket().sla_id)
        ticket = self._create_ticket(severity_id=self.severity.id)
        self.assertEqual(ticket.sla_id, sla)
        ticket.partner_id = self.env["res.partner"].create({"name": "Somebody"})
        self.assertFalse(ticket.sla_id)

    def test_T25_first_of_the_list_counts(self):
        second = self._create_sla(name="Second", sequence=20)
        first = self._create_sla(name="First", sequence=10)
        ticket = self._create_ticket()
        self.assertEqual(ticket.sla_id, first)
        first.sequence = 30
        ticket._renew_deadlines()
        self.assertEqual(ticket.sla_id, second)

    def test_T25_change_of_the_ticket_changes_the_promise(self):
        self._create_sla(
            name="Fast",
            sequence=1,
            answer_hours=1,
            severity_ids=[(6, 0, self.severity.ids)],
        )
        self._create_sla()
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        with self._at("03-02 09:30"):
            ticket.severity_id = self.severity
        self.assertMoment(ticket.answer_deadline, "03-02 10:00")

    def test_archived_policy_keeps_its_promises(self):
        old = self._create_sla(sequence=1)
        ticket = self._ticket_at("03-02 09:00")
        new = self._create_sla(name="New", answer_hours=1)
        old.active = False
        ticket._renew_deadlines()
        self.assertEqual(ticket.sla_id, old)
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertEqual(self._create_ticket().sla_id, new)

    def test_mail_import_api_and_form_give_the_same(self):
        sla = self._create_sla(customer_ids=[(6, 0, self.customer.ids)])
        self.anna.email = "anna@huber.example"
        Ticket = self.agent_env["helpdesk.ticket"].with_company(self.company)
        with self._at("03-02 09:00"):
            form = Form(Ticket)
            form.name = "By hand"
            form.partner_id = self.anna
            loaded = Ticket.load(
                ["name", "partner_id/.id"], [["Loaded", str(self.anna.id)]]
            )
            tickets = form.save() | Ticket.browse(loaded["ids"])
            tickets |= Ticket.create({"name": "API", "partner_id": self.anna.id})
            tickets |= self._mail_in().with_user(self.agent)
        self.assertEqual(len(tickets), 4)
        for ticket in tickets:
            self.assertEqual(ticket.sla_id, sla)
            self.assertMoment(ticket.answer_deadline, "03-02 13:00")

    def test_hours_must_be_possible(self):
        for values in (
            {"answer_hours": -1},
            {"solution_hours": 9000},
            {"answer_hours": 8, "solution_hours": 4},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._create_sla(**values)
        with self.assertRaises(ValidationError):
            self.company.helpdesk_action_hours = -2

    def test_calendar_needs_working_hours(self):
        empty = self.calendar.copy({"attendance_ids": []})
        empty.attendance_ids.unlink()
        with self.assertRaises(ValidationError):
            self._create_sla(calendar_id=empty.id)
        with self.assertRaises(ValidationError):
            self.company.helpdesk_calendar_id = empty

    def test_deleted_customer_does_not_widen_the_scope(self):
        """K12: a policy for one customer is not for all when that one is gone."""
        gone = self.env["res.partner"].create({"name": "Gone", "is_company": True})
        only = self._create_sla(customer_ids=[(6, 0, gone.ids)])
        both = self._create_sla(customer_ids=[(6, 0, (gone + self.customer).ids)])
        gone.unlink()
        self.assertFalse(only.active)
        self.assertTrue(both.active)

    def test_access(self):
        sla = self._create_sla()
        self.assertEqual(sla.with_user(self.agent).name, "Gold")
        with self.assertRaises(AccessError):
            sla.with_user(self.agent).answer_hours = 1
        sla.with_user(self.manager).answer_hours = 1
        portal = new_test_user(self.env, "sla_portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            sla.with_user(portal).read(["name"])
        with self.assertRaises(AccessError):
            ticket = self._create_ticket()
            ticket.with_user(portal).get_deadline_explanation("answer")

    def test_T25_policy_that_moves_to_another_company(self):
        """Tickets of the company that it leaves follow the next policy."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        sla, second = self._create_sla(), self._create_sla(name="Silver")
        before = self._create_ticket()
        self.assertEqual(before.sla_id, sla)
        sla.company_id = other
        self.assertEqual(self._create_ticket().sla_id, second)
        self._run_cron("ir_cron_sla_recompute")
        self.assertEqual(before.sla_id, second)

    def test_another_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        sla = self._create_sla(company_id=other.id)
        self.assertFalse(self._create_ticket().sla_id)
        self.assertFalse(
            self.env["helpdesk.sla"]
            .with_user(self.manager)
            .with_company(self.company)
            .search([("id", "=", sla.id)])
        )
        with self.assertRaises(AccessError):
            sla.with_user(self.manager).with_company(self.company).read(["name"])
