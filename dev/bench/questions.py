"""What the web client asks the server for when a user opens a screen, made from the real views and actions."""

from lxml import etree

from odoo.tools.safe_eval import safe_eval

# What the client asks for: one page of a list, cards of a kanban column, and the total up to this number.
PAGE, CARDS, COUNT_LIMIT = 80, 40, 10_001
NAMED = {"fields": {"display_name": {}}}


def default_domain(env, model, action):
    """Return the domain of an action together with the filters that it switches on.

    :param str model: name of the action's model
    :param str action: XML id of the action
    """
    action = env["ir.actions.actions"]._for_xml_id(action)
    domain = safe_eval(action.get("domain") or "[]", {"uid": env.uid})
    context = safe_eval(action.get("context") or "{}", {"uid": env.uid})
    chosen = {key.removeprefix("search_default_") for key, value in context.items() if value}
    view = action.get("search_view_id") and action["search_view_id"][0]
    search = _arch(env, model, "search", view)
    filters = [node.get("domain") for node in search.iter("filter") if node.get("name") in chosen]
    return domain + [leaf for text in filters for leaf in safe_eval(text, {"uid": env.uid})]


def search_domain(env, model, field, text):
    """Return the domain that the search view makes of ``text`` typed for ``field``."""
    node = _arch(env, model, "search").find(f".//field[@name='{field}']")
    if node.get("filter_domain"):
        return safe_eval(node.get("filter_domain"), {"self": text})
    return [(field, node.get("operator") or "ilike", text)]


def read_page(env, model, domain):
    """Read the first page of the list and the total."""
    fields = _fields(env, model, _arch(env, model, "list"))
    return env[model].web_search_read(domain, fields, limit=PAGE, count_limit=COUNT_LIMIT)["records"]


def read_columns(env, model, domain):
    """Read the columns of the kanban, the cards of those that are unfolded, and the bars above them."""
    arch = _arch(env, model, "kanban")
    fields = _fields(env, model, arch)
    found = env[model].web_read_group(
        domain,
        ["stage_id"],
        ["__count"],
        auto_unfold=True,
        unfold_read_specification=fields,
        unfold_read_default_limit=CARDS,
    )
    bar = arch.find("progressbar")
    if bar is not None:
        colors = safe_eval(bar.get("colors"))
        env[model].read_progress_bar(domain, "stage_id", {"field": bar.get("field"), "colors": colors})
    return found["groups"]


def read_form(env, model, record_id):
    """Read one record with what its form shows."""
    record = env[model].browse(record_id)
    return record.web_read(_fields(env, model, _arch(env, model, "form")))


def _arch(env, model, kind, view=None):
    return etree.fromstring(env[model].get_view(view or None, kind)["arch"])


def _fields(env, model, arch):
    """Return the specification that the client makes of the fields of a view."""
    specification = {}
    for node in arch.iter("field"):
        name = node.get("name")
        inside = any(parent.tag == "field" for parent in node.iterancestors())
        if inside or name not in env[model]._fields:
            continue
        field = env[model]._fields[name]
        if field.type == "many2one":
            specification[name] = NAMED
        elif field.relational:
            lines = node.find("list")
            inner = _fields(env, field.comodel_name, lines) if lines is not None else {}
            specification[name] = {"fields": inner or {"display_name": {}}, "limit": CARDS}
        else:
            specification[name] = {}
    return specification
