import re

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_open
from odoo.tools.convert import xml_import

# What Odoo does not bring up to date by itself, because administrators may have changed
# it: each is changed here only where it is as it once came.
RULE = "helpdesk_ticket.fsm_order_rule_helpdesk_user"
RULE_BEFORE = "[('helpdesk_ticket_id', '!=', False)]"
RULE_NOW = (
    "[('helpdesk_ticket_id', '!=', False), '|', "
    "('helpdesk_ticket_id.user_id', '=', user.id), "
    "('helpdesk_ticket_id.team_id', 'not in', user._get_hidden_helpdesk_team_ids())]"
)
TEMPLATES = "helpdesk_ticket/data/mail_template_data.xml"
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
        renew_mail(env, name, changes)
    fill_priorities(env)


def hide_service_orders(env):
    """Show agents service orders of those tickets only that they see (T16)."""
    rule = env.ref(RULE, raise_if_not_found=False)
    if rule and rule.domain_force == RULE_BEFORE:
        rule.name = "Service Order: agents see those of the tickets that they see"
        rule.domain_force = RULE_NOW


def renew_mail(env, name, changes):
    """Say in a mail what happens today, unless somebody has written it anew.

    :param str name: of the template
    :param list changes: of (words before, words now)
    """
    template = env.ref(f"helpdesk_ticket.{name}", raise_if_not_found=False)
    if not template:
        return
    template = template.with_context(lang=None)
    body = str(template.body_html or "")
    for before, now in changes:
        words = r"\s+".join(map(re.escape, before.split()))
        body = re.sub(words, now, body)
    renewed = read_body(template, name)
    if body != str(template.body_html or "") and squeeze(body) == squeeze(renewed):
        template.body_html = renewed
        forget_translations(template)


def read_body(template, name):
    """Return the body of a template as the addon brings it."""
    with file_open(TEMPLATES, "rb") as file:
        root = etree.parse(file).getroot()
    for record in root.xpath("record[@id != $name]", name=name):
        root.remove(record)
    with template.env.cr.savepoint() as savepoint:
        xml_import(template.env, "helpdesk_ticket", {}, "init").parse(root)
        body = str(template.body_html)
        savepoint.rollback()
    return body


def squeeze(text):
    return "".join(text.split())


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
