from odoo import SUPERUSER_ID, api

from odoo.addons.helpdesk_ticket.template_words import RATING, renew_greeting

TEMPLATES = (
    "mail_template_ticket_opened",
    "mail_template_ticket_closed",
    "mail_template_ticket_news",
    "mail_template_ticket_merged",
    RATING,
)


def migrate(cr, version):
    """Let the mails of tickets greet who reads them, in every language and whatever
    else somebody has changed in their words (T24)."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    languages = [code for code, _name in env["res.lang"].get_installed()]
    for name in TEMPLATES:
        template = env.ref(f"helpdesk_ticket.{name}", raise_if_not_found=False)
        for lang in languages if template else ():
            speaking = template.with_context(lang=lang)
            before = str(speaking.body_html or "")
            body = renew_greeting(name, before)
            if body != before:
                speaking.body_html = body
