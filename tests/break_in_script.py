"""Who is attacked, and who attacks: made in Odoo's shell for `test_break_in`, with a list of all that can be called."""

import ast
import datetime
import json
import os
from pathlib import Path

import odoo.addons

SECRET, PERSON = os.environ["BREAK_IN_SECRET"], os.environ["BREAK_IN_PERSON"]
OURS = "odoo.addons.helpdesk_"
TEXTS = ("char", "text", "html")
TAKEN = "viktor@victim.example"


def make_victims(env):
    """Tickets of a customer that nobody else may see, with all that hangs on them."""
    customer = env["res.partner"].create({"name": f"{PERSON} GmbH", "is_company": True, "email": "info@victim.example"})
    values = {"name": f"Vera {PERSON}", "email": "vera@victim.example", "parent_id": customer.id}
    vera = env["res.partner"].create(values)
    portal = env.ref("base.group_portal")
    env["res.users"].create({"login": "vera", "partner_id": vera.id, "group_ids": [(6, 0, portal.ids)]})
    team = env["helpdesk.team"].create({"name": "Closed circle", "visibility": "members"})
    values = {"name": SECRET, "description": SECRET, "team_id": team.id, "partner_id": vera.id, "email_cc": SECRET}
    ticket = env["helpdesk.ticket"].create(values)
    other = env["helpdesk.ticket"].create({**values, "parent_id": ticket.id} if "parent_id" in ticket else values)
    file = {"name": f"{SECRET}.txt", "raw": SECRET.encode(), "res_model": ticket._name, "res_id": ticket.id}
    attachment = env["ir.attachment"].create(file)
    attachment.generate_access_token()
    ticket.message_post(body=SECRET, message_type="comment", subtype_xmlid="mail.mt_comment")
    ticket.message_post(body=SECRET, attachment_ids=attachment.ids)
    ticket.activity_schedule(summary=SECRET, user_id=env.uid)
    env["helpdesk.ticket.request"].create({"name": SECRET, "text": SECRET, "partner_id": vera.id})
    # Everybody of us sees this task, but not the ticket that it is about.
    project = env["project.project"].create({"name": "For all", "privacy_visibility": "employees"})
    env["project.task"].create({"name": "Cables", "project_id": project.id, "helpdesk_ticket_id": ticket.id})
    return ticket + other + make_victim_without_account(env, customer, team)


def make_victim_without_account(env, customer, team):
    """The ticket of somebody whose address is entered by who signs up below."""
    values = {"name": f"Viktor {PERSON}", "email": TAKEN, "parent_id": customer.id}
    viktor = env["res.partner"].create(values)
    values = {"name": SECRET, "description": SECRET, "team_id": team.id, "partner_id": viktor.id}
    return env["helpdesk.ticket"].create(values)


def make_newcomer(env):
    """Return who has signed up by itself, with the address of a victim that it has not confirmed."""
    env["ir.config_parameter"].set_param("auth_signup.invitation_scope", "b2c")
    env["res.users"].signup({"login": TAKEN, "name": "Nina", "password": "newcomer"})
    user = env["res.users"].search([("login", "=", TAKEN)])
    user.login = "newcomer"
    return user


def make_attackers(env):
    """Return who attacks: API key by name; each may log in with the name as the password."""
    second = env["res.company"].create({"name": "Second"})
    eve = env["res.partner"].create({"name": "Eve", "email": "eve@attacker.example"})
    people = {
        "customer": {"partner_id": eve.id, "group_ids": [(6, 0, env.ref("base.group_portal").ids)]},
        "employee": {"name": "Emil", "group_ids": [(6, 0, env.ref("base.group_user").ids)]},
        "colleague": {
            "name": "Cora",
            "company_id": second.id,
            "company_ids": [(6, 0, second.ids)],
            "group_ids": [(6, 0, env.ref("helpdesk_contact.group_helpdesk_user").ids)],
        },
    }
    users = [
        env["res.users"].create({"login": name, "password": name, "email": f"{name}@attacker.example", **values})
        for name, values in people.items()
    ]
    until = datetime.datetime.now() + datetime.timedelta(days=1)
    keys = {}
    for user in (*users, make_newcomer(env)):
        env["helpdesk.ticket"].create({"name": "Mine", "partner_id": user.partner_id.id})
        keys[user.login] = env["res.users.apikeys"].with_user(user)._generate("rpc", user.login, until)
    return keys


