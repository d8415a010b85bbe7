from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_matrix import AccessMatrixTests

from .common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixTests, MonitoringCommon):
    """What each role may do with monitoring programs and their alarms."""

    addon = "helpdesk_device_monitoring"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls._create_user(
            "other-manager",
            "helpdesk_contact.group_helpdesk_manager",
            company=cls.other_company,
        )
        cls.sources = {
            cls.company: cls.source,
            cls.other_company: cls._create_source(
                company_id=cls.other_company.id, user_id=people.id
            ),
        }

    def _kinds_helpdesk_monitoring_source(self):
        return self._both(
            lambda company: {
                "name": "Program",
                "kind": "generic",
                "company_id": company.id,
                "user_id": self.sources[company].user_id.id,
            }
        )

    def _kinds_helpdesk_monitoring_alarm(self):
        return self._both(
            lambda company: {
                "name": "Disk full",
                "fingerprint": f"f{next(self.numbers)}",
                "source_id": self.sources[company].id,
            }
        )

    def _fresh(self, model, values):
        fresh = super()._fresh(model, values)
        if "fingerprint" in fresh:
            fresh["fingerprint"] = f"f{next(self.numbers)}"
        return fresh
