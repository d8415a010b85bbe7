from contextlib import contextmanager
from datetime import datetime

from odoo import fields

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .common import TicketCommon


class DeadlineCommon(TicketCommon, CronMixinCase):
    """A helpdesk that promises something; Monday 2 March 2026, 09:00 UTC is now.

    In Berlin, where its calendar works from 8 to 12 and from 13 to 17 o'clock, it is
    10:00 then; summer time begins on Sunday 29 March.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["helpdesk.sla"].search([]).active = False
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Berlin",
                "company_id": cls.company.id,
                "attendance_ids": [
                    (
                        0,
                        0,
                        {
                            "name": f"{day} {begin}",
                            "dayofweek": str(day),
                            "hour_from": begin,
                            "hour_to": begin + 4,
                            "day_period": period,
                        },
                    )
                    for day in range(5)
                    for begin, period in ((8, "morning"), (13, "afternoon"))
                ],
            }
        )
        cls.severity = cls.env["helpdesk.ticket.severity"].create({"name": "Burning"})

    @classmethod
    def _create_sla(cls, **values):
        return cls.env["helpdesk.sla"].create(
            {
                "name": "Gold",
                "company_id": cls.company.id,
                "answer_hours": 4,
                "action_hours": 8,
                "solution_hours": 16,
                **values,
            }
        )

    @contextmanager
    def _at(self, text):
        """Let it be a moment of 2026 in UTC, such as "03-02 09:00"."""
        moment = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M")
        with self.mock_datetime_and_now(moment):
            yield
            self.env.flush_all()

    def _ticket_at(self, text, **values):
        with self._at(text):
            return self._create_ticket(**values)

    def assertMoment(self, value, text):
        """Check that a datetime is this moment of 2026 in UTC; "" means none."""
        shown = fields.Datetime.to_string(value) or ""
        self.assertEqual(shown, f"2026-{text}:00" if text else "")

    def _run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"helpdesk_ticket.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _customer_writes(self, ticket):
        return ticket.message_post(
            body="Here you are",
            author_id=self.anna.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
