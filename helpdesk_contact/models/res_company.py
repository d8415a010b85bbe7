from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..language import detect_language


class ResCompany(models.Model):
    _inherit = "res.company"

    helpdesk_auto_create_contact = fields.Boolean(
        string="Auto-create new contact on incoming e-mail",
        default=True,
        help="An unknown sender becomes a contact, below the customer that owns the "
        "e-mail domain. When off, the ticket keeps only the address.",
    )
    helpdesk_language_ids = fields.Many2many(
        "res.lang",
        "helpdesk_company_language_rel",
        string="Support languages",
        help="Languages you answer in. Leave empty for all installed languages.",
    )
    helpdesk_fallback_language_id = fields.Many2one(
        "res.lang",
        string="Fallback language",
        help="For new senders who write in a language that is not a support language.",
    )

    @api.constrains("helpdesk_language_ids", "helpdesk_fallback_language_id")
    def _check_helpdesk_fallback_language_id(self):
        for company in self:
            fallback = company.helpdesk_fallback_language_id
            if fallback and fallback not in company._get_helpdesk_languages():
                raise ValidationError(
                    self.env._(
                        "%(language)s is not one of your support languages. Add it "
                        "to them, or choose another fallback language.",
                        language=fallback.name,
                    )
                )

    def _get_helpdesk_languages(self):
        """Return the installed support languages (K05) as `res.lang`."""
        self.ensure_one()
        chosen = self.helpdesk_language_ids.filtered("active")
        languages = self.env["res.lang"]
        # cached by Odoo: no query for each new contact
        return chosen or languages.browse(languages._get_active_by("id"))

    def _get_helpdesk_fallback_language(self):
        """Return the language for senders whose own language is not supported (K06)."""
        self.ensure_one()
        languages = self._get_helpdesk_languages()
        own = languages.filtered(lambda lang: lang.code == self.partner_id.lang)
        # one that was deactivated meanwhile is none of ours
        chosen = self.helpdesk_fallback_language_id & languages
        return chosen or own or languages[:1]

    def _detect_helpdesk_language(self, text):
        """Detect the language of a first mail among the support languages (K06).

        :param str text: plain text of the mail
        :return: a `res.lang` code; None for a language that is not supported, and when
            the text does not tell
        """
        self.ensure_one()
        by_iso = {}
        for language in self._get_helpdesk_languages():
            by_iso.setdefault(language.code.partition("_")[0], language.code)
        return by_iso.get(detect_language(text or "", list(by_iso)))
