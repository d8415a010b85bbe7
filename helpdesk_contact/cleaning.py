"""Deletes expired rows in batches."""

from odoo.tools.constants import GC_UNLINK_LIMIT


def delete_expired(model, domain):
    """Delete expired rows, at most as many as one transaction should delete.

    :param model: model of the rows, as an autovacuum method gets it
    :param domain: which rows
    :return: number of deleted rows, and whether there may be more: Odoo calls an
        autovacuum method again as long as this is true
    :rtype: tuple[int, bool]
    """
    rows = model.search(domain, limit=GC_UNLINK_LIMIT)
    rows.unlink()
    return len(rows), len(rows) == GC_UNLINK_LIMIT
