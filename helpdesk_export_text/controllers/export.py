import json
import re
from itertools import chain

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from odoo import http

from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)
from odoo.addons.web.controllers.pivot import TableExporter

# What spreadsheets take for the beginning of a formula, besides `=`, `+` and `-`, which
# Odoo itself marks as text. The wide signs are those of East Asian keyboards.
FORMULA_SIGNS = ("@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# What `xlsxwriter` turns into formulas and links.
NO_TEXT = re.compile(r"\{?=|(ftp|http)s?://|mailto:|(in|ex)ternal:")


class TextCells:
    """Writes strings as text: never as a formula, and never as a link.

    Subjects and names come from mails of strangers. Whoever opens the export of a
    ticket named `=HYPERLINK(…)` must see that name, and nothing else must happen.
    """

    def write(self, row, column, cell_value, style=None):
        """Write a cell; a string is not interpreted.

        :param int row: from 0
        :param int column: from 0
        :param cell_value: string, number, date or empty value
        :param style: format of `xlsxwriter`, or None
        """
        if cell_value and isinstance(cell_value, str):
            return self.worksheet.write_string(row, column, cell_value, style)
        return super().write(row, column, cell_value, style)


class TextXlsxWriter(TextCells, ExportXlsxWriter):
    """A list as a sheet."""


class TextGroupXlsxWriter(TextCells, GroupExportXlsxWriter):
    """A grouped list as a sheet."""


class HelpdeskCsvExport(CSVExport):
    def from_data(self, fields, columns_headers, rows):
        """Return a CSV file; text that a spreadsheet would run is marked (rel-C10)."""
        return super().from_data(
            fields, columns_headers, [[_as_text(cell) for cell in row] for row in rows]
        )


class HelpdeskExcelExport(ExcelExport):
    def from_data(self, fields, columns_headers, rows):
        """Return a list as an XLSX file without formulas and links (rel-C10)."""
        with TextXlsxWriter(fields, columns_headers, len(rows)) as writer:
            for row, cells in enumerate(rows, start=1):
                for column, cell in enumerate(cells):
                    writer.write_cell(row, column, cell)
        return writer.value

    def from_group_data(self, fields, columns_headers, groups):
        """Return a grouped list as an XLSX file without formulas and links, also in the
        names of the groups (rel-C10)."""
        with TextGroupXlsxWriter(fields, columns_headers, groups.count) as writer:
            row = 1
            for name, group in groups.children.items():
                row, _column = writer.write_group(row, 0, name, group)
        return writer.value


class HelpdeskTableExporter(TableExporter):
    @http.route()
    def export_xlsx(self, data="", **kw):
        """Return a pivot table or a cohort as an XLSX file without formulas and links
        (rel-C10).

        Odoo writes the whole sheet in this method, so strings are changed before: names
        that would be a formula or a link begin with a space.

        :param data: JSON of the table, as a string or an uploaded file
        :raise BadRequest: the data is no table
        """
        try:
            is_file = isinstance(data, FileStorage)
            table = json.load(data) if is_file else json.loads(data)
            if table:
                _indent_cells(table)
            return super().export_xlsx(json.dumps(table), **kw)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # only the web client's own tables have all that is read here
            raise BadRequest from error


def _as_text(cell):
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_SIGNS)
    return f"'{cell}" if is_formula else cell


def _indent_cells(table):
    """Put a space before each string that `xlsxwriter` would not write as text.

    :param dict table: what the web client says about a pivot table or a cohort
    """
    rows = table["rows"]
    cells = [*chain(*table["col_group_headers"]), *table["measure_headers"], *rows]
    for cell in [*cells, *chain(*(row["values"] for row in rows))]:
        for key in ("title", "value"):
            if isinstance(cell.get(key), str) and NO_TEXT.match(cell[key]):
                cell[key] = f" {cell[key]}"
