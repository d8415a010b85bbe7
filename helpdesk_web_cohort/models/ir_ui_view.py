from lxml import etree

from odoo import fields, models
from odoo.tools import str2bool

COHORT_ATTRIBUTES = {
    "class",
    "cumulated",
    "date_start",
    "date_stop",
    "interval",
    "js_class",
    "measure",
    "string",
}
# Attributes that Odoo sets while it validates a node.
INTERNAL_ATTRIBUTES = {"__validate__"}


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    # Not "cohort", the name of the view type of another app.
    type = fields.Selection(
        selection_add=[("helpdesk_cohort", "Cohort")],
        ondelete={"helpdesk_cohort": "cascade"},
    )

    def _get_view_info(self):
        return {"helpdesk_cohort": {"icon": "oi oi-view-cohort"}} | (
            super()._get_view_info()
        )

    def _postprocess_tag_helpdesk_cohort(self, node, name_manager, node_info):
        """Send the fields named in the attributes to the web client."""
        for attribute in ("date_start", "date_stop", "measure"):
            name = node.get(attribute)
            if name and name != "__count":
                name_manager.has_field(node, name, node_info)

    def _validate_tag_helpdesk_cohort(self, node, name_manager, node_info):
        """Reject what the web client cannot show.

        :raises ValidationError: with the reason and the position
        """
        if not node_info["validate"]:
            return
        for child in node.iterchildren(tag=etree.Element):
            if child.tag != "field":
                message = self.env._(
                    "A cohort view can only contain <field> nodes, not <%(tag)s>.",
                    tag=child.tag,
                )
                self._raise_view_error(message, child)
        unknown = set(node.attrib) - COHORT_ATTRIBUTES - INTERNAL_ATTRIBUTES
        if unknown:
            message = self.env._(
                "A cohort view does not know %(unknown)s. It knows %(known)s.",
                unknown=", ".join(sorted(unknown)),
                known=", ".join(sorted(COHORT_ATTRIBUTES)),
            )
            self._raise_view_error(message, node)
        problem = name_manager.model._helpdesk_cohort_problem(
            node.get("date_start"),
            node.get("date_stop"),
            node.get("interval", "month"),
            node.get("measure", "__count"),
        )
        if problem:
            self._raise_view_error(problem, node)
        self._validate_cohort_cumulated(node)

    def _validate_cohort_cumulated(self, node):
        try:
            str2bool(node.get("cumulated", "1"))
        except ValueError:
            message = self.env._(
                "“%(value)s” is not a valid value for cumulated: use 1 or 0.",
                value=node.get("cumulated"),
            )
            self._raise_view_error(message, node)
