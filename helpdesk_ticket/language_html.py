from odoo import fields


class LanguageHtml(fields.Html):
    """Html that is written separately for each language.

    Odoo translates html paragraph by paragraph: a change in one language puts the new
    paragraphs into all others. Greetings and signatures are different texts in each
    language, and must not change when the text of another language is edited (N03,
    N04).
    """

    # a class attribute, because Odoo takes the parameter for paragraph by paragraph
    translate = True

    def write(self, records, value):
        """Clear the text in one language only: Odoo would clear it in all."""
        if not value:
            records, value = records.filtered(self.name), ""
        return super().write(records, value)
