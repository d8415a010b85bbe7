from dataclasses import replace
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import frozendict
from odoo.tools.mail import email_normalize_all, formataddr

from ...decision import IGNORE

# Header of forwarded mails, which are never forwarded again (E07).
FORWARD_MARK = "X-Helpdesk-Forwarded"
# A sender gets one notice within this time.
NOTICE_PAUSE = timedelta(hours=24)


class HelpdeskEmailCollectorOperation(models.Model):
    """Operations that send mail, or move a mail within its mailbox (E03, E07)."""

    _inherit = "helpdesk.email.collector.operation"

    template_id = fields.Many2one(
        "mail.template", "Text of the Mail", ondelete="restrict"
    )
    folder = fields.Char(
        "Folder of the Mailbox",
        help="A folder of the mailbox that the mail is read from.",
    )
    address = fields.Char(
        "Forward To", help="One address, or several with commas between them."
    )

    # -- send_template ---------------------------------------------------------

    def _fault_send_template(self):
        if self.template_id.model != "helpdesk.ticket":
            return self.env._("Choose the ticket template to send.")
        return ""

    def _apply_send_template(self, mail, place, decision, ticket, answers):
        """Answer the sender with a template.

        :return: whether an answer was sent
        :rtype: bool
        """
        if answers:
            ticket._post_notice(self.template_id)
        return answers

    def _describe_send_template(self, mail=None, place=None, decision=None):
        return self.env._(
            "Answer with the template “%(template)s”",
            # sudo: only the name of a template, which few may read
            template=self.template_id.sudo().name or "–",
        )

    # -- forward ---------------------------------------------------------------

    def _fault_forward(self):
        addresses = email_normalize_all(self.address)
        if not addresses:
            return self.env._("Enter the e-mail address that the mail is forwarded to.")
        own = self.env["helpdesk.own.address"]._get_own(addresses)
        for address in addresses:
            if address in own:
                return self.env._(
                    "Mail to %(address)s would come back to this helpdesk. Enter "
                    "another address to forward to.",
                    address=address,
                )
        return ""

    def _get_forward_addresses(self, mail, place):
        """Return the addresses to forward to, without those that could send it back."""
        if mail.header(FORWARD_MARK):
            return []
        addresses = email_normalize_all(self.address)
        own = self.env["helpdesk.own.address"]._get_own(addresses)
        return [
            one for one in addresses if one != place.sender.address and one not in own
        ]

    def _apply_forward(self, mail, place, decision, ticket, answers):
        addresses = self._get_forward_addresses(mail, place)
        if not addresses:
            return
        sender, subject = self._get_sender_text(place), mail.subject
        self._send_mail(
            mail,
            place,
            email_to=", ".join(addresses),
            subject=self.env._("Fwd: %(subject)s", subject=subject),
            body_html=Markup("<p>%s</p><hr/>%s")
            % (
                self.env._("Forwarded mail of %(sender)s:", sender=sender),
                mail.body,
            ),
            reply_to=sender,
            attachment=True,
            headers={FORWARD_MARK: "yes", "Auto-Submitted": "auto-generated"},
        )
        if ticket:
            ticket._message_log(
                body=self.env._(
                    "The rule “%(rule)s” forwarded the mail to %(addresses)s.",
                    rule=self.collector_id.name,
                    addresses=", ".join(addresses),
                )
            )

    def _describe_forward(self, mail=None, place=None, decision=None):
        if mail and not self._get_forward_addresses(mail, place):
            return self.env._("Not forwarded: the mail would come back")
        return self.env._("Forward to %(address)s", address=self.address or "–")

    @api.model
    def _send_mail(self, mail, place, *, attachment=False, headers=None, **values):
        """Queue a mail with headers that mark it as automatic (RFC 3834).

        :param Mail mail: the mail it is about
        :param Place place: who wrote that mail and where it belongs
        :param bool attachment: attach that mail as a file
        :param dict headers: additional headers
        :param values: of `mail.mail`
        """
        company = self.env["res.company"].browse(place.company_id)
        sender = company.helpdesk_sender_address or company.email or ""
        files = self.env["ir.attachment"]
        if attachment:
            files = files.create(
                {
                    "name": self._get_mail_name(mail),
                    "raw": mail.raw,
                    "mimetype": "message/rfc822",
                    "res_model": "mail.message",
                }
            )
        headers = {"X-Auto-Response-Suppress": "All", **(headers or {})}
        # sudo: sent in the company's name, whoever processes the mail
        self.env["mail.mail"].sudo().create(
            {
                "email_from": formataddr((company.name, sender)) if sender else False,
                "reply_to": sender,
                "headers": repr(headers),
                "attachment_ids": [fields.Command.link(file.id) for file in files],
                "auto_delete": False,
                "helpdesk_is_alone": True,
                **values,
            }
        )

    # -- move_mail -------------------------------------------------------------

    def _fault_move_mail(self):
        if not (self.folder or "").strip():
            return self.env._(
                "Enter the folder of the mailbox that the mail is moved to."
            )
        return ""

    def _apply_move_mail(self, mail, place, decision, ticket, answers):
        row = self.env["helpdesk.inbox.mail"].browse(place.arrival.row_id or [])
        row.target_folder = self.folder.strip()

    def _describe_move_mail(self, mail=None, place=None, decision=None):
        return self.env._("Move to the folder “%(folder)s”", folder=self.folder or "–")

    # -- reject ----------------------------------------------------------------

    def _fault_reject(self):
        if self.template_id.model != "helpdesk.email.collector":
            return self.env._("Choose the template of the notice sent to the sender.")
        return ""

    def _prepare_reject(self, mail, place, decision):
        rejected = {"kind": IGNORE, "reason": "rejected", "stopped": True}
        params = frozendict(rule=self.collector_id.name)
        return replace(decision, **rejected, params=params)

    def _apply_reject(self, mail, place, decision, ticket, answers):
        """Notify the sender, in the company's name, that the mail was not accepted.

        The notice contains nothing of the mail, and an address gets at most one a day,
        so that forged senders are not bothered (backscatter).

        :return: whether the sender was notified
        :rtype: bool
        """
        if decision.reason != "rejected" or not answers:
            return False
        if not self._may_notify_sender(place):
            return False
        contact = self.env["res.partner"].browse(place.author_id or [])
        conditions = self.env["helpdesk.email.collector.filter"]
        lang = contact.lang or conditions._read_source(mail, place, "language").raw[0]
        # sudo: renders the notice about the rule; the gateway reads both
        template = self.template_id.sudo().with_context(lang=lang or None)
        content = template._generate_template(
            self.collector_id.ids, ("subject", "body_html")
        )[self.collector_id.id]
        self._send_mail(
            mail,
            place,
            email_to=place.sender.address,
            subject=content["subject"],
            body_html=template._render_encapsulate(
                "helpdesk_ticket.mail_layout",
                content["body_html"],
                add_context={
                    "company": self.env["res.company"].browse(place.company_id)
                },
            ),
            headers={"Auto-Submitted": "auto-replied"},
        )
        return True

    @api.model
    def _may_notify_sender(self, place):
        address = place.sender.address
        if not address or address in place.own:
            return False
        since = fields.Datetime.now() - NOTICE_PAUSE
        # sudo: only whether this sender was notified
        rows = self.env["helpdesk.inbox.mail"].sudo()
        return not rows.search_count(
            [
                ("sender_address", "=", address),
                ("reason_code", "=", "rejected"),
                ("received_date", ">=", since),
                ("id", "!=", place.arrival.row_id),
            ],
            limit=1,
        )

    def _describe_reject(self, mail=None, place=None, decision=None):
        return self.env._(
            "Reject, and notify the sender with “%(template)s”",
            # sudo: only the name of a template, which few may read
            template=self.template_id.sudo().name or "–",
        )
