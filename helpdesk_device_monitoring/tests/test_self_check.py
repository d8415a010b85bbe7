from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.test_self_check import SelfCheckCommon

from .common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon, MonitoringCommon):
    """M04: which monitoring programs can deliver, and what waits (C12)."""

    def test_monitoring_programs(self):
        name = "Monitoring program Our monitoring"
        self._check_state(name, "attention", "not delivered")
        self.env["helpdesk.monitoring.alarm"].create(
            {"source_id": self.source.id, "fingerprint": "a", "state": "held"}
        )
        self.env.invalidate_all()
        self._check_state(name, "attention", "1")
        self.source.action_revoke_token()
        self._check_state(name, "attention", "no token")
        self.source.active = False
        self._check_state("Monitoring Programs", "unset")
