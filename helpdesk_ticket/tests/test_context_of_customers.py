import json
import re
from pathlib import Path
from unittest.mock import patch

from odoo import api
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"""["']((?:default_)?helpdesk_\w+)["']""")
READ = re.compile(r"\b(?:context|ctx)\b|\binside\(")


@tagged("post_install", "-at_install")
class TestContextOfCustomers(TicketCommon, PatientHttpCase):
    """Keys of the context that our code reads come from our code, or from agents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user(cls.anna)

    def _get_keys(self):
        """Return each key that a line of our code could read, so that a new one is
        tried, too."""
        paths = [*ROOT.glob("helpdesk_*/**/*.py"), *ROOT.glob("helpdesk_*/data/*.xml")]
        return {
            key
            for path in paths
            if "tests" not in path.parts
            for line in path.read_text().splitlines()
            if READ.search(line)
            for key in KEY.findall(line)
        }

    @mute_logger("odoo.http")
    def test_our_keys_are_dropped(self):
        """By call_kw and JSON-2; those of agents and of Odoo arrive."""
        keys = self._get_keys()
        self.assertGreater(len(keys), 15)
        for user in (self.portal, self.agent):
            token = self.env["res.users.apikeys"].with_user(user).sudo()
            token = token._generate(None, "test", None)
            self.authenticate(user.login, user.login)
            context = {**dict.fromkeys(keys, True), "lang": "en_US"}
            arguments = {"domain": [], "context": context}
            seen = []

            @api.model
            def count(records, *args, seen=seen, **kwargs):
                seen.append(records.env.context)
                return 0

            model = type(self.env["helpdesk.ticket"])
            with patch.object(model, "search_count", count):
                self.url_open(
                    "/web/dataset/call_kw/helpdesk.ticket/search_count",
                    json={
                        "params": {
                            "model": "helpdesk.ticket",
                            "method": "search_count",
                            "args": [],
                            "kwargs": arguments,
                        }
                    },
                )
                self.url_open(
                    "/json/2/helpdesk.ticket/search_count",
                    headers={"Authorization": f"Bearer {token}"},
                    json=json.loads(json.dumps(arguments)),
                )
            self.assertEqual(len(seen), 2)
            for found in seen:
                with self.subTest(user=user.login):
                    self.assertEqual(found["lang"], "en_US")
                    arrived = set(found) & keys
                    self.assertEqual(arrived, set() if user == self.portal else keys)
