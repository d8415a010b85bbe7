from dataclasses import dataclass, replace

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import frozendict

from odoo.addons.helpdesk_ticket.incoming import IGNORED

from ...decision import (
    ANSWER,
    CREATE,
    ELSEWHERE,
    IGNORE,
    OTHER,
    OVERSIZED,
    OWN,
    REPLY,
    REPORT,
    TWIN,
    Decision,
)
from .helpdesk_email_collector_operation import PARAMETERS

# What it costs to read a source (default 0); cheap conditions are tested first.
COSTS = {"sender_state": 1, "sender_tag": 1, "attachment_type": 1}
COSTS.update({"body": 2, "language": 3})
# Kinds of mail that a rule applies to only if one of its conditions asks for them.
NAMED_KINDS = ("is_reply", "is_automatic")
# Operations that are skipped when somebody creates a ticket from the mail by hand.
REFUSING = {"ignore", "reject"}
# What happens to mails that no rule is applied to.
PUT_ASIDE = {OVERSIZED: IGNORE, TWIN: IGNORE, OWN: IGNORE, REPORT: IGNORE}
PUT_ASIDE[OTHER] = ELSEWHERE


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule as it is kept in memory, with its cheapest conditions first.

    :param bool match_any: whether one matching condition is enough
    :param frozenset servers: ids of `fetchmail.server`, empty for all mailboxes
    :param tuple conditions: of `Condition`
    :param frozenset named: kinds of mail (`is_reply`, `is_automatic`) that a condition
        asks for; rules without such a condition do not apply to these mails
    :param bool stops: no further rule is tried after it
    :param bool refuses: it ignores or rejects the mail
    :param bool broken: it cannot be used, for example because of an invalid pattern
    """

    id: int
    match_any: bool
    servers: frozenset
    conditions: tuple
    named: frozenset
    stops: bool
    refuses: bool
    broken: bool


class HelpdeskEmailCollector(models.Model):
    """A rule: which mails it applies to and what it does with them (E02, E03).

    First the conditions of all rules are tested in memory, because reading a thousand
    rules from the database for each mail would take longer than everything else. Then
    the rules that apply are read together. So a mail needs the same number of queries
    with two rules as with a thousand.
    """

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
        help="Leave empty for a rule that applies to all companies. Only "
        "administrators can change it.",
    )
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Mailboxes",
        domain="[('is_helpdesk_collector', '=', True), "
        "('company_id', 'in', [company_id, False])]",
        check_company=True,
        tracking=True,
        help="Leave empty for all mailboxes.",
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
        translate=True, help="What the rule is for, as a note to others."
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
        """Store the conditions as text, so that changes of them are tracked (I3)."""
        for rule in self:
            lines = (condition._get_description() for condition in rule.filter_ids)
            rule.conditions_text = "\n".join(lines)

    @api.depends(
        "operation_ids.sequence", *(f"operation_ids.{name}" for name in PARAMETERS)
    )
    def _compute_operations_text(self):
        """Store the operations as text, so that changes of them are tracked (I3)."""
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
        """Return what to do with a mail, without writing anything (E02, E04).

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :rtype: Decision
        """
        if kind := PUT_ASIDE.get(place.kind):
            return Decision(kind, place.reason, place.params)
        if place.kind == ANSWER:  # only rules for replies apply (E02)
            known = {"params": place.params, "ticket_id": place.ticket_id}
            decision = Decision(REPLY, place.reason, **known)
            return self._run_rules(mail, place, decision)
        decision = Decision(values=place.values, quoted_id=place.quoted_id)
        if user := place.arrival.forced_by:
            forced = {"kind": CREATE, "reason": "forced"}
            forced["params"] = frozendict(user=user)
            decision = self._run_rules(mail, place, replace(decision, **forced))
            return replace(self._leave_out_done(place, decision), **forced)
        # contacts that may not open tickets, whatever the rules say (C07, C08)
        contact = self.env["res.partner"].browse(place.author_id or [])
        intake = self.env["helpdesk.intake"]
        if contact and (objection := intake._get_objection(contact)):
            return self._refuse(place, decision, contact, objection)
        decision = self._run_rules(mail, place, decision)
        return decision if decision.kind else self._decide_unclaimed(place, decision)

    @api.model
    def _refuse(self, place, decision, contact, objection):
        """Ignore the mail of a contact that may not open tickets (C07, C08, E07).

        :param contact: `res.partner`
        :param objection: of `helpdesk.intake._get_objection`
        :rtype: Decision
        """
        customer = contact.commercial_partner_id
        if objection == IGNORED:
            reason, params = "sender_ignored", {"contact": contact.display_name}
        elif place.automatic:  # a program did not ask for anything that could be held
            reason, params = "automatic", {"sign": place.automatic}
        else:
            reason, params = "held", {"customer": customer.display_name}
            params["primary"] = customer.primary_contact_id.name
        params = frozendict(params)
        return replace(decision, kind=IGNORE, reason=reason, params=params)

    @api.model
    def _run_rules(self, mail, place, decision):
        """Apply the rules in their order until one stops (E02).

        :param Mail mail: the parsed mail
        :param Place place: who wrote it and where it belongs
        :param Decision decision: what was decided before the rules
        :return: ``decision`` with what the rules added
        :rtype: Decision
        """
        rules, decision = self._find_rules(mail, place, decision)
        traced = {entry["rule_id"]: entry for entry in decision.trace}
        operations = rules.operation_ids._with_records().grouped("collector_id")
        for rule in rules:
            decision = replace(decision, rules=(*decision.rules, rule.id))
            for operation in operations.get(rule, ()):
                decision = operation._prepare(mail, place, decision)
                if traced:
                    text = operation._get_description(mail, place, decision)
                    traced[rule.id]["operations"].append(text)
                if decision.stopped:
                    return decision
        return decision

    @api.model
    def _find_rules(self, mail, place, decision):
        """Find the rules that apply to a mail, up to the first one that stops.

        :return: rules (`helpdesk.email.collector`, not read yet) and the `Decision`
            with those of them that may act on automatic mail, and with a trace if this
            is a try-out
        :rtype: tuple
        """
        # sudo: only managers can read rules, which apply to mail for everybody
        rules = self.sudo().with_context(active_test=True)
        # sudo: the same for their conditions
        conditions = self.env["helpdesk.email.collector.filter"].sudo()
        book = rules._get_book(place.company_id)
        tracing = place.arrival.tried
        if tracing:  # all are shown: read them together
            rules = rules.browse([entry.id for entry in book])
        found, outspoken, trace = [], set(), []
        for entry in book:
            if tracing:
                trace.append(
                    rules._trace_rule(entry, mail, place, decision, conditions)
                )
                applies = trace[-1]["matched"]
            else:
                applies = rules._applies(entry, mail, place, decision, conditions)
            if not applies:
                continue
            found.append(entry.id)
            if "is_automatic" in entry.named:
                outspoken.add(entry.id)
            if entry.stops:
                break
        decision = replace(decision, outspoken=frozenset(outspoken), trace=tuple(trace))
        return rules.browse(found), decision

    @api.model
    def _is_concerned(self, entry, place, decision):
        """Return whether the conditions of a rule have to be tested for a mail at
        all."""
        return (
            not entry.broken
            and not (place.arrival.forced_by and entry.refuses)
            and (not entry.servers or place.arrival.server_id in entry.servers)
            and (decision.kind != REPLY or "is_reply" in entry.named)
        )

    @api.model
    def _applies(self, entry, mail, place, decision, conditions):
        """Return whether a mail meets all, or any, of the conditions of a rule.

        :param RuleEntry entry: the rule
        :param conditions: the model `helpdesk.email.collector.filter`, as superuser
        :rtype: bool
        """
        if not self._is_concerned(entry, place, decision):
            return False
        if not entry.conditions:
            return True
        verdicts = (conditions._test(test, mail, place) for test in entry.conditions)
        return any(verdicts) if entry.match_any else all(verdicts)

    @api.model
    def _leave_out_done(self, place, decision):
        """Return ``decision`` without the operations that were already carried out when
        the mail did not become a ticket, so that there is no second task and no second
        copy."""
        Operation = self.env["helpdesk.email.collector.operation"]
        left = Operation.browse(decision.operations).filtered(
            lambda operation: (
                not (
                    operation.collector_id.id in place.arrival.acted
                    and operation._applies_without_ticket()
                )
            )
        )
        return replace(decision, operations=tuple(left.ids))

    @api.model
    def _decide_unclaimed(self, place, decision):
        """Return the decision about a mail for which no rule creates a ticket."""
        Operation = self.env["helpdesk.email.collector.operation"]
        codes = Operation._get_document_codes()
        operations = Operation.browse(decision.operations)
        making = [operation for operation in operations if operation.code in codes]
        if making:
            params = frozendict(rule=making[0].collector_id.name)
            return replace(
                decision, kind=ELSEWHERE, reason="rule_document", params=params
            )
        if place.automatic:
            params = frozendict(sign=place.automatic)
            return replace(decision, kind=IGNORE, reason="automatic", params=params)
        return replace(decision, kind=IGNORE, reason="no_rule")

    # -- the rule book ---------------------------------------------------------

    @api.model
    @tools.ormcache("company_id")
    def _get_book(self, company_id):
        """Return the active rules of a company in their order (E02).

        The result is cached until a rule changes, in any process.

        :param int company_id: id of `res.company`
        :return: tuple of `RuleEntry`
        """
        rules = self.search(Domain("company_id", "in", [False, company_id]))
        faults = rules.operation_ids._with_records()._get_faults()
        return tuple(rule._get_entry(faults) for rule in rules)

    def _get_entry(self, faults):
        self.ensure_one()
        entries = [condition._get_entry() for condition in self.filter_ids]
        conditions = sorted(
            filter(None, entries), key=lambda entry: COSTS.get(entry.source, 0)
        )
        return RuleEntry(
            id=self.id,
            match_any=self.match == "any",
            servers=frozenset(self.server_ids.ids),
            conditions=tuple(conditions),
            named=frozenset(self._get_named_kinds()),
            stops=any(operation._stops() for operation in self.operation_ids),
            refuses=bool(set(self.operation_ids.mapped("code")) & REFUSING),
            broken=None in entries
            or self.to_confirm
            or any(faults[operation.id] for operation in self.operation_ids),
        )

    def _get_named_kinds(self):
        """Return which kinds of mail the conditions ask for.

        :return: set of elements of `NAMED_KINDS`
        """
        return {
            condition.source
            for condition in self.filter_ids
            if condition.source in NAMED_KINDS
            and (condition.value == "yes") != condition.negate
        }

    # -- the trace (E04) -------------------------------------------------------

    def _trace_rule(self, entry, mail, place, decision, conditions):
        """Test a rule like `_applies`, and return what its conditions compared.

        :return: dict of `rule`, `rule_id`, `conditions`, `matched`, `operations`
        """
        rule = self.browse(entry.id).with_prefetch(self.ids)
        trace = {
            "rule": rule.name,
            "rule_id": rule.id,
            "conditions": rule._trace_scope(entry, place, decision),
            "matched": self._is_concerned(entry, place, decision),
            "operations": [],
        }
        if not trace["matched"]:
            return trace
        verdicts = []
        by_id = {condition.id: condition for condition in entry.conditions}
        for condition in rule.filter_ids:
            verdicts.append(conditions._test(by_id[condition.id], mail, place))
            texts = conditions._read_source(mail, place, *by_id[condition.id].key)
            trace["conditions"].append(
                {
                    "condition": condition._get_description(),
                    "seen": condition._get_seen(texts.raw),
                    "verdict": verdicts[-1],
                }
            )
        if verdicts:
            trace["matched"] = any(verdicts) if entry.match_any else all(verdicts)
        return trace

    def _trace_scope(self, entry, place, decision):
        """Return why the conditions of a rule are not tested, as entries of the
        trace."""
        scope = []
        if entry.broken:
            scope.append((self.env._("The rule can be used"), self.problem))
        server_id = place.arrival.server_id
        if entry.servers and server_id not in entry.servers:
            names = ", ".join(self.server_ids.mapped("name"))
            condition = self.env._("Mailbox is one of: %(names)s", names=names)
            server = self.env["fetchmail.server"].browse(server_id or [])
            scope.append((condition, server.name or ""))
        if decision.kind == REPLY and "is_reply" not in entry.named:
            condition = self.env._("The rule applies to replies too")
            scope.append(
                (condition, self.env._("No condition “Is a reply: Yes” is set."))
            )
        return [
            {"condition": condition, "seen": seen or "", "verdict": False}
            for condition, seen in scope
        ]
