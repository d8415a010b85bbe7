"""What the web client asks the server for when a user opens a screen, made from the real views and actions.

The client reads a view once and keeps it; so what it asks for is made once, and then asked again and again.
"""

from lxml import etree

from odoo.tools.safe_eval import safe_eval

# What the client asks for: one page of a list or of a kanban column, lines in a form, and the total up to this number.
PAGE, LINES, COUNT_LIMIT = 80, 40, 10_001
INVISIBLE = ("1", "True")
ACTIVITY = (
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)
# Fields that a widget needs beside its own.
NEEDED = {"list_activity": ACTIVITY, "kanban_activity": ACTIVITY}


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


def page(env, model, domain):
    """Return a function of an environment that reads the first page of the list and the total."""
    arguments = page_arguments(env, model, domain)
    return lambda env: env[model].web_search_read(**arguments)["records"]


def page_arguments(env, model, domain):
    """Return what the client asks ``web_search_read`` for then."""
    fields = _fields(env, model, _arch(env, model, "list"))
    return {"domain": domain, "specification": fields, "limit": PAGE, "count_limit": COUNT_LIMIT}


def columns(env, model, domain):
    """Return a function that reads the columns of the kanban, the cards of the unfolded, and the bars above them."""
    arch = _arch(env, model, "kanban")
    bar = arch.find("progressbar")
    options = {
        "auto_unfold": True,
        "unfold_read_specification": _fields(env, model, arch),
        "unfold_read_default_limit": PAGE,
    }

    def read(env):
        found = env[model].web_read_group(domain, ["stage_id"], ["__count"], **options)
        if bar is not None:
            colors = safe_eval(bar.get("colors"))
            env[model].read_progress_bar(domain, "stage_id", {"field": bar.get("field"), "colors": colors})
        return found["groups"]

    return read


def form(env, model, record_id):
    """Return a function that reads one record with what its form shows."""
    fields = _fields(env, model, _arch(env, model, "form"))
    return lambda env: env[model].browse(record_id).web_read(fields)


def _arch(env, model, kind, view=None):
    return etree.fromstring(env[model].get_view(view or None, kind)["arch"])


def _fields(env, model, arch):
    """Return the specification that the client makes of the fields of a view (``getFieldsSpec`` of its models)."""
    specification = {}
    for node in arch.iter("field"):
        name = node.get("name")
        inside = any(parent.tag == "field" for parent in node.iterancestors())
        if inside or name not in env[model]._fields:
            continue
        specification[name] = _field(env, env[model]._fields[name], node)
        for needed in NEEDED.get(node.get("widget"), ()):
            specification.setdefault(needed, _field(env, env[model]._fields[needed], node))
    return specification


def _field(env, field, node):
    """Return what the client asks of one field: of what is never shown no more than the id."""
    hidden = node.get("invisible") in INVISIBLE or node.get("column_invisible") in INVISIBLE
    if field.type == "many2one":
        return {"fields": {} if hidden else {"display_name": {}}}
    if not field.relational or hidden:
        return {}
    lines = node.find("list")
    if lines is not None:
        return {"fields": _fields(env, field.comodel_name, lines), "limit": LINES}
    if node.get("widget") in NEEDED:
        return {"fields": {}}
    color = safe_eval(node.get("options") or "{}").get("color_field")
    return {"fields": {"display_name": {}, **({color: {}} if color else {})}}
