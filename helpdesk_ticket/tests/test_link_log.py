import logging
import re

from odoo.http import _generate_routing_rules
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..link_log import LOGGERS, SecretFilter, hide_secrets, without_secrets

SECRET = "5ecre7word"
NAMES_A_SECRET = re.compile(r"<[^>]*(?:token|signature|hash)>")

LEADS_TO = re.compile(r"odoo\.addons\.(helpdesk_\w+|calendar|mail|portal|rating)\.")


@tagged("post_install", "-at_install")
class TestLinkLog(PatientHttpCase):
    """rel-I1, rel-A3: nothing in the log opens a ticket or a file."""

    def _get_addresses(self):
        """Return the addresses with a secret in their path: of our addons, and of
        those of Odoo's that a helpdesk leads to."""
        modules = self.env["ir.module.module"].search([("state", "=", "installed")])
        rules = _generate_routing_rules(modules.mapped("name"), nodb_only=False)
        found = []
        for url, endpoint in rules:
            secret = NAMES_A_SECRET.sub(SECRET, url)
            if secret != url and LEADS_TO.match(endpoint.func.__module__):
                found.append(re.sub("<[^>]*>", "7", secret))
        return found

    def test_lines_of_the_server(self):
        """Pages of ours and of Odoo, as the server writes them down."""
        queries = (
            f"/my/tickets/7?access_token={SECRET}",
            f"/web/content/7?download=1&access_token={SECRET}",
            f"/web/signup?db=x&token={SECRET}#y",
            f"/web/reset_password?token={SECRET}",
            f"/mail/view?model=x&res_id=7&access_token={SECRET}",
            f"/mail/unfollow?model=res.users&res_id=7&pid=7&token={SECRET}",
            f"/helpdesk/facebook/webhook?hub.verify_token={SECRET}&hub.mode=x",
            f"/web/login?redirect=%2Fmy%2Ftickets%2F7%3Faccess_token%3D{SECRET}%26x",
            f"/web/login?redirect=/helpdesk/link/7/8/{SECRET}/answer%3Fsent%3D1",
            f"/web/login?redirect=%2Fhelpdesk%2Frequest%2F7%2F8%2F{SECRET}%2Fapprove",
        )
        addresses = [*self._get_addresses(), *queries]
        ours = [address for address in addresses if "/helpdesk/" in address]
        self.assertGreater(len(ours), 6)
        with self.assertLogs("werkzeug", logging.INFO) as log:
            for address in addresses:
                self.url_open(address, allow_redirects=False)
        lines = [line for line in log.output if "HTTP/1.1" in line]
        self.assertGreaterEqual(len(lines), len(addresses))
        for line in lines:
            self.assertNotIn(SECRET, line)
        written = "\n".join(lines)
        for known in (
            "/helpdesk/link/7/7/***/answer",
            "/helpdesk/address/7/***",
            "/web/content/7?download=1&access_token=***",
            "hub.verify_token=***&hub.mode=x",
            "/my/tickets/7?access_token=***",
        ):
            self.assertIn(known, written)

    def test_other_lines_stay_as_they_are(self):
        for line in (
            '"GET /my/tickets?sortby=name&search=token HTTP/1.1" 200 -',
            '"GET /helpdesk/form/7?sent=1 HTTP/1.1" 200 -',
            '"POST /helpdesk/monitoring/v1 HTTP/1.1" 200 -',
            '"GET /web/content/7-abc/name.pdf?unique=abc HTTP/1.1" 200 -',
        ):
            self.assertEqual(without_secrets(line), line)
        self.assertEqual(without_secrets(7), 7)

    def test_each_logger_has_one_filter(self):
        hide_secrets()
        for name in LOGGERS:
            filters = logging.getLogger(name).filters
            self.assertEqual(sum(isinstance(f, SecretFilter) for f in filters), 1)
