from datetime import timedelta

from markupsafe import escape

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, formataddr


class HelpdeskInboxMail(models.Model):
    """What senders are told about mails that are too large, and agents about unusual
    ones (E09)."""

    _inherit = "helpdesk.inbox.mail"

    # -- too large -------------------------------------------------------------

    @api.model
    def _tell_oversized(self, mail, place, decision):
        """Tell the sender of a mail that it is too large, in one sentence.

        :return: whether the sender was told
        :rtype: bool
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
        # sudo: outgoing mails are technical; this one contains nothing of any record
        self.env["mail.mail"].sudo().create(values)
        return True

    @api.model
    def _must_not_answer(self, mail, place, address):
        """Return whether an answer would reach a program or ourselves, or exceed the
        limit."""
        if mail.automatic or mail.many[False] or address in place.own:
            return True
        # sudo: rows of the inbox are only counted
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
        """Return a sentence about what is unusual in a mail."""
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
        """Return sentences about unusual packaging of a mail's content."""
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
