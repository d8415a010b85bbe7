from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class HelpdeskTicket(models.Model):
    """Time logged on a ticket (T12)."""

    _inherit = "helpdesk.ticket"

    timesheet_ids = fields.One2many("account.analytic.line", "helpdesk_ticket_id")
    hours_spent = fields.Float(
        compute="_compute_hours_spent",
        precompute=True,  # a new ticket has none: no query, no second write
        store=True,
        help="The hours logged on this ticket.",
    )

    @api.depends("timesheet_ids.unit_amount")
    def _compute_hours_spent(self):
        # sudo: the sum of all hours, also of colleagues whose lines are hidden
        lines = self.env["account.analytic.line"].sudo()
        hours = dict(
            lines._read_group(
                [("helpdesk_ticket_id", "in", self.ids)],
                ["helpdesk_ticket_id"],
                ["unit_amount:sum"],
            )
        )
        for ticket in self:
            ticket.hours_spent = hours.get(ticket._origin, 0.0)

    def _follow_people(self, vals, people):
        """Move the time of a ticket to its new customer (T12)."""
        res = super()._follow_people(vals, people)
        self._take_time_along(people)
        return res

    def _take_time_along(self, people):
        """Move the time of tickets that got another customer to that customer's project
        and contract: nobody else is to be invoiced for it (T12).

        :param dict people: contact and customer of each ticket before the change
        """
        for ticket in self:
            customer = ticket.customer_id.commercial_partner_id
            before = people[ticket][1].commercial_partner_id
            if not customer or customer == before or not ticket.hours_spent:
                continue
            # sudo: also the time of colleagues, whose lines the user may not see
            known = ticket.sudo()
            lines = known.timesheet_ids.filtered("project_id")
            for project, some in lines.grouped("project_id").items():
                values = {"project_id": (known.project_id or project).id}
                if values["project_id"] != project.id:
                    values["task_id"] = ticket._get_timesheet_task().id
                # which ticket it is for chooses the account
                some.write({**values, "helpdesk_ticket_id": ticket.id})

    def _follow_contracts(self, contracts):
        """Move the time of tickets that got another contract to that contract (T12)."""
        res = super()._follow_contracts(contracts)
        today = fields.Date.context_today(self)
        for ticket, former in contracts.items():
            if ticket.contract_id == former or not ticket.hours_spent:
                continue
            # sudo: also the time of colleagues, whose lines the user may not see
            known, end = ticket.sudo(), former.sudo().date_end
            # time from before the end of the former contract stays with it
            ended = end and end < today
            lines = known.timesheet_ids.filtered(
                lambda line, end=end if ended else None: (
                    line.project_id and not (end and line.date <= end)
                )
            )
            for project, some in lines.grouped("project_id").items():
                # which ticket it is for chooses the account
                some.write({"project_id": project.id, "helpdesk_ticket_id": ticket.id})
        return res

    def _check_takes_time(self):
        """Refuse time on a merged ticket, where nobody would find it (T17).

        :raise UserError: with the number of the remaining ticket
        """
        for ticket in self:
            # sudo: only the number of the ticket
            if survivor := ticket.sudo().merged_into_id:
                raise UserError(
                    self.env._(
                        "This ticket was merged into %(number)s. Log the time there.",
                        number=survivor.number,
                    )
                )

    def _get_timesheet_task(self):
        """Return the task that time on this ticket belongs to: its only open one.

        :return: `project.task`, empty when there is none or more than one
        """
        self.ensure_one()
        # sudo: the time belongs to the task, whether its author may read it or not
        tasks = self.sudo().task_ids.filtered(
            lambda task: not task.is_closed and task.project_id == self.project_id
        )
        return tasks if len(tasks) == 1 else tasks.browse()

    def _note_contract_has_ended(self):
        """Log on the tickets that time was logged for a contract that has ended."""
        for ticket in self:
            if end := ticket._get_end_of_contract():
                ticket._message_log(
                    body=self.env._(
                        "Time was logged, but the contract %(contract)s ended on "
                        "%(date)s: it may not be possible to invoice it.",
                        contract=ticket.contract_id.display_name,
                        date=format_date(self.env, end),
                    )
                )

    @api.model
    def _get_moved_fields(self):
        """Move the time of a merged ticket to the remaining one (T17)."""
        return [
            *super()._get_moved_fields(),
            ("account.analytic.line", "helpdesk_ticket_id"),
        ]

    def _get_document_times(self):
        """Return the hours logged on the ticket, oldest first.

        :return: `account.analytic.line`
        """
        self.ensure_one()
        # sudo: the customer's document lists all work, whoever prints it
        return self.sudo().timesheet_ids.sorted(lambda line: (line.date, line.id))
