from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.test_self_check import SelfCheckCommon

from .common import FacebookCommon


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon, FacebookCommon):
    """M04: what Facebook said last of each page (K04)."""

    def test_pages(self):
        name = f"Facebook page {self.page.name}"
        row = self._check_state(name, "fine")
        self.assertEqual(row.action_open()["res_id"], self.page.id)
        self._create_page("4712", company_id=self.other_company.id)
        self.assertFalse(self._find("Facebook page Page 4712"))
        self.events.create(
            {
                "external_id": "1",
                "kind": "message",
                "page_id": self.page.id,
                "state": "failed",
            }
        )
        row = self._check_state(name, "attention", "1")
        self.assertEqual(row.action_open()["context"], {"search_default_failed": 1})
        self.page.error = "The token has expired."
        self._check_state(name, "broken", "expired")
        self.page.active = False
        self._check_state("Facebook pages", "unset")
