import csv
import io
import json

import openpyxl

from odoo import http
from odoo.tests import HttpCase, new_test_user, tagged

# Seconds that an answer may take on a machine that is busy with something else.
REQUEST = 60
FORMULA = '=HYPERLINK("http://evil.example","Invoice")'
NAMES = (FORMULA, "@SUM(1+1)", "+1", "-1", "\t=1+1", "＝1+1", "http://evil.example/x")


def _as_shown(name):
    """Return a heading of a pivot table: with a space before formulas and links."""
    return f" {name}" if name in (FORMULA, NAMES[-1]) else name


@tagged("post_install", "-at_install")
class TestExport(HttpCase):
    """rel-C10: what strangers write is text in the files that people open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "base.group_user,base.group_allow_export"
        cls.user = new_test_user(cls.env, "test-export", groups=groups)
        cls.contacts = cls.env["res.partner"].create(
            [{"name": "x", "comment": name, "function": name} for name in NAMES]
        )

    def _export(self, kind, groupby=()):
        """Export the contacts as somebody does in the list.

        :return: bytes of the file
        """
        self.authenticate(self.user.login, self.user.login)
        data = {
            "model": "res.partner",
            "fields": [{"name": "function", "label": "Job Position", "type": "char"}],
            "ids": self.contacts.ids,
            "domain": [("id", "in", self.contacts.ids)],
            "groupby": groupby,
            "import_compat": False,
        }
        answer = self.url_open(
            f"/web/export/{kind}",
            data={
                "data": json.dumps(data),
                "csrf_token": http.Request.csrf_token(self),
            },
            timeout=REQUEST,
        )
        self.assertEqual(answer.status_code, 200)
        return answer.content

    def _export_table(self, titles):
        """Download a pivot table whose columns are groups with these names.

        :return: bytes of the file
        """
        self.authenticate(self.user.login, self.user.login)
        table = {
            "model": "res.partner",
            "title": "Contacts",
            "measure_count": 1,
            "col_group_headers": [
                [{"title": title, "width": 1, "height": 1} for title in titles]
            ],
            "measure_headers": [{"title": FORMULA, "is_bold": False} for _ in titles],
            "rows": [
                {"title": FORMULA, "indent": 0, "values": [{"value": FORMULA}]},
                {"title": "Total", "indent": 1, "values": [{"value": 3}]},
            ],
        }
        answer = self.url_open(
            "/web/pivot/export_xlsx",
            data={
                "data": json.dumps(table),
                "csrf_token": http.Request.csrf_token(self),
            },
            timeout=REQUEST,
        )
        self.assertEqual(answer.status_code, 200)
        return answer.content

    def test_pivot_table(self):
        """Names of groups are text there too, and numbers stay numbers."""
        content = io.BytesIO(self._export_table(NAMES))
        sheet = openpyxl.load_workbook(content).active
        self.assertEqual(sheet.title, "Contacts")
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
        values = [cell.value for cell in cells]
        self.assertEqual(values[: len(NAMES)], [_as_shown(name) for name in NAMES])
        self.assertEqual(values.count(f" {FORMULA}"), len(NAMES) + 3)
        self.assertEqual({cell.data_type for cell in cells if cell.value != 3}, {"s"})
        self.assertEqual([c.data_type for c in cells if c.value == 3], ["n"])
        self.assertFalse([cell for cell in cells if cell.hyperlink])

    def test_no_table(self):
        """What is no table is refused."""
        self.authenticate(self.user.login, self.user.login)
        for data in ("", "x", "[1]", '{"rows": 1}', '{"title": "x"}'):
            with self.subTest(data=data):
                answer = self.url_open(
                    "/web/pivot/export_xlsx",
                    data={"data": data, "csrf_token": http.Request.csrf_token(self)},
                    timeout=REQUEST,
                )
                self.assertEqual(answer.status_code, 400)

    def test_csv(self):
        """A mark before each text that spreadsheets would run."""
        text = self._export("csv").decode("utf-8-sig")
        cells = [row[0] for row in csv.reader(io.StringIO(text))][1:]
        self.assertEqual(
            set(cells),
            {f"'{name}" for name in NAMES[:-1]} | {NAMES[-1]},
        )

    def test_xlsx(self):
        """Texts are cells of the type text, also in the names of groups."""
        for groupby in ([], ["function"]):
            with self.subTest(groupby=groupby):
                content = io.BytesIO(self._export("xlsx", groupby))
                sheet = openpyxl.load_workbook(content).active
                cells = [cell for row in sheet.iter_rows() for cell in row]
                self.assertIn(FORMULA, [cell.value for cell in cells])
                types = {cell.data_type for cell in cells if cell.value is not None}
                self.assertEqual(types, {"s"})
                self.assertFalse([cell for cell in cells if cell.hyperlink])
