from email import message_from_bytes
from email.policy import SMTP

from odoo import api, models
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_ticket.automatic_mail import automatic_sign

from ...collected_mail import HEADER_ERRORS
from ...delivery_report import (
    DELAYED,
    FAILED,
    REPORT_PARTS,
    SERVERS,
    is_report,
    read_report,
)
from ...mail_reference import MAX_TEXT, find_references
from ...place import REPORT

MAX_REPORT = 2 * 1024 * 1024


class HelpdeskInboxMail(models.Model):
    """Reports about our mails: shown on the mail that they are about (E07).

    A bounce opens no ticket, wherever it comes in: at Odoo's address for bounces or in
    the helpdesk's own mailbox.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _place_report(self, mail, place):
        """Recognise a report about a mail, and find the ticket that it is about."""
        report = self._read_report(mail)
        if report is None:
            return None
        if report.kind not in (FAILED, DELAYED):
            return place.settle(REPORT, "report")
        sent = self._find_sent_message(report)
        ticket = self._find_reported_ticket(mail, report, sent)
        if not ticket:
            return place.settle(REPORT, "bounce")
        return place.change(ticket_id=ticket.id, parent_id=sent.id or 0).settle(
            REPORT,
            "delayed" if report.kind == DELAYED else "bounced",
            address=", ".join(report.recipients),
            said=report.reason,
            number=ticket.number,
        )

    @api.model
    def _read_report(self, mail):
        """Return the `DeliveryReport` that a mail is, None for all other mails.

        :param Mail mail: the mail
        """

        def find():
            if not self._looks_like_report(mail):
                return None
            try:
                # as it came: a report is told by its parts; a long one in its beginning
                message = message_from_bytes(mail.raw[:MAX_REPORT], policy=SMTP)
                found = is_report(message, mail.raw)
            except HEADER_ERRORS:
                return None
            return read_report(message, mail.head, mail.raw) if found else None

        return mail.source("report", find)

    @api.model
    def _looks_like_report(self, mail):
        """Tell whether it is worth while to take a mail apart for a report."""
        raw = mail.raw[:MAX_REPORT].lower()
        return bool(
            mail.header("X-Failed-Recipients")
            or any(kind.encode() in raw for kind in REPORT_PARTS)
            or SERVERS.search(mail.header("From"))
            or automatic_sign(mail.head)
        )

    @api.model
    def _find_sent_message(self, report):
        # sudo: finds our own mail by its Message-ID, which only its receivers know
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("message_id", "in", report.message_ids),
                ("model", "=", "helpdesk.ticket"),
            ],
            order="id desc",
            limit=1,
        )

    @api.model
    def _find_reported_ticket(self, mail, report, sent):
        """Return the ticket of a mail, by its reference when the Message-ID is lost."""
        tickets = self.env["helpdesk.ticket"].sudo()  # sudo: as for the message
        ids = sent and [sent.res_id]
        # of the returned mail only the headers are read; the rest stands in the raw
        text = report.returned + mail.raw[:MAX_TEXT].decode("utf-8", "replace")
        ids = ids or find_references(text, tickets._get_reference_digest)
        return tickets.browse(ids[:1]).exists()._get_survivor() if ids else tickets

    @api.model
    def _show_bounce(self, mail, place):
        """Mark the recipients that a mail did not reach; tell the assignee once."""
        report = self._read_report(mail)
        # sudo: the gateway tells agents what became of their mail
        ticket = self.env["helpdesk.ticket"].sudo().browse(place.ticket_id)
        # sudo: as above
        sent = self.env["mail.message"].sudo().browse(place.parent_id or [])
        failed = self._find_notifications(sent, report)
        if sent and not failed.filtered(lambda n: n.notification_status != "bounce"):
            return  # the same bounce again
        failed.write(
            {
                "notification_status": "bounce",
                "failure_type": "mail_bounce",
                "failure_reason": report.reason,
            }
        )
        sent._notify_message_notification_update()
        names = ", ".join(report.recipients) or ", ".join(
            failed.res_partner_id.mapped("display_name")
        )
        ticket.message_post(
            body=self.env._(
                "A mail of this ticket could not be delivered to %(address)s: "
                "%(reason)s Correct the address, or reach the customer in another way.",
                address=names or "?",
                reason=f"{report.reason.rstrip('.') or '?'}.",
            ),
            message_type="notification",
            subtype_xmlid="mail.mt_note",
            partner_ids=ticket.user_id.partner_id.ids,
        )

    @api.model
    def _find_notifications(self, sent, report):
        """Return the notifications of a message that the report is about.

        When the address was changed on its way, the message's only recipient is meant.
        """
        mailed = sent.notification_ids.filtered(
            lambda one: one.notification_type == "email"
        )
        found = mailed.filtered(
            lambda one: (
                (one.mail_email_address or "").lower() in report.recipients
                or one.res_partner_id.email_normalized in report.recipients
                or email_normalize(one.mail_email_address) in report.recipients
            )
        )
        return found or (mailed if len(mailed) == 1 else found)
