from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact import cleaning
from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..models import helpdesk_monitoring_alarm
from .common import MonitoringCommon

ROOT = "/helpdesk/monitoring/v1"
ALARM = {"host": "pc-017", "subject": "Disk <b>full</b>", "status": "problem"}
END = {**ALARM, "status": "ok"}


@tagged("post_install", "-at_install")
class TestMonitoring(MonitoringCommon, PatientHttpCase):
    """Alarms that monitoring programs deliver become tickets (C12, K01)."""

    def _deliver(self, members, token=None, path="", **options):
        headers = options.pop("headers", {})
        if token != "":
            headers = {"Authorization": f"Bearer {token or self.key}", **headers}
        if "data" not in options:
            options["json"] = members
        with self.mock_mail_gateway():
            return self.url_open(
                f"{ROOT}{path}", headers=headers, method="POST", **options
            )

    def _check_error(self, answer, status, code):
        self.assertEqual(answer.status_code, status, answer.text[:500])
        error = answer.json()["error"]
        self.assertEqual(error["code"], code)
        self.assertTrue(error["message"])
        self.assertNotIn("session_id", answer.cookies)
        return error

    def _get_alarm(self):
        return self.env["helpdesk.monitoring.alarm"].search([])

    def test_one_ticket_until_it_ends(self):
        answer = self._deliver({**ALARM, "text": "98 % of C:"})
        self.assertEqual(answer.status_code, 200, answer.text)
        ticket = self._get_tickets()
        self.assertEqual(answer.json()["tickets"], [ticket.number])
        self.assertEqual(ticket.name, "Disk <b>full</b>")
        self.assertIn("98 % of C:", ticket.description)
        self.assertEqual(ticket.device_id, self.device)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.team_id, self.team)
        self.assertFalse(self._mails, "nobody is told of alarms unasked")

        count = len(ticket.message_ids)
        self._deliver({**ALARM, "text": "99 % of C:"})
        self.assertEqual(self._get_tickets(), ticket)
        note = ticket.message_ids - ticket.message_ids[-count:]
        self.assertEqual(len(note), 1)
        self.assertIn("99 % of C:", note.body)
        self.assertTrue(note.is_internal)
        self.assertEqual(self._get_alarm().count, 2)
        self.assertEqual(self.source.last_date, self._get_alarm().last_date)

        self._deliver(END)
        self.assertTrue(ticket.is_open)
        self.assertIn("The alarm ended", ticket.message_ids[0].body)
        self.assertEqual(self._get_alarm().state, "ended")
        ticket.with_user(self.agent).action_close()
        self._deliver(END)
        self.assertEqual(self._get_tickets(), ticket)
        self._deliver(ALARM)
        self.assertEqual(len(self._get_tickets()), 2, "it began again")
        self.assertEqual(self._get_alarm().state, "open")

    def test_all_that_ended_is_forgotten(self):
        """I2: in parts, and however many there are; what goes on stays."""
        for number in range(4):
            self._deliver({**ALARM, "subject": f"Disk {number}"})
        for number in range(3):
            self._deliver({**END, "subject": f"Disk {number}"})
        self.patch(helpdesk_monitoring_alarm, "KEPT_DAYS", -1)
        self.patch(cleaning, "GC_UNLINK_LIMIT", 2)
        self.assertEqual(self._get_alarm()._gc_alarms(), (2, True))
        self.assertEqual(self._get_alarm()._gc_alarms(), (1, False))
        self.assertEqual(self._get_alarm().state, "open")

    def test_end_closes_if_chosen(self):
        self.source.write({"end_action": "close", "acknowledges": True})
        self._deliver(ALARM)
        self.assertIn(self.anna.email, str(self._mails))
        self._deliver(END)
        self.assertFalse(self._get_tickets().is_open)
        # the end of what nobody knows opens nothing
        self._deliver({**END, "subject": "Something else"})
        self.assertEqual(len(self._get_alarm()), 1)

    def test_alarm_is_one_row(self):
        """The database holds each alarm once, whoever delivers it meanwhile."""
        self._deliver(ALARM)
        alarm = self._get_alarm()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            alarm.create(
                {"source_id": self.source.id, "fingerprint": alarm.fingerprint}
            )
            self.env.flush_all()

    def test_unknown_host(self):
        """Without a customer it is held, with the reason, until somebody decides."""
        unknown = {**ALARM, "host": "SRV_1"}
        answer = self._deliver(unknown)
        self.assertEqual((answer.status_code, answer.json()["held"]), (200, 1))
        self._deliver({**unknown, "subject": "Another"})
        self.assertFalse(self._get_tickets())
        alarms = self._get_alarm()
        self.assertEqual(set(alarms.mapped("state")), {"held"})
        self.assertIn("SRV_1", alarms[0].reason)
        self.assertEqual(self.source.activity_ids.user_id, self.manager)
        self.assertEqual(len(self.source.activity_ids), 1)
        self._deliver({**unknown, "status": "ok"})
        self.assertEqual(set(alarms.mapped("state")), {"held"})
        self.device.monitoring_name = "srv_1"
        alarms.with_user(self.manager).action_open_ticket()
        self.assertEqual(len(self._get_tickets()), 2)
        self.assertEqual(self._get_tickets().device_id, self.device)
        # the underscore is no wildcard
        self._deliver({**ALARM, "host": "srvX1"})
        self.assertEqual(len(self._get_tickets()), 2)

    def test_customer_of_the_source(self):
        self.source.customer_id = self.customer
        self._deliver({**ALARM, "host": ""})
        self.assertEqual(self._get_tickets().partner_id, self.customer)
        self.assertFalse(self._get_tickets().device_id)

    def test_same_name_twice(self):
        """Of two customers with a PC-017 each, the source's own one is meant."""
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.device.copy(
            {"name": "PC-017 (Other)", "contact_id": False, "customer_id": other.id}
        ).host_name = "PC-017"
        self._deliver(ALARM)
        self.assertEqual(self._get_alarm().state, "held")
        self.source.customer_id = self.customer
        self._deliver(ALARM)
        self.assertEqual(self._get_tickets().device_id, self.device)

    def test_device_of_another_company(self):
        self.device.company_id = self.other_company
        self._deliver(ALARM)
        self.assertFalse(self._get_tickets())
        self.assertFalse(self._get_alarm().device_id)

    def test_token_in_the_address_and_rotation(self):
        """A new token replaces the old one when it is used, not before."""
        context = self.source.with_user(self.manager).action_make_token()["context"]
        new = context["default_token"]
        self.assertTrue(context["default_address"].endswith(ROOT))
        stored = self.source.sudo().read()[0]
        self.assertNotIn(new, str(stored))
        for token in (self.key, new):
            answer = self._deliver(ALARM, token="", path=f"/{token}")
            self.assertEqual(answer.status_code, 200, answer.text)
        self._check_error(self._deliver(ALARM), 401, "token_unknown")

    @mute_logger("odoo.http")
    def test_nobody_gets_in(self):
        """A missing, wrong or revoked token and an archived source: one answer."""
        errors = [self._deliver(ALARM, token=""), self._deliver(ALARM, token="hm_x")]
        errors.append(self._deliver(ALARM, token=self.token))  # a device's
        self.source.active = False
        errors.append(self._deliver(ALARM))
        self.source.active = True
        self.source.with_user(self.manager).action_revoke_token()
        errors.append(self._deliver(ALARM))
        user = self._create_portal_user(self.anna)
        self.authenticate(user.login, user.login)
        errors.append(self._deliver(ALARM, token=""))
        self.logout()
        for answer in errors:
            self._check_error(answer, 401, "token_unknown")
        self.assertEqual(len({answer.text for answer in errors}), 1)
        self.assertFalse(self._get_tickets())
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_monitoring_wrong", "1"
        )
        self._check_error(self._deliver(ALARM, token="hm_x"), 429, "too_many")

    @mute_logger("odoo.http")
    def test_bad_input(self):
        """One code and one sentence for each; nothing is opened (rel-C7)."""
        for data, status, code in (
            (b"{", 400, "not_readable"),
            (b"[]", 400, "not_readable"),
            (b'{"status": "problem"}', 400, "not_readable"),
            (b" " * (1024 * 1024 + 1), 413, "too_large"),
        ):
            with self.subTest(data=data[:20]):
                self._check_error(self._deliver(None, data=data), status, code)
        self.source.kind = "zabbix"
        error = self._check_error(self._deliver(ALARM), 400, "not_readable")
        self.assertIn("Zabbix", error["message"])
        self.assertFalse(self._get_tickets())

    @mute_logger("odoo.http")
    def test_what_cannot_be_read_is_kept(self):
        """A wrong kind chosen: told once, nothing is lost, and somebody decides."""
        self.source.kind = "zabbix"
        for members in (ALARM, ALARM, {"a": "\0\ud800"}):
            self._check_error(self._deliver(members), 400, "not_readable")
        alarms = self._get_alarm().sorted("count")
        self.assertEqual(alarms.mapped("state"), ["held", "held"])
        self.assertEqual(alarms.mapped("count"), [1, 2])
        self.assertIn("Disk <b>full</b>", alarms[1].text)
        self.assertIn("Zabbix", alarms[1].reason)
        self.assertEqual(self.source.activity_ids.user_id, self.manager)
        self.assertEqual(len(self.source.activity_ids), 1)
        self.source.customer_id = self.customer
        alarms[1].with_user(self.manager).action_open_ticket()
        self.assertEqual(self._get_tickets().customer_id, self.customer)
        self.assertTrue(self.source.activity_ids)
        alarms[0].with_user(self.manager).action_discard()
        self.assertEqual(alarms[0].state, "ended")
        self.assertFalse(self.source.activity_ids)
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_monitoring_unreadable", "3"
        )
        self._check_error(self._deliver({"b": 1}), 400, "not_readable")
        self.assertEqual(len(self._get_alarm()), 2)

    def test_limits(self):
        """rel-H4: what is too much for tickets is held, what is too often refused."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("helpdesk_ticket.limit_monitoring_ticket", "1")
        for number in range(3):
            self._deliver({**ALARM, "id": str(number)})
        self.assertEqual(len(self._get_tickets()), 1)
        self.assertEqual(
            self._get_alarm().mapped("state").count("held"), 2, "nothing is lost"
        )
        parameters.set_param("helpdesk_ticket.limit_monitoring_call", "3")
        answer = self._deliver(ALARM)
        self._check_error(answer, 429, "too_many")
        self.assertTrue(int(answer.headers["Retry-After"]))

    def test_others_make_no_tokens(self):
        """Only managers, of their own company only, and nobody reads a hash."""
        foreign = self._create_source(
            company_id=self.other_company.id, user_id=self.env.user.id
        )
        held = self.env["helpdesk.monitoring.alarm"].create(
            {"source_id": foreign.id, "fingerprint": "x", "state": "held"}
        )
        portal = self._create_portal_user(self.anna)
        for user, source in (
            (self.agent, self.source),
            (portal, self.source),
            (self.manager, foreign),
        ):
            with self.subTest(user=user.login):
                for method in ("action_make_token", "action_revoke_token"):
                    with self.assertRaises(AccessError):
                        getattr(source.with_user(user), method)()
                with self.assertRaises(AccessError):
                    held.with_user(user).action_open_ticket()
                with self.assertRaises(AccessError):
                    held.with_user(user).action_discard()
        for name in ("token_hash", "next_token_hash"):
            with self.assertRaises(AccessError):
                self.source.with_user(self.manager).read([name])
            with self.assertRaises(AccessError):
                self.source.with_user(self.manager).write({name: "x"})
