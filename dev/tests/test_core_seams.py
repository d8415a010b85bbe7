"""Which private methods of Odoo the addons override, and whether Odoo still has them as we expect.

A private method of Odoo may change with any update. Each override is in `SEAMS` with its reason and the
parameters it was written for, so that one more is a decision, and a changed one of Odoo is seen at once.

Some of these methods are made to be overridden: at least two of Odoo's own apps do so (`OFFICIAL`). All others are
debts, of which there may be no more than `MOST_DEBTS`. Both are counted, and printed by `pytest -s`.
"""

import ast
import collections
import functools

from dev import odoo_source, state

OURS = tuple(sorted(path.parent.name for path in state.REPO.glob("helpdesk_*/__manifest__.py")))
CODE = ("models", "controllers", "wizard", "wizards", "report")
# Every model has the methods of these.
EVERY_MODEL = "base"

# By file and method: what Odoo passes, and why it is overridden.
SEAMS = {
    "helpdesk_contact/models/partner/identity.py": {
        "_find_or_create_from_emails": (
            (
                "self, emails, ban_emails=None, filter_found=None, additional_values=None, no_create=False, "
                "sort_key=None, sort_reverse=True"
            ),
            "a wrong address among the recipients stops no mail of any app (C04)",
        ),
    },
    "helpdesk_attachment_repair/models/ir_attachment.py": {
        "_get_path": ("self, bin_data, sha", "a cut file does not stay in the place of the whole one (E05)"),
    },
    "helpdesk_contact/models/partner/res_partner.py": {
        "_compute_lang": (
            "self",
            "a contact has the customer's language, not the agent's, and keeps one set by hand (K05)",
        ),
        "_convert_fields_to_values": (
            "self, field_names",
            "an import copies the customer's accounting fields, which agents may not read (C10)",
        ),
    },
    "helpdesk_contact/wizards/base_partner_merge.py": {
        "_merge": (
            "self, partner_ids, dst_partner=None, extra_checks=True",
            "merged contacts are identified by all of their addresses; managers may merge (K03)",
        ),
    },
    "helpdesk_email_collector/models/mailbox/receive.py": {
        "_connect__": (
            "self, allow_archived=False",
            "the mailboxes of the helpdesk have folders, limits and a network policy (E01, rel-F2)",
        ),
        "_fetch_mail": ("self, batch_limit=50", "the mails of the helpdesk go to its inbox (E05)"),
        "_imap_login__": ("self, connection", "the password of a helpdesk mailbox lies in the safe (rel-F3)"),
    },
    "helpdesk_email_collector/wizards/helpdesk_email_replay.py": {
        "_compute_display_name": ("self", "a replay is called by what it does"),
    },
    "helpdesk_facebook/models/helpdesk_facebook_event.py": {
        "_compute_display_name": ("self", "what Facebook delivered is called by its kind and sender"),
    },
    "helpdesk_facebook/models/mail_mail.py": {
        "_prepare_outgoing_list": (
            "self, mail_server=False, doc_to_followers=None",
            "no mail ever goes to an address of Facebook (K04)",
        ),
    },
    "helpdesk_mail_batch/models/mail_mail.py": {
        "_split_by_mail_configuration": ("self", "what comes from one address is sent over one connection"),
    },
    "helpdesk_mail_links/models/mail_render_mixin.py": {
        "_replace_local_links": (
            "self, html, base_url=None",
            "an odd address in a style keeps no mail from being sent (N03, T15)",
        ),
    },
    "helpdesk_mail_template_cache/models/ir_qweb.py": {
        "_generate_code_uncached": ("self, template", "the text of a mail template is compiled once and kept"),
    },
    "helpdesk_mail_template_cache/models/mail_template.py": {
        "_generate_template": (
            "self, res_ids, render_fields, recipients_allow_suggested=False, find_or_create_partners=False",
            "the text of a mail template is compiled once and kept",
        ),
    },
    "helpdesk_ticket/controllers/address.py": {
        "_create_or_update_address": (
            (
                "self, partner_sudo, address_type='billing', use_delivery_as_billing=False, callback='/my/addresses', "
                "required_fields=False, verify_address_values=True, **form_data"
            ),
            "an address that a customer enters counts when it is confirmed (K03)",
        ),
    },
    "helpdesk_ticket/controllers/portal.py": {
        "_prepare_home_portal_values": ("self, counters", "the home of the portal counts the tickets"),
    },
    "helpdesk_ticket/models/ir_attachment.py": {
        "_register_hook": ("self", "only Odoo's own user reads files and mails on the disk (rel-I4)"),
    },
    "helpdesk_ticket/models/ir_http.py": {
        "_handle_error": (
            "cls, exception",
            "what was typed is not lost, and customers get no traceback (rel-C11)",
        ),
        "_match": ("cls, path", "an address that takes no such request says so in a page"),
    },
    "helpdesk_ticket/models/link/signed_link.py": {
        "_get_share_url": (
            "self, redirect=False, signup_partner=False, pid=None, share_token=True",
            "a shared link opens nothing by itself (rel-A3)",
        ),
        "_get_thread_with_access": (
            "self, thread_id, *, hash=None, pid=None, token=None, **kwargs",
            "only accounts reach tickets over the routes of the chatter (rel-A2)",
        ),
    },
    "helpdesk_ticket/models/ticket/conversation.py": {
        "_check_access": (
            "self, operation",
            "notes and private messages are hidden however they are asked for (T15, rel-B1)",
        ),
        "_mail_get_operation_for_mail_message_operation": (
            "self, message_operation",
            "customers answer the tickets that they see (C07)",
        ),
        "_message_compute_real_author": (
            "self, author_id",
            "an answer by mail asks the database 7 times instead of 10",
        ),
        "_message_post_after_hook": (
            "self, message, msg_values",
            "a message moves the ticket, stops the clock, keeps its files private",
        ),
        "_notify_get_reply_to_batch": (
            "self, defaults=None, author_ids=None",
            "answers come back to the address of the team or the company (N01)",
        ),
        "_search": (
            "self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False",
            "nothing about private messages can be guessed by searching (T15)",
        ),
        "_to_store_defaults": (
            "self, target",
            "the chatter knows which messages are private, and where others come from (T15)",
        ),
    },
    "helpdesk_ticket/models/ticket/gateway.py": {
        "_message_route_process": (
            "self, message, message_dict, routes",
            "answers to merged and closed tickets go where they belong (E06, T13)",
        ),
    },
    "helpdesk_ticket/models/outgoing/answer_address.py": {
        "_message_add_default_recipients": ("self", "the answer goes to the address that the contact asked for"),
        "_message_get_suggested_recipients_batch": (
            (
                "self, reply_discussion=False, reply_message=None, no_create=True, primary_email=False, "
                "additional_partners=None"
            ),
            "our own addresses are never proposed",
        ),
        "_partner_find_from_emails": (
            (
                "self, records_emails, avoid_alias=True, ban_emails=None, filter_found=None, "
                "additional_values=None, no_create=False"
            ),
            "our own addresses become no contacts",
        ),
    },
    "helpdesk_ticket/models/outgoing/customer_mail.py": {
        "_compute_related": ("self, records", "a ticket's mail keeps a subject and a sender of its own (N01)"),
        "_notify_by_email_prepare_rendering_context": (
            (
                "self, message, msg_vals=False, model_description=False, force_email_company=False, "
                "force_email_lang=False, force_record_name=False"
            ),
            "header and footer of the company, in the language of the mail (N03, N04), the reference (E06)",
        ),
        "_notify_get_recipients": (
            "self, message, msg_vals=False, **kwargs",
            "private messages go to their recipients alone (T15); each recipient has a reason",
        ),
        "_notify_get_recipients_groups": (
            "self, message, model_description, msg_vals=False",
            "each recipient gets a link of its own, and none of Odoo's with a token or a key to sign up (N05)",
        ),
        "_prepare_outgoing_list": (
            "self, mail_server=False, doc_to_followers=None",
            "the text part of a mail reads like a letter, without signs for its layout",
        ),
    },
    "helpdesk_ticket/models/team/helpdesk_team.py": {
        "_alias_get_creation_values": ("self", "the alias of a team makes tickets of this team"),
    },
    "helpdesk_ticket/models/team/helpdesk_ticket_topic.py": {
        "_compute_display_name": ("self", "topics are named in the language of the reader"),
    },
    "helpdesk_ticket/models/res_users.py": {
        "_signup_create_user": ("self, values", "the address of a new account counts when it is confirmed (K03)"),
    },
    "helpdesk_ticket/models/ticket/helpdesk_ticket.py": {
        "_compute_access_url": ("self", "a ticket has a page in the portal"),
        "_has_field_access": ("self, field, operation", "customers read what concerns them and write nothing (rel-A6)"),
        "_valid_field_parameter": (
            "self, field, name",
            "a field says that customers may read it (of another addon), or of which promise it says what",
        ),
        "_compute_display_name": ("self", "only those who may read a ticket read its name elsewhere (rel-A7)"),
    },
    "helpdesk_ticket/models/ticket/lifecycle.py": {
        "_creation_subtype": ("self", "a new ticket is announced as one"),
        "_message_auto_subscribe": (
            "self, updated_values, followers_existing_policy='skip'",
            "people follow all new tickets of mails in one step (T09)",
        ),
        "_track_subtype": ("self, initial_values", "a change of the stage is announced as one"),
    },
    "helpdesk_ticket/models/ticket/search.py": {
        "_search_display_name": ("self, operator, value", "tickets are found by number and subject"),
    },
    "helpdesk_web_address/models/ir_http.py": {
        "_dispatch": (
            "cls, endpoint",
            "what no page can take is no error 500, and customers set no keys of ours (rel-C11)",
        ),
        "_serve_fallback": ("cls", "an address with a NUL gets the page of what is not found"),
    },
    "helpdesk_web_cohort/models/ir_ui_view.py": {
        "_get_view_info": ("self", "the cohort view has an icon"),
    },
}