def list_models(env):
    """Return what can be asked of the models that our addons define or extend, and that hold or name secrets.

    :return: by model a dict: ``fields`` that can be searched (type by name), ``named`` (fields that name tickets),
        ``secrets`` (ids of records with a secret)
    """
    found = {}
    for name, model in env.registry.items():
        if model._abstract or model._transient and not name.startswith("helpdesk."):
            continue
        fields = model._fields.values()
        named = [field.name for field in fields if field.comodel_name == "helpdesk.ticket" and field.type == "many2one"]
        secrets = list_secrets(env, model)
        if secrets or named or any(OURS in base.__module__ and base._name == name for base in model.__mro__):
            kinds = {field.name: field.type for field in fields if field.store or field.search}
            found[name] = {"fields": kinds, "named": named, "secrets": secrets}
    return found


def list_secrets(env, model):
    """Return the ids of records with a word that nobody may see."""
    records = env[model._name].with_context(active_test=False)
    fields = [
        field.name for field in model._fields.values() if field.store and field.column_type and field.type in TEXTS
    ]
    domain = ["|"] * (2 * len(fields) - 1)
    domain += [(field, "ilike", word) for field in fields for word in (SECRET, PERSON)]
    return records.search(domain).ids if fields else []


def add_hanging(env, models, tickets):
    """Add what hangs on the tickets without holding a secret itself: who follows them and who was told."""
    about = [("res_model", "=", tickets._name), ("res_id", "in", tickets.ids)]
    told = [("mail_message_id", "in", tickets.message_ids.ids)]
    for name, domain in {"mail.followers": about, "mail.notification": told, "mail.tracking.value": told}.items():
        kinds = {field.name: field.type for field in env[name]._fields.values() if field.store}
        models[name] = {"fields": kinds, "named": [], "secrets": env[name].search(domain).ids}
    return models


def list_routes(env):
    """Return the routes that our addons define or extend, and all of the portal: address, methods, type,
    whether it is a page, and one of ours."""
    found = []
    for rule in env["ir.http"].routing_map().iter_rules():
        method = rule.endpoint.func
        owners = [base for base in type(method.__self__).__mro__ if method.__name__ in vars(base)]
        is_portal = rule.rule == "/my" or rule.rule.startswith("/my/")
        is_ours = any(OURS in owner.__module__ for owner in owners)
        if is_portal and owners:
            is_ours = OURS in owners[-1].__module__  # whose page it is, whoever extends it
        if is_portal or is_ours:
            kinds = {name: type(converter).__name__ for name, converter in rule._converters.items()}
            parts = [[is_name, part] for is_name, part in rule._trace if part != "|"]
            kind = rule.endpoint.routing["type"]
            methods = sorted(rule.methods or ("GET", "POST"))
            is_page = kind == "http" and bool(rule.endpoint.routing.get("website"))
            route = {"parts": parts, "kinds": kinds, "methods": methods, "type": kind}
            found.append({**route, "is_page": is_page, "is_ours": is_ours})
    return found


def list_context_keys():
    """Return every key of a context that our addons read."""
    keys = set()
    for folder in odoo.addons.__path__:
        for path in Path(folder).glob("helpdesk_*/**/*.py"):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("context.get"):
                    keys |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return sorted(keys)


tickets = make_victims(env)  # noqa: F821 - the shell's
keys = make_attackers(env)  # noqa: F821
env.flush_all()  # noqa: F821
found = {
    "tickets": tickets.ids,
    "keys": keys,
    "models": add_hanging(env, list_models(env), tickets),  # noqa: F821
    "routes": list_routes(env),  # noqa: F821
    "context": list_context_keys(),
}
Path(os.environ["BREAK_IN_FILE"]).write_text(json.dumps(found))
env.cr.commit()  # noqa: F821
