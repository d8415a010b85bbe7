from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import plain_mail
from .rules_common import RulesCommon


@tagged("post_install", "-at_install")
class TestRuleCheck(RulesCommon):
    """E02: rules that cannot do what they say are pointed out."""

    def test_contradictions(self):
        """E02: conditions of which no mail fits both, and those that go together."""
        for contradict, conditions in (
            (True, (("from", "is", "a@x.example"), ("from", "is", "b@x.example"))),
            (True, (("from", "is", "a@x.example"), ("from", "ends", "@y.example"))),
            (True, (("subject", "is", "a"), ("subject", "contains", "b"))),
            (True, (("subject", "starts", "a"), ("subject", "starts", "b"))),
            (True, (("subject", "in_list", "a,b"), ("subject", "in_list", "c"))),
            (True, (("size", "larger", "9"), ("size", "smaller", "9"))),
            (
                True,
                (("sender_state", "is", "known"), ("sender_state", "is", "unknown")),
            ),
            (True, (("is_reply", "is", "yes"), ("is_reply", "is", "no"))),
            (
                True,
                (
                    ("body", "contains", "a"),
                    ("body", "contains", "A", {"negate": True}),
                ),
            ),
            (False, (("from", "is", "a@x.example"), ("from", "contains", "Anna"))),
            (False, (("to", "is", "a@x.example"), ("to", "is", "b@x.example"))),
            (False, (("subject", "starts", "a"), ("subject", "starts", "ab"))),
            (False, (("subject", "contains", "a"), ("subject", "contains", "b"))),
            (False, (("size", "larger", "1"), ("size", "smaller", "9"))),
            (
                False,
                (("sender_state", "is", "known"), ("sender_state", "is", "internal")),
            ),
        ):
            rule = self._add_rule(*conditions, sequence=0)
            with self.subTest(conditions=conditions):
                self.assertEqual("never match" in (rule.problem or ""), contradict)
                rule.match = "any"
                self.assertFalse(rule.problem)
            rule.unlink()

    def test_never_reached(self):
        """E02: a rule below one that always stops, or stops for the same mails."""
        above = self._add_rule(operations=("stop",), name="Gate", sequence=2)
        below = self._add_rule(("subject", "is", "a"), sequence=5)
        self.assertIn("Gate", below.problem)
        self.assertFalse(above.problem)
        for condition, reached in (
            (("subject", "is", "A"), False),
            (("subject", "is", "b"), True),
            (("from", "is", "a@x.example"), True),
        ):
            above.filter_ids.unlink()
            source, operator, value = condition
            values = {"source": source, "operator": operator, "value": value}
            above.filter_ids = [(0, 0, values)]
            with self.subTest(condition=condition):
                self.assertEqual(bool(below.problem), not reached)
        above.filter_ids.unlink()
        below.sequence = 1
        self.assertFalse(below.problem)
        below.sequence = 5
        above.active = False
        self.assertFalse(below.problem)

    def test_against_each_other(self):
        """E02: two rules for the same mails of which one undoes the other."""
        first = self._add_rule(("subject", "is", "a"), operations=("create_ticket",))
        second = self._add_rule(("subject", "is", "A"), name="Second", sequence=3)
        self.assertIn("Second", first.problem)
        second.operation_ids.code = "attach_mail"
        first.invalidate_recordset(["problem"])
        self.assertFalse(first.problem)

    def test_own_rules_are_fine(self):
        """E02: nothing is said about the rules that come with the addon."""
        ready = self.Rule.with_context(active_test=False).search([])
        self.assertGreaterEqual(len(ready), 6)
        self.assertEqual(set(ready.mapped("problem")), {False})
        ready.active = True
        self.assertEqual(set(ready.mapped("problem")), {False})

    def test_broken_pattern_from_elsewhere(self):
        """rel-E2: the rule is skipped with a visible error; the mail is a ticket."""
        broken = self._add_rule(("subject", "matches", "a"), name="Broken")
        extracting = self._add_rule(
            operations=(
                {"code": "join_ticket", "source": "subject", "extract": "(a)"},
                "ignore",
            )
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_email_collector_filter SET value = '(a' WHERE id = %s",
            [broken.filter_ids.id],
        )
        self.env.cr.execute(
            "UPDATE helpdesk_email_collector_operation SET extract = 'a)' "
            "WHERE id = %s",
            [extracting.operation_ids[0].id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        row = self._receive(plain_mail("aaa"))
        self.assertEqual(row.state, "done")
        self.assertEqual(row.rule_ids, self.rule)
        self.assertIn("character 1", broken.problem)
        self.assertIn("character 2", extracting.problem)
        trace = self._decide(plain_mail("aaa")).trace
        self.assertIn("character 1", trace[0]["conditions"][0]["seen"])

    def test_pattern_of_an_operation(self):
        """rel-E2: refused on saving, with the position; one group and no more."""
        for pattern, word in (
            ("(a", "character 1"),
            ("a", "has 0"),
            ("(a)(b)", "has 2"),
            ("", "Enter"),
        ):
            operation = {"code": "join_ticket", "extract": pattern}
            with self.subTest(pattern=pattern):
                with self.assertRaises(ValidationError) as caught:
                    self._add_rule(operations=(operation,))
                self.assertIn(word, caught.exception.args[0])

    def test_changes_are_tracked(self):
        """rel-I3: who changed which condition or operation stands in the chatter."""
        rule = self._add_rule(("subject", "is", "before"))
        self.flush_tracking()
        rule.with_user(self.manager).filter_ids.value = "after"
        self.flush_tracking()
        rule.operation_ids.code = "stop"
        rule.active = False
        self.flush_tracking()
        values = rule.message_ids.sudo().tracking_value_ids
        texts = [f"{v.old_value_text} → {v.new_value_text}" for v in values]
        self.assertTrue(any("before” → Subject is “after" in t for t in texts), texts)
        self.assertIn("operations_text", values.field_id.mapped("name"))
        self.assertIn("active", values.field_id.mapped("name"))

    def test_company_of_a_rule(self):
        """rel-G1: a rule's company cannot leave its values behind."""
        team = self.env["helpdesk.team"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        rule = self._add_rule(operations=(self._set("team_id", team),))
        with self.assertRaises(ValidationError):
            rule.company_id = self.other_company