# Methods that Odoo's apps override, too, and two files that show it.
OFFICIAL = {
    "_alias_get_creation_values": ("crm/models/crm_team.py", "project/models/project_project.py"),
    "_check_access": ("hr/models/hr_employee.py", "mail/models/mail_activity.py"),
    "_compute_access_url": ("project/models/project_task.py", "sale/models/sale_order.py"),
    "_compute_display_name": ("account/models/account_move.py", "hr_holidays/models/hr_leave.py"),
    "_creation_subtype": ("crm/models/crm_lead.py", "project/models/project_task.py"),
    "_get_thread_with_access": ("portal/models/mail_thread.py", "project/models/project_task.py"),
    "_get_view_info": ("mail/models/ir_ui_view.py", "web_hierarchy/models/ir_ui_view.py"),
    "_handle_error": ("auth_timeout/models/ir_http.py", "http_routing/models/ir_http.py"),
    "_has_field_access": ("hr/models/hr_employee.py", "project/models/project_task.py"),
    "_imap_login__": ("google_gmail/models/fetchmail_server.py", "microsoft_outlook/models/fetchmail_server.py"),
    "_mail_get_operation_for_mail_message_operation": (
        "calendar/models/calendar_event.py",
        "event/models/event_event.py",
    ),
    "_match": ("http_routing/models/ir_http.py", "website/models/ir_http.py"),
    "_message_add_default_recipients": (
        "calendar/models/calendar_attendee.py",
        "event/models/event_registration.py",
    ),
    "_message_post_after_hook": ("crm/models/crm_lead.py", "hr_recruitment/models/hr_applicant.py"),
    "_notify_by_email_prepare_rendering_context": ("crm/models/crm_lead.py", "sale/models/sale_order.py"),
    "_notify_get_recipients_groups": ("project/models/project_task.py", "sale/models/sale_order.py"),
    "_prepare_home_portal_values": ("project/controllers/portal.py", "sale/controllers/portal.py"),
    "_register_hook": ("account/models/ir_module.py", "base_automation/models/base_automation.py"),
    "_search": ("hr/models/hr_employee.py", "hr_holidays/models/hr_leave_type.py"),
    "_search_display_name": ("account/models/account_account.py", "product/models/product_product.py"),
    "_to_store_defaults": ("hr_holidays/models/res_partner.py", "rating/models/mail_message.py"),
    "_track_subtype": ("crm/models/crm_lead.py", "hr_holidays/models/hr_leave.py"),
    "_valid_field_parameter": ("account/models/account_move_line.py", "payment/models/payment_provider.py"),
}
# By addon: the overrides of other methods. Fewer is better; one more needs a reason that outweighs it.
MOST_DEBTS = {
    "helpdesk_attachment_repair": 1,
    "helpdesk_contact": 4,
    "helpdesk_email_collector": 2,
    "helpdesk_facebook": 1,
    "helpdesk_mail_batch": 1,
    "helpdesk_mail_links": 1,
    "helpdesk_mail_template_cache": 2,
    "helpdesk_ticket": 12,
    "helpdesk_web_address": 2,
}


