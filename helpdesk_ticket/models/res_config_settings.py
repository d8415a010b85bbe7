from odoo import api, fields, models
from odoo.tools import date_utils

NUMBER_FIELDS = (
    "helpdesk_number_kind",
    "helpdesk_number_mask",
    "helpdesk_number_reset",
)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_own_team_only = fields.Boolean(
        related="company_id.helpdesk_own_team_only", readonly=False
    )
    helpdesk_auto_read = fields.Boolean(
        related="company_id.helpdesk_auto_read", readonly=False
    )
    helpdesk_auto_assign = fields.Boolean(
        related="company_id.helpdesk_auto_assign", readonly=False
    )
    helpdesk_notify_closing = fields.Boolean(
        related="company_id.helpdesk_notify_closing", readonly=False
    )
    helpdesk_reclassify_closed = fields.Boolean(
        related="company_id.helpdesk_reclassify_closed", readonly=False
    )
    helpdesk_answer_to_closed = fields.Selection(
        related="company_id.helpdesk_answer_to_closed", readonly=False, required=True
    )
    helpdesk_reopen_days = fields.Integer(
        related="company_id.helpdesk_reopen_days", readonly=False
    )
    helpdesk_notify_partner = fields.Boolean(
        related="company_id.helpdesk_notify_partner", readonly=False
    )
    helpdesk_notify_orders = fields.Boolean(
        related="company_id.helpdesk_notify_orders", readonly=False
    )
    helpdesk_notify_promises = fields.Boolean(
        related="company_id.helpdesk_notify_promises", readonly=False
    )
    helpdesk_notice_minutes = fields.Integer(
        related="company_id.helpdesk_notice_minutes", readonly=False
    )
    helpdesk_sender_address = fields.Char(
        related="company_id.helpdesk_sender_address", readonly=False
    )
    helpdesk_creation_address = fields.Char(
        related="company_id.helpdesk_creation_address", readonly=False
    )
    helpdesk_mail_header = fields.Html(
        related="company_id.helpdesk_mail_header", readonly=False
    )
    helpdesk_mail_footer = fields.Html(
        related="company_id.helpdesk_mail_footer", readonly=False
    )
    helpdesk_quote = fields.Boolean(related="company_id.helpdesk_quote", readonly=False)
    helpdesk_answer_hours = fields.Float(
        related="company_id.helpdesk_answer_hours", readonly=False
    )
    helpdesk_action_hours = fields.Float(
        related="company_id.helpdesk_action_hours", readonly=False
    )
    helpdesk_calendar_id = fields.Many2one(
        related="company_id.helpdesk_calendar_id", readonly=False
    )
    helpdesk_portal_severity = fields.Boolean(
        related="company_id.helpdesk_portal_severity", readonly=False
    )
    helpdesk_rating_request = fields.Boolean(
        related="company_id.helpdesk_rating_request", readonly=False
    )
    helpdesk_document_layout = fields.Selection(
        related="company_id.helpdesk_document_layout", readonly=False, required=True
    )

    helpdesk_link = fields.Boolean(related="company_id.helpdesk_link", readonly=False)
    helpdesk_link_days = fields.Integer(
        related="company_id.helpdesk_link_days", readonly=False
    )
    helpdesk_form = fields.Boolean(related="company_id.helpdesk_form", readonly=False)
    helpdesk_form_known_only = fields.Boolean(
        related="company_id.helpdesk_form_known_only", readonly=False
    )
    helpdesk_form_url = fields.Char(related="company_id.helpdesk_form_url")

    # Not related fields: the three are checked together, so they are saved together.
    helpdesk_number_kind = fields.Selection(
        [("counter", "Simple counter"), ("mask", "Mask")], string="Ticket number"
    )
    helpdesk_number_mask = fields.Char(string="Mask")
    helpdesk_number_reset = fields.Selection(
        [("never", "Never"), ("year", "Every year"), ("month", "Every month")],
        string="Counter starts again",
    )
    helpdesk_number_preview = fields.Char(
        string="Next numbers", compute="_compute_helpdesk_number_preview"
    )
    helpdesk_number_error = fields.Char(
        string="Problem with the mask", compute="_compute_helpdesk_number_preview"
    )

    @api.depends(*NUMBER_FIELDS)
    def _compute_helpdesk_number_preview(self):
        """Show how the next tickets will be numbered, while the mask is being typed
        (T20)."""
        for settings in self:
            company = settings.env.company.new(
                {name: settings[name] for name in NUMBER_FIELDS},
                origin=settings.env.company,
            )
            error = company._get_helpdesk_number_error()
            settings.helpdesk_number_error = error
            settings.helpdesk_number_preview = (
                False if error else settings._get_helpdesk_number_samples(company)
            )

    @api.model
    def _get_helpdesk_number_samples(self, company):
        """Return the next numbers of a company, and the first one of a later month or
        year.

        :param company: `res.company`, possibly unsaved
        :rtype: str
        """
        mask, reset = company._get_helpdesk_number_mask()
        zone = company._get_helpdesk_timezone()
        today = fields.Date.context_today(company.with_context(tz=zone))
        # sudo: only predicts the counter, without drawing a number
        sequences = self.env["ir.sequence"].sudo()
        counter = sequences._helpdesk_foretell(mask, reset, today)
        numbers = [
            mask.render(counter + step, today, "K1000", "NET") for step in (0, 1)
        ]
        if reset != "never":
            later = date_utils.end_of(today, reset) + date_utils.relativedelta(days=1)
            first = sequences._helpdesk_foretell(mask, reset, later)
            numbers.append(f"… {mask.render(first, later, 'K1000', 'NET')}")
        return ", ".join(numbers)

    @api.model
    def get_values(self):
        return {
            **super().get_values(),
            **{name: self.env.company[name] for name in NUMBER_FIELDS},
        }

    def set_values(self):
        res = super().set_values()
        company = self.env.company
        changes = {
            name: self[name] for name in NUMBER_FIELDS if self[name] != company[name]
        }
        if changes:
            company.write(changes)
        return res
