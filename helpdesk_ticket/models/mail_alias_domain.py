from odoo import models


class MailAliasDomain(models.Model):
    _name = "mail.alias.domain"
    _inherit = ["helpdesk.own.address.source", "mail.alias.domain"]
    _own_address_fields = frozenset(
        {"name", "bounce_alias", "catchall_alias", "default_from"}
    )
