from odoo import api, fields, models

from .helpdesk_email_collector_operation import PARAMETERS


class HelpdeskEmailCollector(models.Model):
    """A rule: which mails it is about, and what is done with them (E02, E03)."""

    _name = "helpdesk.email.collector"
    _inherit = [
        "helpdesk.routing.mixin",
        "helpdesk.rule.run.mixin",
        "helpdesk.rule.check.mixin",
        "helpdesk.rule.count.mixin",
        "helpdesk.rule.part.mixin",
        "mail.thread",
    ]
    _description = "E-mail Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        tracking=True,
        help="Leave it empty for a rule of all companies.",
    )
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Mailboxes",
        domain="[('is_helpdesk_collector', '=', True)]",
        check_company=True,
        tracking=True,
        help="Leave it empty for all mailboxes.",
    )
    match = fields.Selection(
        [("all", "All conditions"), ("any", "Any condition")],
        required=True,
        default="all",
        tracking=True,
    )
    filter_ids = fields.One2many(
        "helpdesk.email.collector.filter", "collector_id", "Conditions", copy=True
    )
    operation_ids = fields.One2many(
        "helpdesk.email.collector.operation", "collector_id", "Operations", copy=True
    )
    note = fields.Text(
        translate=True, help="What the rule is for, for those who read it later."
    )
    has_header = fields.Boolean(compute="_compute_has_header")
    conditions_summary = fields.Char(
        "Conditions in Short", compute="_compute_conditions_summary"
    )
    summary = fields.Char("What It Does", compute="_compute_summary")
    conditions_text = fields.Text(
        "Conditions in Words",
        compute="_compute_conditions_text",
        store=True,
        tracking=True,
    )
    operations_text = fields.Text(
        "Operations in Words",
        compute="_compute_operations_text",
        store=True,
        tracking=True,
    )

    @api.depends("filter_ids.source")
    def _compute_has_header(self):
        for rule in self:
            rule.has_header = "header" in rule.filter_ids.mapped("source")

    @api.depends("match", "conditions_text")
    @api.depends_context("lang")
    def _compute_conditions_summary(self):
        for rule in self:
            word = self.env._("or") if rule.match == "any" else self.env._("and")
            texts = [condition._get_description() for condition in rule.filter_ids]
            every = self.env._("every mail")
            rule.conditions_summary = f" {word} ".join(texts) or every

    @api.depends("operation_ids.description")
    @api.depends_context("lang")
    def _compute_summary(self):
        known = self.operation_ids._with_records().grouped("collector_id")
        for rule in self:
            operations = known.get(rule, ())
            rule.summary = ", ".join(op._get_description() for op in operations)

    @api.depends(
        "filter_ids.source",
        "filter_ids.header",
        "filter_ids.operator",
        "filter_ids.negate",
        "filter_ids.value",
        "filter_ids.sequence",
    )
    def _compute_conditions_text(self):
        """Keep the conditions as text, so that a change of them is tracked (I3)."""
        for rule in self:
            lines = (condition._get_description() for condition in rule.filter_ids)
            rule.conditions_text = "\n".join(lines)

    @api.depends(
        "operation_ids.sequence", *(f"operation_ids.{name}" for name in PARAMETERS)
    )
    def _compute_operations_text(self):
        """Keep the operations as text, so that a change of them is tracked (I3)."""
        known = self.operation_ids._with_records().grouped("collector_id")
        for rule in self:
            lines = (op._get_description() for op in known.get(rule, ()))
            rule.operations_text = "\n".join(lines)

    @api.constrains("company_id")
    def _check_company_of_operations(self):
        for operation in self.operation_ids:
            operation._check_company_of_value()

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
            return self._decide_reply(mail, routes)
        mail.values = {**self._prepare_mailbox_values(mail), **defaults}
        self._decide_new(mail)
        if mail.joined and mail.decision == "reply":
            opening = (opening[0], mail.joined.id, None, *opening[3:])
        return [*routes, opening] if mail.decision in ("create", "reply") else routes

    @api.model
    def _decide_reply(self, mail, routes):
        """Let those rules see a reply to a ticket that are for replies (E02)."""
        if mail.decision != "reply":
            return routes
        mail.automatic = self._get_automatic_sign(mail)
        self._run_rules(mail)
        if mail.decision == "reply":
            return routes
        return [route for route in routes if route[0] != "helpdesk.ticket"]

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
        mail.automatic = self._get_unasked_sign(mail)
        if self._check_guards(mail):
            return
        self._run_rules(mail)
        if not mail.decision:
            self._decide_unclaimed(mail)

    @api.model
    def _decide_unclaimed(self, mail):
        """Decide about a mail of which no rule made a ticket."""
        codes = self.env["helpdesk.email.collector.operation"]._get_document_codes()
        making = [operation for operation in mail.operations if operation.code in codes]
        if making:
            mail.decide("other", "rule_document", rule=making[0].collector_id.name)
        elif mail.automatic:
            mail.decide("ignore", "automatic", sign=mail.automatic)
        else:
            mail.decide("ignore", "no_rule")

    @api.model
    def _check_guards(self, mail):
        """Ignore what must not open a ticket, whatever the rules say (C07, C08, E07).

        :return: whether the mail is ignored
        """
        contact = self._get_contact(mail)
        if contact.helpdesk_ignore_email:
            mail.decide("ignore", "sender_ignored", contact=contact.display_name)
            return True
        if contact and not contact._helpdesk_may_open_ticket():
            if mail.automatic:  # no request to hold: nobody asked for anything
                mail.decide("ignore", "automatic", sign=mail.automatic)
                return True
            customer = contact.commercial_partner_id
            mail.decide(
                "ignore",
                "held",
                customer=customer.display_name,
                primary=customer.primary_contact_id.name,
            )
            return True
        return False
