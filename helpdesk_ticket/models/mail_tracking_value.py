from odoo import models


class MailTrackingValue(models.Model):
    _inherit = "mail.tracking.value"

    def _create_tracking_values(
        self, initial_value, new_value, col_name, col_info, record
    ):
        """Track the numbers of linked tickets instead of their subjects: readers of one
        ticket may not be allowed to see the other (T10)."""
        values = super()._create_tracking_values(
            initial_value, new_value, col_name, col_info, record
        )
        if record._fields[col_name].comodel_name == "helpdesk.ticket":
            values.update(
                old_value_char=initial_value.number if initial_value else "",
                new_value_char=new_value.number if new_value else "",
            )
        return values
