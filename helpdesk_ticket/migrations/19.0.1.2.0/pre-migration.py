from odoo.tools import SQL

INDEXES = (
    "helpdesk_ticket__partner_id_index",
    "helpdesk_ticket__customer_id_index",
)


def migrate(cr, version):
    """Drop the indexes that longer ones replace: Odoo keeps what it no longer knows,
    and each new ticket would have to be written into them."""
    for name in INDEXES:
        cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))
