from odoo.exceptions import UserError


class TooManyRequestsError(UserError):
    """Somebody does more in a short time than the limits allow (rel-H4)."""

    http_status = 429  # Too Many Requests
