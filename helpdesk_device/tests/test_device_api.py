import base64
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import DeviceCommon

ROOT = "/helpdesk/device/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
REQUEST = {"request_id": "8d1f2a60-0001", "text": "It <b>blinks</b>.\nSince Monday."}


@tagged("post_install", "-at_install")
class TestDeviceApi(DeviceCommon, PatientHttpCase):
    """What programs on workstations say, and what they are told (C12, C03)."""

    def _ask(self, path, members=None, token=None, **options):
        headers = options.pop("headers", {})
        if token != "":
            headers = {"Authorization": f"Bearer {token or self.token}", **headers}
        if members is not None:
            options.update(json=members, method="POST")
        return self.url_open(f"{ROOT}/{path}", headers=headers, **options)

    def _check_error(self, answer, status, code):
        self.assertEqual(answer.status_code, status, answer.text[:500])
        error = answer.json()["error"]
        self.assertEqual(error["code"], code)
        self.assertTrue(error["message"])
        self.assertNotIn("Traceback", answer.text)
        self.assertNotIn("session_id", answer.cookies)
        return error

    def test_from_code_to_ticket(self):
        self.company.helpdesk_sender_address = "support@helpdesk.example"
        code = self._make_code(self.bernd)
        machine = {"name": "PC-020", "os": "Windows 11", "facts": {"ip": "10.0.0.7"}}
        answer = self._ask("enrol", {"code": code, **machine}, token="")
        self.assertEqual(answer.status_code, 201, answer.text)
        self.assertEqual(answer.json()["device"]["contact"], "Bernd Maier")
        token = answer.json()["token"]
        again = self._ask("enrol", {"code": code, **machine}, token="")
        self._check_error(again, 403, "code_invalid")

        sent = {
            **REQUEST,
            "reporter": "bmaier",
            "written_at": "2026-11-28T22:54:00Z",
            "screenshot": {"content": base64.b64encode(PNG).decode()},
            "facts": {"disk_free": 12.5},
        }
        with self.mock_mail_gateway():
            answer = self._ask("tickets", sent, token=token)
        self.assertEqual(answer.status_code, 201, answer.text)
        number = answer.json()["ticket"]["number"]
        ticket = self.env["helpdesk.ticket"].search([("number", "=", number)])
        self.assertEqual(ticket.partner_id, self.bernd)
        self.assertEqual(ticket.device_id.host_name, "PC-020")
        self.assertEqual(ticket.device_id.operating_system, "Windows 11")
        channel = self.env.ref("helpdesk_ticket.channel_hotkey")
        self.assertEqual(ticket.channel_id, channel)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.name, "It <b>blinks</b>.")
        self.assertIn("&lt;b&gt;blinks", ticket.description)
        self.assertEqual(ticket._get_public_files()[ticket.id].raw, PNG)
        self.assertIn(self.bernd.email, str(self._mails))
        note = ticket.message_ids.filtered(lambda m: "disk_free" in (m.body or ""))
        self.assertTrue(note.is_internal or note.subtype_id.internal)
        self.assertIn("bmaier", note.body)

        again = self._ask("tickets", sent, token=token)
        self.assertEqual(again.status_code, 200)
        self.assertEqual(again.json()["ticket"]["number"], number)
        listed = self._ask("tickets?open=1", token=token).json()["tickets"]
        self.assertEqual([one["number"] for one in listed], [number])
        # another device of the same customer sees nothing of it
        self.assertEqual(self._ask("tickets").json()["tickets"], [])

    def test_only_the_primary_contact_opens_tickets(self):
        """C07: nothing is lost, and whoever decides gets the picture, too."""
        self.bernd.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        picture = {"content": base64.b64encode(PNG).decode()}
        with self.mock_mail_gateway():
            answer = self._ask("tickets", {**REQUEST, "screenshot": picture})
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertIn("Bernd Maier", answer.json()["message"])
        held = self.env["helpdesk.ticket.request"].search([], limit=1)
        self.assertEqual(held.partner_id, self.anna)
        self.assertEqual(self._ask("tickets", REQUEST).status_code, 202)
        with self.mock_mail_gateway():
            held.with_user(self.agent).action_accept()
        self.assertEqual(held.ticket_id.device_id, self.device)
        files = held.ticket_id._get_public_files()[held.ticket_id.id]
        self.assertEqual(files.raw, PNG)
        later = self._ask("tickets", REQUEST)
        self.assertEqual(later.status_code, 200)
        self.assertEqual(later.json()["ticket"]["number"], held.ticket_id.number)

    def test_heartbeat_and_rotation(self):
        machine = {"os": "Debian 13", "facts": {"user": "anna\x00"}}
        answer = self._ask("heartbeat", machine)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertFalse(answer.json()["rotate"])
        self.assertEqual(self.device.operating_system, "Debian 13")
        self.assertEqual(self.device.facts, {"user": "anna"})
        self.assertTrue(self.device.last_seen)
        self.device.token_date = fields.Datetime.now() - timedelta(days=31)
        self.assertTrue(self._ask("heartbeat", {}).json()["rotate"])
        following = self._ask("rotate", {}).json()["token"]
        self.assertEqual(self._ask("heartbeat", {}, following).status_code, 200)
        self._check_error(self._ask("heartbeat", {}), 401, "token_unknown")
        self.device.token_date = fields.Datetime.now() - timedelta(days=366)
        for _time in range(2):
            late = self._ask("heartbeat", {}, following)
            self._check_error(late, 401, "token_expired")
        self.assertEqual(self._get_activities(self.manager), 1)
        self.device._issue_token()
        self.assertEqual(self._get_activities(self.manager), 0)

    def _get_activities(self, user):
        return len(self.device.activity_ids.filtered(lambda one: one.user_id == user))

    @mute_logger("odoo.http")
    def test_nobody_gets_in(self):
        """A revoked, foreign or missing token, a portal user's session: nothing."""
        self._check_error(self._ask("tickets", token=""), 401, "token_missing")
        wrong = self._ask("tickets", token="hd_wrong")
        self._check_error(wrong, 401, "token_unknown")
        self.assertEqual(wrong.headers["WWW-Authenticate"], "Bearer")
        user = self._create_portal_user(self.anna)
        self.authenticate(user.login, user.login)
        self._check_error(self._ask("tickets", token=""), 401, "token_missing")
        self.logout()
        self.device.with_user(self.agent).action_disconnect()
        refused = self._ask("tickets", REQUEST, headers={"Accept-Language": "de"})
        error = self._check_error(refused, 401, "token_unknown")
        if "de_DE" in dict(self.env["res.lang"].get_installed()):
            self.assertIn("nicht mehr verbunden", error["message"])
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_device_wrong", "1"
        )
        flood = self._ask("tickets", token="hd_wrong")
        self._check_error(flood, 429, "too_many")
        self.assertTrue(int(flood.headers["Retry-After"]))
        self.assertFalse(self.env["helpdesk.ticket"].search([("name", "=", "It")]))

    def test_bad_input(self):
        """One code and one sentence for each; nothing is opened."""
        count = self.env["helpdesk.ticket"].search_count([])
        large = base64.b64encode(PNG + b"0" * (8 * 1024 * 1024)).decode()
        picture = {"content": base64.b64encode(b"<svg/>").decode()}
        for members, status, code in (
            ({"text": "x"}, 422, "missing"),
            ({**REQUEST, "request_id": "../x"}, 422, "invalid"),
            ({**REQUEST, "text": " \n"}, 422, "missing"),
            ({**REQUEST, "text": ["x"]}, 422, "invalid"),
            ({**REQUEST, "subject": "x" * 201}, 422, "invalid"),
            ({**REQUEST, "written_at": "yesterday"}, 422, "invalid"),
            ({**REQUEST, "facts": {"a": {}}}, 422, "invalid"),
            ({**REQUEST, "screenshot": picture}, 422, "screenshot_invalid"),
            (
                {**REQUEST, "screenshot": {"content": large}},
                413,
                "screenshot_too_large",
            ),
            ([], 400, "not_json"),
        ):
            with self.subTest(code=code, members=str(members)[:200]):
                self._check_error(self._ask("tickets", members), status, code)
        json_type = {"Content-Type": "application/json"}
        for data, headers, status, code in (
            (b"{", json_type, 400, "not_json"),
            (b'{"text": "\xff"}', json_type, 400, "not_json"),
            (b"text=x", {}, 415, "not_json_type"),
            (b" " * (12 * 1024 * 1024 + 1), json_type, 413, "too_large"),
        ):
            with self.subTest(code=code, data=data[:20]):
                answer = self._ask("tickets", data=data, headers=headers)
                self._check_error(answer, status, code)
        self.device.write({"contact_id": False, "customer_id": False})
        self._check_error(self._ask("tickets", REQUEST), 403, "no_customer")
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), count)

    def test_limit_of_tickets(self):
        """rel-H4: the second one waits, and the first may be asked for again."""
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_device_ticket", "1"
        )
        self.assertEqual(self._ask("tickets", REQUEST).status_code, 201)
        other = self._ask("tickets", {**REQUEST, "request_id": "8d1f2a60-0002"})
        self._check_error(other, 429, "too_many")
        self.assertEqual(self._ask("tickets", REQUEST).status_code, 200)
