from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.test_self_check import SelfCheckCommon

from .common import DeviceCommon


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon, DeviceCommon):
    """M04: which devices are connected, and which were not seen (C12)."""

    def test_devices(self):
        self.device.last_seen = fields.Datetime.now()
        self._check_state("Devices", "fine", "1")
        self.device.last_seen -= timedelta(days=8)
        row = self._check_state("Devices", "attention", "7 days")
        self.assertEqual(row.action_open()["context"], {"search_default_silent": 1})
        self.device.company_id = self.other_company
        self._check_state("Devices", "unset")
