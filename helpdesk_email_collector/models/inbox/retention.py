from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 100
# Parameters of reasons that name no person.
KEPT_PARAMS = ("rule", "sign")


class HelpdeskInboxMail(models.Model):
    """How long mails are kept, and what remains of them (reliability I2).

    A mail that is cleaned up loses its content, its subject and its addresses. What
    proves that it was received remains (its hash, Message-ID and UID, its state and
    ticket), so that it is never processed again. Mixed into `helpdesk.inbox.mail`,
    whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    is_cleared = fields.Boolean("Cleaned Up", readonly=True, index=True)

    @api.model
    def _cron_clean_up(self):
        """Clean up the mails whose retention period is over."""
        companies = self.env["res.company"].search([("active", "=", True)])
        for company in companies:
            while mails := self._get_expired(company, limit=BATCH):
                mails._clear()
                if not self.env["ir.cron"]._commit_progress(len(mails)):
                    return

    @api.model
    def _get_expired(self, company, limit=None):
        """Return mails of a company whose retention period is over.

        :param company: `res.company`; 0 days in its settings mean forever
        """
        now = fields.Datetime.now()
        domains = [
            Domain("state", "in", states)
            & Domain("received_date", "<", now - timedelta(days=days))
            for states, days in (
                (("done", "ignored"), company.helpdesk_mail_days),
                (("failed",), company.helpdesk_failed_mail_days),
            )
            if days > 0
        ]
        kept = Domain("company_id", "=", company.id) & Domain("is_cleared", "=", False)
        return self.search(kept & Domain.OR(domains), order="id", limit=limit)

    def _clear(self, reason="expired"):
        """Delete the content of these mails, but keep that they were received.

        :param str reason: code of the new reason of failed ones
        """
        failed = self.filtered(lambda mail: mail.state == "failed")
        failed.write({"state": "ignored", "reason_code": reason})
        failed._forget_warning()
        for params, mails in self._group_by_kept_params():
            mails.write({"reason_params": params, **self._prepare_cleared_values()})

    def _group_by_kept_params(self):
        """Return `(parameters of the reason to keep, mails)` for each combination."""
        groups = {}
        for mail in self:
            params = mail.reason_params or {}
            kept = tuple((key, params[key]) for key in KEPT_PARAMS if key in params)
            groups[kept] = groups.get(kept, self.browse()) | mail
        return [(dict(kept), mails) for kept, mails in groups.items()]

    @api.model
    def _prepare_cleared_values(self):
        """Return the values of a mail without its content; a hook."""
        return {
            "is_cleared": True,
            "raw": False,
            "subject": False,
            "email_from": False,
            "email_to": False,
            "sender_address": False,
            "via_address": False,
            "reply_address": False,
            "spam_sign": False,
            "form_sign": False,
            "rule_values": False,
            "error": False,
            "error_trace": False,
        }

    @api.model
    def _clear_of_addresses(self, addresses):
        """Clean up the mails of people whose data is deleted, in all companies (K12).

        Waiting mails are not touched: they are processed like new requests.

        :param addresses: normalised addresses
        :return: the mails
        """
        # sudo: all mails of a deleted person, whether the user may read them or not
        mails = self.sudo().search(self._get_domain_of_addresses(addresses))
        mails._clear("erased")
        return mails

    @api.model
    def _get_domain_of_addresses(self, addresses):
        return (
            Domain("sender_address", "in", list(addresses))
            & Domain("is_cleared", "=", False)
            & Domain("state", "!=", "waiting")
        )
