import logging
from dataclasses import replace

from odoo import SUPERUSER_ID, api, fields, models

from ...self_check import (
    ADMINISTRATOR,
    ATTENTION,
    BROKEN,
    ORDER,
    Check,
    worst,
)

_logger = logging.getLogger(__name__)

AREAS = [
    ("incoming", "Incoming mail"),
    ("outgoing", "Outgoing mail"),
    ("helpdesk", "Helpdesk"),
    ("channel", "Incoming channels"),
    ("system", "System"),
    ("addon", "Addons"),
]
STATES = [
    ("broken", "Broken"),
    ("attention", "Attention"),
    ("unset", "Not set up"),
    ("fine", "Fine"),
]


class HelpdeskCheck(models.TransientModel):
    """The self-check: each integration, mailbox and setting with its state and the next
    step (M04).

    Only the database and this machine are queried, nothing on the network: the last
    answers of mailboxes and mail servers are stored. Addons add checks by extending
    `_get_check_methods`.
    """

    _name = "helpdesk.check"
    _description = "Self-Check"
    _order = "sequence, id"

    sequence = fields.Integer(readonly=True)
    area = fields.Selection(AREAS, readonly=True)
    name = fields.Char(string="Item", readonly=True)
    state = fields.Selection(STATES, readonly=True)
    text = fields.Text(string="What was found", readonly=True)
    step = fields.Text(string="Next step", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    action = fields.Char(readonly=True)
    record_id = fields.Integer(readonly=True)
    filters = fields.Char(readonly=True)

    # -- the page ---------------------------------------------------------------------

    def action_run(self):
        """Run all checks for the chosen companies.

        :return: an `ir.actions.act_window` with the list of results
        :rtype: dict
        :raise AccessError: for users who are neither managers nor administrators
        """
        self.check_access("read")
        checks = self._run(self.env.companies)
        # sudo: users cannot write these rows, which belong to them
        rows = self.sudo().create([self._prepare_row(check) for check in checks])
        todo = sum(check.state in (BROKEN, ATTENTION) for check in checks)
        name = self.env._("Self-check: %(count)s to do", count=todo)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "name": name if todo else self.env._("Self-check: all is fine"),
            # checks again when the page is opened again
            "path": "helpdesk-check",
            "views": [(False, "list"), (False, "kanban")],
            # of phones; actions not read from the database have no default
            "mobile_view_mode": "kanban",
            "domain": [("id", "in", rows.ids)],
            "target": "main",
        }

    def action_open(self):
        """Open the screen where the item can be changed.

        :return: an action as a dict, False if there is nothing to open
        """
        self.ensure_one()
        if not self.action:
            return False
        action = self.env["ir.actions.actions"]._for_xml_id(self.action)
        if self.record_id:
            action.update(res_id=self.record_id, views=[(False, "form")])
        elif self.filters:
            filters = self.filters.split(",")
            action["context"] = {f"search_default_{name}": 1 for name in filters}
        return action

    @api.model
    def _prepare_row(self, check):
        """Return the values of a row; users who may not open the screen read whom to
        ask."""
        screen = check.screen
        user = self.env.user
        can_open = bool(screen) and any(map(user.has_group, screen.groups))
        step = check.step
        if step and screen and not can_open:
            if ADMINISTRATOR in screen.groups:
                step = self.env._("For an administrator: %(step)s", step=step)
            else:
                step = self.env._("For a helpdesk manager: %(step)s", step=step)
        return {
            "sequence": ORDER.index(check.state),
            "area": check.area,
            "name": check.name,
            "state": check.state,
            "text": check.text,
            "step": step,
            "company_id": check.company_id or False,
            "action": can_open and screen.action,
            "record_id": can_open and screen.record_id,
            "filters": can_open and ",".join(screen.filters),
        }

    # -- for monitoring programs ------------------------------------------------------

    @api.model
    def _report(self, company):
        """Return the state of a company's helpdesk (M04).

        :param company: `res.company`
        :rtype: dict
        """
        checks = self.with_user(SUPERUSER_ID)._run(company)
        return {
            "state": worst([check.state for check in checks]),
            "company": company.name,
            "checked_at": f"{fields.Datetime.now().isoformat(timespec='seconds')}Z",
            "checks": [check.as_json() for check in checks],
        }

    # -- checking ---------------------------------------------------------------------

    @api.model
    def _run(self, companies):
        """Run all checks; one that fails counts as broken, and does not stop the
        others.

        The number of queries does not depend on the amount of data.

        :param companies: `res.company` to check
        :return: the results, the worst first
        :rtype: list[Check]
        """
        # sudo: only states of the requested companies are shown
        checker = self.sudo().with_context(
            allowed_company_ids=companies.ids, active_test=True
        )
        checks = []
        for method in checker._get_check_methods():
            try:
                with self.env.cr.savepoint():
                    checks += method()
            except Exception:
                _logger.exception("%s fails", method.__name__)
                checks.append(checker._get_failed_check(method.__name__))
        return sorted(checks, key=lambda check: ORDER.index(check.state))

    @api.model
    def _get_check_methods(self):
        """Return the check methods, each of which returns a list of `Check` for the
        companies in `self.env.companies`, as the technical user; a hook.

        :rtype: list
        """
        return [
            *self._get_mail_check_methods(),
            *self._get_work_check_methods(),
            *self._get_system_check_methods(),
        ]

    @api.model
    def _add_where_none(self, checks, check):
        """Return results, with an additional one for each company that has none.

        :param list checks: of `Check`
        :param Check check: for such companies
        """
        known = {one.company_id for one in checks}
        lacking = [one.id for one in self.env.companies if one.id not in known]
        return checks + [replace(check, company_id=one) for one in lacking]

    @api.model
    def _get_failed_check(self, name):
        return Check(
            key=name.removeprefix("_check_"),
            area="system",
            name=name.removeprefix("_check_").replace("_", " "),
            state=BROKEN,
            text=self.env._("This could not be checked."),
            step=self.env._("Check the Odoo log for the reason."),
        )
