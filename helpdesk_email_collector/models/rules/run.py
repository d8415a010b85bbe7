from odoo import api, models, tools
from odoo.fields import Domain

from odoo.addons.helpdesk_contact.inside import inside

from ...decision import REPLY
from ...rule_book import RuleEntry

# What a source costs; a condition that costs nothing is tested before one that does.
COSTS = {"sender_state": 1, "sender_tag": 1, "attachment_type": 1}
COSTS.update({"body": 2, "language": 3})
# Kinds of mail that rules leave alone unless a condition names them.
NAMED_KINDS = ("is_reply", "is_automatic")
# Operations that a person overrules who makes a ticket of the mail by hand.
REFUSING = {"ignore", "reject"}


class HelpdeskEmailCollector(models.Model):
    """How a mail goes through the rules (E02). Mixed into `helpdesk.email.collector`.

    First the conditions of all rules are tested, on small objects in memory; then the
    rules that apply are read from the database, together. So a mail costs the same
    number of queries whether there are two rules or a thousand.
    """

    _inherit = "helpdesk.email.collector"

    @api.model
    def _run_rules(self, mail, place, decision):
        """Go through the rules in their order until one stops (E02).

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param Decision decision: what is decided before any rule is asked
        :return: the `Decision` with what the rules added
        """
        rules, decision = self._find_rules(mail, place, decision)
        traced = {entry["rule_id"]: entry for entry in decision.trace}
        operations = rules.operation_ids._with_records().grouped("collector_id")
        for rule in rules:
            decision = decision.change(rules=(*decision.rules, rule.id))
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
        """Find the rules that apply to a mail, up to the first that stops.

        :return: `helpdesk.email.collector`, not yet read, and the `Decision` with which
            of them are for automatic mail, and with a trace if one is wanted
        """
        # sudo: rules are readable by managers, and apply to everybody's mail
        rules = self.sudo().with_context(active_test=True)
        # sudo: the conditions likewise
        conditions = self.env["helpdesk.email.collector.filter"].sudo()
        book = rules._get_book(place.company_id)
        tracing = inside(self.env, "helpdesk_tracing")
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
        decision = decision.change(outspoken=frozenset(outspoken), trace=tuple(trace))
        return rules.browse(found), decision

    @api.model
    def _is_concerned(self, entry, place, decision):
        """Tell whether a rule is asked about a mail at all."""
        return (
            not entry.broken
            and not (place.arrival.forced_by and entry.refuses)
            and (not entry.servers or place.arrival.server_id in entry.servers)
            and (decision.kind != REPLY or "is_reply" in entry.named)
        )

    @api.model
    def _applies(self, entry, mail, place, decision, conditions):
        """Test a mail against all or any of the conditions of a rule.

        :param RuleEntry entry: the rule
        :param conditions: the model that tests
        """
        if not self._is_concerned(entry, place, decision):
            return False
        if not entry.conditions:
            return True
        verdicts = (conditions._test(test, mail, place) for test in entry.conditions)
        return any(verdicts) if entry.match_any else all(verdicts)

    # -- the rule book ---------------------------------------------------------

    @api.model
    @tools.ormcache("company_id")
    def _get_book(self, company_id):
        """Return the rules of a company, in their order, as `RuleEntry` (E02).

        It is kept until a rule is changed, in this process or another.
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
        """Return which kinds of mail the conditions name: replies, automatic mail."""
        return {
            condition.source
            for condition in self.filter_ids
            if condition.source in NAMED_KINDS
            and (condition.value == "yes") != condition.negate
        }

    # -- the trace (E04) -------------------------------------------------------

    def _trace_rule(self, entry, mail, place, decision, conditions):
        """Test one of these rules like `_applies`; return what its conditions saw.

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
        """Return why a rule is not asked about a mail, as conditions of the trace."""
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
            condition = self.env._("The rule is for replies too")
            scope.append(
                (condition, self.env._("No condition says “Is a reply: Yes”."))
            )
        return [
            {"condition": condition, "seen": seen or "", "verdict": False}
            for condition, seen in scope
        ]
