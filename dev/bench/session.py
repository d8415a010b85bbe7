"""Odoo inside of the measuring process: environments, and how long something takes there."""

import contextlib
import copy
import statistics
import time
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from odoo import SUPERUSER_ID, sql_db, tools
from odoo.api import Environment
from odoo.modules.registry import Registry

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from dev import postgres
from dev.bench import kept_name

DOMAIN = "helpdesk.example"
AGENT = "bench_agent"
GROUPS = ("base.group_user", "helpdesk_contact.group_helpdesk_user", "project.group_project_user")


# Every mail that would have gone to a mail server.
_outbox = []


class Cost(NamedTuple):
    """What something took: seconds, SQL queries of all cursors together, and mails sent meanwhile."""

    seconds: float
    queries: float
    sent: float

    def per(self, number):
        """Return the cost of one of ``number`` equal things."""
        return Cost(*(value / number for value in self))


class Database:
    """One database with an agent.

    :param config: path of Odoo's configuration file, which names the database
    :param groups: XML ids of the agent's groups
    """

    def __init__(self, config, groups):
        tools.config.parse_config(["-c", config, "--no-http", "--log-level=error"], setup_logging=True)
        (database,) = tools.config["db_name"]
        self.folder = Path(config).parent
        self.registry = Registry(database)
        with self.environment() as env:
            self.agent_id = _make_agent(env, groups)
            self.company_id = env.company.id

    @contextlib.contextmanager
    def environment(self, user_id=SUPERUSER_ID):
        """Give an environment on a cursor of its own, with empty caches; what is done in it is committed."""
        with self.registry.cursor() as cr:
            yield Environment(cr, user_id, {"lang": "en_US", "tz": "UTC"})

    @contextlib.contextmanager
    def client(self):
        """Give the environment of a request that the web client sends for the agent."""
        with self.environment(self.agent_id) as env:
            yield env(context={**env.context, "uid": self.agent_id, "allowed_company_ids": [self.company_id]})

    def keep(self, count):
        """Return this database as it is now, with ``count`` rows, in a copy that later rows do not reach.

        So small and large are asked in turn, and a slower minute of the machine is nobody's growth.
        """
        name = self.registry.db_name
        sql_db.close_db(name)
        postgres.create(kept_name(name, count), template=name)
        kept = copy.copy(self)
        kept.registry = Registry(kept_name(name, count))
        return kept


class Session(Database):
    """A database with the helpdesk, and an agent who may work on tickets and on tasks.

    :param config: path of Odoo's configuration file, which names the database
    :param other: the Peer that is measured in turn with it, or None
    """

    def __init__(self, config, other=None):
        super().__init__(config, GROUPS)
        self.peer = other
        with self.environment() as env:
            self.project_id = _make_project(env)
            self._let_agent_follow(env)

    def _let_agent_follow(self, env):
        """Have the agent told by mail of what happens, as in a helpdesk at work; in both models alike."""
        partner = env["res.users"].browse(self.agent_id).partner_id
        for followed in (env["helpdesk.team"].search([]), env["project.project"].browse(self.project_id)):
            domain = [("res_model", "in", (followed._name, False)), ("internal", "=", False)]
            subtypes = env["mail.message.subtype"].search(domain)
            followed.message_subscribe(partner.ids, subtype_ids=subtypes.ids)


def _make_agent(env, groups):
    values = {
        "name": "Bench Agent",
        "login": AGENT,
        "email": f"{AGENT}@{DOMAIN}",
        "notification_type": "email",
        "group_ids": [(6, 0, [env.ref(name).id for name in groups])],
    }
    return env["res.users"].with_context(no_reset_password=True).create(values).id


def _make_project(env):
    """Make the project that stock mail goes to; making a task of a mail needs its address."""
    env.company.alias_domain_id = env["mail.alias.domain"].create({"name": DOMAIN})
    stages = [(0, 0, {"name": name, "sequence": number}) for number, name in enumerate(("New", "Done"))]
    return env["project.project"].create({"name": "Bench", "type_ids": stages, "alias_name": "tasks"}).id


def cost_of(action):
    """Call ``action`` and return its Cost."""
    queries, sent, start = sql_db.sql_counter, len(_outbox), time.perf_counter()
    action()
    return Cost(time.perf_counter() - start, sql_db.sql_counter - queries, len(_outbox) - sent)


def median(costs):
    """Return the medians of ``costs``, each quantity by itself."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def total(costs):
    """Return the sum of ``costs``."""
    return Cost(*map(sum, zip(*costs, strict=True)))


def without_smtp():
    """Return a context in which mails are rendered, stored and taken for sent, but reach no server."""

    def send(_self, message, *_args, **_options):
        _outbox.append(message["Message-Id"])
        return message["Message-Id"]

    return patch.multiple(IrMail_Server, _connect__=lambda *_args, **_options: None, send_email=send)
