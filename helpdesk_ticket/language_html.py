from odoo import fields


class LanguageHtml(fields.Html):
    """Formatted text that is written for each language on its own.

    Odoo translates formatted text paragraph by paragraph: whoever changes it in one
    language puts the new paragraphs into all the others. A greeting or a signature is
    another text in each language, and stays as it is when somebody edits the next one
    (N03, N04).
    """

    translate = True  # as a whole: given to a field, Odoo takes it for by paragraph

    def write(self, records, value):
        """Empty the text in one language alone: Odoo would empty it in all."""
        if not value:
            records, value = records.filtered(self.name), ""
        return super().write(records, value)
