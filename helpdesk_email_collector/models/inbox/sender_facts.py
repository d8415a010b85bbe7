from odoo import api, fields, models
from odoo.exceptions import UserError

from ...sender import (
    counts,
    form_sign,
    people_in,
    split_names,
)


class HelpdeskInboxMail(models.Model):
    """Who wrote a mail and how it came, as its row of the inbox shows it (E05, E07).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

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
            # sudo: a setting that decides whether a button is shown
            company = mail.company_id.sudo()
            counting = company._get_helpdesk_reply_to_senders()
            mail.may_count_reply_to = bool(
                mail.form_sign
                and not mail.is_cleared
                and not counts(mail._get_form_address(), counting)
            )

    def _get_form_address(self):
        self.ensure_one()
        return self.via_address or self.sender_address or ""

    def _prepare_sender_values(self, mail, place):
        """Return what the row says about the sender.

        :param Mail mail: this row's
        :param Place place: where it belongs
        :rtype: dict
        """
        return {
            "via_address": place.sender.via,
            "reply_address": place.sender.reply_to,
            "spam_sign": place.spam,
            "form_sign": self._find_form_sign(mail, place),
        }

    @api.model
    def _find_form_sign(self, mail, place):
        """Return by what a mail looks like a form's that nobody named yet.

        One whose Reply-To counts already is asked about only when it made no ticket,
        because it says that a program wrote it.
        """
        sender = place.sender
        if sender.via:
            automatic = place.unasked if sender.hearsay else ""
            return automatic and f"From: {sender.via}"
        if not sender.reply_to or people_in(mail.head, "List-Post"):
            return ""
        return form_sign(mail.head, mail.text, sender.reply_to)

    def _learn_own_addresses(self, mail):
        """Remember for which addresses our mail server took a mail (E06)."""
        own = self.env["helpdesk.own.address"]
        known = own._get_known()
        new = [one for one in mail.delivered_to if one not in known]
        if new:
            own._learn(new, self.company_id)

    @api.model
    def action_count_reply_to(self):
        """Let Reply-To count for mails of this sender from now on (E07).

        What made no ticket because a program sent it is processed again.

        :return: as `_process_again`, or None
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
        return again._process_again() if again else None
