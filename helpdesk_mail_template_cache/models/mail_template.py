from odoo import models

from .ir_qweb import KEEP_CODE


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _generate_template(
        self,
        res_ids,
        render_fields,
        recipients_allow_suggested=False,
        find_or_create_partners=False,
    ):
        """Render the template, with its compiled text cached."""
        keeping = self.with_context(helpdesk_keep_code=KEEP_CODE)
        return super(MailTemplate, keeping)._generate_template(
            res_ids,
            render_fields,
            recipients_allow_suggested=recipients_allow_suggested,
            find_or_create_partners=find_or_create_partners,
        )
