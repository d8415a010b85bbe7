from odoo import api, models, tools
from odoo.fields import Domain

from ..rule_book import RuleEntry

# What a source costs; a condition that costs nothing is tested before one that does.
COSTS = {"sender_state": 1, "sender_tag": 1, "attachment_type": 1}
COSTS.update({"body": 2, "language": 3})
# Kinds of mail that rules leave alone unless a condition names them.
NAMED_KINDS = ("is_reply", "is_automatic")


class HelpdeskRuleRunMixin(models.AbstractModel):
    """How a mail goes through the rules (E02). Mixed into `helpdesk.email.collector`.

    First the conditions of all rules are tested, on small objects in memory; then the
    rules that apply are read from the database, together. So a mail costs the same
    number of queries whether there are two rules or a thousand.
    """

    _name = "helpdesk.rule.run.mixin"
    _description = "Going Through the Rules"

    @api.model
    def _run_rules(self, mail):
        """Go through the rules in their order until one stops (E02).

        :param CollectedMail mail: gets the rules that apply, and what they decide
        """
        rules = self._find_rules(mail)
        traced = {entry["rule_id"]: entry for entry in mail.trace}
        operations = rules.operation_ids._with_records().grouped("collector_id")
        for rule in rules:
            mail.rules.append(rule)
            for operation in operations.get(rule, ()):
                operation._prepare(mail)
                if mail.tracing:
                    text = operation._get_description(mail)
                    traced[rule.id]["operations"].append(text)
                if mail.stopped:
                    return

    @api.model
    def _find_rules(self, mail):
        """Return the rules that apply to a mail, up to the first that stops.

        :param CollectedMail mail: the mail
        :return: `helpdesk.email.collector`, not yet read
        """
        # sudo: rules are readable by managers, and apply to everybody's mail
        rules = self.sudo().with_context(active_test=True)
        # sudo: the conditions likewise
        conditions = self.env["helpdesk.email.collector.filter"].sudo()
        book = rules._get_book(mail.company.id)
        if mail.tracing:  # all are shown: read them together
            rules = rules.browse([entry.id for entry in book])
        apply = rules._trace_rule if mail.tracing else rules._applies
        found = []
        for entry in book:
            if not apply(entry, mail, conditions):
                continue
            found.append(entry.id)
            if "is_automatic" in entry.named:
                mail.outspoken.add(entry.id)
            if entry.stops:
                break
        return rules.browse(found)

    @api.model
    def _is_concerned(self, entry, mail):
        """Tell whether a rule is asked about a mail at all."""
        server_id = mail.server.id if mail.server else False
        return (
            not entry.broken
            and (not entry.servers or server_id in entry.servers)
            and (mail.decision != "reply" or "is_reply" in entry.named)
        )

    @api.model
    def _applies(self, entry, mail, conditions):
        """Test a mail against all or any of the conditions of a rule.

        :param RuleEntry entry: the rule
        :param CollectedMail mail: the mail
        :param conditions: the model that tests
        """
        if not self._is_concerned(entry, mail):
            return False
        if not entry.conditions:
            return True
        verdicts = (conditions._test(test, mail) for test in entry.conditions)
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
            broken=None in entries
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

    def _trace_rule(self, entry, mail, conditions):
        """Test one of these rules like `_applies`; write down what conditions saw."""
        rule = self.browse(entry.id).with_prefetch(self.ids)
        trace = {
            "rule": rule.name,
            "rule_id": rule.id,
            "conditions": rule._trace_scope(entry, mail),
            "matched": self._is_concerned(entry, mail),
            "operations": [],
        }
        mail.trace.append(trace)
        if not trace["matched"]:
            return False
        verdicts = []
        by_id = {condition.id: condition for condition in entry.conditions}
        for condition in rule.filter_ids:
            verdicts.append(conditions._test(by_id[condition.id], mail))
            texts = conditions._read_source(mail, *by_id[condition.id].key)
            trace["conditions"].append(
                {
                    "condition": condition._get_description(),
                    "seen": condition._get_seen(texts.raw),
                    "verdict": verdicts[-1],
                }
            )
        if verdicts:
            trace["matched"] = any(verdicts) if entry.match_any else all(verdicts)
        return trace["matched"]

    def _trace_scope(self, entry, mail):
        """Return why a rule is not asked about a mail, as conditions of the trace."""
        scope = []
        if entry.broken:
            scope.append((self.env._("The rule can be used"), self.problem))
        if entry.servers and not (mail.server and mail.server.id in entry.servers):
            names = ", ".join(self.server_ids.mapped("name"))
            condition = self.env._("Mailbox is one of: %(names)s", names=names)
            scope.append((condition, mail.server.name if mail.server else ""))
        if mail.decision == "reply" and "is_reply" not in entry.named:
            condition = self.env._("The rule is for replies too")
            scope.append(
                (condition, self.env._("No condition says “Is a reply: Yes”."))
            )
        return [
            {"condition": condition, "seen": seen or "", "verdict": False}
            for condition, seen in scope
        ]
