from odoo import api, models
from odoo.tools.mail import email_normalize

from ..collected_mail import parse_headers
from ..delivery_report import DELAYED, FAILED, read_report
from ..mail_reference import MAX_TEXT, find_references


class HelpdeskBounceMixin(models.AbstractModel):
    """Reports about our mails: shown on the mail that they are about (E07).

    A bounce opens no ticket, wherever it comes in: at Odoo's address for bounces or in
    the helpdesk's own mailbox.
    """

    _name = "helpdesk.bounce.mixin"
    _description = "Bounces of a Ticket's Mail"

    @api.model
    def _take_report(self, mail, message):
        """Show what a report says about a mail of a ticket, and tell the assignee.

        :param CollectedMail mail: gets its decision when the mail is a ticket's
        :param EmailMessage message: the report
        :return: whether the report is about a ticket's mail, or about no failure at all
        """
        report = read_report(message, parse_headers(mail.raw), mail.raw)
        if report.kind not in (FAILED, DELAYED):
            mail.decide("ignore", "report")
            return True
        sent = self._find_sent_message(report)
        ticket = self._find_reported_ticket(mail, report, sent)
        if not ticket:
            return False
        address = ", ".join(report.recipients)
        params = {"address": address, "said": report.reason, "number": ticket.number}
        if report.kind == DELAYED:
            mail.decide("ignore", "delayed", **params)
        else:
            mail.decide("ignore", "bounced", **params)
            if not mail.dry_run:
                self._show_bounce(ticket, sent, report)
        mail.ticket = ticket
        return True

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
    def _show_bounce(self, ticket, sent, report):
        """Mark the recipients that the mail did not reach; tell the assignee once."""
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
