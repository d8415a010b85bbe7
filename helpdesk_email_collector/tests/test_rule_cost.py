from odoo.tests import tagged, warmup

from odoo.addons.helpdesk_contact.tests.common import count_steps

from .common import plain_mail
from .rules_common import RulesCommon


@tagged("post_install", "-at_install")
class TestRuleCost(RulesCommon):
    """E02: what rules cost, and how often they applied."""

    def _add_rules(self, count):
        severity = self.env.ref("helpdesk_ticket.severity_high")
        field = self._field("severity_id")
        self.Rule.with_context(tracking_disable=True).create(
            [
                {
                    "name": f"Rule {number}",
                    "active": True,
                    "sequence": 5,
                    "company_id": self.company.id,
                    "filter_ids": [
                        (0, 0, {"source": "subject", "value": f"no {number}."}),
                        (
                            0,
                            0,
                            {
                                "source": "body",
                                "operator": "matches",
                                "value": f"(order|offer) {number}[a-z]",
                            },
                        ),
                    ],
                    "operation_ids": [
                        (
                            0,
                            0,
                            {
                                "code": "set_field",
                                "field_id": field.id,
                                "value": str(severity.id),
                            },
                        )
                    ],
                }
                for number in range(count)
            ]
        )
        self.env.flush_all()

    def _count(self, raw):
        """Return the queries and the steps that the decision about a mail takes."""
        self._decide_quietly(raw)  # the rules are read once per process
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        steps = count_steps(lambda: self._decide_quietly(raw))
        return self.cr.sql_log_count - before, steps

    def _decide_quietly(self, raw):
        return self._decide(raw, tracing=False)

    @warmup
    def test_same_queries_for_any_number_of_rules(self):
        """E02, rel-E4: 1, 50 and 1,000 rules take the same number of queries; each
        rule adds the same number of steps, and not many."""
        raw = plain_mail("About something", body="An order 7a, please")
        counts = []
        for more in (1, 49, 450, 500):
            self._add_rules(more)
            counts.append(self._count(raw))
        queries, steps = zip(*counts, strict=True)
        self.assertEqual(len(set(queries)), 1)
        _one, fifty, half, whole = steps
        self.assertLess(whole - half, (half - fifty) / 450 * 500 * 1.1)
        self.assertLess((whole - half) / 500, 200)

    @warmup
    def test_same_queries_for_rules_that_apply(self):
        """E02: rules that apply are read together, with their operations."""
        raw = plain_mail("All")
        severity = self.env.ref("helpdesk_ticket.severity_high")
        self._add_rule(operations=(self._set("severity_id", severity),))
        one, _steps = self._count(raw)
        for _number in range(20):
            self._add_rule(operations=(self._set("severity_id", severity),))
        many, _steps = self._count(raw)
        self.assertEqual(many, one)

    def test_rules_are_read_again_after_a_change(self):
        """E02: a change of a rule, a condition or an operation counts at once."""
        rule = self._add_rule(("subject", "is", "a"))
        self.assertEqual(self._decide(plain_mail("a")).decision, "ignore")
        rule.filter_ids.value = "b"
        self.assertEqual(self._decide(plain_mail("a")).decision, "create")
        rule.filter_ids.unlink()
        self.assertEqual(self._decide(plain_mail("a")).decision, "ignore")
        rule.operation_ids.code = "attach_mail"
        self.assertEqual(self._decide(plain_mail("a")).decision, "create")
        rule_id = rule.id
        rule.unlink()
        trace = self._decide(plain_mail("a")).trace
        self.assertNotIn(rule_id, [entry["rule_id"] for entry in trace])

    def test_how_often_and_when_last(self):
        """E02: counted without writing on the rule, and kept when mails go."""
        rule = self._add_rule(("subject", "contains", "count"), operations=("stop",))
        self.assertEqual((rule.match_count, rule.last_match), (0, False))
        rows = self._receive(*(plain_mail(f"Count {n}") for n in range(3)))
        self.assertEqual(rows.rule_ids, rule)
        rule.invalidate_recordset()
        self.assertEqual(rule.match_count, 3)
        self.assertEqual(rule.last_match, max(rows.mapped("received_date")))
        action = rule.with_user(self.manager).action_view_inbox_mails()
        self.assertEqual(self.Inbox.search(action["domain"]), rows.sorted("id", True))
        last = rule.last_match
        rows[:2].unlink()
        rule.invalidate_recordset()
        self.assertEqual((rule.match_count, rule.last_match), (3, last))

    def test_list_of_rules(self):
        """E02: the list takes as many queries for many rules as for a few."""
        fields = ["name", "problem", "conditions_summary", "summary"]
        fields += ["match_count", "last_match", "active"]
        self._add_rules(30)
        rules = self.Rule.with_user(self.manager).search([])
        rules.read(fields)
        counts = []
        for some in (rules[:3], rules):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.read(fields)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
