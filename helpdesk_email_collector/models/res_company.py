from odoo import models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = [
        "res.company",
        "helpdesk.mail.trust.setting.mixin",
        "helpdesk.retention.setting.mixin",
        "helpdesk.sender.setting.mixin",
        "helpdesk.mail.limit.mixin",
    ]
