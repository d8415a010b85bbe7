from datetime import timedelta
from email.utils import format_datetime

from markupsafe import escape

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, formataddr

from ...reading.process import read_all

MEGABYTE = 1024 * 1024


class HelpdeskInboxMail(models.Model):
    """Bytes become a `Mail`, within limits (E09)."""

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _read(self, mails):
        """Read mails, each when it is asked for, the next ones meanwhile.

        :param list mails: of (bytes, what the mail is known by, empty for its own,
            `Arrival`)
        :return: an iterator of `Mail`
        """
        companies = {arrival.company_id for _raw, _message_id, arrival in mails}
        limits = {one: self._get_reading_limits(one) for one in companies}
        asked = []
        for raw, message_id, arrival in mails:
            row = self.browse(arrival.row_id or [])
            told = {"From": row.email_from, "To": row.email_to, "Subject": row.subject}
            told["Date"] = row.date and format_datetime(row.date)
            too_large = self._is_oversized(raw, arrival)
            own_limits = None if too_large else limits[arrival.company_id]
            asked.append((raw, message_id, told, own_limits))
        return read_all(asked)

    @api.model
    def _is_oversized(self, raw, arrival):
        company = self.env["res.company"].browse(arrival.company_id)
        limit = company.helpdesk_mail_max_size * MEGABYTE
        return bool(limit) and len(raw) > limit and not arrival.forced_by

    @api.model
    def _get_reading_limits(self, company_id):
        """Return what reading a mail may take, as parameters of `take_apart`."""
        company = self.env["res.company"].browse(company_id)
        parameter = self._get_parameter
        return {
            "seconds": parameter("reading_seconds", 6),
            "megabytes": parameter("reading_megabytes", 1024),
            "max_count": company.helpdesk_mail_max_attachments,
            "max_bytes": company.helpdesk_mail_max_attachment_size * MEGABYTE,
            **self._get_calendar_words(company),
        }

    @api.model
    def _get_parameter(self, name, default):
        """Return a number of the system parameters `helpdesk_email_collector.…`."""
        # sudo: reads one parameter of this addon
        parameters = self.env["ir.config_parameter"].sudo()
        value = parameters.get_param(f"helpdesk_email_collector.{name}", "")
        return int(value) if value.isdigit() else default

    @api.model
    def _get_calendar_words(self, company):
        """Return how to speak of an invitation, as parameters of `take_apart`."""
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

    # -- too large -------------------------------------------------------------

    @api.model
    def _tell_oversized(self, mail, place, decision):
        """Tell the sender of a mail that is too large, in one sentence.

        :return: whether that was done
        """
        company = self.env["res.company"].browse(place.company_id)
        address = email_normalize(mail.email_from)
        if not address or self._must_not_answer(mail, place, address):
            return False
        partner = self.env["res.partner"]._helpdesk_find_by_email(
            address, company=company
        )
        self = self.with_context(lang=partner.lang or company.partner_id.lang)
        sentence = self.env._(
            "Your e-mail “%(subject)s” could not be accepted: its size is %(size)s "
            "MB, and the limit is %(limit)s MB. Please send it again with smaller "
            "attachments.",
            subject=mail.subject[:100],
            size=decision.params["size"],
            limit=decision.params["limit"],
        )
        values = {
            "subject": self.env._("Your e-mail is too large"),
            "body_html": escape(sentence),
            "email_to": address,
            "auto_delete": True,
            "helpdesk_is_alone": True,
            # RFC 3834, 5: an automatic answer says so and what it answers
            "headers": repr({"Auto-Submitted": "auto-replied"}),
            "references": mail.message_id,
        }
        if sender := company.helpdesk_sender_address:
            values["email_from"] = formataddr((company.name, sender))
        # sudo: outgoing mails are technical; this one says nothing of any record
        self.env["mail.mail"].sudo().create(values)
        return True

    @api.model
    def _must_not_answer(self, mail, place, address):
        """Tell whether an answer would reach a program or ourselves, or be one more."""
        if mail.automatic or mail.many[False] or address in place.own:
            return True
        # sudo: rows of the inbox are counted, nothing of them is shown
        rows = self.sudo()
        told = (
            (
                Domain("sender_address", "=", address)
                | Domain("via_address", "=", address)
            )
            & Domain("reason_code", "=", "oversized")
            & Domain("received_date", ">", fields.Datetime.now() - timedelta(days=1))
            & Domain("company_id", "=", place.company_id)
        )
        return bool(rows.search_count(told, limit=1))

    # -- remarks ---------------------------------------------------------------

    @api.model
    def _get_remark(self, code, params):
        """Return what was odd about a mail as a sentence."""
        sentences = {
            "unreadable": self.env._(
                "This e-mail could not be read. It is attached in full as “%(name)s”.",
                name="original.eml",
            ),
            "too_many_parts": self.env._(
                "This e-mail has too many parts to be shown in full. It is attached "
                "as “%(name)s”.",
                name=params.get("name"),
            ),
            "simplified": self.env._(
                "This e-mail is shown as plain text, because its layout is too large. "
                "The layout is attached as “%(name)s”.",
                name=params.get("name"),
            ),
            "shortened": self.env._(
                "The text of this e-mail is too long and was cut off. The full text "
                "is attached as “%(name)s”.",
                name=params.get("name"),
            ),
            "dropped": self.env._(
                "%(count)s attachments of this e-mail exceed the limits and were left "
                "out: %(names)s. The original e-mail is kept in the helpdesk inbox.",
                count=params.get("count"),
                names=params.get("names"),
            ),
            **self._get_container_remarks(params),
        }
        return sentences[code]

    @api.model
    def _get_container_remarks(self, params):
        """Return what may be odd about what a mail is packed in, as sentences."""
        return {
            "encrypted": self.env._(
                "This e-mail is encrypted. Its content is in the attachments; "
                "somebody who has the key can open them."
            ),
            "piece": self.env._(
                "This e-mail is piece %(number)s of %(total)s: a program cut up a "
                "larger one. The piece is attached as it came. Ask the sender to send "
                "it in one.",
                number=params.get("number"),
                total=params.get("total"),
            ),
            "winmail": self.env._(
                "The attachment “winmail.dat” could not be opened. Ask the sender to "
                "send plain text or HTML instead of Outlook's own format."
            ),
        }