def classes_of(path):
    """Return the classes at the top of a file."""
    return [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]


def methods_of(node):
    """Return the functions of a class by name."""
    return {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}


def models_of(node):
    """Return the model that a class defines or changes, and the models that it is made of."""
    values = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            constants = [one.value for one in ast.walk(item.value) if isinstance(one, ast.Constant)]
            values[item.targets[0].id] = {one for one in constants if isinstance(one, str)}
    inherited = values.get("_inherit", set())
    return values.get("_name", inherited), inherited


def bases_of(node):
    """Return the names of the Python classes that a class extends."""
    return {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}


@functools.cache
def addon_folder(name):
    """Return the folder of an addon of Odoo or of ours, None when it is another's."""
    places = [state.REPO, *odoo_source.addons_paths(), odoo_source.source() / "odoo/addons"]
    return next((path / name for path in places if (path / name / "__manifest__.py").is_file()), None)


@functools.cache
def core_addons():
    """Return the folders of Odoo's addons that ours depend on."""
    found, wanted = {}, ["base", "web", *OURS]
    while wanted:
        folder = addon_folder(name := wanted.pop())
        if name not in found and folder:
            found[name] = folder
            manifest = ast.literal_eval((folder / "__manifest__.py").read_text())
            wanted += manifest.get("depends", [])
    return [folder for name, folder in found.items() if name not in OURS and folder.parent != state.REPO]


