"""What the load test needs in its database: tickets, and customers with log-ins.  Runs once, in Odoo's shell."""

import contextlib
import json
import os
from pathlib import Path

from dev.bench import questions, rows

CUSTOMERS, ROWS = int(os.environ["HELPDESK_CUSTOMERS"]), int(os.environ["HELPDESK_ROWS"])
# What each customer has before.
TICKETS = 10
ACTION = "helpdesk_ticket.action_helpdesk_ticket"


class Database:
    """The shell's database, as `rows` takes it."""

    def __init__(self, env):
        self.env = env
        self.registry = env.registry

    @contextlib.contextmanager
    def environment(self):
        """Give the environment of the shell; what is done in it is committed."""
        yield self.env
        self.env.cr.commit()


def make_customers(env):
    """Give some of the customers a log-in, which is the password too, and tickets; return the log-ins."""
    partners = env["res.partner"].search([("ref", "=", "bench")], order="id", offset=1, limit=CUSTOMERS)
    group = env.ref("base.group_portal")
    values = [{"partner_id": one.id, "login": one.email, "password": one.email} for one in partners]
    users = env["res.users"].with_context(no_reset_password=True)
    users.create([{**one, "group_ids": [(6, 0, group.ids)]} for one in values])
    tickets = [
        {"name": f"Keyboard {number}", "description": "<p>A key is missing.</p>", "partner_id": one.id}
        for one in partners
        for number in range(TICKETS)
    ]
    env["helpdesk.ticket"].with_context(mail_create_nolog=True, tracking_disable=True).create(tickets)
    return [one["login"] for one in values]


def agents_request(env):
    """Return what the web client of an agent asks for when the list of open tickets is opened."""
    agent = env["res.users"].search([("login", "=", "lena")])
    env = env(user=agent)
    return questions.page_arguments(env, "helpdesk.ticket", questions.default_domain(env, "helpdesk.ticket", ACTION))


def main(env):
    """Do all of the above, and write what came of it for those who use it."""
    database = Database(env)
    rows.load_helpdesk(database, ROWS)
    with database.environment():
        found = {"logins": make_customers(env), "request": agents_request(env)}
    Path(os.environ["HELPDESK_FILE"]).write_text(json.dumps(found))


main(env)  # noqa: F821 - Odoo's shell provides it
