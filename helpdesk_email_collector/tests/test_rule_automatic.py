from odoo.tests import tagged

from .common import plain_mail
from .rules_common import RulesCommon

ROBOT = {"email_from": "robot@monitor.example", "Auto_Submitted": "auto-generated"}
NAMED = ("is_automatic", "is", "yes")


@tagged("post_install", "-at_install")
class TestRuleAutomatic(RulesCommon):
    """E02, E07: mail of programs, and replies, are for rules that name them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.severity = cls.env["helpdesk.ticket.severity"].create({"name": "Highest"})
        cls.template = cls.env.ref("helpdesk_ticket.mail_template_ticket_opened")

    def _receive_robot(self, subject):
        with self.mock_mail_gateway():
            return self._receive(plain_mail(subject, **ROBOT))

    def test_ignored_by_default(self):
        """E07: automatic mail makes no ticket by a rule that does not name it."""
        self._add_rule(("from", "contains", "robot"), operations=("create_ticket",))
        row = self._receive_robot("Disk full")
        self.assertEqual((row.state, row.reason_code), ("ignored", "automatic"))
        self.assertIn("Auto-Submitted", row.reason)

    def test_rule_that_names_it(self):
        """E02: a rule that names automatic mail makes a ticket of it; no answer goes
        out, and no contact is made of the program (rel-H1, rel-D5)."""
        self._add_rule(NAMED, operations=("create_ticket",))
        self._add_rule(
            ("subject", "contains", "disk"),
            operations=(self._set("severity_id", self.severity),),
        )
        row = self._receive_robot("Disk full")
        self.assertEqual((row.state, row.reason_code), ("done", "created"))
        self.assertEqual(row.ticket_id.severity_id, self.severity)
        self.assertFalse(row.ticket_id.partner_id)
        self.assertFalse(self._new_mails)

    def test_negation_does_not_name_it(self):
        """E02: “is not automatic: no” does not count, “is not no” does."""
        self._add_rule(("is_automatic", "is", "no"), operations=("create_ticket",))
        self.assertEqual(self._receive_robot("A").reason_code, "automatic")
        self._add_rule(
            ("is_automatic", "is", "no", {"negate": True}),
            operations=("create_ticket",),
        )
        self.assertEqual(self._receive_robot("B").reason_code, "created")

    def test_never_answered(self):
        """E03, E07: programs get no template and no notice, whatever a rule says."""
        rejecting = self.env.ref("helpdesk_email_collector.mail_template_rejected")
        answer = {"code": "send_template", "template_id": self.template.id}
        rule = self._add_rule(NAMED, operations=("create_ticket", answer))
        self.assertEqual(self._receive_robot("C").reason_code, "created")
        self.assertFalse(self._new_mails)
        trace = self._decide(plain_mail("C2", **ROBOT)).trace[0]
        self.assertIn("not done", trace["operations"][1])
        rule.operation_ids = [
            (5, 0, 0),
            (0, 0, {"code": "reject", "template_id": rejecting.id}),
        ]
        self.assertEqual(self._receive_robot("D").reason_code, "automatic")
        self.assertFalse(self._new_mails)

    def test_replies(self):
        """E02: a rule sees replies to tickets when it names them."""
        ticket = self._receive(plain_mail("Printer")).ticket_id
        answer = {"In_Reply_To": ticket.message_ids[-1].message_id}
        ignoring = self._add_rule(("from", "contains", "anna"))
        row = self._receive(plain_mail("Re: one", **answer))
        self.assertEqual((row.state, row.ticket_id), ("done", ticket))
        self.assertFalse(row.rule_ids)
        ignoring.active = False
        rule = self._add_rule(
            ("is_reply", "is", "yes"),
            ("subject", "contains", "urgent"),
            operations=(self._set("severity_id", self.severity),),
        )
        self._receive(plain_mail("Re: two", **answer))
        self.assertFalse(ticket.severity_id == self.severity)
        row = self._receive(plain_mail("Re: urgent", **answer))
        self.assertEqual((row.ticket_id, row.rule_ids), (ticket, rule))
        self.assertEqual(ticket.severity_id, self.severity)
        rule.operation_ids = [(5, 0, 0), (0, 0, {"code": "ignore"})]
        row = self._receive(plain_mail("Re: urgent too", **answer))
        self.assertEqual((row.state, row.reason_code), ("ignored", "rule_ignored"))
