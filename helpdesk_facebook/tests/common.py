import hashlib
import hmac
import json
from contextlib import contextmanager

from odoo import fields

from odoo.addons.helpdesk_ticket.tests.common import TicketCommon

from .fake_graph import FakeGraph

SECRET = "secret of the app"
SENDER = "1234567890"
ADDRESS = f"{SENDER}@facebook.com"
PICTURE = b"\x89PNG\r\n\x1a\n picture"


class FacebookCommon(TicketCommon):
    """A connected page, and a server that answers for Facebook."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.graph = FakeGraph()
        cls.addClassCleanup(cls.graph.stop)
        cls.env["ir.config_parameter"].set_param(
            "helpdesk_facebook.file_origins", cls.graph.origin
        )
        german = cls.env["res.lang"]._activate_lang("de_DE")
        cls.page = cls._create_page("4711", language_id=german.id)
        cls.events = cls.env["helpdesk.facebook.event"]
        cls.deliveries = cls.env["helpdesk.facebook.delivery"]

    def setUp(self):
        super().setUp()
        self.graph.calls.clear()
        self.graph.problems.clear()
        self.graph.files.clear()
        self.count = 0

    @classmethod
    def _create_page(cls, number, **values):
        return cls.env["helpdesk.facebook.page"].create(
            {
                "name": f"Page {number}",
                "page_id": number,
                "company_id": cls.company.id,
                "team_id": cls.team.id if "company_id" not in values else False,
                "graph_url": f"{cls.graph.origin}/v24.0",
                "app_secret": SECRET,
                "page_token": "token of the page",
                "verify_token": "verify me",
                **values,
            }
        )

    def _sign(self, body, secret=SECRET):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return f"sha256={digest}"

    def _message(self, text="My printer is broken.", **message):
        """Return the body of the delivery of a message."""
        self.count += 1
        said = {"mid": f"m_{self.id()}{self.count}", "text": text, **message}
        now = int(fields.Datetime.now().timestamp() * 1000)
        one = {"sender": {"id": SENDER}, "recipient": {"id": "4711"}}
        return self._entry(messaging=[{**one, "timestamp": now, "message": said}])

    def _comment(self, text="Where is it?", **value):
        """Return the body of the delivery of a comment on a post of the page."""
        self.count += 1
        value = {
            "item": "comment",
            "verb": "add",
            "from": {"id": SENDER, "name": "Grete Weber"},
            "post_id": "4711_1",
            "comment_id": f"1_{self.count}",
            "message": text,
            **value,
        }
        return self._entry(changes=[{"field": "feed", "value": value}])

    def _entry(self, page="4711", **parts):
        entry = {"id": page, "time": 1, **parts}
        return json.dumps({"object": "page", "entry": [entry]}).encode()

    @contextmanager
    def _committing(self):
        with (
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
            self.mock_mail_gateway(),
        ):
            yield self.env(cr=cr)
        self.env.invalidate_all()  # what another cursor wrote

    def _deliver(self, *bodies):
        """Deliver bodies as Facebook does and deal with them as the cron does.

        :return: `helpdesk.ticket` of the page's channel, the first one first
        """
        for body in bodies:
            self.assertTrue(self.events._receive(body, self._sign(body)))
        with self._committing() as env:
            env["helpdesk.facebook.event"]._cron_process()
        return self._get_tickets()

    def _get_tickets(self):
        channel = self.env.ref("helpdesk_facebook.channel_facebook")
        return self.env["helpdesk.ticket"].search(
            [("channel_id", "=", channel.id)], order="id"
        )

    def _send(self):
        """Send what waits as the cron does."""
        with self._committing() as env:
            env["helpdesk.facebook.delivery"]._cron_send()

    def _reply(self, ticket, body="Please restart it.", **kwargs):
        """Answer a ticket as the agent does, and send it."""
        self._send()  # what the ticket said by itself
        self.graph.calls.clear()
        message = ticket.with_user(self.agent).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **kwargs,
        )
        self._send()
        return message
