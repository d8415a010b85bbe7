import mimetypes
from dataclasses import dataclass

from odoo import api, models
from odoo.tools.mail import email_normalize, email_split_tuples, html2plaintext
from odoo.tools.mimetypes import guess_mimetype

from ...decision import ANSWER
from ...pattern import MAX_TEXT

# What a manager calls the recipients; mail servers write the last three.
RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(slots=True)
class Texts:
    """What one source of a mail says, and the same without capitals."""

    raw: list
    _folded: list | None = None

    @property
    def folded(self):
        """The texts case-folded; a long body only once for all conditions."""
        if self._folded is None:
            self._folded = [text.casefold() for text in self.raw]
        return self._folded


class HelpdeskMailSourceMixin(models.AbstractModel):
    """What rules can see of a mail: each `_source_<source>(mail, place, header)` (E02).

    A source returns the texts of which one must fit. It is asked at most once per
    mail, and only when a rule needs it.
    """

    _name = "helpdesk.mail.source.mixin"
    _description = "What Rules See of a Mail"

    @api.model
    def _read_source(self, mail, place, source, header=""):
        """Return what a source of a mail says.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param str source: a value of the field `source`
        :param str header: the name of the header, for the source `header`
        :return: `Texts`
        """
        texts = mail.known.get((source, header))
        if texts is None:
            raw = getattr(self, f"_source_{source}")(mail, place, header)
            texts = Texts([text[:MAX_TEXT] for text in raw])
            mail.known[source, header] = texts
        return texts

    # -- what stands in the mail -----------------------------------------------

    def _source_from(self, mail, place, header):
        return self._addresses(mail, "From")

    def _source_to(self, mail, place, header):
        return [
            text for name in RECIPIENT_HEADERS for text in self._addresses(mail, name)
        ]

    def _source_cc(self, mail, place, header):
        return self._addresses(mail, "Cc")

    def _source_reply_to(self, mail, place, header):
        return self._addresses(mail, "Reply-To")

    def _source_subject(self, mail, place, header):
        return [mail.subject]

    def _source_body(self, mail, place, header):
        return [html2plaintext(str(mail.body)[:MAX_TEXT])]

    def _source_header(self, mail, place, header):
        return mail.headers(header) or [""]

    def _source_size(self, mail, place, header):
        return [f"{len(mail.raw) / 1024:.1f}"]

    def _source_attachment(self, mail, place, header):
        return [self._yes_or_no(self._get_attachments(mail))]

    def _source_attachment_name(self, mail, place, header):
        return [name for name, _content, _info in self._get_attachments(mail)]

    def _source_attachment_type(self, mail, place, header):
        """The type by its name and by its content: senders write what they like."""
        types = []
        for name, content, _info in self._get_attachments(mail):
            types += [mimetypes.guess_type(name)[0] or "", guess_mimetype(content)]
        return types

    # -- what is known about it ------------------------------------------------

    def _source_mailbox(self, mail, place, header):
        # sudo: the name of the mailbox, which managers may read
        servers = self.env["fetchmail.server"].sudo()
        server = servers.browse(place.arrival.server_id or [])
        return [server.name or "", server.user or ""] if server else []

    def _source_language(self, mail, place, header):
        text = "\n".join(
            text
            for source in ("subject", "body")
            for text in self._read_source(mail, place, source).raw
        )
        company = self.env["res.company"].browse(place.company_id)
        partners = self.env["res.partner"]
        return [partners._helpdesk_detect_language(text, company) or ""]

    def _source_sender_state(self, mail, place, header):
        contact = self.env["res.partner"].browse(place.author_id or [])
        if not contact:
            return ["unknown"]
        # sudo: whether the contact is one of our own people
        ours = any(not user.share for user in contact.sudo().user_ids)
        return ["known" if contact.active else "inactive", *(["internal"] * ours)]

    def _source_sender_tag(self, mail, place, header):
        contact = self.env["res.partner"].browse(place.author_id or [])
        return (contact | contact.commercial_partner_id).category_id.mapped("name")

    def _source_is_reply(self, mail, place, header):
        answered = ("In-Reply-To", "References")
        return [
            self._yes_or_no(
                place.kind == ANSWER or any(mail.header(name) for name in answered)
            )
        ]

    def _source_is_automatic(self, mail, place, header):
        return [self._yes_or_no(place.automatic)]

    def _source_authentication(self, mail, place, header):
        return [place.proof]

    def _source_is_spam(self, mail, place, header):
        return [self._yes_or_no(place.spam)]

    # -- helpers ---------------------------------------------------------------

    @api.model
    def _yes_or_no(self, fact):
        return "yes" if fact else "no"

    @api.model
    def _get_attachments(self, mail):
        """Return the files of a mail as (name, content, …), no pictures of its text."""
        return [attachment for attachment in mail.files if not attachment[2].get("cid")]

    @api.model
    def _addresses(self, mail, header):
        """Return name and address, and the address alone, of each in a header."""
        texts = []
        for value in mail.headers(header):
            for name, address in email_split_tuples(value):
                texts += [f"{name} <{address}>" if name else address]
                texts += [email_normalize(address) or address]
        return texts
