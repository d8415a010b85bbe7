from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, warmup

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestProject(TicketCommon):
    """T11: projects and tasks of tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.group_ids += cls.env.ref("project.group_project_user")
        cls.project = cls.env["project.project"].create(
            {"name": "Relocation", "company_id": cls.company.id}
        )
        cls.ticket = cls._create_ticket(
            project_id=cls.project.id, description="<p>It only blinks.</p>"
        )

    def _create_task(self, ticket=None):
        ticket = (ticket or self.ticket).with_user(self.agent)
        return self.env["project.task"].browse(ticket.action_create_task()["res_id"])

    def test_no_task_of_a_hidden_ticket(self):
        """rel-A7: whoever has a list of tasks of its own would have them in a ticket
        that it must not see."""
        self.team.visibility = "members"
        hidden = {"helpdesk_ticket_id": self.ticket.id}
        for login, groups in (
            ("plain", "base.group_user"),
            ("outside", "helpdesk_contact.group_helpdesk_user"),
        ):
            groups = f"{groups},project.group_project_user"
            tasks = self.env["project.task"].with_user(self._create_user(login, groups))
            task = tasks.create({"name": "Mine"})
            for call in (
                lambda tasks, task: task.write(hidden),
                lambda tasks, task: tasks.create({"name": "x", **hidden}),
                lambda tasks, task: tasks.with_context(
                    default_helpdesk_ticket_id=self.ticket.id
                ).create({"name": "x"}),
            ):
                with self.subTest(login), self.assertRaises(UserError):
                    call(tasks, task)
        self.assertFalse(self.ticket.task_ids)

    def test_task_takes_over_the_ticket(self):
        task = self._create_task()
        self.assertRecordValues(
            task,
            [
                {
                    "helpdesk_ticket_id": self.ticket.id,
                    "name": "Printer does not print",
                    "project_id": self.project.id,
                    "partner_id": self.anna.id,
                }
            ],
        )
        self.assertIn("It only blinks.", task.description)
        self.assertIn(self.ticket.number, task.message_ids.mapped("body")[0])
        self.assertTrue(
            any(task.name in body for body in self.ticket.message_ids.mapped("body"))
        )

    def test_both_ways(self):
        task = self._create_task().with_user(self.agent)
        ticket = self.ticket.with_user(self.agent)
        self.assertEqual(ticket.action_view_tasks()["res_id"], task.id)
        self.assertEqual(task.action_view_helpdesk_ticket()["res_id"], ticket.id)
        second = self._create_task()
        self.env.invalidate_all()
        domain = ticket.action_view_tasks()["domain"]
        self.assertEqual(self.env["project.task"].search(domain), task + second)

    def test_open_and_all_tasks_are_counted(self):
        self.assertEqual(self.ticket.task_count, 0)
        tasks = self._create_task() + self._create_task()
        tasks[0].state = "1_done"
        self.assertEqual((self.ticket.task_count, self.ticket.task_open_count), (2, 1))

    def test_task_needs_a_project(self):
        with self.assertRaisesRegex(UserError, "Choose a project"):
            self._create_task(self._create_ticket(project_id=False))

    def test_task_needs_the_rights_of_the_project_app(self):
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.manager).action_create_task()

    def test_ticket_from_a_task(self):
        task = self.env["project.task"].create(
            {
                "name": "Lay the cable",
                "project_id": self.project.id,
                "partner_id": self.anna.id,
                "description": "<p>To hall 3</p>",
            }
        )
        action = task.with_user(self.agent).action_create_helpdesk_ticket()
        tickets = self.agent_env["helpdesk.ticket"].with_context(**action["context"])
        self.assertFalse(task.helpdesk_ticket_id, "nothing happens before it is saved")
        with Form(tickets) as form:
            self.assertEqual(form.name, "Lay the cable")
        ticket = form.record
        self.assertEqual(task.helpdesk_ticket_id, ticket)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(ticket.project_id, self.project)
        self.assertIn("To hall 3", ticket.description)

    def test_ticket_from_a_task_without_customer_or_of_a_company(self):
        task = self.env["project.task"].create(
            {"name": "Lay the cable", "project_id": self.project.id}
        )
        context = task.action_create_helpdesk_ticket()["context"]
        self.assertFalse(context["default_customer_id"])
        task.partner_id = self.customer
        context = task.action_create_helpdesk_ticket()["context"]
        self.assertEqual(context["default_customer_id"], self.customer.id)
        self.assertFalse(context["default_partner_id"])

    def test_only_own_and_shared_projects_are_offered(self):
        """The project of another customer goes when the customer is chosen."""
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        theirs = self.project.copy({"name": "Theirs", "partner_id": other.id})
        own = self.project.copy({"name": "Own", "partner_id": self.customer.id})
        for project, kept in ((theirs, False), (own, True), (self.project, True)):
            with self.subTest(project.name):
                ticket = self._create_ticket(partner_id=False, project_id=project.id)
                ticket.partner_id = self.anna
                self.assertEqual(ticket.project_id == project, kept)

    @warmup
    def test_figures_take_the_same_queries_for_one_and_many(self):
        tickets = self.ticket + self._create_ticket(project_id=self.project.id)
        for ticket in tickets:
            self._create_task(ticket)
        counts = []
        for records in (tickets, tickets[:1], tickets):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("task_open_count")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])

    def test_split_of_a_ticket_with_another_customers_project(self):
        """The project was sold since: it stays behind, and the split goes on, also of a
        mail with more people in copy than anybody may type."""
        self.project.partner_id = self.env["res.partner"].create(
            {"name": "Other Works", "is_company": True}
        )
        with self.assertRaisesRegex(ValidationError, "belongs to Other Works"):
            self._create_ticket(project_id=self.project.id)
        copies = ", ".join(f"p{number}@example.com" for number in range(60))
        message = self.ticket.message_post(
            body="And the scanner.", author_id=self.anna.id, message_type="email"
        )
        message.incoming_email_cc = copies
        split = self.ticket.with_user(self.agent)._split_off(message)
        self.assertEqual(split.customer_id, self.customer)
        self.assertFalse(split.project_id)
        self.assertEqual(split.email_cc, copies)

    def test_T12_project_of_the_contract(self):
        """The project with the contract's analytic account is the ticket's."""
        account = self.env["account.analytic.account"].create(
            {
                "name": "Relocation",
                "plan_id": self.env["account.analytic.plan"].search([], limit=1).id
                or self.env["account.analytic.plan"].create({"name": "Projects"}).id,
                "company_id": self.company.id,
            }
        )
        self.project.account_id = account
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        other = self.project.copy({"name": "Of the team", "account_id": False})
        self.team.project_id = other
        self.assertEqual(self._create_ticket().project_id, other)
        contract.group_id = account
        self.assertEqual(self._create_ticket().project_id, self.project)
        self.assertEqual(self._create_ticket(contract_id=False).project_id, other)
