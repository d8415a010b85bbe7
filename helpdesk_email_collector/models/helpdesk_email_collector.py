from odoo import api, fields, models
from odoo.fields import Domain


class HelpdeskEmailCollector(models.Model):
    """A rule: which mails it is about, and what is done with them (E02, E03)."""

    _name = "helpdesk.email.collector"
    _inherit = ["helpdesk.routing.mixin"]
    _description = "E-mail Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        help="Leave it empty for a rule of all companies.",
    )
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Mailboxes",
        domain="[('is_helpdesk_collector', '=', True)]",
        check_company=True,
        help="Leave it empty for all mailboxes.",
    )
    match = fields.Selection(
        [("all", "All conditions"), ("any", "Any condition")],
        required=True,
        default="all",
    )
    filter_ids = fields.One2many(
        "helpdesk.email.collector.filter", "collector_id", "Conditions", copy=True
    )
    operation_ids = fields.One2many(
        "helpdesk.email.collector.operation", "collector_id", "Operations", copy=True
    )
    summary = fields.Char("What It Does", compute="_compute_summary")

    @api.depends("filter_ids", "operation_ids.code")
    @api.depends_context("lang")
    def _compute_summary(self):
        for rule in self:
            rule.summary = ", ".join(
                operation._get_description() for operation in rule.operation_ids
            )

    # -- the decision about one mail (house 3.5, step 4) -----------------------

    @api.model
    def _decide(self, mail, routes):
        """Say what becomes of a mail and where it goes; writes nothing (E02, E04).

        The operations' `_prepare_<code>` are called here, in the order of the rules:
        they may also decide where the mail goes.

        :param CollectedMail mail: gets decision, reason and values
        :param list routes: those of core: (model, id, values, user id, alias)
        :return: the routes to take, none for a mail that is ignored
        """
        routes, opening, defaults = self._find_routes(mail, routes)
        if not opening:
            return routes
        mail.values = {**self._prepare_mailbox_values(mail), **defaults}
        self._decide_new(mail)
        return [*routes, opening] if mail.decision == "create" else routes

    @api.model
    def _prepare_mailbox_values(self, mail):
        team = mail.server and mail.server.helpdesk_team_id
        return {"team_id": team.id} if team else {}

    @api.model
    def _decide_new(self, mail):
        """Decide about a mail that could open a ticket."""
        if mail.forced:
            user = mail.inbox.forced_by_id.name
            mail.decide("create", "forced", user=user)
            self._run_rules(mail)
            mail.decide("create", "forced", user=user)
            return
        if self._check_guards(mail):
            return
        self._run_rules(mail)
        if not mail.decision:
            mail.decide("ignore", "no_rule")

    @api.model
    def _check_guards(self, mail):
        """Ignore what must not open a ticket, whatever the rules say (C07, C08, E07).

        :return: whether the mail is ignored
        """
        sign = self._get_automatic_sign(mail)
        if sign:
            mail.decide("ignore", "automatic", sign=sign)
            return True
        contact = self._get_contact(mail)
        if contact.helpdesk_ignore_email:
            mail.decide("ignore", "sender_ignored", contact=contact.display_name)
            return True
        if contact and not contact._helpdesk_may_open_ticket():
            customer = contact.commercial_partner_id
            mail.decide(
                "ignore",
                "held",
                customer=customer.display_name,
                primary=customer.primary_contact_id.name,
            )
            return True
        return False

    @api.model
    def _run_rules(self, mail):
        """Go through the rules in their order until one stops (E02)."""
        for rule in self._get_rules(mail):
            if rule.filter_ids and not rule._matches(mail):
                continue
            mail.rules.append(rule)
            for operation in rule.operation_ids:
                operation._prepare(mail)
                if mail.stopped:
                    return

    @api.model
    def _get_rules(self, mail):
        # sudo: rules are readable by managers, and apply to everybody's mail
        return self.sudo().search(
            Domain("company_id", "in", [False, mail.company.id])
            & (
                Domain("server_ids", "=", False)
                | Domain("server_ids", "in", mail.server.ids if mail.server else [])
            )
        )

    def _matches(self, mail):
        """Test a mail against all or any of the conditions.

        :param CollectedMail mail: the mail
        """
        self.ensure_one()
        verdicts = (condition._test(mail) for condition in self.filter_ids)
        return all(verdicts) if self.match == "all" else any(verdicts)
