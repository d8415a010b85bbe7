import json

from odoo.tests import BaseCase, tagged

from ..alarm import END, INFO, PROBLEM, AlarmError, read_alarms

LABELS = {"alertname": "DiskFull", "instance": "pc-017:9100", "severity": "critical"}
ALERT = {
    "status": "firing",
    "labels": LABELS,
    "annotations": {"summary": "Disk full on pc-017", "description": "98 %"},
    "startsAt": "2026-11-29T05:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example:9090/graph",
    "fingerprint": "1a30ba71cca2921f",
}
GROUP = {
    "version": "4",
    "groupKey": '{}:{alertname="DiskFull"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "helpdesk",
    "groupLabels": {"alertname": "DiskFull"},
    "commonLabels": LABELS,
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example:9093",
}
ZABBIX = {
    "event_id": "4711",
    "trigger_id": "13565",
    "event_value": "1",
    "event_name": "Disk full on PC-017",
    "severity": "High",
    "host": "PC-017",
    "message": "98 %",
}
ICINGA = {
    "type": "Notification",
    "timestamp": 1764390000.0,
    "host": "PC-017",
    "service": "disk",
    "command": "helpdesk-notification",
    "users": ["helpdesk"],
    "notification_type": "PROBLEM",
    "author": "",
    "text": "",
    "check_result": {"state": 2, "output": "DISK CRITICAL - 98 %"},
}
KUMA = {
    "heartbeat": {
        "monitorID": 29,
        "status": 0,
        "time": "2026-11-29 05:00:00.000",
        "msg": "connect ECONNREFUSED",
        "important": True,
        "duration": 60,
    },
    "monitor": {"id": 29, "name": "Disk", "hostname": None, "url": "https://pc-017/x"},
    "msg": "[Disk] [Down] connect ECONNREFUSED",
}


@tagged("post_install", "-at_install")
class TestReading(BaseCase):
    """What each program documents is understood; anything else is refused."""

    def _read(self, kind, members):
        return read_alarms(kind, json.dumps(members).encode())

    def _read_one(self, kind, members):
        (alarm,) = self._read(kind, members)
        return alarm

    def _check(self, kind, begin, end, host="pc-017", word="98 %"):
        """Both words are about the same alarm."""
        first, last = self._read_one(kind, begin), self._read_one(kind, end)
        self.assertEqual(first.host.lower(), host)
        self.assertIn("disk", first.subject.lower())
        self.assertIn(word, first.text)
        self.assertEqual((first.status, last.status), (PROBLEM, END))
        self.assertEqual(first.fingerprint, last.fingerprint)
        return first

    def test_alertmanager(self):
        end = {**ALERT, "status": "resolved", "annotations": {"summary": "Disk: gone"}}
        group = {**GROUP, "alerts": [ALERT]}
        first = self._check("alertmanager", group, {**GROUP, "alerts": [end]})
        self.assertIn("severity: critical", first.text)
        other = {**ALERT, "labels": {**LABELS, "instance": "pc-018:9100"}}
        two = self._read("alertmanager", {**GROUP, "alerts": [ALERT, other, ALERT]})
        self.assertEqual(sorted(one.host for one in two), ["pc-017", "pc-018"])

    def test_zabbix(self):
        self._check("zabbix", ZABBIX, {**ZABBIX, "event_value": "0", "event_id": "1"})

    def test_icinga(self):
        end = {**ICINGA, "notification_type": "RECOVERY", "check_result": {}}
        self._check("icinga", ICINGA, end)
        other = {**ICINGA, "notification_type": "ACKNOWLEDGEMENT"}
        self.assertEqual(self._read_one("icinga", other).status, INFO)
        host = {**ICINGA, "service": None}
        self.assertEqual(self._read_one("icinga", host).subject, "PC-017")

    def test_uptime_kuma(self):
        end = {**KUMA, "heartbeat": {**KUMA["heartbeat"], "status": 1}}
        self._check("uptime_kuma", KUMA, end, word="ECONNREFUSED")
        pending = {**KUMA, "heartbeat": {**KUMA["heartbeat"], "status": 3}}
        self.assertEqual(self._read_one("uptime_kuma", pending).status, INFO)
        # its button Test, and a certificate that ends soon: neither has a monitor
        nothing = {"heartbeat": None, "monitor": None}
        self.assertFalse(
            self._read("uptime_kuma", {**nothing, "msg": "Helpdesk Testing"})
        )
        warning = self._read_one("uptime_kuma", {**nothing, "msg": "It expires"})
        self.assertEqual(warning.status, PROBLEM)

    def test_generic(self):
        alarm = {"host": "PC-017", "subject": "Disk full", "text": "98 %"}
        begin = {**alarm, "status": "problem"}
        self._check("generic", begin, {**alarm, "status": "OK"})
        named = self._read_one("generic", {**begin, "id": "x"})
        again = self._read_one("generic", {**begin, "id": "x", "subject": "99 %"})
        self.assertEqual(named.fingerprint, again.fingerprint)

    def test_anything_else(self):
        """rel-C4: what is no alarm is refused, whatever it is made of."""
        deep = b"[" * 100_000
        for kind in ("generic", "zabbix", "alertmanager", "icinga", "uptime_kuma"):
            for body in (b"", b"{", b"[]", b"{}", b"\xff", b'"x"', b"null", deep):
                with (
                    self.subTest(kind=kind, body=body[:20]),
                    self.assertRaises(AlarmError),
                ):
                    read_alarms(kind, body)
        for kind, members in (
            ("generic", {"status": "problem"}),
            ("generic", {"status": "fine", "host": "x"}),
            ("zabbix", {**ZABBIX, "event_value": "{EVENT.VALUE}"}),
            ("zabbix", {"event_value": "1"}),
            ("alertmanager", {"alerts": ["x"]}),
            ("alertmanager", {"alerts": [{**ALERT, "status": "x"}]}),
            ("alertmanager", {"alerts": [{**ALERT, "labels": "x"}]}),
            ("alertmanager", {"alerts": [ALERT] * 201}),
            ("icinga", {"notification_type": "PROBLEM"}),
            ("icinga", {**ICINGA, "check_result": "x"}),
            ("uptime_kuma", {**KUMA, "monitor": "x"}),
            ("uptime_kuma", {**KUMA, "heartbeat": {"status": True, "monitorID": 1}}),
        ):
            with (
                self.subTest(kind=kind, members=str(members)[:80]),
                self.assertRaises(AlarmError),
            ):
                self._read(kind, members)
        odd = {"host": "\x00a\ud800", "subject": "x" * 999, "status": "down"}
        alarm = self._read_one("generic", odd)
        self.assertEqual((alarm.host, len(alarm.subject)), ("a", 200))
