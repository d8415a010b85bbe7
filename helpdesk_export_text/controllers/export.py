from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)

# What spreadsheets take for the beginning of a formula, besides `=`, `+` and `-`, which
# Odoo marks as text by itself. The wide ones are those of East Asian keyboards.
FORMULA_SIGNS = ("@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class TextCells:
    """Writes each text as a text: never as a formula, and never as a link.

    Subjects and names come from mails of strangers. Whoever opens the export of a
    ticket named `=HYPERLINK(…)` must see that name, and nothing else must happen.
    """

    def write(self, row, column, cell_value, style=None):
        """Write a cell, and leave nothing of a text to interpretation."""
        if cell_value and isinstance(cell_value, str):
            return self.worksheet.write_string(row, column, cell_value, style)
        return super().write(row, column, cell_value, style)


class TextXlsxWriter(TextCells, ExportXlsxWriter):
    """A list as a sheet."""


class TextGroupXlsxWriter(TextCells, GroupExportXlsxWriter):
    """A grouped list as a sheet."""


class HelpdeskCsvExport(CSVExport):
    def from_data(self, fields, columns_headers, rows):
        """Mark every text that a spreadsheet would run as a text (rel-C10)."""
        return super().from_data(
            fields, columns_headers, [[_as_text(cell) for cell in row] for row in rows]
        )


class HelpdeskExcelExport(ExcelExport):
    def from_data(self, fields, columns_headers, rows):
        """Write a list whose texts stay texts (rel-C10)."""
        with TextXlsxWriter(fields, columns_headers, len(rows)) as writer:
            for row, cells in enumerate(rows, start=1):
                for column, cell in enumerate(cells):
                    writer.write_cell(row, column, cell)
        return writer.value

    def from_group_data(self, fields, columns_headers, groups):
        """Write a grouped list whose texts, and names of groups, stay texts."""
        with TextGroupXlsxWriter(fields, columns_headers, groups.count) as writer:
            row = 1
            for name, group in groups.children.items():
                row, _column = writer.write_group(row, 0, name, group)
        return writer.value


def _as_text(cell):
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_SIGNS)
    return f"'{cell}" if is_formula else cell
