import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.access_api import QUIET, ExportAccess
from odoo.addons.helpdesk_contact.tests.access_matrix import OPERATIONS, OTHER
from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common_access import TicketAccessCommon

NAME = "Kickback of {}"
SAID = "We talked about {}."
FILE = "Contents of {}."
# A request costs more than a call: those whose rights differ. Managers see all.
HTTP_ROLES = ("User", "Accountant", "Employee", "Portal", "Primary contact", "Public")


@tagged("post_install", "-at_install")
class TestAccessChannels(ExportAccess, TicketAccessCommon, PatientHttpCase):
    """The same cells of the matrix by every channel: API, lists, files, print, export,
    chatter (rel-A5, rel-A7, rel-G1)."""

    addon = "helpdesk_ticket"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = cls._kinds_helpdesk_ticket()
        cls.tickets = {
            kind: cls._create_ticket(**{**values, "name": NAME.format(number)})
            for number, (kind, values) in enumerate(kinds.items())
        }
        for number, ticket in enumerate(cls.tickets.values()):
            ticket.message_post(
                body=SAID.format(number), subtype_xmlid="mail.mt_comment"
            )
        cls.files = {
            kind: cls.env["ir.attachment"].create(
                {
                    "name": f"{number}.txt",
                    "raw": FILE.format(number).encode(),
                    "res_model": "helpdesk.ticket",
                    "res_id": ticket.id,
                }
            )
            for number, (kind, ticket) in enumerate(cls.tickets.items())
        }
        for user in cls.users.values():
            if user._is_internal():
                user.group_ids |= cls.env.ref("base.group_allow_export")
        cls.ids = [ticket.id for ticket in cls.tickets.values()]

    def _log_in(self, role):
        """Log in as a role; return what it may do with each kind of ticket."""
        user = self.users[role]
        self.authenticate(*([None, None] if role == "Public" else [user.login] * 2))
        column = list(self.roles).index(role)
        return {
            kind: cells[column]
            for (model, kind), cells in self._read_document().items()
            if model == "helpdesk.ticket"
        }

    def _choose(self, rights):
        """Return a kind that can be read, one that cannot, and another company's."""
        readable = [kind for kind in rights if "R" in rights[kind]]
        others = [kind for kind in rights if "R" not in rights[kind]]
        return dict.fromkeys([*readable[-1:], *others[:1], OTHER])

    def _call(self, method, *args, **kwargs):
        """Call a method of tickets as the web client does; return its answer."""
        return self.url_open(
            f"/web/dataset/call_kw/helpdesk.ticket/{method}",
            json={
                "params": {
                    "model": "helpdesk.ticket",
                    "method": method,
                    "args": args,
                    "kwargs": kwargs,
                }
            },
        ).json()

    def _find(self, method, *args, **kwargs):
        answer = self._call(method, [["id", "in", self.ids]], *args, **kwargs)
        return answer.get("result")

    def _numbers(self, rights):
        """Return the numbers in the texts of the tickets that can be read."""
        return {number for number, cells in enumerate(rights.values()) if "R" in cells}

    def _numbers_in(self, text, pattern):
        return {
            number
            for number in range(len(self.tickets))
            if pattern.format(number) in text
        }

    @mute_logger(*QUIET)
    def test_each_role_by_each_channel(self):
        for role in HTTP_ROLES:
            rights = self._log_in(role)
            is_internal = self.users[role]._is_internal()
            with self.subTest(role=role):
                self._check_lists(rights)
                self._check_changes(rights)
                self._check_files(rights, is_internal)
                self._check_chatter(rights)
                self._check_export(rights, is_internal)
                self._check_print(role, rights)
                if self.users[role]._is_portal():
                    self._check_portal(rights)

    def _check_lists(self, rights):
        """rel-A7: lists, counts, groups and suggestions hold what can be read."""
        seen = self._numbers(rights)
        rows = self._find("search_read", ["name"]) or []
        self.assertEqual({row["name"] for row in rows}, set(map(NAME.format, seen)))
        self.assertEqual(self._find("search_count") or 0, len(seen))
        groups = self._find("formatted_read_group", ["company_id"], ["__count"]) or []
        self.assertEqual(sum(group["__count"] for group in groups), len(seen))
        found = self._call("name_search", "Kickback")
        self.assertEqual(self._numbers_in(json.dumps(found), NAME), seen)

    def _check_changes(self, rights):
        """What is not allowed is refused without a word about the ticket."""
        values = {"name": "Mine", "active": False}
        for kind in self._choose(rights):
            ticket = self.tickets[kind]
            attempts = {
                "read": ("read", [ticket.id], ["name"]),
                "write": ("write", [ticket.id], values),
                "unlink": ("unlink", [ticket.id]),
            }
            for operation, call in attempts.items():
                if OPERATIONS[operation] in rights[kind]:
                    continue
                answer = self._call(*call)
                self.assertIn("error", answer)
                self.assertNotIn("result", answer)
                self.assertFalse(self._numbers_in(json.dumps(answer), NAME))
        if "C" not in "".join(rights.values()):
            self.assertIn("error", self._call("create", [{"name": "Mine"}]))
        self.env.invalidate_all()
        self.assertTrue(all(ticket.exists() for ticket in self.tickets.values()))
        self.assertNotIn("Mine", [ticket.name for ticket in self.tickets.values()])

    def _check_files(self, rights, is_internal):
        """rel-A5: a file by its id, also by the route for pictures."""
        for kind in self._choose(rights):
            answer = self.url_open(f"/web/content/{self.files[kind].id}")
            shown = bool(self._numbers_in(answer.text, FILE))
            # customers get files by the links of their pages only
            self.assertEqual(shown, is_internal and "R" in rights[kind])
        answer = self.url_open(f"/web/image/{self.files[OTHER].id}")
        self.assertFalse(self._numbers_in(answer.text, FILE))

    def _check_chatter(self, rights):
        for kind in self._choose(rights):
            params = {
                "thread_model": "helpdesk.ticket",
                "thread_id": self.tickets[kind].id,
            }
            answer = self.url_open("/mail/thread/messages", json={"params": params})
            number = list(self.tickets).index(kind)
            shown = SAID.format(number) in answer.text
            self.assertEqual(shown, "R" in rights[kind])

    def _check_export(self, rights, is_internal):
        """An export of everything holds what can be read, and nothing else."""
        text = self._export("helpdesk.ticket", "name", self.ids)
        seen = self._numbers(rights) if is_internal else set()
        self.assertEqual(self._numbers_in(text, NAME), seen)

    def _check_print(self, role, rights):
        """The document of one that can be read, and of one of another company."""
        readable = [kind for kind in rights if "R" in rights[kind]]
        for kind in [OTHER, *readable[:1]]:
            url = "/report/html/helpdesk_ticket.report_ticket_classic"
            answer = self.url_open(f"{url}/{self.tickets[kind].id}")
            printed = bool(self._numbers_in(answer.text, NAME))
            allowed = role in ("User", "Manager", "Accountant") and kind != OTHER
            self.assertEqual(printed, allowed)

    def _check_portal(self, rights):
        """C07, rel-A1: the list and a page of the portal."""
        listed = self.url_open("/my/tickets").text
        self.assertEqual(self._numbers_in(listed, NAME), self._numbers(rights))
        hidden = next(kind for kind in rights if "R" not in rights[kind])
        page = self.url_open(f"/my/tickets/{self.tickets[hidden].id}")
        self.assertNotIn(self.tickets[hidden].name, page.text)

    @mute_logger(*QUIET)
    def test_json_2(self):
        """The same lists by the API for programs, with a key of each user."""
        for role in ("User", "Accountant", "Employee", "Portal"):
            rights = self._log_in(role)
            key = (
                self.env["res.users.apikeys"]
                .with_user(self.users[role])
                .sudo()
                ._generate(None, "test", None)
            )
            self.authenticate(None, None)
            for method, chosen in (
                ("search_read", {"fields": ["name"]}),
                ("search_count", {}),
            ):
                answer = self.url_open(
                    f"/json/2/helpdesk.ticket/{method}",
                    headers={"Authorization": f"Bearer {key}"},
                    json={"domain": [["id", "in", self.ids]], **chosen},
                )
                with self.subTest(role=role, method=method):
                    seen = self._numbers(rights)
                    if method == "search_count":
                        found = answer.json() if answer.ok else 0
                        self.assertEqual(found, len(seen))
                    else:
                        self.assertEqual(self._numbers_in(answer.text, NAME), seen)

    @mute_logger(*QUIET)
    def test_company_switch(self):
        """rel-G1: neither the cookie nor the context opens another company."""
        ticket = self.tickets[OTHER]
        for role in ("User", "Manager", "Administrator"):
            self._log_in(role)
            self.opener.cookies["cids"] = str(self.other_company.id)
            context = {"allowed_company_ids": self.other_company.ids}
            texts = [
                json.dumps(self._call("read", [ticket.id], ["name"], context=context)),
                json.dumps(self._call("search_read", [], ["name"], context=context)),
                self.url_open(f"/web/content/{self.files[OTHER].id}").text,
                self.url_open(
                    f"/mail/view?model={ticket._name}&res_id={ticket.id}"
                ).text,
            ]
            with self.subTest(role=role):
                self.assertNotIn(ticket.name, "".join(texts))
                self.assertNotIn("Contents of", "".join(texts))
