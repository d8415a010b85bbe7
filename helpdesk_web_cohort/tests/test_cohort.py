from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

# Begun and finished, by UTC; the third is begun in February by Berlin's clock.
DATES = [
    ("2024-01-10 10:00:00", "2024-01-20 10:00:00"),
    ("2024-01-15 10:00:00", "2024-02-03 10:00:00"),
    ("2024-01-31 23:30:00", None),
    ("2024-02-10 10:00:00", "2024-03-01 10:00:00"),
]
VIEW = 'date_start="create_date" date_stop="write_date"'


@tagged("post_install", "-at_install")
class TestCohort(TransactionCase):
    """How much of what began in a period was finished how much later: contacts, from
    their making to their last change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "test-cohort")
        cls.records = cls.env["res.partner"]
        for begun, finished in DATES:
            cls.records += cls._create_record(begun, finished)
        cls.domain = [("id", "in", cls.records.ids)]
        cls.Model = (
            cls.env["res.partner"].with_user(cls.user).with_context(tz="UTC", lang=None)
        )

    @classmethod
    def _create_record(cls, begun, finished=None, number=0):
        record = cls.env["res.partner"].create({"name": f"Cohort: {begun}"})
        cls.env.flush_all()
        cls.env.cr.execute(
            """UPDATE res_partner SET create_date = %s, write_date = %s, color = %s
                WHERE id = %s""",
            [begun, finished, number, record.id],
        )
        cls.env.invalidate_all()
        return record

    def _read(self, interval="month", measure="__count", model=None, domain=None):
        with freeze_time("2024-03-15 12:00:00"):
            return (self.Model if model is None else model).helpdesk_cohort_read(
                self.domain if domain is None else domain,
                "create_date",
                "write_date",
                interval,
                measure,
            )

    def _table(self, *args, **options):
        """Return (label, total, values) by row."""
        rows = self._read(*args, **options)["rows"]
        return [(row["label"], row["total"], row["values"]) for row in rows]

    def test_months(self):
        self.assertEqual(
            self._table(),
            [("January 2024", 3, [1, 1, 0]), ("February 2024", 1, [0, 1])],
        )

    def test_clock_of_the_user(self):
        model = self.Model.with_context(tz="Europe/Berlin")
        self.assertEqual(
            self._table(model=model),
            [("January 2024", 2, [1, 1, 0]), ("February 2024", 2, [0, 1])],
        )

    def test_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("de_DE")
        table = self._table(model=self.Model.with_context(lang="de_DE"))
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
        self.records += self._create_record(
            "2024-03-01 10:00:00", "2024-03-02 10:00:00", number=3
        )
        self.records += self._create_record("2024-03-01 10:00:00", number=1)
        domain = [("id", "in", self.records.ids)]
        table = self._table(measure="color", domain=domain)
        self.assertEqual(table[-1], ("March 2024", 4, [3]))

    def test_finished_before_it_began(self):
        """A clock that went wrong: nothing is lost of the sum."""
        record = self._create_record("2024-02-20 10:00:00", "2024-01-20 10:00:00")
        table = self._table(domain=[("id", "=", record.id)])
        self.assertEqual(table, [("February 2024", 1, [1, 0])])

    def test_bounds_find_the_records_of_each_cell(self):
        """A click on a cell opens as many records as the cell has counted."""
        for zone in ("UTC", "Europe/Berlin", "America/Sao_Paulo"):
            model = self.Model.with_context(tz=zone)
            for interval in ("day", "week", "month", "quarter", "year"):
                found = self._read(interval, model=model)
                starts, stops = found["start_bounds"], found["stop_bounds"]
                for row in found["rows"]:
                    index = row["index"]
                    of_row = [
                        *self.domain,
                        ("create_date", ">=", starts[index]),
                        ("create_date", "<", starts[index + 1]),
                    ]
                    self.assertEqual(model.search_count(of_row), row["total"])
                    for number in range(len(row["values"])):
                        until = [("write_date", "<", stops[index + number + 1])]
                        self.assertEqual(
                            model.search_count(of_row + until),
                            sum(row["values"][: number + 1]),
                        )

    def test_days_without_a_time(self):
        """A date that has no time is searched as a date."""
        rates = self.env["res.currency.rate"]
        currency = self.env["res.currency"].create({"name": "XCO", "symbol": "X"})
        rates.create({"currency_id": currency.id, "name": "2024-01-10", "rate": 2})
        found = rates.helpdesk_cohort_read(
            [("currency_id", "=", currency.id)], "name", "write_date"
        )
        self.assertEqual([row["total"] for row in found["rows"]], [1])
        self.assertEqual({len(day) for day in found["start_bounds"]}, {10})
        self.assertEqual({len(moment) for moment in found["stop_bounds"]}, {19})

    def test_only_the_latest_periods(self):
        self.assertFalse(self._read()["left_out"])
        record = self._create_record("2015-06-10 10:00:00")
        domain = [("id", "in", (self.records + record).ids)]
        found = self._read(domain=domain)
        self.assertTrue(found["left_out"])
        self.assertEqual(len(found["rows"]), 2)
        self.assertEqual(self._table("year", domain=domain)[0][:2], ("2015", 1))

    def test_nothing_to_show(self):
        self.assertEqual(self._read(domain=[("id", "=", 0)])["rows"], [])

    def test_as_many_queries_for_many_records(self):
        """Four records and eight, on as many days again."""
        counts = []
        for days in ((), ("01-11", "01-12", "02-08", "02-09")):
            for day in days:
                self.records += self._create_record(f"2024-{day} 10:00:00")
            domain = [("id", "in", self.records.ids)]
            self._read("day", domain=domain)
            before = self.env.cr.sql_log_count
            rows = self._read("day", domain=domain)["rows"]
            counts.append((self.env.cr.sql_log_count - before, len(rows)))
        self.assertEqual(counts, [(2, 4), (2, 8)])

    def test_what_does_not_fit_is_said(self):
        for arguments, part in (
            (("name", "write_date"), "“name”"),
            (("create_date", "no_field"), "“no_field”"),
            (("create_date", False), "date_stop"),
            (("create_date", "write_date", "hour"), "month"),
            (("create_date", "write_date", "month", "name"), "summed"),
        ):
            with self.assertRaises(UserError) as caught:
                self.Model.helpdesk_cohort_read([], *arguments)
            self.assertIn(part, str(caught.exception))

    def test_a_field_that_the_user_may_not_read(self):
        """Neither as a date, nor as what is summed, nor in the domain."""
        fields = self.env["res.partner"]._fields
        for name, arguments in (
            ("create_date", {}),
            ("write_date", {}),
            ("color", {"measure": "color"}),
            ("color", {"domain": [("color", "=", 1)]}),
        ):
            with self.subTest(name=name, **arguments):
                self.assertTrue(self._read(**arguments))
                with (
                    patch.object(fields[name], "groups", "base.group_system"),
                    self.assertRaises(AccessError),
                ):
                    self._read(**arguments)


@tagged("post_install", "-at_install")
class TestCohortView(TransactionCase):
    """A view type of our own: checked when it is saved, known to the web client."""

    def _create_view(self, arch):
        return self.env["ir.ui.view"].create(
            {"name": "cohort", "model": "res.partner", "arch": arch}
        )

    def test_view_names_fields_and_icon(self):
        info = self.env["ir.ui.view"].get_view_info()["helpdesk_cohort"]
        self.assertTrue(info["icon"])
        self.assertTrue(info["multi_record"])
        self._create_view(f"<helpdesk_cohort {VIEW}/>")
        found = self.env["res.partner"].get_views([(False, "helpdesk_cohort")])
        arch = etree.fromstring(found["views"]["helpdesk_cohort"]["arch"])
        self.assertEqual(arch.get("date_start"), "create_date")
        self.assertIn("write_date", found["models"]["res.partner"]["fields"])

    def test_a_view_may_choose(self):
        self._create_view(
            f"""<helpdesk_cohort {VIEW} interval="week" measure="color" cumulated="0">
                <field name="color" invisible="1"/></helpdesk_cohort>"""
        )

    def test_a_view_that_cannot_work_is_refused(self):
        for arch, part in (
            ("<helpdesk_cohort/>", "date_start"),
            (
                '<helpdesk_cohort date_start="create_date" date_stop="name"/>',
                "“name” of res.partner",
            ),
            (f'<helpdesk_cohort {VIEW} interval="hour"/>', "“hour”"),
            (f'<helpdesk_cohort {VIEW} measure="name"/>', "summed"),
            (f'<helpdesk_cohort {VIEW} cumulated="perhaps"/>', "“perhaps”"),
            (f'<helpdesk_cohort {VIEW} colour="red"/>', "colour"),
            (f"<helpdesk_cohort {VIEW}><p/></helpdesk_cohort>", "<p>"),
        ):
            with self.assertRaises(ValidationError) as caught:
                self._create_view(arch)
            self.assertIn(part, str(caught.exception))
