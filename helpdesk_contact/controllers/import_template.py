import csv
import io

import xlsxwriter

from odoo import http
from odoo.http import content_disposition, request

# The columns of C04 and K09, in the order of the form; the sample row shows what a
# value looks.
COLUMNS = {
    "contact": [
        ("parent_id", "Bäckerei Huber GmbH"),
        ("firstname", "Anna"),
        ("lastname", "Huber"),
        ("email", "anna.huber@example.com"),
        ("phone", "+49 89 1234567"),
        ("mobile", "+49 170 1234567"),
        ("department_id", ""),
        ("function", "Office Manager"),
        ("lang", ""),
        ("is_primary_contact", "0"),
        ("helpdesk_ignore_email", "0"),
        ("comment", ""),
    ],
    "customer": [
        ("name", "Bäckerei Huber GmbH"),
        ("email", "office@example.com"),
        ("phone", "+49 89 1234567"),
        ("street", "Hauptstraße 1"),
        ("zip", "80331"),
        ("city", "München"),
        ("country_id", ""),
        ("website", "https://www.example.com"),
        ("lang", ""),
        ("category_id", ""),
        ("comment", ""),
    ],
}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ImportTemplate(http.Controller):
    @http.route(
        "/helpdesk_contact/import_template/<string:name>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def import_template(self, name):
        """Download a template for the import of contacts or customers (C10).

        :param str name: `contact.csv`, `contact.xlsx`, `customer.csv`, `customer.xlsx`
        :return: the file, its column titles in the user's language
        """
        kind, _dot, extension = name.rpartition(".")
        if kind not in COLUMNS or extension not in CONTENT_TYPES:
            raise request.not_found()
        rows = self._get_rows(kind)
        content = (
            self._write_csv(rows) if extension == "csv" else self._write_xlsx(rows)
        )
        headers = [
            ("Content-Type", CONTENT_TYPES[extension]),
            ("Content-Disposition", content_disposition(name)),
        ]
        return request.make_response(content, headers)

    def _get_rows(self, kind):
        """Return the titles and the sample row."""
        fields = request.env["res.partner"].fields_get(
            [field for field, _sample in COLUMNS[kind]], ["string"]
        )
        titles = [fields[field]["string"] for field, _sample in COLUMNS[kind]]
        return [titles, [sample for _field, sample in COLUMNS[kind]]]

    def _write_csv(self, rows):
        """Return the rows as UTF-8 with the byte order mark that Excel needs."""
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        return buffer.getvalue().encode("utf-8-sig")

    def _write_xlsx(self, rows):
        """Return the rows as a workbook with bold titles and fitting columns."""
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            bold = workbook.add_format({"bold": True})
            for column, (title, sample) in enumerate(zip(*rows, strict=True)):
                sheet.set_column(column, column, max(len(title), len(sample)) + 2)
                sheet.write_string(0, column, title, bold)
                sheet.write_string(1, column, sample)
        return buffer.getvalue()
