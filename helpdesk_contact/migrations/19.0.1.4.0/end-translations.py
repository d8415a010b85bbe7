from odoo import SUPERUSER_ID, api

from odoo.addons.helpdesk_contact.translations import renew_translations


def migrate(cr, version):
    """Bring corrected labels, menus and views in other languages than English into
    databases that have older ones."""
    renew_translations(api.Environment(cr, SUPERUSER_ID, {}))
