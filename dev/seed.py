"""Settings of an instance: users, mailbox, outgoing mail.  Runs in Odoo's shell and may run again at any time."""

import base64
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
    if env.company.name in ("YourCompany", "My Company"):
        # What Odoo calls it looks wrong below a mail to a customer.
        seed_company(env)


def seed_company(env):
    """Name, place, time and logo, as customers see them in mails, pages and documents."""
    company = {"name": "Nordlicht IT-Service", "website": f"https://{DOMAIN}", "phone": "+49 40 5550 1234"}
    company |= {"street": "Am Sandtorkai 14", "street2": False, "zip": "20457", "city": "Hamburg"}
    company |= {"country_id": env.ref("base.de").id, "state_id": False}
    logo = Path(os.environ["HELPDESK_LOGO"]).read_bytes()
    env.company.write({**company, "logo": base64.b64encode(logo)})
    env.company.partner_id.tz = "Europe/Berlin"
    env.company.resource_calendar_id.tz = "Europe/Berlin"


def seed_outgoing(env):
    """Everything that Odoo sends goes into the SMTP sink, and nowhere else."""
    env["ir.mail_server"].search([("smtp_host", "!=", "127.0.0.1")]).active = False
    values = {"name": "SMTP sink", "smtp_host": "127.0.0.1", "smtp_port": PORTS["smtp"], "smtp_encryption": "none"}
    # Odoo puts an address of its own in place of senders that the server is not meant for.
    values["from_filter"] = DOMAIN
    upsert(env, "ir.mail_server", [("name", "=", "SMTP sink")], values)


def seed_mailbox(env):
    """The mailbox that becomes tickets; read by cron, and at once when the sink says so."""
    # Our mail server is on this machine and on ports of its own, which is refused otherwise.
    prefix = "helpdesk_email_collector.allowed_"
    ports = ", ".join(str(PORTS[name]) for name in ("imap", "imaps", "pop3"))
    parameters = env["ir.config_parameter"].sudo()  # the shell is the administrator's
    parameters.set_param(f"{prefix}networks", "127.0.0.0/8")
    parameters.set_param(f"{prefix}ports", ports)
    values = {
        "name": "Support",
        "server_type": "imap",
        "server": "127.0.0.1",
        "port": PORTS["imap"],
        "is_ssl": False,
        "user": SUPPORT,
        "password": os.environ["HELPDESK_MAIL_PASSWORD"],
        "is_helpdesk_collector": True,
        "state": "done",
    }
    upsert(env, "fetchmail.server", [("user", "=", SUPPORT)], values)


def seed_users(env):
    """Users for each role, with the log-in as password; the sample data brings its own."""
    roles = {
        "lena": ("Lena Albrecht", "helpdesk_contact.group_helpdesk_user"),
        "martin": ("Martin Schreiber", "helpdesk_contact.group_helpdesk_manager"),
    }
    for login, (name, group) in roles.items():
        if env["res.users"].search([("login", "=", login)]):
            continue
        groups = env.ref("base.group_user") | env.ref("base.group_partner_manager") | env.ref(group)
        values = {"name": name, "login": login, "password": login, "email": f"{login}@{DOMAIN}"}
        env["res.users"].with_context(no_reset_password=True).create(values | {"group_ids": [(6, 0, groups.ids)]})
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
