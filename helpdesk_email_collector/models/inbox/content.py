from datetime import timedelta

from odoo import fields, models

from ...mail_content import read_attachment, read_content
from ...reading.process import read_mail

# Several views within this time are logged once.
SAME_LOOK = timedelta(minutes=5)


class HelpdeskInboxMail(models.Model):
    """Viewing a mail, and the log of who did (E05, reliability I3).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    attachments = fields.Json(compute="_compute_attachments")
    access_ids = fields.One2many(
        "helpdesk.inbox.access", "mail_id", "Viewed by", readonly=True
    )

    def _compute_attachments(self):
        for mail in self:
            mail.attachments = mail._read_content().attachments

    def _read_content(self):
        """Return the sanitized content of the mail.

        :rtype: MailContent
        """
        self.ensure_one()
        return read_content(self._get_readable())

    def _read_attachment(self, index):
        """Return name and content of a file of the mail, None if there is none."""
        self.ensure_one()
        return read_attachment(self._get_readable(), index)

    def _get_readable(self):
        """Return the mail in a form that any program can read (E09)."""
        return read_mail(self._get_raw(), self.message_id or "").data

    def _note_access(self, kind, name=False):
        """Log that the user views the mail.

        :param str kind: of `helpdesk.inbox.access`
        :param str name: of the attachment
        """
        self.ensure_one()
        now = fields.Datetime.now()
        entry = {"mail_id": self.id, "user_id": self.env.uid, "kind": kind}
        # sudo: users cannot write the log
        log = self.env["helpdesk.inbox.access"].sudo()
        same = [(key, "=", value) for key, value in entry.items()]
        recent = [*same, ("date", ">=", now - SAME_LOOK)]
        if kind != "content" or not log.search_count(recent, limit=1):
            log.create({**entry, "name": name, "date": now})

    def action_download(self):
        """Download the unchanged mail.

        :return: an action that downloads an `.eml` file
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/helpdesk/inbox/{self.id}/original",
            "target": "download",
        }
