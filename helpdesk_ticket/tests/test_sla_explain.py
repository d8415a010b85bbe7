from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common_deadline import DeadlineCommon


class TestSlaExplain(DeadlineCommon):
    """T25, T26: each deadline says why it is at its moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sla = cls._create_sla(
            calendar_id=cls.calendar.id, severity_ids=[(6, 0, cls.severity.ids)]
        )
        cls.agent.tz = "Europe/Berlin"

    def _explain(self, ticket, promise, moment):
        with self._at(moment):
            agent = ticket.with_user(self.agent).with_context(tz="Europe/Berlin")
            explanation = agent.get_deadline_explanation(promise)
        steps = {step["title"]: step["lines"] for step in explanation["steps"]}
        return explanation["tone"], explanation["result"], steps

    def test_T25_start_hours_and_result(self):
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        tone, result, steps = self._explain(ticket, "answer", "03-02 10:00")
        self.assertEqual(tone, "info")
        self.assertEqual(
            result, "Due on Mon 2 Mar 2026, 15:00: 3 h of working time are left."
        )
        what, why = steps["Promise"]
        self.assertEqual(what, "4 h in the working hours of “Office” (Europe/Berlin).")
        self.assertIn("“Gold” is the first service level policy that matches", why)
        self.assertIn("(Severity: Burning)", why)
        self.assertEqual(
            steps["Start"], ["Mon 2 Mar 2026, 10:00: the ticket was opened."]
        )
        self.assertEqual(
            steps["Working time"],
            ["Mon 2 Mar 2026: 10:00–12:00, 13:00–15:00 (4 h)"],
        )
        self.assertNotIn("Pauses", steps)

    def test_T25_holidays(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Carnival",
                "calendar_id": self.calendar.id,
                "date_from": "2026-03-02 23:00:00",
                "date_to": "2026-03-03 22:59:00",
            }
        )
        ticket = self._ticket_at("03-02 15:00", severity_id=self.severity.id)
        _tone, _result, steps = self._explain(ticket, "answer", "03-02 15:00")
        self.assertEqual(
            steps["Holidays skipped"],
            ["Tue 3 Mar 2026, 00:00 to Tue 3 Mar 2026, 23:59: Carnival"],
        )
        self.assertEqual(len(steps["Working time"]), 2)

    def test_T26_pauses(self):
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        with self._at("03-02 10:00"):
            self._answer(ticket, helpdesk_ask=True)
        tone, result, steps = self._explain(ticket, "solution", "03-02 15:00")
        self.assertEqual(tone, "warning")
        self.assertIn("15 h of working time are left", result)
        self.assertEqual(
            steps["Pauses"], ["since Mon 2 Mar 2026, 11:00: waiting for the customer"]
        )
        with self._at("03-03 10:00"):
            self._customer_writes(ticket)
        _tone, _result, steps = self._explain(ticket, "solution", "03-03 15:00")
        [pause] = steps["Pauses"]
        self.assertIn("Mon 2 Mar 2026, 11:00 to Tue 3 Mar 2026, 11:00", pause)
        self.assertIn("waiting for the customer", pause)
        _tone, _result, steps = self._explain(ticket, "action", "03-03 15:00")
        self.assertEqual(
            steps["Start"], ["Tue 3 Mar 2026, 11:00: the customer answered."]
        )
        with self._at("03-03 14:00"):
            self._answer(ticket)
        _tone, _result, steps = self._explain(ticket, "action", "03-03 15:00")
        self.assertEqual(steps["Start"], ["Tue 3 Mar 2026, 15:00: our last action."])

    def test_T25_outcomes(self):
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        tone, result, _steps = self._explain(ticket, "answer", "03-02 15:00")
        self.assertEqual(tone, "danger")
        self.assertIn("by 1 h of working time", result)
        with self._at("03-02 15:30"):
            self._answer(ticket)
            ticket._move("closed")
        tone, result, _steps = self._explain(ticket, "answer", "03-02 18:00")
        self.assertEqual(tone, "danger")
        self.assertIn("1 h 30 min late", result)
        tone, result, _steps = self._explain(ticket, "solution", "03-02 18:00")
        self.assertEqual(tone, "success")
        self.assertIn("10 h 30 min early", result)
        tone, result, _steps = self._explain(ticket, "action", "03-02 18:00")
        self.assertEqual(tone, "muted")

    def test_T25_settings_and_nothing_promised(self):
        ticket = self._ticket_at("03-02 09:00")
        tone, result, steps = self._explain(ticket, "answer", "03-02 10:00")
        self.assertEqual(tone, "muted")
        self.assertIn("nothing is promised", result)
        self.company.helpdesk_answer_hours = 30
        ticket = self._ticket_at("03-02 09:00")
        _tone, result, steps = self._explain(ticket, "answer", "03-02 10:00")
        self.assertEqual(result.split(":")[0], "Due on Tue 3 Mar 2026, 16")
        self.assertEqual(steps["Promise"][0], "30 h, around the clock.")
        self.assertIn("the settings of", steps["Promise"][1])
        self.assertEqual(len(steps["Working time"]), 1)

    def test_long_ones_are_cut(self):
        self.sla.solution_hours = 200
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        _tone, _result, steps = self._explain(ticket, "solution", "03-02 10:00")
        self.assertEqual(len(steps["Working time"]), 9)
        self.assertIn("more days", steps["Working time"][-1])

    def test_archived_policy(self):
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        self.sla.active = False
        _tone, _result, steps = self._explain(ticket, "answer", "03-02 10:00")
        self.assertIn("archived", steps["Promise"][-1])

    def test_not_for_the_customer(self):
        """What was promised to whom, and in which hours, is only ours: a customer calls
        the method of its own ticket from a program."""
        ticket = self._ticket_at("03-02 09:00", severity_id=self.severity.id)
        portal = self._create_portal_user(ticket.partner_id)
        self.assertTrue(ticket.with_user(portal).has_access("read"))
        with self.assertRaises(AccessError):
            ticket.with_user(portal).get_deadline_explanation("answer")

    def test_only_for_who_may_read_the_ticket(self):
        ticket = self._ticket_at("03-02 09:00")
        stranger = new_test_user(self.env, "sla_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            ticket.with_user(stranger).get_deadline_explanation("answer")
        with self.assertRaises(ValueError):
            ticket.get_deadline_explanation("lunch")
