import logging
import re
import xmlrpc.client

from odoo import api, models
from odoo.exceptions import AccessError

from ..reading.head import MAX_FAR
from ..reading.process import unread

_logger = logging.getLogger(__name__)

# Part of the Message-ID of every mail that a ticket sends; answers carry it along.
TICKET_MARK = "-helpdesk.ticket@"
# No genuine mail has more recipients, or answers more mails.
MAX_TEXT, MAX_PEOPLE, MAX_NAMED = 1_000_000, 2000, 100
END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
LINE_END = re.compile(rb"\r\n?")
# What a mail answers, and for whom it is, as Odoo and mail servers say it: up to the
# next field, however the lines between are folded.
_VALUE = rb")[ \t]*:(.*(?:\n(?![!-9;-~]{1,128}[ \t]*:).*)*)"
ANSWERED = re.compile(
    rb"^(?:in-reply-to|references" + _VALUE, re.IGNORECASE | re.MULTILINE
)
ADDRESSED = re.compile(
    rb"^(?:(?:resent-)?(?:to|cc)|delivered-to|(?:x-)?envelope-to"
    rb"|x-(?:original|delivered|forwarded)-to" + _VALUE,
    re.IGNORECASE | re.MULTILINE,
)
IDENTIFIER = re.compile(r"[!-;=?-~]{1,990}")
# Comments and blanks within an address, and the brackets around it.
WITHIN = re.compile(r"\([^()]*\)|\s{1,20}(?=@)|(?<=@)\s{1,20}")
AROUND = re.compile(r"(?:&[lg]t;|[^!-~]|[<>()\[\]:;,\"\\])+")


class MailThread(models.AbstractModel):
    """Where Odoo's gateway decides whether a mail belongs to the helpdesk or to another
    app."""

    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Process a mail from a mail server, or from a mailbox of Odoo's own.

        The gateway can be called over RPC as well, and the caller writes the trusted
        headers, which say what the mail server found out about the sender (rel-D1).

        :return: as Odoo's method; the id of the ticket for a mail of the helpdesk
        :raise AccessError: for users who are neither a mail server nor an administrator
        """
        user = self.env.user
        groups = ("base.group_system", "helpdesk_email_collector.group_mail_gateway")
        if not self.env.su and not any(map(user.has_group, groups)):
            raise AccessError(
                self.env._(
                    "E-mails are delivered by administrators and by users of the group "
                    "“E-mail Gateway” only."
                )
            )
        self = self.sudo()  # the user of a mail server has no other rights
        raw = message.data if isinstance(message, xmlrpc.client.Binary) else message
        raw = raw.encode() if isinstance(raw, str) else bytes(raw)
        if model == "helpdesk.ticket" or self._is_for_helpdesk(raw):
            return self.env["helpdesk.inbox.mail"]._receive_by_gateway(raw)
        return super().message_process(
            model, raw, custom_values, save_original, strip_attachments, thread_id
        )

    @api.model
    def _is_for_helpdesk(self, raw):
        """Return whether a mail given to Odoo's gateway belongs to the helpdesk: it was
        sent to one of its addresses, or answers one of its messages (E01).

        This looks at the headers only, before the mail is parsed, and knows neither
        charsets nor the author. If it takes an address within a name for a recipient,
        the mail is given back to Odoo later.

        :param bytes raw: the mail
        :rtype: bool
        """
        raw = raw.lstrip(
            b"\xef\xbb\xbf \t\r\n"
        )  # what programs leave above the headers
        end = END_OF_HEAD.search(raw, 0, MAX_FAR)
        head = LINE_END.sub(b"\n", raw[: end.start() if end else MAX_FAR])
        texts = [value.decode("latin-1") for value in ANSWERED.findall(head)]
        words = IDENTIFIER.findall(" ".join(texts))
        answered = [f"<{word}>" for word in words[:MAX_NAMED] + words[-MAX_NAMED:]]
        if any(TICKET_MARK in one for one in answered):
            return True
        # a report about one of our mails, not one that merely quotes it
        marked = TICKET_MARK.encode() in raw
        if marked and unread(raw).like_report:
            return True
        texts = [value.decode("latin-1").lower() for value in ADDRESSED.findall(head)]
        text = " ".join(texts)[:MAX_TEXT]
        words = AROUND.split(f"{text} {WITHIN.sub('', text)}")
        people = [word.strip("'.") for word in words if "@" in word][:MAX_PEOPLE]
        if not all(
            "@" in text for text in texts
        ):  # an unusual form, which our parser knows
            people += unread(raw).recipients
        # sudo: compares addresses and identifiers; nothing of the records is shown
        env = self.sudo().env
        to_us = [
            ("alias_full_name", "in", people),
            ("alias_model_id.model", "=", "helpdesk.ticket"),
        ]
        answers_us = [
            ("message_id", "in", answered),
            ("model", "=", "helpdesk.ticket"),
        ]
        return bool(
            (people and env["mail.alias"].search_count(to_us, limit=1))
            or (answered and env["mail.message"].search_count(answers_us, limit=1))
        )

    @api.model
    def _helpdesk_pass_on(self, raw):
        """Give a mail of our mailbox that belongs to another app to Odoo.

        :param bytes raw: the mail
        """
        # Odoo's own method, which is what it is about
        return super().message_process(None, raw)  # pylint: disable=super-method-mismatch

    @api.model
    def _helpdesk_pass_on_report(self, raw):
        """Give a report about a mail that is not of a ticket to Odoo.

        :param bytes raw: the report
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self._helpdesk_pass_on(raw)
        except ValueError:
            # Odoo's error when nothing matches, which is normal for reports
            _logger.info("A delivery report is about no mail of this database")
