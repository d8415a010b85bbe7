"""Whoever calls Odoo from outside writes the context, too (docs/architecture.md)."""

import json
import re
from pathlib import Path

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import CollectorCommon

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "architecture.md"
CALLED = re.compile(
    r"""(?:\bcontext\.get\(|\bcontext\[|\bctx\.get\(|\binside\([\w.]+,)
        \s*["'](helpdesk_\w+)["']""",
    re.VERBOSE,
)
ROW = re.compile(r"^\| `(helpdesk_\w+)` +\| (inside|asker) +\|", re.MULTILINE)
QUIET = (
    "odoo.http",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.rpc.controllers.json2",
)
# What is asked, with and without each key: model, method and arguments.
QUESTIONS = (
    ("mail.message", "search_fetch", {"domain": [], "limit": 32}),
    ("mail.message", "search_fetch", {"domain": [["message_id", "=", "x"]]}),
    ("mail.message", "search_read", {"domain": [], "fields": ["body"], "limit": 32}),
    ("mail.mail", "search_read", {"domain": [], "fields": ["body_html"]}),
    ("mail.alias", "search_fetch", {"domain": []}),
    ("mail.alias.domain", "search_fetch", {"domain": []}),
    ("helpdesk.ticket", "search_read", {"domain": [], "fields": ["name"]}),
    ("helpdesk.inbox.mail", "search_read", {"domain": [], "fields": ["subject"]}),
    ("helpdesk.email.collector", "search_read", {"domain": [], "fields": ["summary"]}),
    ("res.partner", "search_count", {"domain": [["email", "!=", False]]}),
)


