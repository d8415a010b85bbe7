import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SERVER = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)


class ResCompany(models.Model):
    """The mail servers whose checks of senders are trusted (E06, E08). Mixed into
    `res.company`."""

    _inherit = "res.company"

    helpdesk_trusted_servers = fields.Char(
        string="Trusted mail servers",
        groups="base.group_user",  # anybody who knows a name could forge its headers
        help="The names that your own mail servers use at the beginning of the header "
        "Authentication-Results, separated by commas, for example "
        "mx.example.com. “.example.com” stands for all servers of that domain.",
    )
    helpdesk_domain_may_join = fields.Boolean(
        string="Colleagues may join",
        default=True,
        help="People who quote a ticket and have an address in the customer's mail "
        "domain join the ticket.",
    )
    helpdesk_mail_reference = fields.Boolean(
        string="Reference in mails",
        default=True,
        help="Adds a signed reference as the last line of ticket mails, so that an "
        "answer finds its ticket even if a mail program drops everything else.",
    )
    helpdesk_open_forwarded = fields.Boolean(
        string="Open tickets for mails forwarded by agents",
        default=True,
        help="Mails that agents forward to the helpdesk open tickets for the original "
        "sender.",
    )

    @api.constrains("helpdesk_trusted_servers")
    def _check_helpdesk_trusted_servers(self):
        for company in self:
            for name in (company.helpdesk_trusted_servers or "").split(","):
                if name.strip() and not SERVER.fullmatch(name.strip()):
                    raise ValidationError(
                        self.env._(
                            "“%(name)s” is not the name of a mail server. Copy the "
                            "first word of the header Authentication-Results from a "
                            "mail that you received.",
                            name=name.strip(),
                        )
                    )
