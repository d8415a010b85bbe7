import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..sender import (
    counts,
    delivered_to,
    form_sign,
    people_in,
    sender_of,
    split_names,
)


class HelpdeskInboxSenderMixin(models.AbstractModel):
    """Who wrote a mail and how it came, as its row of the inbox shows it (E05, E07).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _name = "helpdesk.inbox.sender.mixin"
    _description = "Sender of a Mail"

    via_address = fields.Char(
        "Sent through",
        readonly=True,
        help="The list or the contact form that sent the mail for its author.",
    )
    reply_address = fields.Char(
        "Answers asked to",
        readonly=True,
        help="The address in Reply-To, when it is neither the sender's nor ours.",
    )
    spam_sign = fields.Char(
        "Marked as Spam",
        readonly=True,
        help="What your mail server wrote into the mail.",
    )
    form_sign = fields.Char(
        "Looks Like a Form",
        readonly=True,
        help="By what the mail looks as if a contact form had sent it.",
    )
    may_count_reply_to = fields.Boolean(compute="_compute_may_count_reply_to")

    @api.depends("form_sign", "is_cleared")
    @api.depends_context("uid")
    def _compute_may_count_reply_to(self):
        for mail in self:
            counting = mail.company_id.sudo()._get_helpdesk_reply_to_senders()
            mail.may_count_reply_to = bool(
                mail.form_sign
                and not mail.is_cleared
                and not counts(mail._get_form_address(), counting)
            )

    def _get_form_address(self):
        self.ensure_one()
        return self.via_address or self.sender_address or ""

    def _prepare_sender_values(self, mail):
        """Return what the row says about the sender.

        :param CollectedMail mail: this row's
        :rtype: dict
        """
        if mail.message is None:
            return {}
        rules = self.env["helpdesk.email.collector"]
        sender = rules._get_sender(mail)
        return {
            "via_address": sender.via,
            "reply_address": sender.reply_to,
            "spam_sign": rules._get_spam_sign(mail),
            "form_sign": self._find_form_sign(mail, sender),
        }

    @api.model
    def _find_form_sign(self, mail, sender):
        """Return by what a mail looks like a form's that nobody named yet.

        One whose Reply-To counts already is asked about only when it made no ticket,
        because it says that a program wrote it.
        """
        rules = self.env["helpdesk.email.collector"]
        if sender.via:
            automatic = rules._get_unasked_sign(mail) if sender.hearsay else ""
            return automatic and f"From: {sender.via}"
        if not sender.reply_to or people_in(mail.message, "List-Post"):
            return ""
        return form_sign(mail.message, rules._get_text(mail), sender.reply_to)

    @api.model
    def _get_identifier(self, mail, head):
        """Return the Message-ID that a mail is taken by (E05, E07).

        What a contact form of this very Odoo sends has the one of a mail that Odoo
        sent, like a notice of ours that comes back; but a person wrote it.

        :param CollectedMail mail: the mail
        :param EmailMessage head: the mail, or its headers
        """
        # sudo: reads the kind and the document of a message, nothing of its text
        messages = self.env["mail.message"].sudo()
        sent = messages.browse(
            messages._find_identifiers([mail.message_id])[mail.message_id] or []
        )
        if not sent or sent.message_type == "email" or sent.model == "helpdesk.ticket":
            return mail.message_id
        own = self.env["helpdesk.email.collector"]._get_own(mail)
        if not sender_of(head, own).via:
            return mail.message_id
        digest = hashlib.sha256(mail.message_id.encode()).hexdigest()
        return f"<{digest[:40]}@form.invalid>"

    def _learn_own_addresses(self, mail):
        """Remember for which addresses our mail server took a mail (E06)."""
        if mail.message is None:
            return
        own = self.env["helpdesk.own.address"]
        known = own._get_known()
        new = [one for one in delivered_to(mail.get_headers()) if one not in known]
        if new:
            own._learn(new, self.company_id)

    @api.model
    def _prepare_cleared_values(self):
        names = ("via_address", "reply_address", "spam_sign", "form_sign")
        return {**super()._prepare_cleared_values(), **dict.fromkeys(names, False)}

    def action_count_reply_to(self):
        """Let Reply-To count for mails of this sender from now on (E07).

        What made no ticket because a program sent it is processed again.

        :return: as `_process_soon`, or None
        :raises UserError: when none of the mails looks like a form's
        """
        self.check_access("read")
        forms = self.filtered("may_count_reply_to")
        if not forms:
            raise UserError(
                self.env._(
                    "None of these mails looks as if a contact form had sent it. Enter "
                    "the sender in the settings of the helpdesk."
                )
            )
        for company, mails in forms.grouped("company_id").items():
            # sudo: a manager of the helpdesk sets up what its mails mean
            company = company.sudo()
            names = split_names(company.helpdesk_reply_to_senders)
            names += sorted({mail._get_form_address() for mail in mails} - set(names))
            company.helpdesk_reply_to_senders = ", ".join(names)
        # sudo: rows are read-only for everybody; this changes no content of the mail
        again = forms.sudo().filtered(
            lambda mail: mail.state == "ignored" and mail.reason_code == "automatic"
        )
        if not again:
            return None
        again.write({"state": "waiting", "attempts": 0, "next_attempt": False})
        return again._process_soon()
