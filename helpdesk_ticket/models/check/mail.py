from collections import Counter
from datetime import timedelta

from lxml import etree, html

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import config
from odoo.tools.rendering_tools import parse_inline_template

from ...self_check import (
    ATTENTION,
    BROKEN,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
    some,
)

SETTINGS = Screen("helpdesk_contact.action_helpdesk_settings")
# A mail that has been waiting for longer is overdue.
STUCK = timedelta(hours=1)
FAILED_DAYS = 7
OWN_MACHINE = ("", "localhost", "127.0.0.1", "::1")


class HelpdeskCheck(models.TransientModel):
    """The self-check of Odoo's own mail."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_mail_check_methods(self):
        return [
            self._check_incoming_servers,
            self._check_alias_domain,
            self._check_team_addresses,
            self._check_outgoing_server,
            self._check_sender,
            self._check_mail_queue,
            self._check_failed_mails,
            self._check_templates,
            self._check_creation_address,
        ]

    @api.model
    def _get_incoming_server_domain(self):
        """Return a domain of the mail servers that Odoo itself reads; a hook."""
        return Domain("server_type", "!=", "local")

    def _check_incoming_servers(self):
        """Check the last results of Odoo's own mailboxes."""
        checks = []
        for server in self.env["fetchmail.server"].search(
            self._get_incoming_server_domain()
        ):
            state, text, step = FINE, self.env._("Read by Odoo's mail gateway."), ""
            if server.state == "draft":
                state = UNSET
                text = self.env._("It is not switched on.")
                step = self.env._("Test the mail server and confirm it.")
            elif server.error_date:
                state, text = (
                    BROKEN,
                    server.error_message or self.env._("It cannot be read."),
                )
                step = self.env._("Correct the mail server and test it.")
            checks.append(
                Check(
                    "incoming_server",
                    "incoming",
                    self.env._("Mail server %(name)s", name=server.name),
                    state,
                    text,
                    step,
                    Screen("mail.action_email_server_tree", server.id),
                )
            )
        return checks

    def _check_alias_domain(self):
        """Check where answers and bounces without an address of a team go."""
        checks = []
        for company in self.env.companies:
            domain = company.alias_domain_id
            state, step = FINE, ""
            text = self.env._(
                "Answers are sent to %(address)s.", address=domain.catchall_email
            )
            if not domain:
                state = ATTENTION
                text = self.env._(
                    "Bounces are not detected: there is no e-mail domain for them."
                )
                step = self.env._("Enter the domain of your e-mail for this company.")
            checks.append(
                Check(
                    "alias_domain",
                    "incoming",
                    self.env._("Answers and bounces"),
                    state,
                    text,
                    step,
                    Screen("mail.mail_alias_domain_action", domain.id)
                    if domain
                    else Screen("base_setup.action_general_configuration"),
                    company.id,
                )
            )
        return checks

    def _check_team_addresses(self):
        """Check which addresses of teams open tickets."""
        teams = self.env["helpdesk.team"].search(
            [("company_id", "in", self.env.companies.ids), ("alias_name", "!=", False)]
        )
        checks = []
        for company in self.env.companies:
            addresses = [
                team.alias_email
                for team in teams
                if team.company_id == company and team.alias_email
            ]
            text = some(addresses) or self.env._("No team has an address of its own.")
            step = self.env._(
                "Give a team an address if mail should reach it directly."
            )
            checks.append(
                Check(
                    "team_address",
                    "incoming",
                    self.env._("Addresses of teams"),
                    FINE if addresses else UNSET,
                    text,
                    "" if addresses else step,
                    Screen("helpdesk_ticket.action_helpdesk_team", groups=(MANAGER,)),
                    company.id,
                )
            )
        return checks

    def _check_outgoing_server(self):
        """Check which server sends mail; the queue shows whether it works."""
        servers = self.env["ir.mail_server"].search([("active", "=", True)])
        host = config.get("smtp_server") or ""
        state, step = FINE, ""
        if servers:
            text = some(servers.mapped("name"))
        elif host not in OWN_MACHINE:
            text = self.env._("%(server)s, from Odoo's configuration.", server=host)
        else:
            state = ATTENTION
            text = self.env._(
                "None is configured: mails are sent by the machine that Odoo runs on."
            )
            step = self.env._(
                "Enter the outgoing mail server of your company and test it."
            )
        return [
            Check(
                "outgoing_server",
                "outgoing",
                self.env._("Outgoing mail server"),
                state,
                text,
                step,
                Screen("base.action_ir_mail_server_list"),
            )
        ]

    def _check_sender(self):
        """Check the sender address of ticket mails (N01)."""
        return [
            Check(
                "sender",
                "outgoing",
                self.env._("Sender address"),
                FINE if company.helpdesk_sender_address else ATTENTION,
                company.helpdesk_sender_address
                or self.env._(
                    "Mails of teams without an address are sent from Odoo's default "
                    "address."
                ),
                ""
                if company.helpdesk_sender_address
                else self.env._(
                    "Enter the address that customers should see and answer to."
                ),
                SETTINGS,
                company.id,
            )
            for company in self.env.companies
        ]

    def _check_mail_queue(self):
        """Check whether mails are sent in time."""
        before = fields.Datetime.now() - STUCK
        count = self.env["mail.mail"].search_count(
            Domain("state", "=", "outgoing")
            & Domain("create_date", "<", before)
            & (
                Domain("scheduled_date", "=", False)
                | Domain("scheduled_date", "<", before)
            )
        )
        text = self.env._("No mail has been waiting for more than an hour.")
        if count:
            text = self.env._(
                "Mails waiting for more than an hour: %(count)s.", count=count
            )
        step = self.env._(
            "Check that the scheduled action that sends mails is active and running."
        )
        return [
            Check(
                "mail_queue",
                "outgoing",
                self.env._("Queue of outgoing mails"),
                BROKEN if count else FINE,
                text,
                step if count else "",
                Screen("mail.action_view_mail_mail", filters=("outgoing",)),
            )
        ]

    def _count_failed_mails(self):
        """Count the mails of tickets that recently failed, by id of company.

        :rtype: dict
        """
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        since = fields.Datetime.now() - timedelta(days=FAILED_DAYS)
        mails = self.env["mail.mail"].search_fetch(
            [
                ("state", "=", "exception"),
                ("create_date", ">=", since),
                ("model", "=", tickets._name),
            ],
            ["res_id"],
        )
        found = tickets.search_fetch(
            [("id", "in", mails.mapped("res_id"))], ["company_id"]
        )
        companies = {ticket.id: ticket.company_id.id for ticket in found}
        return Counter(companies.get(mail.res_id) for mail in mails)

    def _check_failed_mails(self):
        """Check for mails of tickets that recently failed."""
        counts = self._count_failed_mails()
        checks = []
        for company in self.env.companies:
            state, step = FINE, ""
            text = self.env._("All ticket mails of the last few days were sent.")
            if count := counts[company.id]:
                state = ATTENTION
                text = self.env._(
                    "Mails of tickets that failed in the last %(days)s days: "
                    "%(count)s.",
                    days=FAILED_DAYS,
                    count=count,
                )
                step = self.env._("Check why they failed, then send them again.")
            checks.append(
                Check(
                    "failed_mails",
                    "outgoing",
                    self.env._("Mails of tickets"),
                    state,
                    text,
                    step,
                    Screen("mail.action_view_mail_mail", filters=("exception",)),
                    company.id,
                )
            )
        return checks

    def _check_templates(self):
        """Check for templates of automatic mails that are invalid, or failed in use."""
        templates = self.env["mail.template"].search(
            [("model_id.model", "=", "helpdesk.ticket")]
        )
        told = self.env["mail.message"]._read_group(
            [
                ("model", "=", templates._name),
                ("res_id", "in", templates.ids),
                ("message_type", "=", "user_notification"),
            ],
            ["res_id"],
            ["date:max"],
        )
        failed = dict(told)
        broken = templates.filtered(
            lambda one: (
                (one.id in failed and failed[one.id] >= one.write_date)
                or not self._can_be_made(one)
            )
        )
        text = self.env._("All %(count)s are valid.", count=len(templates))
        if broken:
            text = self.env._(
                "These have errors: %(names)s.", names=some(broken.mapped("name"))
            )
        return [
            Check(
                "templates",
                "outgoing",
                self.env._("Texts of automatic mails"),
                BROKEN if broken else FINE,
                text,
                self.env._("Correct the template, or reset it.") if broken else "",
                Screen("mail.action_email_template_tree_all", broken[:1].id or 0),
            )
        ]

    @api.model
    def _can_be_made(self, template):
        """Return whether a template is valid, without rendering it."""
        try:
            parse_inline_template(template.subject or "")
            body = html.fragment_fromstring(
                str(template.body_html or ""), create_parent="div"
            )
            self.env["ir.qweb"]._generate_code(body)
        except (SyntaxError, ValueError, KeyError, etree.LxmlError, PermissionError):
            return False
        return True

    def _check_creation_address(self):
        """Check who is notified of new tickets (N02)."""
        return [
            Check(
                "creation_address",
                "outgoing",
                self.env._("Notification on creation"),
                FINE if company.helpdesk_creation_address else UNSET,
                company.helpdesk_creation_address
                or self.env._("No address is notified of new tickets."),
                ""
                if company.helpdesk_creation_address
                else self.env._("Enter an address if somebody should be notified."),
                SETTINGS,
                company.id,
            )
            for company in self.env.companies
        ]
