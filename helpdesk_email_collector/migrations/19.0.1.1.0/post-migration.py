from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Put the passwords that mailboxes had as clear text into their safe (rel-F3)."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    servers = env["fetchmail.server"].with_context(active_test=False)
    servers = servers.search(
        [("is_helpdesk_collector", "=", True), ("password", "!=", False)]
    )
    servers.write({"is_helpdesk_collector": True})
