from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Ticket",
        index="btree_not_null",
        check_company=True,
        groups="base.group_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        ids = [self._get_helpdesk_ticket_id(vals) for vals in vals_list]
        tickets = self.env["helpdesk.ticket"].browse(list(filter(None, ids)))
        tickets._check_is_seen()
        tickets._check_takes_time()
        by_id = {ticket.id: ticket for ticket in tickets}
        lines = super().create(
            [
                self._prepare_helpdesk_timesheet_values(vals, by_id[id_])
                if id_
                else vals
                for vals, id_ in zip(vals_list, ids, strict=True)
            ]
        )
        lines.helpdesk_ticket_id._move("time_logged")
        # sudo: users who log time may be unable to read contracts
        lines.helpdesk_ticket_id.sudo()._note_contract_has_ended()
        return lines

    @api.model
    def _get_helpdesk_ticket_id(self, vals):
        """Return the id of the ticket that a new line is for."""
        default = self.env.context.get("default_helpdesk_ticket_id")
        return vals.get("helpdesk_ticket_id", default)

    @api.model
    def _prepare_helpdesk_timesheet_values(self, vals, ticket):
        """Complete the values of time on a ticket: its project and its task (T12).

        :param dict vals: the values of the line
        :param ticket: `helpdesk.ticket`
        :raise UserError: when the ticket has no project
        :rtype: dict
        """
        project_id = vals.get("project_id") or ticket.project_id.id
        if not project_id:
            raise UserError(
                self.env._(
                    "Time is logged on the project of the ticket. Choose a project on "
                    "the ticket first."
                )
            )
        # sudo: users who log time may be unable to read the project
        project = self.env["project.project"].sudo().browse(project_id)
        if not (project.allow_timesheets or project.account_id):
            raise UserError(
                self.env._(
                    "No time is logged on the project %(project)s: timesheets are "
                    "switched off there. Switch them on, or choose another project on "
                    "the ticket.",
                    project=project.name,
                )
            )
        values = {"helpdesk_ticket_id": ticket.id, **vals, "project_id": project_id}
        if "task_id" not in vals and project_id == ticket.project_id.id:
            values["task_id"] = ticket._get_timesheet_task().id
        return self._add_contract_account(values)

    def write(self, vals):
        """Write values; time that is moved to another ticket gets the project and the
        contract of that ticket (T12)."""
        moving = self.browse()
        if "helpdesk_ticket_id" in vals:
            moving = self.filtered(
                lambda line: (
                    line.project_id
                    and line.helpdesk_ticket_id.id != vals["helpdesk_ticket_id"]
                )
            )
        hours = vals.get("unit_amount") or 0
        growing = (self - moving).filtered(lambda line: hours > line.unit_amount)
        # sudo: users who log time may be unable to read the whole ticket
        growing.sudo().helpdesk_ticket_id._note_contract_has_ended()
        staying = self - moving
        if not moving:
            return super().write(staying._add_contract_account(vals))
        if staying:
            super(AccountAnalyticLine, staying).write(
                staying._add_contract_account(vals)
            )
        ticket = self.env["helpdesk.ticket"].browse(vals["helpdesk_ticket_id"] or [])
        ticket._check_is_seen()
        # sudo: users who log time may be unable to read the whole ticket
        ticket = ticket.sudo()
        ticket._check_takes_time()
        for project, lines in moving.grouped("project_id").items():
            project_id = vals.get("project_id") or ticket.project_id.id or project.id
            values = {**vals, "project_id": project_id}
            if "task_id" not in vals and project_id == ticket.project_id.id:
                values["task_id"] = ticket._get_timesheet_task().id
            super(AccountAnalyticLine, lines).write(lines._add_contract_account(values))
        ticket._note_contract_has_ended()
        return True

    def copy_data(self, default=None):
        """Return values for copies; one for another ticket gets its project and
        contract."""
        copies = super().copy_data(default)
        default = default or {}
        ticket_id = default.get("helpdesk_ticket_id")
        chosen = {"project_id", "task_id", *self._get_plan_fnames()} - default.keys()
        return [
            {name: values[name] for name in values if name not in chosen}
            if ticket_id and ticket_id != line.helpdesk_ticket_id.id
            else values
            for line, values in zip(self, copies, strict=True)
        ]

    def _add_contract_account(self, vals):
        """Return values of time on a project, with the analytic account of the ticket's
        contract, if it has one, so that the time is invoiced with the contract; the
        others are the project's (T12).

        :param dict vals: of `create` or `write`
        :rtype: dict
        """
        if not vals.get("project_id"):
            return vals
        ticket_id = vals.get("helpdesk_ticket_id", self.helpdesk_ticket_id[:1].id)
        # sudo: users who log time may be unable to read contracts
        ticket = self.env["helpdesk.ticket"].sudo().browse(ticket_id)
        account = ticket.contract_id.group_id
        return {account.plan_id._column_name(): account.id, **vals} if account else vals
