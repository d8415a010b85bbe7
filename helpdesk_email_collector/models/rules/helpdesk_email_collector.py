from odoo import api, fields, models

from ...decision import CREATE, ELSEWHERE, IGNORE, REPLY, Decision
from ...place import ANSWER, OTHER, OVERSIZED, OWN, REPORT, TWIN
from .helpdesk_email_collector_operation import PARAMETERS


class HelpdeskEmailCollector(models.Model):
    """A rule: which mails it is about, and what is done with them (E02, E03)."""

    _name = "helpdesk.email.collector"
    _inherit = ["helpdesk.rule.part.mixin", "mail.thread"]
    _description = "E-mail Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index="btree_not_null",
        tracking=True,
        help="Leave it empty for a rule of all companies, which administrators change.",
    )
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Mailboxes",
        domain="[('is_helpdesk_collector', '=', True), "
        "('company_id', 'in', [company_id, False])]",
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

    # -- the decision about one mail -----------------------------------------------

    @api.model
    def _decide(self, mail, place):
        """Say what becomes of a mail; writes nothing (E02, E04).

        :param Mail mail: as it was read
        :param Place place: where it belongs
        :rtype: Decision
        """
        if place.kind in (OVERSIZED, TWIN, OWN, REPORT):
            return Decision().settle(IGNORE, place.reason, **place.params)
        if place.kind == OTHER:
            return Decision().settle(ELSEWHERE, place.reason, **place.params)
        if place.kind == ANSWER:
            return self._decide_answer(mail, place)
        decision = Decision(values=place.values, quoted_id=place.quoted_id)
        if user := place.arrival.forced_by:
            decision = decision.settle(CREATE, "forced", user=user)
            decision = self._run_rules(mail, place, decision)
            decision = self._leave_out_done(place, decision)
            return decision.settle(CREATE, "forced", user=user)
        decision = self._check_guards(place, decision)
        if decision.kind:
            return decision
        decision = self._run_rules(mail, place, decision)
        return decision if decision.kind else self._decide_unclaimed(place, decision)

    @api.model
    def _leave_out_done(self, place, decision):
        """Do not repeat what rules did with a mail when it became no ticket: no second
        task, no second copy to a colleague."""
        Operation = self.env["helpdesk.email.collector.operation"]
        left = Operation.browse(decision.operations).filtered(
            lambda operation: (
                not (
                    operation.collector_id.id in place.arrival.acted
                    and operation._applies_without_ticket()
                )
            )
        )
        return decision.change(operations=tuple(left.ids))

    @api.model
    def _decide_answer(self, mail, place):
        """Let those rules see an answer to a ticket that are for answers (E02)."""
        decision = Decision(ticket_id=place.ticket_id)
        decision = decision.settle(REPLY, place.reason, **place.params)
        return self._run_rules(mail, place, decision)

    @api.model
    def _decide_unclaimed(self, place, decision):
        """Decide about a mail of which no rule made a ticket."""
        Operation = self.env["helpdesk.email.collector.operation"]
        codes = Operation._get_document_codes()
        operations = Operation.browse(decision.operations)
        making = [operation for operation in operations if operation.code in codes]
        if making:
            rule = making[0].collector_id.name
            return decision.settle(ELSEWHERE, "rule_document", rule=rule)
        if place.automatic:
            return decision.settle(IGNORE, "automatic", sign=place.automatic)
        return decision.settle(IGNORE, "no_rule")

    @api.model
    def _check_guards(self, place, decision):
        """Ignore what must not open a ticket whatever the rules say (C07, C08, E07)."""
        contact = self.env["res.partner"].browse(place.author_id or [])
        if contact.helpdesk_ignore_email:
            return decision.settle(
                IGNORE, "sender_ignored", contact=contact.display_name
            )
        if not contact or contact._helpdesk_may_open_ticket():
            return decision
        if place.automatic:  # no request to hold: nobody asked for anything
            return decision.settle(IGNORE, "automatic", sign=place.automatic)
        customer = contact.commercial_partner_id
        return decision.settle(
            IGNORE,
            "held",
            customer=customer.display_name,
            primary=customer.primary_contact_id.name,
        )
