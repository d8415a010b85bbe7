import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..faults import DirectoryFault
from ..graph import Endpoint, Graph
from ..person import clean, get_properties, is_key
from .helpdesk_entra_mapping import DEFAULTS

TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,127}$")
MOST_GROUPS = 2000
PARAMETER = "helpdesk_contact_entra."


class HelpdeskEntraConnection(models.Model):
    """The directory of a customer, in Microsoft Entra ID (C11)."""

    _name = "helpdesk.entra.connection"
    _description = "Directory"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_company', '=', True)]",
        help="The users of the directory become contacts of this customer.",
    )
    tenant = fields.Char(string="Directory (tenant) ID", required=True)
    client_id = fields.Char(string="Application (client) ID", required=True)
    group_ids = fields.One2many(
        "helpdesk.entra.group", "connection_id", string="Groups"
    )
    mapping_ids = fields.One2many(
        "helpdesk.entra.mapping",
        "connection_id",
        string="Fields",
        default=lambda self: [
            Command.create({"source": source, "target": target})
            for source, target in DEFAULTS
        ],
    )
    photo_mode = fields.Selection(
        [
            ("off", "No photos"),
            ("keep", "Photos, those set here are kept"),
            ("overwrite", "Photos, the directory wins"),
        ],
        string="Photos",
        required=True,
        default="off",
    )
    run_ids = fields.One2many("helpdesk.entra.run", "connection_id", string="Log")
    user_ids = fields.One2many("helpdesk.entra.user", "connection_id", string="Users")
    is_on = fields.Boolean(
        string="Synchronize by itself",
        help="Switch this on once you have seen the preview.",
    )
    interval_hours = fields.Integer(string="Every … hours", default=1)
    next_sync_date = fields.Datetime(
        string="Next synchronization", default=fields.Datetime.now, copy=False
    )
    delta_link = fields.Char(
        string="Start of the next changes", copy=False, groups="base.group_system"
    )
    error_kind = fields.Char(copy=False)
    error_detail = fields.Char(copy=False)
    error_message = fields.Char(compute="_compute_error_message")
    failure_count = fields.Integer(copy=False)

    @api.depends("error_kind", "error_detail")
    @api.depends_context("lang")
    def _compute_error_message(self):
        for connection in self:
            connection.error_message = connection._get_sentence(
                connection.error_kind, connection.error_detail
            )

    @api.constrains("tenant", "mapping_ids", "interval_hours")
    def _check_settings(self):
        for connection in self:
            if not TENANT.match(connection.tenant):
                raise ValidationError(
                    self.env._(
                        "“%(id)s” is not the ID or domain of a directory.",
                        id=connection.tenant,
                    )
                )
            if "email" not in connection.mapping_ids.mapped("target"):
                raise ValidationError(
                    self.env._(
                        "Keep the e-mail address in the list of fields: it identifies "
                        "the contact."
                    )
                )
            if connection.interval_hours < 1:
                raise ValidationError(
                    self.env._("A directory is read at most once an hour.")
                )

    def write(self, vals):
        if {"tenant", "partner_id", "company_id"} & vals.keys():
            self._check_unused(vals)
        if {"group_ids", "mapping_ids", "tenant"} & vals.keys():
            vals = {**vals, "delta_link": False}
            self._stop_runs()
        if "photo_mode" in vals:
            # sudo: users who may change the directory may have all photos read again
            self.sudo().user_ids.photo_due_date = False
        if "client_secret" in vals:
            # a new secret has its own expiry date
            vals = {"secret_end_date": False, **vals}
        return super().write(vals)

    def _stop_runs(self):
        # sudo: users who may change the directory may end runs with the old choice
        running = self.sudo().run_ids.filtered(lambda run: run.state == "running")
        running.write({"state": "stopped", "finished_date": fields.Datetime.now()})

    def _check_unused(self, vals):
        """Refuse another customer or directory while contacts are linked."""
        for connection in self:
            now = {
                "tenant": connection.tenant,
                "partner_id": connection.partner_id.id,
                "company_id": connection.company_id.id,
            }
            changed = any(vals.get(name, value) != value for name, value in now.items())
            if changed and connection.user_ids:
                raise UserError(
                    self.env._(
                        "Contacts of %(customer)s are linked to this directory. Make a "
                        "new connection and archive this one.",
                        customer=connection.partner_id.display_name,
                    )
                )

    # -- the directory -----------------------------------------------------------

    def _get_graph(self):
        """Return the `Graph` of this directory.

        :raise DirectoryFault: no secret is stored, or no usable certificate
        """
        self.ensure_one()
        # sudo: the secret and the addresses are used, not shown
        own = self.sudo()
        get_param = own.env["ir.config_parameter"].get_param
        return Graph(
            Endpoint(
                tenant=own.tenant,
                client_id=own.client_id,
                credential=own._get_credential(),
                login_url=get_param(
                    f"{PARAMETER}login_url", "https://login.microsoftonline.com"
                ),
                graph_url=get_param(
                    f"{PARAMETER}graph_url", "https://graph.microsoft.com"
                ),
                ca_file=get_param(f"{PARAMETER}ca_file", ""),
            )
        )

    def _get_mapping(self):
        """Return the mapping as a list of (target, source)."""
        return [(line.target, line.source) for line in self.mapping_ids]

    def _get_properties(self):
        """Return the Graph properties that the mapping needs."""
        return get_properties(self.mapping_ids.mapped("source"))

    # -- buttons -----------------------------------------------------------------

    def action_test(self):
        """Sign in and read one user, and one page of each chosen group.

        :return: a notification
        :raise UserError: with the sentence of what is wrong
        """
        self.ensure_one()
        self.check_access("write")
        with Explaining(self):
            graph = self._get_graph()
            graph.get_first_users(self._get_properties(), number=1)
            for group in self.group_ids.filtered("is_taken"):
                graph.get_member_ids(group.external_id)
        self._record_success()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The directory can be read."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_load_groups(self):
        """List the groups of the directory to choose from.

        :raise UserError: with the sentence of what is wrong
        """
        self.ensure_one()
        self.check_access("write")
        found, link = {}, None
        with Explaining(self):
            graph = self._get_graph()
            while len(found) < MOST_GROUPS:
                before = len(found)
                page, link = graph.get_groups(link)
                found.update(
                    {
                        g["id"]: clean(g.get("displayName")) or g["id"]
                        for g in page
                        if is_key(g.get("id"))
                    }
                )
                # a page without anything new: the links form a loop
                if not link or len(found) == before:
                    break
        known = self.group_ids.mapped("external_id")
        self.env["helpdesk.entra.group"].create(
            [
                {"connection_id": self.id, "external_id": id_, "name": name}
                for id_, name in found.items()
                if id_ not in known
            ]
        )

    def action_preview(self):
        """Show the result of the mapping for the first users; nothing is changed.

        :return: an action that opens the result
        :raise UserError: with the sentence of what is wrong
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: only runs write the log; this one changes nothing else
        run = self.env["helpdesk.entra.run"].sudo()._open(self, "preview")
        with Explaining(self):
            run._preview()
        return run._get_action()

    def action_dry_run(self):
        """Start a run that only reports what a synchronization would do.

        :return: an action that opens the log of the run
        """
        return self._start("dry")

    def action_synchronize(self):
        """Start a run that reads the changes.

        :return: an action that opens the log of the run
        """
        return self._start("changes")

    def action_read_all(self):
        """Start a run that reads the whole directory, for example after conflicts were
        solved.

        :return: an action that opens the log of the run
        """
        self.check_access("write")
        self._stop_runs()
        self.delta_link = False
        return self._start("changes")

    def _start(self, kind):
        """Start a run, or continue the current one, and trigger the scheduled
        action."""
        self.ensure_one()
        self.check_access("write")
        # sudo: only runs write the log; users who may change the directory start them
        own = self.sudo()
        run = own.run_ids.filtered(lambda run: run.state == "running")[:1]
        run = run or own.run_ids._open(own, kind)
        run.next_date = fields.Datetime.now()
        own.env.ref("helpdesk_contact_entra.ir_cron_synchronize")._trigger()
        return run._get_action()

    # -- the scheduled action ----------------------------------------------------

    @api.model
    def _cron_synchronize(self):
        """Continue current runs and start due ones, page by page (C11)."""
        progress = self.env["ir.cron"]
        self._open_due()
        Run = self.env["helpdesk.entra.run"]
        runs = Run.search(Run._get_due_domain(), order="next_date, id")
        progress._commit_progress(remaining=len(runs))
        for number, run in enumerate(runs):
            if not run._work(len(runs) - number):
                return
        waiting = Run.search([("state", "=", "running")], order="next_date", limit=1)
        if waiting:
            cron = self.env.ref("helpdesk_contact_entra.ir_cron_synchronize")
            cron._trigger(waiting.next_date)

    @api.model
    def _open_due(self):
        now = fields.Datetime.now()
        due = self.search([("is_on", "=", True), ("next_sync_date", "<=", now)])
        Run = self.env["helpdesk.entra.run"]
        busy = Run.search([("state", "=", "running")]).connection_id
        for connection in due - busy:
            Run._open(connection, "changes")
        for hours, group in due.grouped("interval_hours").items():
            group.next_sync_date = now + timedelta(hours=hours)


class Explaining:
    """Converts an error of the directory into a UserError with its sentence.

    :param connection: `helpdesk.entra.connection`, whose language is used
    """

    def __init__(self, connection):
        self._connection = connection

    def __enter__(self):
        return self

    def __exit__(self, _kind, fault, _trace):
        if isinstance(fault, DirectoryFault):
            kind = "answer" if fault.kind == "gone" else fault.kind
            message = self._connection._get_sentence(kind, fault.detail)
            raise UserError(message) from fault
