from odoo import fields, models


class HelpdeskInboxAccess(models.Model):
    """Log entry: who viewed or downloaded a mail of the inbox, and when (reliability
    I3)."""

    _name = "helpdesk.inbox.access"
    _description = "Access to a Mail in the Helpdesk's Inbox"
    _order = "id desc"
    _log_access = False

    mail_id = fields.Many2one(
        "helpdesk.inbox.mail",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        "res.users", "Who", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Datetime("When", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("content", "Opened"),
            ("original", "Original downloaded"),
            ("attachment", "Attachment downloaded"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    name = fields.Char("File", readonly=True)
