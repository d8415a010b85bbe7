from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon

# Opened and closed, by UTC; the third is opened in February by Berlin's clock.
DATES = [
    ("2024-01-10 10:00:00", "2024-01-20 10:00:00"),
    ("2024-01-15 10:00:00", "2024-02-03 10:00:00"),
    ("2024-01-31 23:30:00", None),
    ("2024-02-10 10:00:00", "2024-03-01 10:00:00"),
]


class CohortCommon(TicketCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["helpdesk.ticket"].search([]).active = False
        cls.tickets = cls.env["helpdesk.ticket"]
        for opened, closed in DATES:
            cls.tickets += cls._create_ticket_of(opened, closed)
        cls.domain = [("id", "in", cls.tickets.ids), ("active", "=", True)]
        cls.Report = cls.agent_env["helpdesk.ticket.report"].with_context(tz="UTC")

    @classmethod
    def _create_ticket_of(cls, opened, closed=None, result=None):
        ticket = cls._create_ticket(name=f"Cohort: {opened}")
        cls.env.flush_all()
        cls.env.cr.execute(
            """UPDATE helpdesk_ticket SET create_date = %s, closed_date = %s
               WHERE id = %s""",
            [opened, closed, ticket.id],
        )
        cls.env.cr.execute(
            """INSERT INTO helpdesk_deadline (ticket_id, promise, result)
               VALUES (%s, 'answer', %s)
               ON CONFLICT (ticket_id, promise)
               DO UPDATE SET result = excluded.result""",
            [ticket.id, result],
        )
        cls.env.invalidate_all()
        return ticket

    def _read(self, interval="month", measure="__count", report=None, domain=None):
        with freeze_time("2024-03-15 12:00:00"):
            return (self.Report if report is None else report).helpdesk_cohort_read(
                self.domain if domain is None else domain,
                "create_date",
                "closed_date",
                interval,
                measure,
            )

    def _table(self, *args, **options):
        """Return (label, total, values) by row."""
        rows = self._read(*args, **options)["rows"]
        return [(row["label"], row["total"], row["values"]) for row in rows]


@tagged("post_install", "-at_install")
class TestCohort(CohortCommon):
    """How many of the tickets opened in a period were closed how much later."""

    def test_months(self):
        self.assertEqual(
            self._table(),
            [("January 2024", 3, [1, 1, 0]), ("February 2024", 1, [0, 1])],
        )

    def test_clock_of_the_user(self):
        report = self.Report.with_context(tz="Europe/Berlin")
        self.assertEqual(
            self._table(report=report),
            [("January 2024", 2, [1, 1, 0]), ("February 2024", 2, [0, 1])],
        )

    def test_a_number_is_summed(self):
        self.tickets += self._create_ticket_of(
            "2024-03-01 10:00:00", "2024-03-02 10:00:00", result="broken"
        )
        self.tickets += self._create_ticket_of("2024-03-01 10:00:00", result="broken")
        self.tickets += self._create_ticket_of("2024-03-01 10:00:00", result="kept")
        domain = [("id", "in", self.tickets.ids)]
        table = self._table(measure="broken_count", domain=domain)
        self.assertEqual(table[-1], ("March 2024", 2, [1]))

    def test_averages_are_not_summed(self):
        with self.assertRaises(UserError) as caught:
            self._read(measure="hours_to_close")
        self.assertIn("summed", str(caught.exception))

    def test_same_doors_as_the_analysis(self):
        """T10: only what the user may see is counted; nothing for customers."""
        outside = self._create_user("outside", "helpdesk_contact.group_helpdesk_user")
        self.team.visibility = "members"
        self.assertEqual(self._table(report=self.Report.with_user(outside)), [])
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self._read(report=self.Report.with_user(portal))


@tagged("post_install", "-at_install")
class TestCohortView(CohortCommon, PatientHttpCase):
    """The analysis of tickets as a cohort view."""

    def test_view_names_fields(self):
        view = self.Report.get_views([(False, "helpdesk_cohort"), (False, "search")])
        arch = etree.fromstring(view["views"]["helpdesk_cohort"]["arch"])
        self.assertEqual(arch.get("date_start"), "create_date")
        fields = view["models"]["helpdesk.ticket.report"]["fields"]
        self.assertIn("closed_date", fields)

    def test_tour_of_the_cohort(self):
        self.tickets.write({"active": False})
        for month in ("2024-01", "2024-02"):
            self._create_ticket_of(f"{month}-10 10:00:00", f"{month}-20 10:00:00")
            self._create_ticket_of(f"{month}-11 10:00:00")
        self.start_tour(
            "/odoo/action-helpdesk_ticket.action_helpdesk_ticket_report_cohort",
            "helpdesk_cohort",
            login=self.agent.login,
        )
