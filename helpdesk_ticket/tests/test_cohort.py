from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
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
    def _create_ticket_of(cls, opened, closed=None, hours=0):
        ticket = cls._create_ticket(name=f"Cohort: {opened}")
        cls.env.flush_all()
        cls.env.cr.execute(
            """UPDATE helpdesk_ticket SET create_date = %s, closed_date = %s,
               hours_spent = %s WHERE id = %s""",
            [opened, closed, hours, ticket.id],
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

    def test_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("de_DE")
        table = self._table(report=self.Report.with_context(lang="de_DE"))
        self.assertEqual([row[0] for row in table], ["Januar 2024", "Februar 2024"])

    def test_other_intervals(self):
        self.assertEqual(self._table("quarter"), [("Q1 2024", 4, [3])])
        self.assertEqual(self._table("year"), [("2024", 4, [3])])
        weeks = self._table("week")
        self.assertEqual([row[1] for row in weeks], [1, 1, 1, 1])
        self.assertEqual(weeks[0][2][:3], [0, 1, 0])
        days = self._table("day")
        self.assertEqual(days[0][:2], ("10 Jan 2024", 1))
        self.assertEqual(days[0][2], [0] * 10 + [1] + [0] * 5)

    def test_a_number_is_summed(self):
        self.tickets += self._create_ticket_of(
            "2024-03-01 10:00:00", "2024-03-02 10:00:00", hours=2.5
        )
        self.tickets += self._create_ticket_of("2024-03-01 10:00:00", hours=1)
        domain = [("id", "in", self.tickets.ids)]
        table = self._table(measure="hours_spent", domain=domain)
        self.assertEqual(table[-1], ("March 2024", 3.5, [2.5]))

    def test_closed_before_it_was_opened(self):
        """A clock that went wrong: nothing is lost of the sum."""
        ticket = self._create_ticket_of("2024-02-20 10:00:00", "2024-01-20 10:00:00")
        table = self._table(domain=[("id", "=", ticket.id)])
        self.assertEqual(table, [("February 2024", 1, [1, 0])])

    def test_bounds_find_the_tickets_of_each_cell(self):
        """A click on a cell opens as many tickets as the cell has counted."""
        for zone in ("UTC", "Europe/Berlin", "America/Sao_Paulo"):
            report = self.Report.with_context(tz=zone)
            for interval in ("day", "week", "month", "quarter", "year"):
                found = self._read(interval, report=report)
                starts, stops = found["start_bounds"], found["stop_bounds"]
                for row in found["rows"]:
                    index = row["index"]
                    of_row = [
                        *self.domain,
                        ("create_date", ">=", starts[index]),
                        ("create_date", "<", starts[index + 1]),
                    ]
                    self.assertEqual(self.Report.search_count(of_row), row["total"])
                    for number in range(len(row["values"])):
                        until = [("closed_date", "<", stops[index + number + 1])]
                        self.assertEqual(
                            self.Report.search_count(of_row + until),
                            sum(row["values"][: number + 1]),
                        )

    def test_only_the_latest_periods(self):
        self.assertFalse(self._read()["left_out"])
        ticket = self._create_ticket_of("2015-06-10 10:00:00")
        domain = [("id", "in", (self.tickets + ticket).ids)]
        found = self._read(domain=domain)
        self.assertTrue(found["left_out"])
        self.assertEqual(len(found["rows"]), 2)
        self.assertEqual(self._table("year", domain=domain)[0][:2], ("2015", 1))

    def test_nothing_to_show(self):
        self.assertEqual(self._read(domain=[("id", "=", 0)])["rows"], [])

    def test_as_many_queries_for_many_tickets(self):
        """Four tickets and eight, on as many days again."""
        counts = []
        for days in ((), ("01-11", "01-12", "02-08", "02-09")):
            for day in days:
                self.tickets += self._create_ticket_of(f"2024-{day} 10:00:00")
            domain = [("id", "in", self.tickets.ids)]
            self._read("day", domain=domain)
            before = self.env.cr.sql_log_count
            rows = self._read("day", domain=domain)["rows"]
            counts.append((self.env.cr.sql_log_count - before, len(rows)))
        self.assertEqual(counts, [(2, 4), (2, 8)])

    def test_what_does_not_fit_is_said(self):
        for arguments, part in (
            (("number", "closed_date"), "“number”"),
            (("create_date", "no_field"), "“no_field”"),
            (("create_date", False), "date_stop"),
            (("create_date", "closed_date", "hour"), "month"),
            (("create_date", "closed_date", "month", "hours_to_close"), "summed"),
            (("create_date", "closed_date", "month", "name"), "summed"),
        ):
            with self.assertRaises(UserError) as caught:
                self.Report.helpdesk_cohort_read([], *arguments)
            self.assertIn(part, str(caught.exception))

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
    """A view type of our own: checked when it is saved, known to the web client."""

    def _create_view(self, arch):
        return self.env["ir.ui.view"].create(
            {"name": "cohort", "model": "helpdesk.ticket.report", "arch": arch}
        )

    def test_view_names_fields_and_icon(self):
        info = self.env["ir.ui.view"].get_view_info()["helpdesk_cohort"]
        self.assertTrue(info["icon"])
        self.assertTrue(info["multi_record"])
        view = self.Report.get_views([(False, "helpdesk_cohort"), (False, "search")])
        arch = etree.fromstring(view["views"]["helpdesk_cohort"]["arch"])
        self.assertEqual(arch.get("date_start"), "create_date")
        fields = view["models"]["helpdesk.ticket.report"]["fields"]
        self.assertIn("closed_date", fields)

    def test_a_view_may_choose(self):
        self._create_view(
            """<helpdesk_cohort date_start="create_date" date_stop="closed_date"
                interval="week" measure="hours_spent" cumulated="0">
                <field name="kept_count" invisible="1"/></helpdesk_cohort>"""
        )

    def test_a_view_that_cannot_work_is_refused(self):
        dates = 'date_start="create_date" date_stop="closed_date"'
        for arch, part in (
            ("<helpdesk_cohort/>", "date_start"),
            (
                '<helpdesk_cohort date_start="create_date" date_stop="name"/>',
                "“name” of helpdesk.ticket.report",
            ),
            (f'<helpdesk_cohort {dates} interval="hour"/>', "“hour”"),
            (f'<helpdesk_cohort {dates} measure="hours_to_close"/>', "summed"),
            (f'<helpdesk_cohort {dates} cumulated="perhaps"/>', "“perhaps”"),
            (f'<helpdesk_cohort {dates} colour="red"/>', "colour"),
            (f"<helpdesk_cohort {dates}><p/></helpdesk_cohort>", "<p>"),
        ):
            with self.assertRaises(ValidationError) as caught:
                self._create_view(arch)
            self.assertIn(part, str(caught.exception))

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
