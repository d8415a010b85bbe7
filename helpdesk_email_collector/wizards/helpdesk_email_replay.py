import time

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..decision import CREATE, IGNORE
from ..reasons import THROTTLED, reason_text

MAX_MAILS = 5000
# One request stays far below any server's time limit; a click continues.
TIME_BUDGET = 20
# Mails in memory at a time
BATCH = 20
# What happened to these depended on earlier mails, not on the rules.
NOT_COMPARED = ("duplicate", "own_mail", *THROTTLED, "expired", "erased")
KINDS = {"created": "create", "forced": "create", "other": "other"}


class HelpdeskEmailReplay(models.TransientModel):
    """Applies the current rules to stored mails and lists the differences (E04).

    Nothing but this list is written: no ticket, no mail, no contact.
    """

    _name = "helpdesk.email.replay"
    _description = "Replay of Stored Mails"

    count = fields.Integer("Last Mails", default=200, required=True)
    server_id = fields.Many2one(
        "fetchmail.server",
        "Mailbox",
        domain=[("is_helpdesk_collector", "=", True)],
        ondelete="cascade",
    )
    mail_ids = fields.Many2many("helpdesk.inbox.mail", string="Mails")
    chosen_count = fields.Integer("Selected Mails", compute="_compute_chosen_count")
    line_ids = fields.One2many("helpdesk.email.replay.line", "replay_id", "Differences")
    checked_count = fields.Integer("Mails checked", readonly=True)
    last_id = fields.Integer(readonly=True)
    state = fields.Selection(
        [("new", "New"), ("partly", "Partly"), ("done", "Done")],
        default="new",
        required=True,
        readonly=True,
    )

    @api.depends("mail_ids")
    def _compute_chosen_count(self):
        for replay in self:
            replay.chosen_count = len(replay.mail_ids)

    @api.depends("count")
    def _compute_display_name(self):
        for replay in self:
            replay.display_name = self.env._("Replay Mails")

    def action_replay(self):
        """Start again: apply the rules to the mails until the time is up.

        :raise UserError: when the number of mails is out of range
        """
        self.ensure_one()
        if not 0 < self.count <= MAX_MAILS:
            raise UserError(
                self.env._(
                    "Enter how many mails to replay: a number from 1 to %(maximum)s.",
                    maximum=MAX_MAILS,
                )
            )
        self.line_ids.unlink()
        self.write({"checked_count": 0, "last_id": 0, "state": "new"})
        self.action_go_on()

    def action_go_on(self):
        """Apply the rules to the remaining mails, newest first, until the time is up.

        The result can be left at any time; nothing is left half done.
        """
        self.ensure_one()
        deadline = time.monotonic() + TIME_BUDGET
        while time.monotonic() < deadline:
            mails = self._get_next_mails()
            if not mails:
                self.state = "done"
                return
            lines = [line for mail in mails if (line := self._compare(mail))]
            self.write(
                {
                    "line_ids": [Command.create(line) for line in lines],
                    "checked_count": self.checked_count + len(mails),
                    "last_id": mails[-1].id,
                    "state": "partly",
                }
            )
            self.env.invalidate_all()  # free the memory of these mails

    def _get_next_mails(self):
        """Return the next mails to compare, newest first."""
        left = self.count - self.checked_count
        domain = (
            Domain("state", "in", ("done", "ignored", "failed"))
            & Domain("is_cleared", "=", False)
            & Domain("reason_code", "not in", NOT_COMPARED)
        )
        if self.mail_ids:
            domain &= Domain("id", "in", self.mail_ids.ids)
            left = BATCH
        if self.server_id:
            domain &= Domain("server_id", "=", self.server_id.id)
        if self.last_id:
            domain &= Domain("id", "<", self.last_id)
        inbox = self.env["helpdesk.inbox.mail"]
        if left <= 0:
            return inbox
        return inbox.search(domain, order="id desc", limit=min(BATCH, left))

    # -- compare ---------------------------------------------------------------

    def _compare(self, row):
        """Return the values of a line if the rules would now do something else.

        :param row: `helpdesk.inbox.mail`
        :return: dict, None if nothing differs
        """
        _mail, _place, decision, error = row._try(row._get_raw(), row._get_arrival())
        before, now = self._get_outcome(row), self._get_new_outcome(decision, error)
        changes = self._get_changes(row, decision) if now[0] == CREATE else []
        if before == now and not changes:
            return None
        rules = set(row.rule_ids.ids) ^ set(decision.rules if decision else ())
        reason = decision and reason_text(
            self.env, decision.reason, decision.params, tried_out=True
        )
        return {
            "mail_id": row.id,
            "before": self._describe_before(row),
            "now": error or reason,
            "changes": "\n".join(changes),
            "rule_ids": [Command.set(list(rules))],
        }

    def _get_outcome(self, row):
        """Return what happened to a mail, in the form of `_get_new_outcome`."""
        if row.state == "failed":
            return ("failed", "")
        if row.state == "ignored":
            return ("ignore", row.reason_code)
        return (KINDS.get(row.reason_code, "reply"), "")

    def _get_new_outcome(self, decision, error):
        if error:
            return ("failed", "")
        return (decision.kind, decision.reason if decision.kind == IGNORE else "")

    def _describe_before(self, row):
        if row.state == "failed":
            return row.error or ""
        ticket = row.ticket_id.display_name
        return f"{row.reason} ({ticket})" if ticket else row.reason

    def _get_changes(self, row, decision):
        """Return the field values that the rules would now set differently on the
        ticket."""
        if row.rule_values is False or self._get_outcome(row)[0] != "create":
            return []
        old, new = row.rule_values or {}, row._get_plain_values(decision.values)
        return [
            self.env._(
                "%(field)s: %(new)s instead of %(old)s",
                field=self._get_label(name),
                new=self._get_name(name, new.get(name)),
                old=self._get_name(name, old.get(name)),
            )
            for name in sorted(old.keys() | new.keys())
            if old.get(name) != new.get(name)
        ]

    def _get_label(self, name):
        field = self.env["helpdesk.ticket"]._fields.get(name)
        return field.get_description(self.env)["string"] if field else name

    def _get_name(self, name, value):
        """Return a field value of a ticket in words."""
        field = self.env["helpdesk.ticket"]._fields.get(name)
        if value and field is not None and field.relational:
            if isinstance(value, list):  # commands: [4, id, …] or [6, 0, ids]
                ids = [i for c in value for i in (c[2] if c[0] == 6 else [c[1]])]
            else:
                ids = [value]
            # sudo: only names of records that are set by rules the user may read
            records = self.env[field.comodel_name].sudo().browse(ids).exists()
            return ", ".join(record.display_name for record in records) or "–"
        return str(value) if value else "–"
