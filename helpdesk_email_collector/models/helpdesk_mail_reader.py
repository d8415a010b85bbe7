from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools.mail import email_normalize, formataddr

from odoo.addons.helpdesk_ticket.automatic_mail import automatic_sign, many_signs

from ..collected_mail import header_text, parse_headers
from ..reading.process import read_ahead, read_mail
from ..sender import sender_of

MEGABYTE = 1024 * 1024
# Part of the Message-ID of every mail that a ticket sends; answers carry it along.
TICKET_MARK = "-helpdesk.ticket@"


class HelpdeskMailReader(models.AbstractModel):
    """Step 2b: whatever somebody sent is made a mail that core can read (E09).

    The reading itself happens in another process (`reading/`); here are the limits,
    and what people are told.
    """

    _name = "helpdesk.mail.reader"
    _description = "Reader of Mails"

    @api.model
    def _read(self, mail, model=None):
        """Return a mail in a form that core reads without surprise.

        :param CollectedMail mail: gets its remarks, and the decision if it is refused
        :param str model: that the mail server named for a mail it pipes in
        :return: bytes, or False for a mail that is too large
        """
        if not mail.inbox and not self._is_for_helpdesk(mail, model):
            return mail.raw  # another document's: none of our business
        if self._is_oversized(mail):
            self._refuse_oversized(mail)
            return False
        limits = self._get_reading_limits(mail.company, mail.raw)
        reading = read_mail(mail.raw, mail.message_id, **limits)
        mail.remarks = reading.notes
        self._read_ahead(mail.following)
        return reading.data

    @api.model
    def _read_ahead(self, mail):
        """Have the mail read that comes next, while this one becomes a ticket.

        :param CollectedMail mail: None when nothing comes next
        """
        if mail and not self._is_oversized(mail):
            limits = self._get_reading_limits(mail.company, mail.raw)
            read_ahead(mail.raw, mail.message_id, **limits)

    @api.model
    def _get_reading_limits(self, company, raw):
        """Return what reading a mail may take, as parameters of `read_mail`."""
        parameter = self.env["helpdesk.inbox.mail"]._get_parameter
        return {
            "seconds": parameter("reading_seconds", 6),
            "megabytes": parameter("reading_megabytes", 1024),
            "max_count": company.helpdesk_mail_max_attachments or len(raw),
            "max_bytes": (company.helpdesk_mail_max_attachment_size * MEGABYTE)
            or len(raw) * 2,
            **self._get_calendar_words(company),
        }

    @api.model
    def _get_calendar_words(self, company):
        """Return how to speak of an invitation, as parameters of `read_mail`."""
        lang = company.partner_id.lang or self.env.lang or "en_US"
        self = self.with_context(lang=lang)
        words = {
            "event": self.env._("Event: %s"),
            "request": self.env._("Invitation: %s"),
            "changed": self.env._("Changed invitation: %s"),
            "accepted": self.env._("Accepted: %s"),
            "declined": self.env._("Declined: %s"),
            "tentative": self.env._("Tentatively accepted: %s"),
            "delegated": self.env._("Passed on to somebody else: %s"),
            "reply": self.env._("Answer to the invitation: %s"),
            "counter": self.env._("Another time proposed: %s"),
            "declinecounter": self.env._("Proposed time declined: %s"),
            "cancel": self.env._("Cancelled: %s"),
            "add": self.env._("Further date: %s"),
            "refresh": self.env._("Details asked for: %s"),
            "when": self.env._("When: %s"),
            "where": self.env._("Where: %s"),
            "organizer": self.env._("Organizer: %s"),
            "attendee": self.env._("Answer of: %s"),
            "comment": self.env._("Comment: %s"),
        }
        zone = company.partner_id.tz or company.resource_calendar_id.tz or ""
        return {"words": words, "language": lang, "zone": zone}

    @api.model
    def _is_for_helpdesk(self, mail, model):
        """Tell whether a mail that was piped in is ours, as far as its head tells."""
        if model == "helpdesk.ticket":
            return True
        head = parse_headers(mail.raw)
        answered = (header_text(head, name) for name in ("In-Reply-To", "References"))
        if any(TICKET_MARK in text for text in answered):
            return True
        # sudo: reads aliases only to compare them with the recipients
        return self.env["helpdesk.inbox.mail"].sudo()._is_addressed_to_helpdesk(mail)

    @api.model
    def _complete(self, mail, message, msg_dict):
        """Fill in what core found nothing for.

        :param CollectedMail mail: the mail, with a Message-ID that is always usable
        :param EmailMessage message: as core reads it
        :param dict msg_dict: what core made of it; changed
        """
        inbox = self.env["helpdesk.inbox.mail"]
        mail.message_id = inbox._get_identifier(mail, message)
        msg_dict["message_id"] = mail.message_id
        if not msg_dict["email_from"]:
            sender = sender_of(message)
            if sender.address:
                address = formataddr((sender.name, sender.address))
                msg_dict.update({"email_from": address, "from": address})

    # -- too large -------------------------------------------------------------

    @api.model
    def _is_oversized(self, mail):
        limit = mail.company.helpdesk_mail_max_size * MEGABYTE
        return bool(limit) and len(mail.raw) > limit and not mail.forced

    @api.model
    def _refuse_oversized(self, mail):
        """Keep a mail without a ticket, and tell its sender in one sentence."""
        size = round(len(mail.raw) / MEGABYTE, 1)
        limit = mail.company.helpdesk_mail_max_size
        mail.decide("ignore", "oversized", size=size, limit=limit)
        mail.for_helpdesk = True
        head = parse_headers(mail.raw)
        address = email_normalize(header_text(head, "From"))
        if mail.dry_run or not address or self._must_not_answer(mail, head, address):
            return
        partner = self.env["res.partner"]._helpdesk_find_by_email(
            address, company=mail.company
        )
        self = self.with_context(lang=partner.lang or mail.company.partner_id.lang)
        sentence = self.env._(
            "Your e-mail “%(subject)s” has %(size)s MB and could not be accepted: at "
            "most %(limit)s MB are possible. Please send it again with smaller "
            "attachments.",
            subject=header_text(head, "Subject")[:100],
            size=size,
            limit=limit,
        )
        values = {
            "subject": self.env._("Your e-mail is too large"),
            "body_html": escape(sentence),
            "email_to": address,
            "auto_delete": True,
            # RFC 3834, 5: an automatic answer says so and what it answers
            "headers": repr({"Auto-Submitted": "auto-replied"}),
            "references": mail.message_id,
        }
        if sender := mail.company.helpdesk_sender_address:
            values["email_from"] = formataddr((mail.company.name, sender))
        # sudo: outgoing mails are technical; this one says nothing of any record
        self.env["mail.mail"].sudo().create(values)

    @api.model
    def _must_not_answer(self, mail, head, address):
        """Tell whether an answer would reach a program or ourselves, or be one more."""
        own = self.env["helpdesk.own.address"]
        if automatic_sign(head) or many_signs(head) or own._is_own(address):
            return True
        # sudo: rows of the inbox are counted, nothing of them is shown
        rows = self.env["helpdesk.inbox.mail"].sudo()
        told = [
            ("reason_code", "=", "oversized"),
            ("email_from", "ilike", address),
            ("received_date", ">", fields.Datetime.now() - timedelta(days=1)),
            ("company_id", "=", mail.company.id),
        ]
        return bool(rows.search_count(told, limit=1))

    # -- remarks ---------------------------------------------------------------

    @api.model
    def _tell(self, mail):
        """Write on the ticket what was odd about its mail; agents see it."""
        if not mail.remarks:
            return
        ticket = mail.ticket.with_context(
            lang=mail.company.partner_id.lang or self.env.lang
        )
        sentences = [ticket.env["helpdesk.mail.reader"]._say(*r) for r in mail.remarks]
        ticket._message_log(body=Markup("<br>").join(map(escape, sentences)))

    @api.model
    def _say(self, code, params):
        """Return a remark as a sentence."""
        sentences = {
            "unreadable": self.env._(
                "This e-mail could not be read. It is attached whole, as “%(name)s”.",
                name="original.eml",
            ),
            "too_many_parts": self.env._(
                "This e-mail has too many parts to show all of them. It is attached "
                "whole, as “%(name)s”.",
                name=params.get("name"),
            ),
            "simplified": self.env._(
                "This e-mail is shown as plain text, because its layout is too large. "
                "The layout is attached as “%(name)s”.",
                name=params.get("name"),
            ),
            "shortened": self.env._(
                "The text of this e-mail is too long and was cut. All of it is "
                "attached as “%(name)s”.",
                name=params.get("name"),
            ),
            "dropped": self.env._(
                "%(count)s attachments of this e-mail exceed the limits and were left "
                "out: %(names)s. The original e-mail is kept in the helpdesk's inbox.",
                count=params.get("count"),
                names=params.get("names"),
            ),
            "encrypted": self.env._(
                "This e-mail is encrypted. What it says is in the attachments; a "
                "person who has the key can open them."
            ),
            "winmail": self.env._(
                "The attachment “winmail.dat” could not be opened. Ask the sender to "
                "send plain text or HTML instead of Outlook's own format."
            ),
        }
        return sentences[code]
