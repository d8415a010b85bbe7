from odoo import SUPERUSER_ID, api

from odoo.addons.helpdesk_ticket.template_words import renew_words

# What Odoo does not bring up to date by itself, because administrators may have changed
# it: each is changed here only where it is as it once came.
RULE = "helpdesk_ticket.fsm_order_rule_helpdesk_user"
RULE_BEFORE = "[('helpdesk_ticket_id', '!=', False)]"
RULE_NOW = (
    "[('helpdesk_ticket_id', '!=', False), '|', "
    "('helpdesk_ticket_id.user_id', '=', user.id), "
    "('helpdesk_ticket_id.team_id', 'not in', user._get_hidden_helpdesk_team_ids())]"
)
# template -> the words that changed: before, now
WORDS = {
    "mail_template_ticket_opened": [
        (
            "Thank you for your message. It is now ticket",
            "Thank you for contacting us. Your request is now ticket",
        ),
        ("just answer this e-mail", "just reply to this e-mail"),
    ],
    "mail_template_request_held": [
        (
            "its primary contact opens tickets. Please ask",
            "its primary contact can open tickets. We have kept your message and asked",
        ),
        (
            "to do so. Your message is kept and nothing of it is lost.",
            "to approve it. You will hear from us as soon as it becomes a ticket.",
        ),
    ],
}
# What the translations said until then
TRANSLATIONS_BEFORE = (
    "Bitte wenden Sie sich dafür an",
    "Veuillez vous adresser à",
    "Por favor, pídaselo a",
)
PRIORITIES = {
    "helpdesk_ticket.severity_low": "0",
    "helpdesk_ticket.severity_normal": "1",
    "helpdesk_ticket.severity_high": "2",
    "helpdesk_ticket.severity_blocking": "3",
}


def migrate(cr, version):
    """Bring records up to date that an update leaves alone."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    hide_service_orders(env)
    for name, changes in WORDS.items():
        if template := renew_words(env, name, changes):
            forget_translations(template)
    fill_priorities(env)


def hide_service_orders(env):
    """Show agents service orders of those tickets only that they see (T16)."""
    rule = env.ref(RULE, raise_if_not_found=False)
    if rule and rule.domain_force == RULE_BEFORE:
        rule.name = "Service Order: agents see those of the tickets that they see"
        rule.domain_force = RULE_NOW


def forget_translations(template):
    """Let the update translate the body again, where nobody has translated it anew."""
    languages = template.env["res.lang"].get_installed()
    old = {
        code: False
        for code, _name in languages
        if any(
            words in " ".join(template.with_context(lang=code).body_html.split())
            for words in TRANSLATIONS_BEFORE
        )
    }
    template.update_field_translations("body_html", old)


def fill_priorities(env):
    """Give the severities the priorities of their service orders, where the column is
    new: all of them are the lowest then (T16)."""
    found = [
        (severity, priority)
        for xmlid, priority in PRIORITIES.items()
        if (severity := env.ref(xmlid, raise_if_not_found=False))
    ]
    if all(severity.fsm_priority in (False, "0") for severity, _priority in found):
        for severity, priority in found:
            severity.fsm_priority = priority