@functools.cache
def core():
    """Return what Odoo's classes are called, extend and define.

    :return: list of (names, names of what they extend, methods)
    """
    files = [path for folder in core_addons() for part in CODE for path in (folder / part).rglob("*.py")]
    files += (odoo_source.source() / "odoo/orm").glob("*.py")
    found = []
    for path in files:
        for node in classes_of(path):
            names, inherited = models_of(node)
            called = {node.name, *names} | ({EVERY_MODEL} if node.name == "BaseModel" else set())
            found.append((called, inherited | bases_of(node), methods_of(node)))
    return found


def parameters_of(method):
    """Return the parameters of a function as text, without types."""
    for node in ast.walk(method.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(method.args)


def core_methods(names):
    """Return the private methods that Odoo defines for these models and classes.

    :return: dict of sets of parameters as text, by name of the method
    """
    seen, found = set(), {}
    wanted = {*names}
    while wanted:
        seen |= wanted
        following = set()
        for called, extended, methods in core():
            if called & wanted:
                following |= extended
                for name, method in methods.items():
                    if name.startswith("_") and not name.startswith("__"):
                        found.setdefault(name, set()).add(parameters_of(method))
        wanted = following - seen
    return found


@functools.cache
def found_overrides():
    """Return the overrides of all addons: dict of parameters in Odoo by (file, method)."""
    files, own = [], {}
    for path in (path for addon in OURS for path in (state.REPO / addon).rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(state.REPO).parts):
            files += [(path, node) for node in classes_of(path)]
    for _path, node in files:
        names, inherited = models_of(node)
        for name in names:
            own.setdefault(name, set()).update(inherited)
    found = {}
    for path, node in files:
        names, inherited = models_of(node)
        extended = names.union(inherited, bases_of(node), *(own[name] for name in names))
        if names:
            extended.add(EVERY_MODEL)
        known = core_methods(extended)
        for name in methods_of(node):
            if name in known:
                found[path.relative_to(state.REPO).as_posix(), name] = known[name]
    return found


def test_each_override_is_listed():
    found, listed = {}, {name: sorted(methods) for name, methods in SEAMS.items()}
    for name, method in sorted(found_overrides()):
        found.setdefault(name, []).append(method)
    assert found == listed


def test_odoo_has_what_is_overridden():
    changed = [
        f"{name}: {method}({parameters}), Odoo has {sorted(found)}"
        for (name, method), found in found_overrides().items()
        if (parameters := SEAMS.get(name, {}).get(method, ("", ""))[0]) not in found
    ]
    assert changed == []


def count_debts():
    """Return how many overrides are none of `OFFICIAL`, and how many there are in all, by addon."""
    every, debts = collections.Counter(), collections.Counter()
    for name, method in found_overrides():
        addon = name.partition("/")[0]
        every[addon] += 1
        debts[addon] += method not in OFFICIAL
    return debts, every


def test_debts_do_not_grow():
    debts, every = count_debts()
    for addon in sorted(every):
        print(f"figure: {addon} overrides {every[addon]} private methods of Odoo, {debts[addon]} of them debts")
    print(f"figure: {every.total()} overrides in all addons, {debts.total()} of them debts")
    assert +debts == collections.Counter(MOST_DEBTS)


def test_odoos_apps_override_what_is_official():
    used = {method for _name, method in found_overrides()}
    assert OFFICIAL.keys() <= used
    for method, files in OFFICIAL.items():
        assert len({name.partition("/")[0] for name in files}) == 2
        for name in files:
            path = addon_folder(name.partition("/")[0]) / name.partition("/")[2]
            assert any(method in methods_of(node) for node in classes_of(path)), f"{name} has no {method}"


def test_override_of_a_grandparent_is_found():
    assert "_dispatch" in core_methods({"ir.http"})
    assert "_notify_get_recipients" in core_methods({"mail.thread.cc"})
    name = "helpdesk_ticket/models/outgoing/customer_mail.py"
    assert (name, "_notify_by_email_prepare_rendering_context") in found_overrides()
    assert "_compute_display_name" in core_methods({EVERY_MODEL})
