from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.helpdesk_ticket.tests.common import TicketCommon


@tagged("post_install", "-at_install")
class TestDocument(TicketCommon):
    """T21: the time spent, in the document for the customer."""

    def _render(self, ticket, layout):
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.agent)
            .with_context(lang="en_US")
            ._render_qweb_html(
                f"helpdesk_ticket.report_ticket{layout}",
                ticket.ids,
                data={"report_type": "pdf"},
            )
        )
        return html2plaintext(html.decode())

    def test_time(self):
        project = self.env["project.project"].create(
            {"name": "Helpdesk", "company_id": self.company.id}
        )
        employee = self.env["hr.employee"].create(
            {"name": "Toni", "company_id": self.company.id}
        )
        ticket = self._create_ticket(project_id=project.id)
        self.assertNotIn("Time spent", self._render(ticket, "_classic"))
        self.env["account.analytic.line"].create(
            {
                "name": "Changed the roller",
                "unit_amount": 1.5,
                "helpdesk_ticket_id": ticket.id,
                "employee_id": employee.id,
                "company_id": self.company.id,
            }
        )
        self.env.invalidate_all()
        text = self._render(ticket, "_classic")
        for part in ("Changed the roller", "Toni", "01:30"):
            self.assertIn(part, text)
        text = self._render(ticket, "_compact")
        self.assertIn("01:30", text)
        self.assertNotIn("Changed the roller", text)
