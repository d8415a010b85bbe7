from dataclasses import dataclass

from odoo import api, fields, models

# Sources with exactly one value, so that two different values exclude each other.
SINGLE_SOURCES = {"subject", "body", "header"}
# Sources with one address, which is listed both with and without its name.
ADDRESS_SOURCES = {"from", "reply_to"}
EXACT_OPERATORS = {"is", "in_list"}
# The combinations of values that the source "sender_state" can have.
SENDER_STATES = (
    ["unknown"],
    ["known"],
    ["inactive"],
    ["known", "internal"],
    ["inactive", "internal"],
)


@dataclass(frozen=True)
class Outline:
    """The properties of a rule that are compared with those of other rules."""

    rule: models.Model
    keys: frozenset
    every: bool
    any_of: bool
    named: frozenset
    stops: bool
    ignores: bool
    creates: bool
    sets: dict


class HelpdeskEmailCollector(models.Model):
    """Finds rules that cannot do what they promise (E02).

    Mixed into `helpdesk.email.collector`: patterns that cannot be used, conditions that
    exclude each other, rules that are never reached and rules that work against
    another.
    """

    _inherit = "helpdesk.email.collector"

    problem = fields.Char(compute="_compute_problem")

    @api.depends(
        "active",
        "sequence",
        "match",
        "company_id",
        "server_ids",
        "filter_ids.source",
        "filter_ids.header",
        "filter_ids.operator",
        "filter_ids.negate",
        "filter_ids.value",
        "operation_ids.description",
        "every_mail_confirmed",
    )
    @api.depends_context("lang")
    def _compute_problem(self):
        # the active rules that the user may read
        rules = self.search([("active", "=", True)])
        outlines = [rule._get_outline() for rule in rules]
        faults = self.operation_ids._with_records()._get_faults()
        for rule in self:
            rule.problem = (
                rule._find_own_problem(faults)
                or (rule.active and rule._find_problem_with(outlines))
                or False
            )

    def _find_own_problem(self, faults):
        """Return what is wrong with the rule itself, in one sentence.

        :param dict faults: sentence by id of its operations, empty where nothing is
            wrong
        :return: a translated sentence, empty when the rule is fine
        :rtype: str
        """
        for condition in self.filter_ids:
            if fault := condition.source and condition._get_fault():
                return self._get_broken_sentence(fault)
        for operation in self.operation_ids:
            if fault := faults.get(operation.id):
                return self._get_broken_sentence(fault)
        if not self.operation_ids:
            return self.env._("The rule does nothing. Add an operation.")
        if self.active and self.to_confirm:
            return self._get_broken_sentence(self._get_unconfirmed_sentence())
        return self._find_contradiction() if self.match == "all" else ""

    def _get_broken_sentence(self, fault):
        return self.env._("This rule is skipped. %(fault)s", fault=fault)

    # -- conditions that exclude each other ------------------------------------

    def _find_contradiction(self):
        """Return a sentence about two conditions that no mail can match together, or
        ""."""
        groups = {}
        for condition in self.filter_ids:
            entry = condition._get_entry()
            groups.setdefault((entry.source, entry.header), []).append(
                (condition, entry)
            )
        for group in groups.values():
            for number, (first, one) in enumerate(group):
                for second, two in group[number + 1 :]:
                    if self._excludes(one, two):
                        return self.env._(
                            "This rule can never match: no mail matches both "
                            "“%(first)s” and “%(second)s”. Remove one of them, or "
                            "choose “Any condition”.",
                            first=first._get_description(),
                            second=second._get_description(),
                        )
        return ""

    @api.model
    def _excludes(self, one, two):
        """Return whether no mail can match both of two conditions on the same
        source."""
        if (one.test, one.value) == (two.test, two.value):
            return one.negate != two.negate
        if one.source == "size":
            return self._excludes_size(one, two)
        worlds = self._get_worlds(one, two)
        if worlds is not None:
            return not any(
                self._fits(one, texts) and self._fits(two, texts) for texts in worlds
            )
        if one.negate or two.negate or one.source not in SINGLE_SOURCES:
            return False
        for test, part in (
            ("_test_starts", str.startswith),
            ("_test_ends", str.endswith),
        ):
            if one.test == two.test == test:
                a, b = one.value, two.value
                return not (part(a, b) or part(b, a))
        return False

    @api.model
    def _get_worlds(self, one, two):
        """Return everything a mail could contain for which one of two conditions is
        true.

        :return: list of lists of strings; None when that cannot be listed
        """
        if one.source == "sender_state":
            return SENDER_STATES
        Filter = self.env["helpdesk.email.collector.filter"]
        if choices := getattr(Filter, f"_choices_{one.source}", None):
            return [[value] for value, _label in choices()]
        exact = [
            entry
            for entry in (one, two)
            if not entry.negate and entry.test.removeprefix("_test_") in EXACT_OPERATORS
        ]
        if not exact:
            return None
        values = exact[0].value
        worlds = [values.strip()] if isinstance(values, str) else sorted(values)
        if one.source in ADDRESS_SOURCES:
            plain = all(
                "@" in text and text[0] != "@" and " " not in text for text in worlds
            )
            both = len(exact) == 2 or "_test_ends" in (one.test, two.test)
            return [[text] for text in worlds] if plain and both else None
        return [[text] for text in worlds] if one.source in SINGLE_SOURCES else None

    @api.model
    def _fits(self, entry, texts):
        test = getattr(self.env["helpdesk.email.collector.filter"], entry.test)
        return any(test(text, entry.value) for text in texts) != entry.negate

    @api.model
    def _excludes_size(self, one, two):
        low, high = 0.0, float("inf")
        for entry in (one, two):
            if (entry.test == "_test_larger") != entry.negate:
                low = max(low, entry.value)
            else:
                high = min(high, entry.value)
        return low >= high

    # -- other rules -----------------------------------------------------------

    def _get_outline(self):
        self.ensure_one()
        codes = set(self.operation_ids.mapped("code"))
        return Outline(
            rule=self,
            keys=frozenset(
                (
                    condition.source,
                    (condition.header or "").casefold(),
                    condition.comparison,
                    (condition.value or "").strip().casefold(),
                )
                for condition in self.filter_ids
            ),
            every=not self.filter_ids,
            any_of=self.match == "any",
            named=frozenset(self._get_named_kinds()),
            stops=any(operation._stops() for operation in self.operation_ids),
            ignores=bool(codes & {"ignore", "reject"}),
            creates="create_ticket" in codes,
            sets={
                operation.field_id: operation.value
                for operation in self.operation_ids
                if operation.code == "set_field"
                and operation.value_from == "fixed"
                and not operation.only_if_empty
                # sudo: the type of a field
                and operation.sudo().field_id.ttype == "many2one"
            },
        )

    def _find_problem_with(self, outlines):
        """Return a sentence about an active rule that conflicts with another one, or
        ""."""
        mine, earlier = self._get_outline(), True
        for other in outlines:
            if other.rule == self._origin:
                earlier = False
                continue
            if earlier and other.stops and self._is_covered(mine, other):
                return self.env._(
                    "This rule is never reached: “%(rule)s” above it applies to the "
                    "same mails and stops there. Move this rule above it.",
                    rule=other.rule.name,
                )
            if sentence := self._find_opposition(mine, other):
                return sentence
        return ""

    @api.model
    def _is_covered(self, mine, other):
        """Return whether ``other`` applies to every mail that ``mine`` applies to."""
        companies = other.rule.company_id
        servers, mine_servers = other.rule.server_ids, mine.rule.server_ids
        if (
            (companies and companies != mine.rule.company_id)
            or (servers and (not mine_servers or mine_servers._origin - servers))
            or ("is_reply" in mine.named and "is_reply" not in other.named)
            or not other.rule.operation_ids
        ):
            return False
        if other.every:
            return True
        if mine.every:
            return False
        if mine.any_of and len(mine.keys) > 1:
            loose = other.any_of or len(other.keys) == 1
            return loose and mine.keys <= other.keys
        if other.any_of:
            return bool(mine.keys & other.keys)
        return other.keys <= mine.keys

    @api.model
    def _find_opposition(self, mine, other):
        """Return a sentence when two rules with the same conditions undo each other, or
        ""."""
        if (
            mine.keys != other.keys
            or mine.any_of != other.any_of
            or mine.rule.company_id != other.rule.company_id
            or mine.rule.server_ids._origin != other.rule.server_ids
        ):
            return ""
        if (mine.ignores and other.creates) or (mine.creates and other.ignores):
            return self.env._(
                "This rule and “%(rule)s” apply to the same mails: one creates a "
                "ticket, the other drops the mail. Remove one of the two.",
                rule=other.rule.name,
            )
        for field, value in mine.sets.items():
            if other.sets.get(field, value) != value:
                return self.env._(
                    "This rule and “%(rule)s” apply to the same mails and set "
                    "“%(field)s” to different values; the lower of the two wins.",
                    rule=other.rule.name,
                    # sudo: the label of a field
                    field=field.sudo().field_description,
                )
        return ""
