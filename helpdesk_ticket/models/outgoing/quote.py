from markupsafe import Markup, escape

from odoo import models
from odoo.fields import Domain
from odoo.tools.mail import email_split_tuples, is_html_empty
from odoo.tools.misc import format_datetime

from ...plain_text import to_plain_text

# As much as a reader needs to know what is answered
MAX_QUOTE, MAX_LINES = 2_000, 30
# A customer's message lies so many messages back at most.
MAX_BACK = 20


class HelpdeskTicket(models.Model):
    """What the customer wrote last, below an agent's answer to it (N05)."""

    _inherit = "helpdesk.ticket"

    def _prepare_quote(self, message, lang):
        """Return what the mail of an answer quotes: words that everybody who takes part
        has read, and no other ones.

        :param message: `mail.message` that is mailed
        :param str lang: code of the language of the mail
        :return: dict of `author`, `date` and `text`, or None
        """
        if self._is_private(message):
            return None
        if self._get_message_event(message) not in ("answered", "asked"):
            return None
        author, date, text = self._get_last_words(message)
        if not text:
            return None
        zone = self._get_document_timezone()
        return {
            "author": author,
            "date": format_datetime(
                self.env, date, tz=zone, dt_format="short", lang_code=lang
            ),
            "text": Markup("<br/>").join(map(escape, text.split("\n"))),
        }

    def _get_last_words(self, message):
        """Return what the customer wrote last before a message, as plain text: without
        what that quoted itself, and not too much of it.

        :param message: `mail.message`
        :return: name of the author, date, and text, which is empty when there is none
        """
        # sudo: who wrote it is decided here, and only what is public is read
        messages = self.env["mail.message"].sudo()
        found = messages.search(
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("id", "<", message.id)
            & Domain("message_type", "in", ("comment", "email"))
            & Domain("is_internal", "=", False)
            & Domain("subtype_id.internal", "=", False),
            order="id desc",
            limit=MAX_BACK,
        )
        for one in self._filter_public(found):
            if not self._is_agent(one.author_id) and not is_html_empty(one.body):
                sender = email_split_tuples(one.email_from or "") or [("", "")]
                name = one.author_id.name or " ".join(sender[0]).strip()
                return name, one.date, self._shorten(one.body)
        # A ticket of the portal begins without a message.
        portal = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.channel_portal", raise_if_not_found=False
        )
        if portal and self.channel_id.id == portal and self.description:
            return self.partner_name, self.create_date, self._shorten(self.description)
        return "", False, ""

    def _shorten(self, body):
        """Return the begin of a text, as plain text.

        :param str body: HTML of whoever wrote it
        """
        shown = self._show_text(body, quotes=False)
        if is_html_empty(shown):
            return ""
        whole = to_plain_text(str(shown))
        lines = whole[:MAX_QUOTE].split("\n")[:MAX_LINES]
        text = "\n".join(lines).strip()
        return text if len(text) == len(whole) else f"{text} …"
