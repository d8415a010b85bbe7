"""Favorites that sort or group tickets by what deadlines say (T25, T26): these are
rows of their own now, and a list cannot be sorted or grouped by them any more."""

import json
from ast import literal_eval

from odoo import SUPERUSER_ID, api

GONE = {
    f"{promise}_{what}"
    for promise in ("answer", "action", "solution")
    for what in ("deadline", "result")
} | {"action_missed_count"}


def migrate(cr, version):
    """Take the names out of saved searches of tickets; what else is in them stays."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    filters = env["ir.filters"].with_context(active_test=False)
    for one in filters.search([("model_id", "=", "helpdesk.ticket")]):
        sort, context = read(json.loads, one.sort), read(literal_eval, one.context)
        if isinstance(sort, list):
            kept = [part for part in sort if not is_gone(part)]
            if kept != sort:
                one.sort = json.dumps(kept)
        groups = context.get("group_by") if isinstance(context, dict) else None
        groups = [groups] if isinstance(groups, str) else groups
        if groups:
            kept = [part for part in groups if not is_gone(part)]
            if kept != groups:
                one.context = repr({**context, "group_by": kept})


def read(parse, text):
    """Return what a saved search holds, None for what nobody can read: it is left."""
    try:
        return parse(text or "")
    except (ValueError, SyntaxError):
        return None


def is_gone(part):
    """Tell whether a part, `due desc` or `create_date:month`, is about such a field."""
    return part.split(":")[0].split()[0] in GONE if part.strip() else False
