"""Settings of an instance: users, mailbox, outgoing mail.  Runs in Odoo's shell and may run again at any time."""

import json
import os
from pathlib import Path

INSTANCE = json.loads(Path(os.environ["HELPDESK_INSTANCE"]).read_text())
PORTS = INSTANCE["ports"]
SUPPORT = os.environ["HELPDESK_SUPPORT"]
DOMAIN = SUPPORT.partition("@")[2]


def upsert(env, model, domain, values):
    """Write ``values`` on the record that ``domain`` finds, or create it with them."""
    record = env[model].with_context(active_test=False).search(domain, limit=1)
    if record:
        record.write(values)
        return record
    return env[model].create(values)


def seed_addresses(env):
    """The address of the web pages and the addresses of mail."""
    parameters = env["ir.config_parameter"].sudo()  # the shell is the administrator's
    parameters.set_param("web.base.url", os.environ["HELPDESK_URL"])
    parameters.set_param("web.base.url.freeze", "True")
    names = {"name": DOMAIN, "bounce_alias": "bounce", "catchall_alias": "catchall", "default_from": "notifications"}
    domain = upsert(env, "mail.alias.domain", [("name", "=", DOMAIN)], names)
    env["res.company"].search([]).write({"alias_domain_id": domain.id})
    env.company.write({"email": SUPPORT, "helpdesk_sender_address": SUPPORT})


def seed_outgoing(env):
    """Everything that Odoo sends goes into the SMTP sink, and nowhere else."""
    env["ir.mail_server"].search([("smtp_host", "!=", "127.0.0.1")]).active = False
    values = {"name": "SMTP sink", "smtp_host": "127.0.0.1", "smtp_port": PORTS["smtp"], "smtp_encryption": "none"}
    upsert(env, "ir.mail_server", [("name", "=", "SMTP sink")], values)


def seed_mailbox(env):
    """The mailbox that becomes tickets, read every minute, and at once when the sink says so."""
    values = {
        "name": "Support",
        "server_type": "imap",
        "server": "127.0.0.1",
        "port": PORTS["imap"],
        "is_ssl": False,
        "user": SUPPORT,
        "password": os.environ["HELPDESK_MAIL_PASSWORD"],
        "state": "done",
    }
    upsert(env, "fetchmail.server", [("user", "=", SUPPORT)], values)
    env.ref("mail.ir_cron_mail_gateway_action").write(
        {"active": True, "interval_number": 1, "interval_type": "minutes"}
    )


def seed_users(env):
    """One user for each role, with the role's name as password."""
    roles = {
        "agent": ("Anna Agent", "helpdesk_contact.group_helpdesk_user"),
        "manager": ("Martin Manager", "helpdesk_contact.group_helpdesk_manager"),
    }
    for login, (name, group) in roles.items():
        groups = env.ref("base.group_user") | env.ref("base.group_partner_manager") | env.ref(group)
        values = {"name": name, "login": login, "password": login, "email": f"{login}@{DOMAIN}"}
        # The chatter's mails come by mail, as they would in an office; the web client shows them too.
        values |= {"group_ids": [(6, 0, groups.ids)], "notification_type": "email"}
        upsert(env, "res.users", [("login", "=", login)], values)
    env.ref("base.user_admin").write({"group_ids": [(4, env.ref("helpdesk_contact.group_helpdesk_manager").id)]})


def seed_key(env):
    """An API key of the administrator for make mail, the SMTP sink and the tests."""
    keys = env["res.users.apikeys"].with_user(env.ref("base.user_admin"))
    keys.sudo().search([("name", "=", "make")]).unlink()  # an older one of ours, whose text is lost
    path = Path(os.environ["HELPDESK_KEY_FILE"])
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(keys._generate("rpc", "make", None))


def main(env):
    """Do all of the above in one transaction."""
    seed_addresses(env)
    seed_outgoing(env)
    seed_mailbox(env)
    seed_users(env)
    seed_key(env)
    env.cr.commit()


main(env)  # noqa: F821 - Odoo's shell provides it