@tagged("post_install", "-at_install")
class TestContextKeys(CollectorCommon, PatientHttpCase):
    """A key of the context allows nothing, brings no records and skips no check."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user(cls.anna)
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.users = {
            "portal": cls.portal,
            "employee": cls.employee,
            "agent": cls.agent,
            "administrator": new_test_user(
                cls.env,
                "test-administrator",
                groups="base.group_system",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            ),
        }
        cls.own = cls._create_ticket(name="Own")
        cls.foreign = cls._create_ticket(name="Foreign", partner_id=cls.bernd.id)
        cls.secrets = cls.own.message_post(
            body="Our secret", subtype_xmlid="mail.mt_note"
        ) + cls.foreign.message_post(
            body="Another secret", subtype_xmlid="mail.mt_comment"
        )
        cls.keys = cls.env["res.users.apikeys"]
        cls.documented = dict(ROW.findall(DOCUMENT.read_text()))

    def _ask(self, user, model, method, arguments, context, channel):
        """Call a method from outside; return the answer as a text."""
        if channel == "call_kw":
            self.authenticate(user.login, user.login)
            ids = {name: value for name, value in arguments.items() if name == "ids"}
            kwargs = {k: v for k, v in arguments.items() if k not in ids}
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={
                    "params": {
                        "model": model,
                        "method": method,
                        "args": list(ids.values()),
                        "kwargs": {**kwargs, "context": context},
                    }
                },
            ).json()
            error = answer.get("error")
            return json.dumps(error["data"]["name"] if error else answer["result"])
        if user not in self._tokens:
            # sudo: makes the key of somebody else
            keys = self.keys.with_user(user).sudo()
            self._tokens[user] = keys._generate(None, "test", None)
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            headers={"Authorization": f"Bearer {self._tokens[user]}"},
            json={**arguments, "context": context},
        )
        return answer.text if answer.ok else answer.json()["name"]

    def setUp(self):
        super().setUp()
        self._tokens = {}

    def _get_values(self):
        """Return what may be written into a key from outside."""
        ids = self.secrets.ids
        return (True, ids[0], ids, {"mail.message": ids}, {"raw": "x", "dry_run": True})

    def test_each_key_is_written_down(self):
        """Each key that the code reads is in the document, and no other one."""
        found = set()
        for path in ROOT.glob("helpdesk_*/**/*.py"):
            if "tests" not in path.parts:
                found |= set(CALLED.findall(path.read_text()))
        for path in ROOT.glob("helpdesk_*/data/*.xml"):
            found |= set(CALLED.findall(path.read_text()))
        self.assertEqual(found, self.documented.keys())

    @mute_logger(*QUIET)
    def test_no_key_changes_what_is_found(self):
        """Each question has the same answer with any value of any key."""
        self.authenticate(None, None)
        for user in self.users.values():
            for model, method, arguments in QUESTIONS:
                question = (user, model, method, arguments)
                plain = self._ask(*question, {}, "json2")
                context = {"allowed_company_ids": self.company.ids}
                for value in self._get_values():
                    keys = dict.fromkeys(self.documented, value)
                    with self.subTest(user=user.login, model=model, value=value):
                        self.assertEqual(
                            self._ask(*question, {**context, **keys}, "json2"), plain
                        )

    @mute_logger(*QUIET)
    def test_messages_of_others_stay_hidden(self):
        """No key brings the messages whose ids are known, on either channel."""
        for key in (*self.documented, "helpdesk_ancestors"):
            for value in self._get_values():
                for channel in ("call_kw", "json2"):
                    answer = self._ask(
                        self.portal,
                        "mail.message",
                        "search_read",
                        {
                            "domain": [["id", "in", self.secrets.ids]],
                            "fields": ["body"],
                            "limit": 32,
                        },
                        {key: value},
                        channel,
                    )
                    with self.subTest(key=key, value=value, channel=channel):
                        self.assertNotIn("secret", answer)

    def _post(self, user, context, channel, **arguments):
        """Answer the own ticket from outside; return the message."""
        before = self.own.message_ids
        self._ask(
            user,
            "helpdesk.ticket",
            "message_post",
            {
                "ids": self.own.ids,
                "body": "Hello",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
                **arguments,
            },
            {"allowed_company_ids": self.company.ids, **context},
            channel,
        )
        self.env.invalidate_all()
        return (self.own.message_ids - before).filtered(lambda m: "Hello" in m.body)

    @mute_logger(*QUIET)
    def test_an_answer_counts(self):
        """No key hides that an agent or a customer wrote (T13, T25), sends a second
        acknowledgement, or puts a message below one that others wrote."""
        keys = dict.fromkeys(self.documented, True)
        keys["helpdesk_ask"] = False
        keys["helpdesk_first_message"] = self.secrets[1].id
        for channel in ("call_kw", "json2"):
            with self.subTest(channel=channel), self.mock_mail_gateway():
                self.own.event_ids.filtered("action").unlink()
                self.assertFalse(self.own.answered_date)
                answer = self._post(self.agent, keys, channel)
                self.assertEqual(len(answer), 1)
                self.assertNotEqual(answer.parent_id, self.secrets[1])
                self.assertTrue(self.own.answered_date)
                self.assertFalse(
                    self.own.message_ids.filtered(
                        lambda m: m.message_type == "auto_comment"
                    )
                )

    @mute_logger(*QUIET)
    def test_a_ticket_is_acknowledged_and_closing_told(self):
        """No key keeps the acknowledgement (T09) or the word of the closing (T24)
        from the customer."""
        self.company.helpdesk_notify_closing = True
        keys = dict.fromkeys(self.documented, True)
        context = {"allowed_company_ids": self.company.ids, **keys}
        values = {
            "name": "From outside",
            "partner_id": self.anna.id,
            "team_id": self.team.id,
            "company_id": self.company.id,
        }
        self._ask(
            self.agent,
            "helpdesk.ticket",
            "create",
            {"vals_list": [values]},
            context,
            "json2",
        )
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "From outside")])
        self.assertIn("auto_comment", ticket.message_ids.mapped("message_type"))
        before = ticket.message_ids
        closed = self.env["helpdesk.ticket.stage"].search([("state", "=", "closed")])
        arguments = {"ids": ticket.ids, "vals": {"stage_id": closed[:1].id}}
        self._ask(self.agent, "helpdesk.ticket", "write", arguments, context, "json2")
        self.env.invalidate_all()
        self.assertFalse(ticket.is_open)
        told = (ticket.message_ids - before).mapped("message_type")
        self.assertIn("auto_comment", told)

    @mute_logger(*QUIET)
    def test_sent_mails_can_be_deleted(self):
        """Who deletes a mail that was sent finds it deleted."""
        user = self.users["administrator"]
        mails = self.env["mail.mail"].with_user(user)
        for channel in ("call_kw", "json2"):
            mail = mails.create({"state": "sent", "is_notification": True})
            answer = self._ask(
                user,
                "mail.mail",
                "unlink",
                {"ids": mail.ids},
                {"helpdesk_sent_mails": []},
                channel,
            )
            with self.subTest(channel=channel):
                self.assertFalse(mail.exists(), answer)

    @mute_logger(*QUIET)
    def test_an_import_reads_no_more_than_its_user(self):
        """The key of the import screen makes nobody read or write contacts."""
        for user in (self.portal, self.employee):
            answer = self._ask(
                user,
                "res.partner",
                "load",
                {
                    "fields": ["firstname", "lastname", "email", "parent_id"],
                    "data": [["Eve", "Spy", "eve@spy.example", self.customer.name]],
                },
                {"helpdesk_import": "contact", "helpdesk_import_sync": True},
                "call_kw",
            )
            with self.subTest(user=user.login):
                found = self.env["res.partner"].search([("lastname", "=", "Spy")])
                self.assertFalse(found, answer)
