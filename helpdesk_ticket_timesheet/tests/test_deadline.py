from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.common_deadline import DeadlineCommon


@tagged("post_install", "-at_install")
class TestDeadline(DeadlineCommon):
    """T26: what time on a ticket does to what was promised."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sla = cls._create_sla()

    def test_T26_time_logged_is_an_action(self):
        project = self.env["project.project"].create(
            {"name": "Support", "allow_timesheets": True}
        )
        employee = self.env["hr.employee"].create({"name": "Lena"})
        ticket = self._ticket_at("03-02 09:00", project_id=project.id)
        with self._at("03-02 12:00"):
            self.env["account.analytic.line"].create(
                {
                    "name": "Looked at it",
                    "helpdesk_ticket_id": ticket.id,
                    "employee_id": employee.id,
                    "unit_amount": 1,
                }
            )
        self.assertMoment(ticket.action_deadline, "03-02 20:00")
