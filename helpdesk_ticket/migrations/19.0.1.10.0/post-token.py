from odoo.tools.sql import column_exists


def migrate(cr, version):
    """Drop the column of the access token, which was always empty: none is kept."""
    if column_exists(cr, "helpdesk_ticket", "access_token"):
        cr.execute("ALTER TABLE helpdesk_ticket DROP COLUMN access_token")
