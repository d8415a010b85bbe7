import json
import logging
import os
import shutil
import socket
from collections import namedtuple
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import mute_logger, new_test_user, tagged, warmup
from odoo.tools import config

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase
from odoo.addons.web.controllers.utils import clean_action

from ..models.check.helpdesk_check import HelpdeskCheck
from ..self_check import FINE, some, worst
from .common import TicketCommon

ADDRESS = "/helpdesk/check"
Usage = namedtuple("Usage", "total used free")


class SelfCheckCommon(TicketCommon):
    """A manager, and an administrator who has no group of the helpdesk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls._create_user("admin", "base.group_system")
        cls.parameters = cls.env["ir.config_parameter"]
        cls.parameters.set_param("web.base.url", "https://help.example.com")

    def _open_page(self, user=None):
        """Return the rows that somebody sees."""
        checks = self.env(user=user or self.manager)["helpdesk.check"]
        [(_name, _in, ids)] = checks.action_run()["domain"]
        return checks.browse(ids)

    def _find(self, name, user=None):
        """Return the rows of one thing."""
        return self._open_page(user).filtered(lambda row: row.name == name)

    def _check_state(self, name, state, *words):
        row = self._find(name).ensure_one()
        self.assertEqual(row.state, state, row.text)
        for word in words:
            self.assertIn(word, row.text)
        # what is not fine says what to do
        self.assertEqual(bool(row.step), state != "fine")
        return row


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon):
    """M04: the page that says how each part of the helpdesk is, and what to do next."""

    # -- who sees what ----------------------------------------------------------------

    def test_only_managers_and_administrators(self):
        users = [
            self.agent,
            self._create_user("employee", "base.group_user"),
            self._create_portal_user(self.anna),
            self.env.ref("base.public_user"),
        ]
        rows = self._open_page()
        for user in users:
            with self.subTest(user=user.login), mute_logger("odoo.models"):
                env = self.env(user=user)
                with self.assertRaises(AccessError):
                    env["helpdesk.check"].action_run()
                with self.assertRaises(AccessError):
                    rows.with_env(env).read(["text"])
                with self.assertRaises(AccessError):
                    env["helpdesk.check.token"].action_make_token()
                with self.assertRaises(AccessError):
                    env["helpdesk.check.token"].search([])
        self.assertTrue(self._open_page(self.admin))

    def test_rows_belong_to_who_asked(self):
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self._open_page(self.manager).with_user(self.admin).read(["text"])

    def test_other_companies_are_not_named(self):
        self.env["helpdesk.team"].create(
            {"name": "Secret crew", "company_id": self.other_company.id}
        )
        self.other_company.helpdesk_sender_address = "secret@other.example"
        for user in (self.manager, self.admin):
            rows = self._open_page(user)
            self.assertLessEqual(rows.company_id, self.company)
            self.assertNotIn("ecret", str(rows.mapped("text")))

    def test_whoever_cannot_do_it_reads_whom_to_ask(self):
        self.company.helpdesk_sender_address = False
        row = self._find("Sender address")
        self.assertTrue(row.step.startswith("For an administrator: Enter"))
        self.assertFalse(row.action_open())
        row = self._find("Sender address", self.admin)
        self.assertTrue(row.step.startswith("Enter"))
        self.assertEqual(row.action_open()["res_model"], "res.config.settings")
        self.team.member_ids = False
        row = self._find("Teams", self.admin)
        self.assertTrue(row.step.startswith("For a helpdesk manager: Add"))

    def test_each_screen_opens(self):
        both = self._create_user("both", "base.group_system")
        both.group_ids += self.env.ref("helpdesk_contact.group_helpdesk_manager")
        self.team.member_ids = False
        for row in self._open_page(both):
            action = row.action_open()
            with self.subTest(name=row.name):
                if row.name in ("Storage of files", "Test settings"):
                    self.assertFalse(action)
                    continue
                self.assertTrue(action["id"])
                if row.record_id:
                    record = self.env[action["res_model"]].browse(row.record_id)
                    self.assertTrue(record.exists())
                for name in (row.filters or "").split(",") if row.filters else ():
                    arch = self.env[action["res_model"]].get_view(view_type="search")
                    found = etree.fromstring(arch["arch"]).xpath(
                        "//filter[@name=$name]", name=name
                    )
                    self.assertTrue(found, name)
        self.assertEqual(
            self._find("Teams", both).action_open()["res_id"], self.team.id
        )

    # -- how it is made ---------------------------------------------------------------

    def test_title_counts_what_is_to_do(self):
        checks = self.env(user=self.manager)["helpdesk.check"]
        todo = ("broken", "attention")
        count = len(self._open_page().filtered(lambda row: row.state in todo))
        action = checks.action_run()
        self.assertIn(f" {count} ", action["name"])
        # the address runs the check anew
        page = self.env.ref("helpdesk_ticket.action_helpdesk_check")
        self.assertEqual(action["path"], page.path)
        ran = page.with_user(self.manager).run()
        self.assertEqual(ran["res_model"], checks._name)
        # phones open the cards
        self.assertEqual(clean_action(ran, self.env)["mobile_view_mode"], "kanban")
        self.assertIn("kanban", [kind for _view, kind in ran["views"]])
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            page.with_user(self.agent).run()
        with patch.object(type(checks), "_get_check_methods", lambda _self: []):
            self.assertIn("fine", checks.action_run()["name"])

    def test_worst_first(self):
        self.parameters.set_param("web.base.url", "")
        rows = self._open_page()
        self.assertEqual(rows[0].state, "broken")
        self.assertEqual(rows.sorted("sequence"), rows)
        self.assertEqual(worst(["fine", "attention", "broken"]), "broken")
        self.assertEqual(worst(["fine", "attention", "unset"]), "attention")
        self.assertEqual(worst(["unset"]), "fine")
        self.assertEqual(some(["A", "B", "C", "D", "E"]), "A, B, C (+2)")

    def test_a_check_that_fails_stops_no_other(self):
        def fail(checks):
            checks.env.cr.execute("SELECT 1 / 0")

        fail.__name__ = "_check_teams"
        with (
            patch.object(self.registry["helpdesk.check"], "_check_teams", fail),
            mute_logger("odoo.sql_db", HelpdeskCheck.__module__),
        ):
            rows = self._open_page()
        failed = rows.filtered(lambda row: row.name == "teams")
        self.assertEqual(failed.state, "broken")
        self.assertIn("log", failed.step)
        self.assertTrue(rows.filtered(lambda row: row.name == "Deadlines"))

    def test_no_network(self):
        def refuse(*args, **kwargs):
            raise AssertionError("The self-check asks the network.")

        self.env["ir.mail_server"].create(
            {"name": "Out", "smtp_host": "mail.example.com"}
        )
        with (
            patch.object(socket, "create_connection", refuse),
            patch.object(socket.socket, "connect", refuse),
            patch.object(socket, "getaddrinfo", refuse),
            self.assertNoLogs(HelpdeskCheck.__module__, logging.ERROR),
        ):
            self._open_page()

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["helpdesk.check"]._run(self.company)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _grow(self, count):
        now = fields.Datetime.now()
        for number in range(count):
            ticket = self._create_ticket(name=f"T{number}")
            self.env["mail.mail"].create(
                {"state": "exception", "model": ticket._name, "res_id": ticket.id}
            )
        self.env["helpdesk.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "company_id": self.company.id,
                    "alias_name": f"team-{self.env.cr.sql_log_count}-{number}",
                }
                for number in range(count)
            ]
        )
        self.env["helpdesk.sla"].create(
            [
                {"name": "Gold", "answer_hours": 1, "company_id": self.company.id}
                for _number in range(count)
            ]
        )
        self.env["helpdesk.check.token"].create(
            [
                {
                    "name": "Zabbix",
                    "token_hash": f"{self.env.cr.sql_log_count}-{number}",
                    "company_id": self.company.id,
                    "last_used": now,
                }
                for number in range(count)
            ]
        )
        self.env["fetchmail.server"].create(
            [{"name": f"Server {number}"} for number in range(count)]
        )

    @warmup
    def test_queries_do_not_grow(self):
        self._grow(2)
        self._count_queries()
        few = self._count_queries()
        self._grow(10)
        self._count_queries()  # what was made has emptied the caches
        self.assertEqual(self._count_queries(), few)

    # -- mail -------------------------------------------------------------------------

    def test_incoming_server(self):
        server = self.env["fetchmail.server"].create({"name": "Old", "state": "draft"})
        name = "Mail server Old"
        self._check_state(name, "unset")
        server.state = "done"
        self._check_state(name, "fine")
        server.write({"error_date": fields.Datetime.now(), "error_message": "No!"})
        self._check_state(name, "broken", "No!")

    def test_alias_domain(self):
        name = "Answers and bounces"
        self.company.alias_domain_id = False
        self._check_state(name, "attention")
        self.company.alias_domain_id = self.env["mail.alias.domain"].create(
            {"name": "ours.example", "bounce_alias": "b", "catchall_alias": "c"}
        )
        self._check_state(name, "fine", "c@ours.example")
        self._check_state("Addresses of teams", "unset")
        self.team.alias_name = "first-level"
        self._check_state("Addresses of teams", "fine", "first-level@ours.example")

    def test_outgoing_server(self):
        name = "Outgoing mail server"
        self.env["ir.mail_server"].search([]).active = False
        for host, state in (("localhost", "attention"), ("mail.example", "fine")):
            with patch.dict(config.options, {"smtp_server": host}):
                self._check_state(name, state)
        self.env["ir.mail_server"].create({"name": "Out", "smtp_host": "x.example"})
        self._check_state(name, "fine", "Out")

    def test_addresses(self):
        self._check_state("Sender address", "fine", "support@helpdesk.example")
        self.company.helpdesk_sender_address = False
        self._check_state("Sender address", "attention")
        self._check_state("Notification on creation", "unset")
        self.company.helpdesk_creation_address = "boss@helpdesk.example"
        self._check_state("Notification on creation", "fine", "boss@")

    def test_outgoing_mails(self):
        queue, name = "Queue of outgoing mails", "Mails of tickets"
        self.env["mail.mail"].search([]).unlink()
        ticket = self._create_ticket()
        values = {"model": ticket._name, "res_id": ticket.id}
        mail = self.env["mail.mail"].create({"state": "outgoing", **values})
        self._check_state(queue, "fine")
        long_ago = fields.Datetime.now() - timedelta(hours=2)
        self.env.cr.execute(
            "UPDATE mail_mail SET create_date = %s WHERE id = %s", (long_ago, mail.id)
        )
        self._check_state(queue, "broken", "1")
        self._check_state(name, "fine")
        mail.scheduled_date = fields.Datetime.now() + timedelta(days=1)
        mail.flush_recordset()
        self._check_state(queue, "fine")
        mail.state = "exception"
        self._check_state(name, "attention", "1")
        ticket.company_id = self.other_company
        self._check_state(name, "fine")

    def test_templates(self):
        name = "Texts of automatic mails"
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_opened")
        self._check_state(name, "fine")
        template.body_html = "<p t-out='1 +'/>"
        self._check_state(name, "broken", template.name)
        template.body_html = "<p t-out='1 / 0'/>"
        self._check_state(name, "fine")
        with mute_logger(
            "odoo.addons.helpdesk_ticket.models.outgoing.notices",
            "odoo.addons.mail.models.mail_render_mixin",
        ):
            self._create_ticket().with_user(self.agent)._post_notice(
                "helpdesk_ticket.mail_template_ticket_opened"
            )
        self._check_state(name, "broken", template.name)

    # -- the helpdesk -----------------------------------------------------------------

    def test_teams(self):
        self._check_state("Teams", "fine")
        self.team.member_ids = False
        self._check_state("Teams", "attention", "Support")
        self.env["helpdesk.team"].search([]).active = False
        self._check_state("Teams", "broken")

    def test_deadlines(self):
        self.env["helpdesk.sla"].search([]).active = False
        calendar = self.company.resource_calendar_id
        self._check_state("Deadlines", "unset")
        self.company.helpdesk_answer_hours = 4
        self._check_state("Deadlines", "attention", "night")
        self.company.helpdesk_calendar_id = calendar
        self._check_state("Deadlines", "fine")
        policy = self.env["helpdesk.sla"].create(
            {"name": "Gold", "answer_hours": 1, "company_id": self.company.id}
        )
        self._check_state("Deadlines", "attention", "Gold")
        policy.calendar_id = calendar
        self._check_state("Deadlines", "fine")
        calendar.attendance_ids.unlink()
        self._check_state("Deadlines", "broken", calendar.name)

    def test_requests_that_wait(self):
        request = self.env["helpdesk.ticket.request"].create(
            {"name": "?", "partner_id": self.anna.id, "company_id": self.company.id}
        )
        self._check_state("Requests on hold", "fine", "1")
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_request SET create_date = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(days=2), request.id),
        )
        self.env.invalidate_all()
        self._check_state("Requests on hold", "attention", "1")

    def test_public_form(self):
        self.company.helpdesk_form = False
        self._check_state("Public form", "unset")
        self.company.write({"helpdesk_form": True, "helpdesk_form_known_only": True})
        self._check_state("Public form", "fine", "known addresses")
        self.env["helpdesk.ticket.request"].create(
            {
                "name": "?",
                "email": "x@example.com",
                "state": "held",
                "company_id": self.company.id,
            }
        )
        self._check_state("Public form", "attention", "1")
        self.company.helpdesk_link = False
        self._check_state("Links in mails", "unset")

    def test_languages(self):
        languages = self.env["res.lang"].with_context(active_test=False)
        german = languages.search([("code", "=", "de_DE")])
        german.active = True
        self.company.helpdesk_language_ids = german
        self._check_state("Support languages", "unset", german.name)
        german.active = False
        self._check_state("Support languages", "attention", german.name)

    def test_contacts(self):
        self._check_state("Contacts", "fine")
        self._check_state("Primary contacts", "fine")
        self.customer.write(
            {"primary_contact_id": self.anna.id, "helpdesk_primary_contact_only": True}
        )
        self._check_state("Primary contacts", "fine")
        self.anna.active = False
        row = self._check_state("Primary contacts", "attention", self.customer.name)
        self.assertEqual(row.action_open()["res_id"], self.customer.id)
        self.customer.company_id = self.other_company
        self._check_state("Primary contacts", "fine")

    # -- the system -------------------------------------------------------------------

    def test_scheduled_actions(self):
        crons = self.env["ir.cron"].with_context(active_test=False).search([])
        crons.write(
            {
                "nextcall": fields.Datetime.now(),
                "lastcall": fields.Datetime.now(),
                "failure_count": 0,
            }
        )
        self._check_state("Scheduled actions", "fine")
        cron = self.env.ref("helpdesk_ticket.cron_process_form")
        cron.failure_count = 2
        self._check_state("Scheduled actions", "attention", cron.name)
        cron.nextcall = fields.Datetime.now() - timedelta(hours=3)
        self._check_state("Scheduled actions", "broken", "Late", cron.name)
        cron.active = False
        row = self._check_state("Scheduled actions", "broken", "off", cron.name)
        self.assertIn("administrator", row.step)

    def test_web_address(self):
        for url, state in (
            ("https://help.example.com", "fine"),
            ("http://help.example.com", "attention"),
            ("https://localhost:8069", "broken"),
            ("http://127.0.0.2:8069", "broken"),
            ("http://[::1]:8069", "broken"),
            ("help.example.com", "broken"),
            ("", "broken"),
        ):
            with self.subTest(url=url):
                self.parameters.set_param("web.base.url", url)
                self._check_state("Web address", state)

    def test_printing(self):
        reports = type(self.env["ir.actions.report"])
        for program, url, state in (
            ("ok", "", "fine"),
            ("workers", "http://127.0.0.1:8069", "fine"),
            ("ok", "127.0.0.1", "broken"),
            ("upgrade", "", "attention"),
            ("install", "", "broken"),
        ):
            self.parameters.set_param("report.url", url)
            with (
                self.subTest(program=program, url=url),
                patch.object(reports, "get_wkhtmltopdf_state", return_value=program),
            ):
                self._check_state("Printing", state)

    def test_storage(self):
        name = "Storage of files"
        for free, state in ((10**12, "fine"), (10**9, "attention"), (10, "broken")):
            with patch.object(shutil, "disk_usage", return_value=Usage(0, 0, free)):
                self._check_state(name, state)
        with patch.object(os, "access", return_value=False):
            self._check_state(name, "broken", "write")
        self.parameters.set_param("ir_attachment.location", "db")
        self._check_state(name, "fine", "database")

    def test_test_settings(self):
        name = "Test settings"
        self.env["ir.module.module"].search([]).demo = False
        self._check_state(name, "fine")
        self.env.ref("base.module_helpdesk_ticket").demo = True
        self._check_state(name, "attention", "sample data")
        self.parameters.set_param("database.is_neutralized", "True")
        with patch.dict(config.options, {"dev_mode": ["all"]}):
            self._check_state(name, "attention", "neutralised", "dev_mode")

    def test_addons(self):
        module = self.env.ref("base.module_helpdesk_ticket")
        name = module.shortdesc
        self._check_state(name, "fine")
        module.latest_version = "19.0.0.1.0"
        self._check_state(name, "attention", "19.0.0.1.0", module.installed_version)
        module.state = "to upgrade"
        self._check_state(name, "attention", "restart")
        module.state = "uninstalled"
        self._check_state(name, "unset")
        self._check_state(self.env.ref("base.module_contract").shortdesc, "fine")


@tagged("post_install", "-at_install")
class TestSelfCheckAddress(SelfCheckCommon, PatientHttpCase):
    """M04: a monitoring program asks with a token of one company."""

    def _make_token(self, user=None):
        tokens = self.env(user=user or self.manager)["helpdesk.check.token"]
        action = tokens.action_make_token()
        self.assertTrue(action["context"]["default_address"].endswith(ADDRESS))
        return action["context"]["default_token"]

    def _ask(self, token=None, scheme="Bearer"):
        headers = {"Authorization": f"{scheme} {token}"} if token else {}
        return self.url_open(ADDRESS, headers=headers)

    def test_state(self):
        self.env["helpdesk.team"].create(
            {"name": "Secret crew", "company_id": self.other_company.id}
        )
        self.team.member_ids = False
        self.parameters.set_param("web.base.url", "")
        answer = self._ask(self._make_token())
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        report = answer.json()
        self.assertEqual(report["state"], "broken")
        self.assertEqual(report["company"], self.company.name)
        self.assertNotIn("Secret", answer.text)
        found = {check["key"]: check for check in report["checks"]}
        self.assertEqual(found["teams"]["state"], "attention")
        self.assertIn("Support", found["teams"]["text"])
        self.assertEqual(found["base_url"]["state"], "broken")
        self.assertTrue(found["base_url"]["next"])
        self._check_state("Monitoring", "fine")
        checks = self.registry["helpdesk.check"]
        with patch.object(checks, "_get_check_methods", lambda _self: []):
            self.assertEqual(self._ask(self._make_token()).json()["state"], FINE)

    def test_nobody_gets_in(self):
        token = self._make_token(self.admin)
        made = self.env["helpdesk.check.token"].search([])
        self.assertNotIn(token, json.dumps(made.sudo().read(), default=str))
        self._check_state("Monitoring", "unset")
        wrong = {
            (answer.status_code, answer.text, answer.headers["WWW-Authenticate"])
            for answer in (
                self._ask(),
                self._ask("hc_wrong"),
                self._ask(made.sudo().token_hash),
                self._ask(token, "Basic"),
                self.url_open(f"{ADDRESS}?token={token}"),
            )
        }
        self.assertEqual(wrong, {(401, '{"error": "unauthorized"}', "Bearer")})
        self.assertEqual(self._ask(token).status_code, 200)
        # whoever has no right to it revokes nothing
        theirs = new_test_user(
            self.env,
            "theirs",
            groups="base.group_system",
            company_id=self.other_company.id,
            company_ids=[(6, 0, self.other_company.ids)],
        )
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            made.with_user(theirs).with_context(allowed_company_ids=[]).unlink()
        made.with_user(self.manager).unlink()
        self.assertEqual(self._ask(token).status_code, 401)

    def test_too_many(self):
        token = self._make_token()
        self.parameters.set_param("helpdesk_ticket.limit_check", "1")
        self.assertEqual(self._ask(token).status_code, 200)
        late = self._ask(token)
        self.assertEqual(late.status_code, 429)
        self.assertTrue(late.headers["Retry-After"])
        self.parameters.set_param("helpdesk_ticket.limit_check", "100")
        self.parameters.set_param("helpdesk_ticket.limit_check_wrong", "1")
        self.assertEqual(self._ask("hc_wrong").status_code, 401)
        self.assertEqual(self._ask("hc_wrong").status_code, 429)
        # also who guesses right at last
        self.assertEqual(self._ask(token).status_code, 429)
