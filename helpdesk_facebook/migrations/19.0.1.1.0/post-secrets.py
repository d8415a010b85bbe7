from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Encrypt the secrets of pages, which were stored as plain text."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["helpdesk.facebook.page"]._encrypt_columns()
