import mimetypes

from odoo import api, models
from odoo.tools.mail import email_normalize, email_split_tuples, html2plaintext
from odoo.tools.mimetypes import guess_mimetype

from ..collected_mail import header_text
from ..pattern import MAX_TEXT
from ..rule_book import Texts

# What a manager calls the recipients; mail servers write the last three.
RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


class HelpdeskMailSourceMixin(models.AbstractModel):
    """What rules can see of a mail: each `_source_<source>(mail, header)` (E02).

    A source returns the texts of which one must fit. It is asked at most once per
    mail, and only when a rule needs it.
    """

    _name = "helpdesk.mail.source.mixin"
    _description = "What Rules See of a Mail"

    @api.model
    def _read_source(self, mail, source, header=""):
        """Return what a source of a mail says.

        :param CollectedMail mail: the mail
        :param str source: a value of the field `source`
        :param str header: the name of the header, for the source `header`
        :return: `Texts`
        """
        texts = mail.sources.get((source, header))
        if texts is None:
            raw = getattr(self, f"_source_{source}")(mail, header)
            texts = Texts([text[:MAX_TEXT] for text in raw])
            mail.sources[source, header] = texts
        return texts

    # -- what stands in the mail -----------------------------------------------

    def _source_from(self, mail, header):
        return self._addresses(mail, "From")

    def _source_to(self, mail, header):
        return [
            text for name in RECIPIENT_HEADERS for text in self._addresses(mail, name)
        ]

    def _source_cc(self, mail, header):
        return self._addresses(mail, "Cc")

    def _source_reply_to(self, mail, header):
        return self._addresses(mail, "Reply-To")

    def _source_subject(self, mail, header):
        return [header_text(mail.message, "Subject")]

    def _source_body(self, mail, header):
        return [html2plaintext((mail.msg_dict.get("body") or "")[:MAX_TEXT])]

    def _source_header(self, mail, header):
        return [header_text(mail.message, header)]

    def _source_size(self, mail, header):
        return [f"{len(mail.raw) / 1024:.1f}"]

    def _source_attachment(self, mail, header):
        return [self._yes_or_no(self._get_attachments(mail))]

    def _source_attachment_name(self, mail, header):
        return [attachment[0] or "" for attachment in self._get_attachments(mail)]

    def _source_attachment_type(self, mail, header):
        """The type by its name and by its content: senders write what they like."""
        types = []
        for name, content, *_info in self._get_attachments(mail):
            raw = (
                content.encode() if isinstance(content, str) else bytes(content or b"")
            )
            types += [mimetypes.guess_type(name or "")[0] or "", guess_mimetype(raw)]
        return types

    # -- what is known about it ------------------------------------------------

    def _source_mailbox(self, mail, header):
        return [mail.server.name or "", mail.server.user or ""] if mail.server else []

    def _source_language(self, mail, header):
        text = "\n".join(
            text
            for source in ("subject", "body")
            for text in self._read_source(mail, source).raw
        )
        partners = self.env["res.partner"]
        return [partners._helpdesk_detect_language(text, mail.company) or ""]

    def _source_sender_state(self, mail, header):
        contact = self.env["helpdesk.email.collector"]._get_contact(mail)
        if not contact:
            return ["unknown"]
        # sudo: whether the contact is one of our own people
        ours = any(not user.share for user in contact.sudo().user_ids)
        return ["known" if contact.active else "inactive", *(["internal"] * ours)]

    def _source_sender_tag(self, mail, header):
        contact = self.env["helpdesk.email.collector"]._get_contact(mail)
        return (contact | contact.commercial_partner_id).category_id.mapped("name")

    def _source_is_reply(self, mail, header):
        answered = ("In-Reply-To", "References")
        return [
            self._yes_or_no(
                mail.decision == "reply"
                or any(header_text(mail.message, name) for name in answered)
            )
        ]

    def _source_is_automatic(self, mail, header):
        rules = self.env["helpdesk.email.collector"]
        is_reply = mail.decision == "reply"
        sign = rules._get_automatic_sign if is_reply else rules._get_unasked_sign
        return [self._yes_or_no(sign(mail))]

    def _source_authentication(self, mail, header):
        return [self.env["helpdesk.email.collector"]._get_authentication(mail)]

    def _source_is_spam(self, mail, header):
        rules = self.env["helpdesk.email.collector"]
        return [self._yes_or_no(rules._get_spam_sign(mail))]

    # -- helpers ---------------------------------------------------------------

    @api.model
    def _yes_or_no(self, fact):
        return "yes" if fact else "no"

    @api.model
    def _get_attachments(self, mail):
        """Return the files of a mail as (name, content, …), no pictures of its text."""
        return [
            attachment
            for attachment in mail.msg_dict.get("attachments") or []
            if not (len(attachment) > 2 and (attachment[2] or {}).get("cid"))
        ]

    @api.model
    def _addresses(self, mail, header):
        """Return name and address, and the address alone, of each in a header."""
        texts = []
        for name, address in email_split_tuples(header_text(mail.message, header)):
            texts += [f"{name} <{address}>" if name else address]
            texts += [email_normalize(address) or address]
        return texts
