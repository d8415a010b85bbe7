from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.rating.models import rating_data

# The three faces of Odoo's ratings.
RATES = (
    rating_data.RATING_HAPPY_VALUE,
    rating_data.RATING_NEUTRAL_VALUE,
    rating_data.RATING_UNHAPPY_VALUE,
)


class HelpdeskTicket(models.Model):
    """Ratings of tickets by customers."""

    _inherit = "helpdesk.ticket"

    # before the ticket is there: nobody can have rated it, so nothing is looked up
    rating_last_value = fields.Float(
        compute="_compute_rating_last_value", store=True, precompute=True
    )
    customer_rating = fields.Selection(
        rating_data.RATING_TEXT, compute="_compute_customer_rating"
    )

    @api.depends("rating_last_value")
    def _compute_customer_rating(self):
        for ticket in self:
            value = ticket.rating_last_value
            ticket.customer_rating = value and rating_data._rating_to_text(value)

    def _request_rating(self):
        """Ask the contacts of solved tickets by mail for a rating, if the setting says
        so."""
        self.filtered(
            lambda ticket: (
                ticket.state == "closed"
                and ticket.partner_id
                and ticket.company_id.helpdesk_rating_request
            )
        )._post_notice("helpdesk_ticket.mail_template_ticket_rating")

    def _get_portal_rating(self):
        """Return how the user has rated this ticket.

        :return: `rating.rating` as sudo, empty when it has not
        """
        self.ensure_one()
        # sudo: customers read no ratings; this one is their own
        ratings = self.sudo().rating_ids
        partner = self.env.user.partner_id
        return ratings.filtered(
            lambda rating: rating.consumed and rating.partner_id == partner
        )[:1]

    def _rate_from_portal(self, rate, feedback):
        """Store the customer's rating; another rating replaces the first one.

        :param int rate: one of RATES
        :param str feedback: the customer's comment, may be empty
        :raise UserError: when the ticket is open, or the rate is invalid
        """
        self.ensure_one()
        if self.is_open:
            raise UserError(self.env._("You can rate the ticket once it is closed."))
        if rate not in RATES:
            raise UserError(self.env._("Choose one of the three ratings."))
        feedback = self._clean_portal_text(feedback)
        # sudo: users who can see a closed ticket may rate it
        ticket = self.sudo()
        rating = self._get_portal_rating()
        if not rating:
            token = ticket._rating_get_access_token(self.env.user.partner_id)
            rating = ticket.rating_ids.filtered(lambda r: r.access_token == token)
        ticket.rating_apply(rate, rating=rating, feedback=feedback)
