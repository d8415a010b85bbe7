from odoo.exceptions import UserError


class TooManyRequestsError(UserError):
    """Too many requests within a short time (rel-H4)."""

    http_status = 429  # Too Many Requests
