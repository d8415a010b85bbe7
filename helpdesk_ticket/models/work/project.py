from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import is_html_empty

from odoo.addons.project.models.project_task import CLOSED_STATES


class HelpdeskTicket(models.Model):
    """Project and tasks of a ticket (T11)."""

    _inherit = "helpdesk.ticket"

    project_id = fields.Many2one(
        "project.project",
        compute="_compute_project_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
        domain="[('is_template', '=', False), '|', ('partner_id', '=', False), "
        "('partner_id', 'child_of', customer_id)]",
    )
    task_ids = fields.One2many("project.task", "helpdesk_ticket_id", string="Task list")
    task_count = fields.Integer(string="Tasks", compute="_compute_task_figures")
    task_open_count = fields.Integer(
        string="Open tasks", compute="_compute_task_figures"
    )

    @api.depends("team_id", "customer_id", "contract_id")
    def _compute_project_id(self):
        """Clear a project of another customer; without one, take that of the contract,
        otherwise that of the team."""
        # sudo: only whose project it is
        tickets = self.sudo()
        by_account = {}
        if tickets.contract_id.group_id:
            by_account = tickets._get_projects_by_contract_account()
        for ticket, mine in zip(tickets, self, strict=True):
            project = ticket.project_id
            account = ticket.contract_id.group_id
            of_contract = by_account.get((account.id, ticket.company_id.id), project)
            of_team = ticket.team_id.project_id.filtered("active")
            choices = (project, of_contract, of_team)
            fitting = (
                one for one in choices if one and ticket._is_project_fitting(one)
            )
            mine.project_id = next(fitting, project.browse()).id

    @api.model
    def _leave_project(self, vals):
        """Return values of a ticket that continues another one or is split off, without
        the project of another customer: who wrote may be somebody else's (T11)."""
        names = ("customer_id", "partner_id", "project_id")
        # sudo: only whose project it is
        ticket = self.sudo().new({name: vals[name] for name in names if vals.get(name)})
        if not ticket.project_id or ticket._is_project_fitting(ticket.project_id):
            return vals
        return {name: vals[name] for name in vals if name != "project_id"}

    def _is_project_fitting(self, project):
        """Say whether a project is one of the customer of this ticket, or nobody's.

        :param project: `project.project` as sudo
        :rtype: bool
        """
        return not project.partner_id or self._is_of_customer(project.partner_id)

    def _get_projects_by_contract_account(self):
        """Return the project of each analytic account of these tickets' contracts, if
        it has exactly one.

        :return: dict of `project.project` by (id of the account, id of the company)
        """
        accounts = self.contract_id.group_id
        projects = self.env["project.project"].search(
            [("account_id", "in", accounts.ids), ("is_template", "=", False)]
        )
        found = {}
        for company in self.company_id:
            for account, mine in (
                projects.filtered(
                    lambda project, company=company: (
                        project.company_id in (company, company.browse())
                    )
                )
                .grouped("account_id")
                .items()
            ):
                if len(mine) == 1:
                    found[account.id, company.id] = mine
        return found

    @api.depends("task_ids.is_closed")
    def _compute_task_figures(self):
        # sudo: only numbers, also for users who may not read the project's tasks
        tasks = self.env["project.task"].sudo()
        groups = tasks._read_group(
            [("helpdesk_ticket_id", "in", self.ids)],
            ["helpdesk_ticket_id", "state"],
            ["__count"],
        )
        figures = {}
        for ticket, state, count in groups:
            total, still_open = figures.get(ticket.id, (0, 0))
            is_open = state not in CLOSED_STATES
            figures[ticket.id] = total + count, still_open + (count if is_open else 0)
        for ticket in self:
            total, still_open = figures.get(ticket._origin.id, (0, 0))
            ticket.task_count, ticket.task_open_count = total, still_open

    @api.model
    def _get_moved_fields(self):
        """Move the tasks of a merged ticket to the remaining one (T17)."""
        return [*super()._get_moved_fields(), ("project.task", "helpdesk_ticket_id")]

    def action_create_task(self):
        """Create a task from the ticket in its project and open it (T11).

        :return: an `ir.actions.act_window` of the task
        :rtype: dict
        :raise UserError: when the ticket has no project
        """
        self.ensure_one()
        if not self.project_id:
            raise UserError(
                self.env._(
                    "A task needs a project. Choose a project on the ticket first."
                )
            )
        task = self.env["project.task"].create(self._prepare_task_values())
        task.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": task, "origin": self},
            subtype_xmlid="mail.mt_note",
        )
        self._message_log(
            body=self.env._(
                "Task %(task)s has been created.", task=task._get_html_link()
            )
        )
        return task.action_open_helpdesk_form()

    def _prepare_task_values(self):
        """Return the values of a task created from this ticket; a hook (T11).

        :rtype: dict
        """
        self.ensure_one()
        return {
            "helpdesk_ticket_id": self.id,
            "name": self.name,
            "project_id": self.project_id.id,
            "partner_id": (self.partner_id or self.customer_id).id,
            "description": (
                False if is_html_empty(self.description) else self.description
            ),
        }

    def action_view_tasks(self):
        """Open the tasks of this ticket.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        if len(self.task_ids) == 1:
            return self.task_ids.action_open_helpdesk_form()
        return {
            "type": "ir.actions.act_window",
            "res_model": "project.task",
            "view_mode": "list,kanban,form",
            "domain": [("helpdesk_ticket_id", "=", self.id)],
            "context": {"create": False},
            "name": self.env._("Tasks"),
        }


class ProjectProject(models.Model):
    _inherit = "project.project"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_count"
    )

    def _compute_helpdesk_ticket_count(self):
        counts = dict(
            self.env["helpdesk.ticket"]._read_group(
                [("project_id", "in", self.ids)], ["project_id"], ["__count"]
            )
        )
        for project in self:
            project.helpdesk_ticket_count = counts.get(project._origin, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_tickets(self):
        """Remove deleted projects from their tickets by a tracked change; the database
        would do it silently (T11, T14)."""
        # sudo: tickets of all teams, archived ones too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets.search([("project_id", "in", self.ids)])._take_off("project_id")

    def action_view_helpdesk_tickets(self):
        """Open the tickets of this project (T11).

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["domain"] = [("project_id", "=", self.id)]
        action["context"] = {"default_project_id": self.id}
        return action


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

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_helpdesk_ticket_id")
        self.env["helpdesk.ticket"]._check_named(
            vals.get("helpdesk_ticket_id", default) for vals in vals_list
        )
        return super().create(vals_list)

    def write(self, vals):
        self.env["helpdesk.ticket"]._check_named([vals.get("helpdesk_ticket_id")])
        return super().write(vals)

    def action_create_helpdesk_ticket(self):
        """Open the form of a new ticket about this task (T11). The ticket is not
        created at once, because the customer gets a mail when it is.

        :return: an `ir.actions.act_window`
        :rtype: dict
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
        """Return the values of a ticket created from this task; a hook (T11).

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


class HelpdeskTeam(models.Model):
    _inherit = "helpdesk.team"

    project_id = fields.Many2one(
        "project.project",
        string="Default project",
        index="btree_not_null",
        check_company=True,
        help="New tickets of this team are linked to this project.",
    )


class HelpdeskTicketReport(models.Model):
    _inherit = "helpdesk.ticket.report"

    project_id = fields.Many2one("project.project", readonly=True)
