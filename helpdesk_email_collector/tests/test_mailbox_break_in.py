import contextlib
import inspect
import socket
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..mailbox_errors import MailboxError
from .common import CollectorCommon

PASSWORD = "Tr0ub4dor & 3"
# What such a call may end with: the rights, the arguments, a server out of reach, or
# that it is for scheduled actions only.
REFUSED = (
    AssertionError,
    UserError,
    MailboxError,
    TypeError,
    ValueError,
    AttributeError,
)


@tagged("post_install", "-at_install")
class TestMailboxBreakIn(CollectorCommon, PatientHttpCase):
    """Attempts to get at a stored password, and into the network behind Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls._create_user(
            "box-admin", "base.group_system,base.group_allow_export"
        )
        cls.server.with_user(cls.admin).password = PASSWORD
        cls.env.flush_all()
        cls.secret = cls.server.sudo().helpdesk_secret

    def _assert_not_told(self, answer):
        text = repr(answer)
        for secret in (PASSWORD, PASSWORD[:8], self.secret, self.secret[10:30]):
            self.assertNotIn(secret, text)

    @mute_logger("odoo.http", "odoo.addons.rpc")
    def test_api(self):
        """rel-F3: an administrator's key, and the web client's calls, read nothing."""
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.admin)
            .sudo()
            ._generate(None, "test", None)
        )
        names = ["name", "password", "helpdesk_secret"]
        domain = [("id", "=", self.server.id)]
        calls = (
            ("read", {"ids": self.server.ids}),
            ("read", {"ids": self.server.ids, "fields": ["password"]}),
            ("read", {"ids": self.server.ids, "fields": names}),
            ("search_read", {"domain": domain}),
            ("export_data", {"ids": self.server.ids, "fields_to_export": names[:2]}),
            ("export_data", {"ids": self.server.ids, "fields_to_export": names}),
            ("web_read", {"ids": self.server.ids, "specification": {"password": {}}}),
            ("copy_data", {"ids": self.server.ids}),
            ("default_get", {"fields": names}),
            ("name_search", {"name": "Support"}),
            (
                "formatted_read_group",
                {"domain": domain, "groupby": ["password"], "aggregates": []},
            ),
            (
                "formatted_read_group",
                {"domain": domain, "groupby": ["helpdesk_secret"], "aggregates": []},
            ),
            ("search_read", {"domain": [("helpdesk_secret", "!=", False)]}),
            ("search_read", {"domain": domain, "order": "helpdesk_secret"}),
            ("get_views", {"views": [[False, "form"]]}),
        )
        self.authenticate(None, None)
        for method, arguments in calls:
            with self.subTest(method=method, arguments=arguments):
                answer = self.url_open(
                    f"/json/2/fetchmail.server/{method}",
                    headers={"Authorization": f"Bearer {key}"},
                    json=arguments,
                )
                self._assert_not_told(answer.text)
                if method == "search_read" and domain in arguments.values():
                    self.assertEqual("order" in arguments, not answer.ok)
        self.authenticate(self.admin.login, self.admin.login)
        for method, arguments in calls[:3]:
            params = {
                "model": "fetchmail.server",
                "method": method,
                "args": [arguments["ids"]],
                "kwargs": {"fields": arguments.get("fields", [])},
            }
            answer = self.url_open(
                f"/web/dataset/call_kw/fetchmail.server/{method}",
                json={"params": params},
            )
            refused = "helpdesk_secret" in arguments.get("fields", [])
            told = "AccessError" if refused else f'"id": {self.server.id},'
            self.assertIn(told, answer.text)
            self._assert_not_told(answer.text)

    def test_search_cannot_guess_it(self):
        """rel-F3: no condition tells a right guess from a wrong one."""
        mailboxes = self.env["fetchmail.server"].with_user(self.admin)
        for operator in ("=", "like", "=like", "ilike", ">", "<"):
            found = [
                mailboxes.search_count([("password", operator, guess)])
                for guess in (PASSWORD, f"{PASSWORD[:3]}%", "wrong")
            ]
            with self.subTest(operator=operator):
                self.assertEqual(len(set(found)), 1)

    def test_every_way_to_a_host_is_checked(self):
        """rel-F2: whatever is called, an address of our network is never dialled."""
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("helpdesk_email_collector.allowed_networks", "")
        mailbox = self.server.with_user(self.admin)
        mailbox.write({"server": "127.0.0.1", "port": 993, "password": PASSWORD})
        dialled, called = [], []
        for name, method in inspect.getmembers(type(mailbox), inspect.isfunction):
            module = method.__module__
            own = "helpdesk" in module or module.endswith("fetchmail")
            if name.startswith(("__", "_register", "_setup")) or not own:
                continue
            parameters = list(inspect.signature(method).parameters.values())[1:]
            if any(
                parameter.default is parameter.empty
                and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
                for parameter in parameters
            ):
                continue
            called.append(name)
            with (
                self.subTest(method=name),
                patch.object(socket, "create_connection") as dial,
                patch.object(socket.socket, "connect") as connect,
                mute_logger("odoo.addons.mail.models.fetchmail"),
            ):
                with self.committing() as env, contextlib.suppress(*REFUSED):
                    method(mailbox.with_env(env(user=self.admin)))
                dialled += [name] * (dial.called or connect.called)
        self.assertFalse(dialled)
        for name in ("button_confirm_login", "action_helpdesk_test_connection"):
            self.assertIn(name, called)
