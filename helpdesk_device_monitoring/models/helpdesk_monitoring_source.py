import secrets

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import hmac

from ..alarm import read_unreadable
from ..controllers.monitoring import ROOT

ACTIVITY = "helpdesk_device_monitoring.mail_activity_type_held"


class HelpdeskMonitoringSource(models.Model):
    """A monitoring program whose alarms become tickets.

    Only a hash of its token is stored. A new token replaces it only once it is used, so
    that no alarm is lost in between.
    """

    _name = "helpdesk.monitoring.source"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Monitoring Program"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(
        [
            ("alertmanager", "Prometheus Alertmanager"),
            ("icinga", "Icinga"),
            ("uptime_kuma", "Uptime Kuma"),
            ("zabbix", "Zabbix"),
            ("generic", "Another program"),
        ],
        string="Program",
        required=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env.company,
    )
    team_id = fields.Many2one(
        "helpdesk.team",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="The team that gets the tickets. Leave empty for the first team of the "
        "company.",
    )
    customer_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        domain="[('parent_id', '=', False)]",
        help="The customer of the ticket when no device has the name in the alarm. "
        "Without one, such alarms are held.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        tracking=True,
        check_company=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Who gets an activity when alarms are held.",
    )
    end_action = fields.Selection(
        [("note", "Add a note"), ("close", "Close the ticket")],
        string="When an alarm ends",
        required=True,
        default="note",
        tracking=True,
    )
    acknowledges = fields.Boolean(
        string="Notify the customer",
        tracking=True,
        help="Sends the customer the acknowledgement of a new ticket.",
    )
    is_connected = fields.Boolean(
        string="Connected", compute="_compute_is_connected", store=True
    )
    token_hash = fields.Char(copy=False, groups=NO_ACCESS)
    next_token_hash = fields.Char(copy=False, groups=NO_ACCESS)
    token_date = fields.Datetime(string="Token created on", readonly=True, copy=False)
    # not stored: parallel deliveries would have to wait for each other
    last_date = fields.Datetime(string="Last delivery", compute="_compute_figures")
    held_count = fields.Integer(string="Held alarms", compute="_compute_figures")

    _token_idx = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")
    _next_token_idx = models.UniqueIndex(
        "(next_token_hash) WHERE next_token_hash IS NOT NULL"
    )

    @api.depends("token_hash")
    def _compute_is_connected(self):
        for source in self:
            source.is_connected = bool(source.token_hash)

    def _compute_figures(self):
        alarms = self.env["helpdesk.monitoring.alarm"]
        last = dict(
            alarms._read_group(
                [("source_id", "in", self.ids)], ["source_id"], ["last_date:max"]
            )
        )
        held = dict(
            alarms._read_group(
                [("source_id", "in", self.ids), ("state", "=", "held")],
                ["source_id"],
                ["__count"],
            )
        )
        for source in self:
            source.last_date = last.get(source._origin)
            source.held_count = held.get(source._origin, 0)

    # -- the token --------------------------------------------------------------------

    @api.model
    def _hash_token(self, token):
        # sudo: reads the secret of the database; only a hash is returned
        return hmac(self.sudo().env, "helpdesk_device_monitoring.token", token)

    @api.model
    def _find_by_token(self, token):
        """Return the source that a token belongs to.

        :param str token: as received
        :return: `helpdesk.monitoring.source` as the technical user in its company, at
            most one
        """
        digest = self._hash_token(token)
        # sudo: a program has no account; the token identifies it
        sources = self.sudo().with_user(SUPERUSER_ID)
        source = sources.search(
            ["|", ("token_hash", "=", digest), ("next_token_hash", "=", digest)],
            limit=1,
        )
        if source.next_token_hash == digest:
            source.write({"token_hash": digest, "next_token_hash": False})
        return source.with_company(source.company_id)

    def _issue_token(self):
        """Create the first token, or one that replaces the current one once it is used.

        :return: the token, which is not stored
        :rtype: str
        """
        self.ensure_one()
        token = f"hm_{secrets.token_urlsafe(32)}"
        # sudo: the hashes of tokens are written here only
        source = self.sudo()
        name = "next_token_hash" if source.token_hash else "token_hash"
        source.write(
            {name: self._hash_token(token), "token_date": fields.Datetime.now()}
        )
        source._message_log(body=self.env._("A token was created."))
        return token

    def action_make_token(self):
        """Create a token and show it once.

        :return: an `ir.actions.act_window`
        :rtype: dict
        :raise AccessError: when the user may not change the source
        """
        self.ensure_one()
        self.check_access("write")
        token = self._issue_token()
        return self.env["helpdesk.token.show"]._get_action(
            self.env._("Token of %(name)s", name=self.name),
            "helpdesk_device_monitoring.helpdesk_monitoring_token_show_view_form",
            address=f"{self.get_base_url()}{ROOT}",
            token=token,
        )

    def action_revoke_token(self):
        """Revoke the tokens of these sources at once.

        :raise AccessError: when the user may not change them
        """
        self.check_access("write")
        # sudo: the hashes of tokens are written here only
        sources = self.sudo()
        sources.write({"token_hash": False, "next_token_hash": False})
        text = self.env._("The token was revoked.")
        sources._message_log_batch(bodies=dict.fromkeys(sources.ids, text))

    # -- deliveries -------------------------------------------------------------------

    def _receive(self, alarms):
        """Process a delivery of this program (C12).

        :param list alarms: of `Alarm`, each once
        :return: the rows (`helpdesk.monitoring.alarm`)
        """
        self.ensure_one()
        language = self.company_id.partner_id.lang or "en_US"
        source = self.with_context(lang=language)
        return source.env["helpdesk.monitoring.alarm"]._receive(source, alarms)

    def _describe_unreadable(self, reason):
        """Return a sentence saying that a delivery is not in the documented format.

        :param str reason: a technical one
        """
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return self.env._(
            "This is not what %(program)s sends: %(reason)s.",
            program=kinds[self.kind],
            reason=reason,
        )

    def _keep_unreadable(self, body, reason):
        """Hold what cannot be parsed, and notify the responsible person.

        :param bytes body: as received
        :param str reason: a technical one
        """
        self.ensure_one()
        language = self.company_id.partner_id.lang or "en_US"
        source = self.with_context(lang=language)
        source.env["helpdesk.monitoring.alarm"]._keep_unreadable(
            source,
            read_unreadable(body, source.env._("A delivery that cannot be read")),
            source._describe_unreadable(reason),
        )

    def _forget_held(self):
        """Remove the activities of sources that no longer hold alarms."""
        self.invalidate_recordset(["held_count"])
        done = self.filtered(lambda source: not source.held_count)
        done.activity_unlink([ACTIVITY])

    def _note_held(self):
        """Create one activity for the responsible person, however many alarms are
        held."""
        if not self.activity_search([ACTIVITY]):
            source = self.with_context(lang=self.user_id.lang)
            source.activity_schedule(
                ACTIVITY,
                user_id=self.user_id.id,
                summary=source.env._("Alarms did not become tickets"),
                note=source.env._(
                    "Open the held alarms of this program to see why. Nothing is "
                    "lost: “Open ticket” creates tickets from them, “Discard” does "
                    "not."
                ),
            )

    def action_view_held(self):
        """Open the held alarms.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpdesk.monitoring.alarm",
            "view_mode": "list,form",
            "domain": [("source_id", "=", self.id), ("state", "=", "held")],
            "name": self.env._("Held alarms of %(name)s", name=self.name),
        }
