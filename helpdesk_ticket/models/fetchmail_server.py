from odoo import models


class FetchmailServer(models.Model):
    _name = "fetchmail.server"
    _inherit = ["helpdesk.own.address.source", "fetchmail.server"]
    _own_address_fields = frozenset({"user", "active"})
