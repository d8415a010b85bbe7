from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class HelpdeskTicketTopic(models.Model):
    _name = "helpdesk.ticket.topic"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Topic Group"
    _parent_store = True
    _order = "complete_name, id"
    _rec_name = "complete_name"
    # `complete_name` is in one language: people type names of their own, too.
    _rec_names_search = ["name", "complete_name"]

    code = fields.Char(
        size=10,
        help="Replaces {topic} in the mask of ticket numbers. If empty, the code of "
        "the parent topic group is used.",
    )
    parent_id = fields.Many2one(
        "helpdesk.ticket.topic",
        string="Parent topic group",
        index=True,
        ondelete="restrict",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("helpdesk.ticket.topic", "parent_id")
    complete_name = fields.Char(
        compute="_compute_complete_name",
        recursive=True,
        store=True,
        index=True,
        help="The names from the root of the tree down to this topic group.",
    )

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        # in the language of the source, whoever renames one last
        for topic in self.with_context(lang=None):
            names = [topic.parent_id.complete_name, topic.name]
            topic.complete_name = " / ".join(name for name in names if name)

    @api.depends("name", "parent_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        # `complete_name` is stored in one language, for sorting; people read the
        # names of their own language.
        for topic in self:
            names = []
            # sudo: the names above are in that of this topic group
            level = topic.sudo()
            while level:
                names.append(level.name or "")
                level = level.parent_id
            topic.display_name = " / ".join(reversed(names))

    @api.constrains("parent_id", "company_id")
    def _check_company_of_parent(self):
        """Refuse a parent of another company: users who see a topic group see all above
        it (rel-G1)."""
        # sudo: also topic groups of companies that the user cannot see
        topics = self.sudo().with_context(active_test=False)
        for topic in topics | topics.child_ids:
            company = topic.parent_id.company_id
            if company and company != topic.company_id:
                raise ValidationError(
                    self.env._(
                        "“%(topic)s” is below a topic group that only %(company)s can "
                        "use. Choose this company for it too, or another parent topic "
                        "group.",
                        topic=topic.name,
                        company=company.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_parent(self):
        """Refuse to delete topic groups with others below, which would become roots."""
        if below := self.child_ids - self:
            raise UserError(
                self.env._(
                    "There are topic groups below: %(names)s. Archive this one "
                    "instead, or move them first.",
                    names=", ".join(below.mapped("name")),
                )
            )
