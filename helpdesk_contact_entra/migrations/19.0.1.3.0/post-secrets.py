from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Encrypt the secrets of directories, which were stored as plain text."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["helpdesk.entra.connection"]._encrypt_columns()
