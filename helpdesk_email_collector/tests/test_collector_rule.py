from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import SUPPORT, CollectorCommon, plain_mail, sample


@tagged("post_install", "-at_install")
class TestCollectorRule(CollectorCommon):
    """E02: which rule applies to which mail. C08, E07: what never becomes a ticket."""

    def _rule(self, *conditions, **values):
        """Create a rule that ignores the mails which fit."""
        return self.env["helpdesk.email.collector"].create(
            {
                "name": "Ignore some",
                "sequence": 1,
                "active": True,
                "every_mail_confirmed": True,
                "filter_ids": [
                    (
                        0,
                        0,
                        {
                            "source": source,
                            "operator": operator,
                            "value": value,
                            **more,
                        },
                    )
                    for source, operator, value, more in conditions
                ],
                "operation_ids": [(0, 0, {"code": "ignore"})],
                **values,
            }
        )

    def _state(self, raw):
        row = self._receive(raw)
        self.assertFalse(row.error)
        return row.state

    def test_sources_and_operators(self):
        """E02: each source and operator, and its negation."""
        # the same mail again and again: else it is held back
        sender = {"email": "shop@market.example"}
        self.env["mail.gateway.allowed"].create(sender)
        self.company.helpdesk_auto_create_contact = False  # the sender stays unknown
        raw = plain_mail(
            "Invoice 12",
            email_from="Shop <Shop@Market.example>",
            body="Please pay.",
            cc="Boss <boss@huber.example>",
            Reply_To="noreply@market.example",
            X_Priority="1 (Highest)",
        )
        cases = [
            (("from", "is", "shop@market.example"), True),
            (("from", "ends", "@market.example"), True),
            (("from", "contains", "other"), False),
            (("to", "is", SUPPORT), True),
            (("cc", "starts", "boss"), True),
            (("reply_to", "starts", "noreply@"), True),
            (("subject", "starts", "INVOICE"), True),
            (("subject", "is", "invoice"), False),
            (("body", "contains", "please PAY"), True),
            (("header", "starts", "1", {"header": "X-Priority"}), True),
            (("header", "is", "5", {"header": "X-Priority"}), False),
            (("mailbox", "is", "Support mailbox"), True),
            (("sender_state", "is", "unknown"), True),
            (("sender_state", "is", "known"), False),
        ]
        for number, (condition, expected) in enumerate(cases):
            for negate in (False, True):
                source, operator, value, more = (*condition, {})[:4]
                rule = self._rule((source, operator, value, {**more, "negate": negate}))
                mail = raw.replace(
                    b"message-id: <", f"message-id: <{number}{negate}".encode()
                )
                with self.subTest(condition=condition, negate=negate):
                    state = "ignored" if expected != negate else "done"
                    self.assertEqual(self._state(mail), state)
                rule.unlink()

    def test_all_or_any(self):
        """E02: a rule fits when all, or when any of its conditions do."""
        rule = self._rule(
            ("subject", "contains", "invoice", {}), ("from", "contains", "shop", {})
        )
        self.assertEqual(self._state(plain_mail("Invoice 1")), "done")
        rule.match = "any"
        self.assertEqual(self._state(plain_mail("Invoice 2")), "ignored")

    def test_no_rule_creates(self):
        """E05: without a rule that creates a ticket the mail is kept, with reason."""
        self.rule.active = False
        row = self._receive(plain_mail())
        self.assertEqual((row.state, row.reason_code), ("ignored", "no_rule"))
        self.assertIn("No rule", row.reason)

    def test_rule_of_a_mailbox_or_company(self):
        """E02: a rule may be for certain mailboxes, and belongs to a company."""
        rule = self._rule(
            server_ids=[(6, 0, self.server.copy().ids)], company_id=self.company.id
        )
        self.assertEqual(self._state(plain_mail("A")), "done")
        rule.server_ids = self.server
        self.assertEqual(self._state(plain_mail("B")), "ignored")
        rule.write({"server_ids": [(5, 0, 0)], "company_id": self.other_company.id})
        self.assertEqual(self._state(plain_mail("C")), "done")

    def test_condition_is_checked_on_saving(self):
        """E02: a condition that would fit every mail or none is refused."""
        for values in (
            ("subject", "contains", "", {}),
            ("header", "contains", "x", {}),
        ):
            with self.assertRaises(ValidationError):
                self._rule(values)

    def test_ignored_contact(self):
        """C08: no new ticket of an ignored contact; the reason names the contact."""
        ticket = self._receive(plain_mail("Before")).ticket_id
        self.anna.helpdesk_ignore_email = True
        row = self._receive(plain_mail("After"))
        self.assertEqual((row.state, row.ticket_id.id), ("ignored", False))
        self.assertIn(self.anna.name, row.reason)
        reply = self._receive(
            plain_mail("Re: Before", In_Reply_To=ticket.message_ids[-1].message_id)
        )
        self.assertEqual((reply.state, reply.ticket_id), ("done", ticket))

    def test_automatic_mail(self):
        """E07: automatic replies and reports are recorded as ignored."""
        for raw, code in (
            (sample("french_out_of_office.eml"), "automatic"),
            (sample("bounce.eml"), "bounce"),
            (
                plain_mail("News", Precedence="bulk", List_Unsubscribe="<x@y.example>"),
                "automatic",
            ),
            (plain_mail("Null", Return_Path="<>"), "automatic"),
        ):
            row = self._receive(raw)
            self.assertEqual((row.state, row.reason_code), ("ignored", code))
            self.assertTrue(row.reason)
        self.assertEqual(self._state(plain_mail("Hand", Auto_Submitted="no")), "done")

    def test_own_address(self):
        """E07, rel-H2: a mail from our own address makes no ticket."""
        row = self._receive(plain_mail(email_from=f"Support <{SUPPORT.upper()}>"))
        self.assertEqual((row.state, row.reason_code), ("ignored", "own_address"))
        sender = self.company.helpdesk_sender_address
        row = self._receive(plain_mail(email_from=sender))
        self.assertEqual(row.reason_code, "own_address")

    def test_reason_in_the_reader_s_language(self):
        """E05: the sentence is made when it is read."""
        row = self._receive(plain_mail())
        row.reason_params = {"rule": "50 % off"}
        self.assertIn("50 % off", row.reason)
