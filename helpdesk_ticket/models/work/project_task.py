from odoo import fields, models
from odoo.tools.mail import is_html_empty


class ProjectTask(models.Model):
    _inherit = "project.task"

    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Ticket",
        index="btree_not_null",
        check_company=True,
        copy=False,
        help="The ticket that this task belongs to.",
    )

    def action_create_helpdesk_ticket(self):
        """Open the form of a new ticket about this task (T11). It is not created at
        once, because the customer gets a mail when it is.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        values = self._prepare_helpdesk_ticket_values()
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpdesk.ticket",
            "view_mode": "form",
            "name": self.env._("New ticket"),
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def _prepare_helpdesk_ticket_values(self):
        """Return the values of a ticket made from this task; a hook (T11).

        :rtype: dict
        """
        self.ensure_one()
        person = self.partner_id
        return {
            "name": self.name,
            "description": (
                False if is_html_empty(self.description) else self.description
            ),
            "customer_id": person.commercial_partner_id.id,
            "partner_id": False if person.is_company else person.id,
            "project_id": self.project_id.id,
            "company_id": (self.company_id or self.env.company).id,
            "task_ids": [fields.Command.link(self.id)],
        }

    def action_view_helpdesk_ticket(self):
        """Open the ticket that this task belongs to.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return self.helpdesk_ticket_id.action_open_form()

    def action_open_helpdesk_form(self):
        """Open this task from its ticket.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "name": self.name,
        }
