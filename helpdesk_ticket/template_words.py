"""Updates the texts of mail templates, which Odoo does not update because users may
have changed them."""

import re

from lxml import etree

from odoo.tools import file_open
from odoo.tools.convert import xml_import

TEMPLATES = "helpdesk_ticket/data/mail_template_data.xml"
# The ticket returns the name to greet, because several people may get the mail (T24).
GREETING = (
    "mail_template_ticket_closed",
    "mail_template_ticket_news",
    "mail_template_ticket_merged",
    "mail_template_ticket_rating",
)
GREETINGS = [
    (
        'if="object.partner_id or object.partner_name"',
        'if="object._get_greeted()"',
    ),
    (
        'out="object.partner_id.name or object.partner_name"',
        'out="object._get_greeted()"',
    ),
]
RATING = GREETING[-1]
GREETED_BY_NAME = re.compile(
    r"""\s*<t t-out="object\.partner_id\.name or ''">[^<]*</t>"""
)
GREETED = """<t t-if="object._get_greeted()">
                    <t t-out="object._get_greeted()"/>
                </t>"""


def renew_words(env, name, changes):
    """Replace the body of a mail template by the addon's new one, unless somebody
    changed it: the old body with the new words must equal the new one.

    :param str name: of the template in the data, without the addon
    :param list changes: of (old words, new words)
    :return: the changed `mail.template`, or None
    """
    template = env.ref(f"helpdesk_ticket.{name}", raise_if_not_found=False)
    if not template:
        return None
    template = template.with_context(lang=None)
    body = before = str(template.body_html or "")
    for old, new in changes:
        body = re.sub(r"\s+".join(map(re.escape, old.split())), new, body)
    body = renew_greeting(name, body)
    renewed = _read_body(template, name)
    if body == before or _squeeze(body) != _squeeze(renewed):
        return None
    template.body_html = renewed
    return template


def renew_greeting(name, body):
    """Return the body of a mail template, in any language, with the greeting that
    depends on the reader.

    :param str name: of the template in the data, without the addon
    :param str body: its current body
    :rtype: str
    """
    if name not in GREETING:
        return body
    for old, new in GREETINGS:
        body = body.replace(old, new)
    return GREETED_BY_NAME.sub(GREETED, body) if name == RATING else body


def _read_body(template, name):
    """Return the body of a template from the addon's data."""
    with file_open(TEMPLATES, "rb") as file:
        root = etree.parse(file).getroot()
    for record in root.xpath("record[@id != $name]", name=name):
        root.remove(record)
    with template.env.cr.savepoint() as savepoint:
        xml_import(template.env, "helpdesk_ticket", {}, "init").parse(root)
        body = str(template.body_html)
        savepoint.rollback()
    return body


def _squeeze(text):
    return "".join(text.split())
