from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import column_exists

SECRETS = ("app_secret", "page_token")


def migrate(cr, version):
    """Encrypt the secrets of pages, which were kept as they had been entered."""
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    pages = env["helpdesk.facebook.page"].with_context(active_test=False)
    for name in SECRETS:
        if not column_exists(cr, pages._table, name):
            continue
        column = SQL.identifier(name)
        rows = env.execute_query(
            SQL("SELECT id, %s FROM %s", column, SQL.identifier(pages._table))
        )
        for row_id, entered in rows:
            page = pages.browse(row_id)
            if not page[f"kept_{name}"]:
                page[name] = entered
        env.flush_all()
        cr.execute(
            SQL("ALTER TABLE %s DROP COLUMN %s", SQL.identifier(pages._table), column)
        )
