from odoo import SUPERUSER_ID, api

from odoo.addons.helpdesk_ticket.template_words import GREETING, renew_greeting


def migrate(cr, version):
    """Let the mails of tickets greet who reads them, in every language and whatever
    else somebody has changed in their words (T24)."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    languages = [code for code, _name in env["res.lang"].get_installed()]
    # English first: where a language has no words of its own, it has those
    languages.sort(key=lambda code: code != "en_US")
    for name in GREETING:
        template = env.ref(f"helpdesk_ticket.{name}", raise_if_not_found=False)
        for lang in languages if template else ():
            speaking = template.with_context(lang=lang)
            before = str(speaking.body_html or "")
            body = renew_greeting(name, before)
            if body != before:
                speaking.body_html = body
