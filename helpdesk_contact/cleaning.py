"""Deletes old rows in parts, however many there are."""

from odoo.tools.constants import GC_UNLINK_LIMIT


def delete_expired(model, domain):
    """Delete rows that are no longer needed, at most as many as one transaction takes.

    :param model: the model of the rows, as an autovacuum method has it
    :param domain: which rows
    :return: how many were deleted, and whether there may be more: Odoo calls an
        autovacuum method again as long as there may be
    :rtype: tuple[int, bool]
    """
    rows = model.search(domain, limit=GC_UNLINK_LIMIT)
    rows.unlink()
    return len(rows), len(rows) == GC_UNLINK_LIMIT
