from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..wizards import helpdesk_email_replay
from .common import CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestReplay(CollectorCommon):
    """E04: which of the last mails would changed rules treat differently?"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Replay = cls.env["helpdesk.email.replay"].with_user(cls.manager)
        cls.urgent = cls.env["helpdesk.ticket.severity"].search([], limit=1)

    def _rule(self, subject, *operations):
        return self.env["helpdesk.email.collector"].create(
            {
                "name": f"About {subject}",
                "sequence": 1,
                "active": True,
                "filter_ids": [(0, 0, {"source": "subject", "value": subject})],
                "operation_ids": [(0, 0, operation) for operation in operations],
            }
        )

    def _replay(self, **values):
        replay = self.Replay.create(values)
        replay.action_replay()
        return replay

    def test_E04_nothing_changed(self):
        """The same rules give the same: replies and automatic mail too."""
        first = self._receive(plain_mail("First"))
        message_id = first.message_id
        self._receive(
            plain_mail("Re: First", in_reply_to=message_id),
            plain_mail("Away", auto_submitted="auto-replied"),
        )
        tickets = self.env["helpdesk.ticket"].search_count([])
        replay = self._replay()
        self.assertEqual(replay.checked_count, 3)
        self.assertFalse(replay.line_ids)
        self.assertEqual(replay.state, "done")
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), tickets)

    def test_E04_only_what_differs(self):
        spam, printer, _same = self._receive(
            plain_mail("Buy now"), plain_mail("Printer"), plain_mail("Phone")
        )
        self._rule("buy", {"code": "ignore"})
        field = self.env["ir.model.fields"]._get("helpdesk.ticket", "severity_id")
        self._rule(
            "printer",
            {
                "code": "set_field",
                "field_id": field.id,
                "value": str(self.urgent.id),
            },
        )
        lines = self._replay().line_ids
        self.assertEqual(lines.mail_id, spam | printer)
        by_mail = {line.mail_id: line for line in lines}
        self.assertIn(spam.ticket_id.display_name, by_mail[spam].before)
        self.assertIn("would ignore this mail", by_mail[spam].now)
        self.assertIn(self.urgent.display_name, by_mail[printer].changes)
        self.assertEqual(spam.state, "done")
        action = by_mail[spam].action_try_out()
        self.assertEqual(action["context"]["default_mail_id"], spam.id)

    def test_E04_a_failed_mail_that_would_work_now(self):
        row = self._store(plain_mail())
        row.write({"state": "failed", "error": "Something was broken."})
        line = self._replay().line_ids
        self.assertEqual(line.before, "Something was broken.")
        self.assertIn("would create the ticket", line.now)

    def test_E04_held_mail_is_no_difference_of_the_rules(self):
        """What is held back depends on how much its sender wrote at that time."""
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_mail", "1")
        _first, held = self._receive(plain_mail("First"), plain_mail("Second"))
        self.assertTrue(held.is_throttled)
        replay = self._replay()
        self.assertEqual(replay.checked_count, 1)
        self.assertFalse(replay.line_ids)

    def test_E04_limits(self):
        """So many mails, so long, and on from there."""
        self._receive(*(plain_mail(f"Mail {number}") for number in range(5)))
        self.assertEqual(self._replay(count=3).checked_count, 3)
        for count in (0, 5001):
            with self.assertRaises(UserError):
                self._replay(count=count)
        self.patch(helpdesk_email_replay, "BATCH", 2)
        # the time is over after the first batch
        ticks = [0.0, 0.0, 99.0]
        clock = SimpleNamespace(monotonic=lambda: ticks.pop(0))
        with patch.object(helpdesk_email_replay, "time", clock):
            replay = self._replay()
        self.assertEqual((replay.state, replay.checked_count), ("partly", 2))
        replay.action_go_on()
        self.assertEqual((replay.state, replay.checked_count), ("done", 5))

    def test_E04_chosen_mails(self):
        one, _two = self._receive(plain_mail("One"), plain_mail("Two"))
        self._rule("o", {"code": "ignore"})
        context = one.with_user(self.manager).action_replay()["context"]
        replay = self._replay(mail_ids=[(6, 0, context["default_mail_ids"])])
        self.assertEqual(replay.line_ids.mail_id, one)
        self.assertEqual(replay.checked_count, 1)

    def test_rel_G1_other_company(self):
        """Mails of another company are not replayed; agents replay nothing."""
        self._receive(plain_mail()).company_id = self.other_company
        self.assertFalse(self._replay().checked_count)
        with self.assertRaises(AccessError):
            self.Replay.with_user(self.agent).create({})
