from odoo import api, fields, models
from odoo.fields import Domain


class MailTemplate(models.Model):
    _inherit = "mail.template"

    helpdesk_may_edit = fields.Boolean(
        compute="_compute_helpdesk_may_edit",
        search="_search_helpdesk_may_edit",
        help="False if it is a template of the helpdesk, which only managers edit "
        "(rel-A7).",
    )

    @api.depends_context("uid")
    def _compute_helpdesk_may_edit(self):
        # sudo: a record rule searches by this field
        editable = self.sudo().search(
            [("id", "in", self.ids), ("helpdesk_may_edit", "=", True)]
        )
        for template in self:
            template.helpdesk_may_edit = template in editable

    def _search_helpdesk_may_edit(self, operator, value):
        """Exclude the helpdesk's automatic templates: they are rendered as superuser
        for the tickets of all teams and companies, but Odoo lets every user edit all
        templates."""
        if operator != "in":
            return NotImplemented
        user = self.env.user
        if user.has_group("base.group_system") or user.has_group(
            "helpdesk_contact.group_helpdesk_manager"
        ):
            return Domain.TRUE
        # sudo: only which templates belong to our addons
        names = self.env["ir.model.data"].sudo()
        ours = names.search(
            [("model", "=", self._name), ("module", "=like", "helpdesk\\_%")]
        )
        own = Domain("create_uid", "=", user.id)
        about_us = Domain("model", "=like", "helpdesk.%")
        return Domain("id", "not in", ours.mapped("res_id")) & (~about_us | own)
