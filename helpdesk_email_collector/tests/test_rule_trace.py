from odoo.tests import tagged

from .common import plain_mail
from .rules_common import RulesCommon


@tagged("post_install", "-at_install")
class TestRuleTrace(RulesCommon):
    """E04: the rules write down what they saw and what they would do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.severity = cls.env["helpdesk.ticket.severity"].create({"name": "Highest"})

    def test_trace(self):
        """E04: rule by rule, condition by condition: value seen, verdict, operation."""
        self._add_rule(("subject", "contains", "printer"))
        self._add_rule(
            ("subject", "contains", "invoice"),
            ("from", "ends", "@huber.example"),
            operations=(self._set("severity_id", self.severity),),
            name="Invoices",
        )
        before = self.env["helpdesk.ticket"].search_count([])
        mail = self._decide(plain_mail("Invoice 7"))
        first, second, *_ready, last = mail.trace
        self.assertFalse(first["matched"])
        self.assertEqual(first["operations"], [])
        self.assertEqual(
            first["conditions"],
            [
                {
                    "condition": "Subject contains “printer”",
                    "seen": "Invoice 7",
                    "verdict": False,
                }
            ],
        )
        self.assertTrue(second["matched"])
        self.assertEqual(second["rule"], "Invoices")
        self.assertEqual(second["operations"], ["Severity: Highest"])
        self.assertIn("anna@huber.example", second["conditions"][1]["seen"])
        self.assertEqual(last["operations"], ["Create a ticket"])
        self.assertEqual((mail.decision, mail.reason), ("create", "created"))
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), before)

    def test_trace_ends_where_a_rule_stops(self):
        """E04: rules below the one that stops are not asked."""
        self._add_rule(operations=("stop",))
        mail = self._decide(plain_mail())
        self.assertEqual([entry["matched"] for entry in mail.trace], [True])
        self.assertEqual(mail.reason, "no_rule")

    def test_rule_of_another_mailbox(self):
        """E04: a rule that is not asked says why."""
        other = self.server.copy({"name": "Second"})
        self._add_rule(server_ids=[(6, 0, other.ids)])
        entry = self._decide(plain_mail()).trace[0]
        self.assertFalse(entry["matched"])
        self.assertIn("Second", entry["conditions"][0]["condition"])
        self.assertFalse(entry["conditions"][0]["verdict"])

    def test_no_trace_unless_wanted(self):
        """E04: mails in the inbox are not traced."""
        self._add_rule(("subject", "contains", "help"))
        traces = []
        find = self.registry["helpdesk.email.collector"]._find_rules

        def note(*args):
            rules, decision = find(*args)
            traces.append(decision.trace)
            return rules, decision

        self.patch(self.registry["helpdesk.email.collector"], "_find_rules", note)
        row = self._receive(plain_mail())
        self.assertEqual(row.reason_code, "rule_ignored")
        self.assertEqual(traces, [()])
