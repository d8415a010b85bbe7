import json
from unittest import SkipTest
from unittest.mock import patch
from urllib.parse import urlsplit

import requests

from odoo.exceptions import AccessError
from odoo.tests import mute_logger, tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import CollectorCommon, plain_mail
from .fake_imap import FakeImap
from .fake_oauth import FakeOAuth

MODELS = "odoo.addons.helpdesk_email_collector.models"
RECEIVE = f"{MODELS}.mailbox.receive"
SHARED = "shared-box@demo.example"
PREFIX = {"gmail": "google_gmail", "outlook": "microsoft_outlook"}


@tagged("post_install", "-at_install")
class TestMailboxOAuth(PatientHttpCase, CollectorCommon):
    """E01, rel-F4: Gmail and Microsoft 365 by Odoo's own modules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not {"gmail", "outlook"} <= set(cls._types()):
            raise SkipTest("google_gmail and microsoft_outlook are not installed")
        parameters = cls.env["ir.config_parameter"].sudo()
        for prefix in PREFIX.values():
            parameters.set_param(f"{prefix}_client_id", "client")
            parameters.set_param(f"{prefix}_client_secret", "client secret")
        cls.admin = cls._create_user("oauth-admin", "base.group_system")

    @classmethod
    def _types(cls):
        return dict(cls.env["fetchmail.server"]._fields["server_type"].selection)

    def setUp(self):
        super().setUp()
        self.oauth = FakeOAuth("refresh").__enter__()
        self.addCleanup(self.oauth.__exit__)
        self.env["ir.config_parameter"].set_param(
            "microsoft_outlook.endpoint", self.oauth.url
        )
        self.asked = []
        mixin = "odoo.addons.google_gmail.models.google_gmail_mixin.requests.post"
        original = requests.post

        def post(url, **options):
            """Google's address is written into the module: note it, and ask ours."""
            self.asked.append(url)
            return original(self.oauth.url + "token", **options)

        patched = patch(mixin, post)
        patched.start()
        self.addCleanup(patched.stop)

    def _connect_account(self, kind, fake, refresh_token="refresh"):
        """Make our mailbox one of the provider, with an account that is connected."""
        self.server.write(
            {
                "server_type": kind,
                "server": "127.0.0.1",
                "port": fake.port,
                "is_ssl": True,
                "helpdesk_trust_certificate": True,
                "user": SHARED,
                f"{PREFIX[kind]}_refresh_token": refresh_token,
                f"{PREFIX[kind]}_access_token": False,
            }
        )
        self.env.flush_all()

    def _visit(self):
        with self.committing() as env, mute_logger(RECEIVE):
            error = self.server.with_env(env)._fetch_mail()
        self.env.invalidate_all()
        return error

    def _expire(self, kind):
        self.server[f"{PREFIX[kind]}_access_token_expiration"] = 1
        self.env.flush_all()

    def test_mails_become_rows(self):
        """E01: a token is fetched, reused, renewed; a shared mailbox is the user."""
        for kind in PREFIX:
            mails = [plain_mail(f"{kind} {number}") for number in range(2)]
            self.oauth.requests.clear()
            with self.subTest(kind=kind), FakeImap(*mails, tls=True) as fake:
                self._connect_account(kind, fake)
                fake.tokens = set(self.oauth.issued) | {"access-1", "access-2"}
                fake.tokens |= {"access-3", "access-4"}
                self.assertFalse(self._visit())
                self.assertFalse(self._visit())
                self.assertEqual(len(self.oauth.requests), 1, "used again")
                self.assertEqual(self.oauth.requests[0]["grant_type"], "refresh_token")
                self._expire(kind)
                self.assertFalse(self._visit())
                self.assertEqual(len(self.oauth.requests), 2, "renewed")
                self.assertTrue(all(f"user={SHARED}\1" in text for text in fake.said))
                self.assertEqual(len(self._rows()), 2)
                self._rows().unlink()

    def test_refused_by_the_provider(self):
        """rel-F4: one clear sentence, an activity at once, and no storm of attempts."""
        for kind in PREFIX:
            with self.subTest(kind=kind), FakeImap(tls=True) as fake:
                self._connect_account(kind, fake, "revoked-token")
                self.oauth.requests.clear()
                error = self._visit()
                self.assertIn("Connect the account again", str(error))
                self.assertNotIn("revoked-token", str(error))
                self.assertIn(self.admin, self.server.activity_ids.user_id)
                pause = self.server.helpdesk_paused_until
                self.assertTrue(pause)
                for _minute in range(3):  # the cron of the next minutes leaves it alone
                    with self.committing() as env:
                        env["fetchmail.server"]._cron_collect()
                self.assertEqual(len(self.oauth.requests), 1)

                self._connect_account(kind, fake)
                fake.tokens = {f"access-{number}" for number in range(9)}
                self.assertFalse(self._visit())
                self.assertFalse(self.server.activity_ids)
                self.assertFalse(self.server.helpdesk_paused_until)

    def test_refused_by_the_mail_server(self):
        """rel-F4: a token that the mail server refuses is told in the same words."""
        for kind in PREFIX:
            with self.subTest(kind=kind), FakeImap(tls=True) as fake:
                self._connect_account(kind, fake)
                self.assertIn("Connect the account again", str(self._visit()))

    def test_provider_does_not_answer(self):
        """rel-F4: that is nobody's token: no activity before the third time."""

        def unreachable(*_arguments, **_options):
            raise requests.ConnectionError("no route")

        for kind, module in {
            "gmail": "odoo.addons.google_gmail.models.google_gmail_mixin",
            "outlook": "odoo.addons.microsoft_outlook.models.microsoft_outlook_mixin",
        }.items():
            with (
                self.subTest(kind=kind),
                FakeImap(tls=True) as fake,
                patch(f"{module}.requests.post", unreachable),
            ):
                self.server.helpdesk_failure_count = 0
                self._connect_account(kind, fake)
                self.assertIn("does not respond", str(self._visit()))
                self.assertFalse(self.server.activity_ids)

    def test_tokens_go_to_the_provider_only(self):
        """rel-F4: Odoo's modules name the host; no setting of a mailbox changes it."""
        with FakeImap(tls=True) as fake:
            self._connect_account("gmail", fake)
            self._visit()
        self.assertEqual(
            {urlsplit(url).hostname for url in self.asked}, {"oauth2.googleapis.com"}
        )
        self.env["ir.config_parameter"].set_param("microsoft_outlook.endpoint", False)
        endpoint = self.server._get_microsoft_endpoint()
        self.assertEqual(urlsplit(endpoint).hostname, "login.microsoftonline.com")

    def test_who_reads_tokens(self):
        """rel-F4, rel-F3: administrators of the settings only; no log, no history."""
        with FakeImap(tls=True) as fake:
            self._connect_account("outlook", fake, "a-secret-refresh-token")
            with self.assertLogs("odoo", level="DEBUG") as logs:
                error = self._visit()
        self.flush_tracking()
        text = f"{error} {self.server.helpdesk_error}"
        text += str(self.server.message_ids.mapped("body"))
        text += str(self.server.message_ids.tracking_value_ids.mapped("new_value_char"))
        for words in (text, *(record.getMessage() for record in logs.records)):
            if "UPDATE" not in words and "SELECT" not in words:
                self.assertNotIn("a-secret-refresh-token", words)
        for name in ("refresh_token", "access_token"):
            field = f"microsoft_outlook_{name}"
            with self.assertRaises(AccessError):
                self.server.with_user(self.manager).read([field])
            self.assertFalse(self.server.copy()[field])

    def test_state_parameter(self):
        """rel-F4: an answer of the provider that we did not ask for is refused."""
        self.authenticate("test-oauth-admin", "test-oauth-admin")
        for kind, prefix in PREFIX.items():
            with FakeImap(tls=True) as fake:
                self._connect_account(kind, fake, False)
            name = "gmail" if kind == "gmail" else "outlook"
            token = getattr(self.server, f"_get_{name}_csrf_token")()
            state = {"model": "fetchmail.server", "id": self.server.id}
            for wrong in ("", "x", token[:-1] + ("0" if token[-1] != "0" else "1")):
                with mute_logger(f"odoo.addons.{prefix}.controllers.main", "odoo.http"):
                    answer = self._come_back(prefix, {**state, "csrf_token": wrong})
                self.assertEqual(answer.status_code, 403)
                self.assertFalse(self.server[f"{prefix}_refresh_token"])
            answer = self._come_back(prefix, {**state, "csrf_token": token})
            self.assertIn(answer.status_code, (302, 303))
            self.env.invalidate_all()
            self.assertEqual(self.server[f"{prefix}_refresh_token"], "refresh-of-code")

    def _come_back(self, prefix, state):
        return self.url_open(
            f"/{prefix}/confirm",
            data=None,
            params={"code": "good code", "state": json.dumps(state)},
            allow_redirects=False,
        )
