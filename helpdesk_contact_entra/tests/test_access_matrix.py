from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_matrix import ROLES, AccessMatrixTests
from odoo.addons.helpdesk_contact.tests.common import ContactCommon


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixTests, ContactCommon):
    """What each role may do with directories and their logs (C11)."""

    addon = "helpdesk_contact_entra"
    roles = {role: group for role, group in ROLES.items() if role != "Accountant"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.directories = {
            company: cls.env["helpdesk.entra.connection"].create(
                cls._directory_values(company)
            )
            for company in cls.company + cls.other_company
        }
        cls.runs = {
            company: cls.env["helpdesk.entra.run"].create(
                {"connection_id": directory.id, "kind": "first"}
            )
            for company, directory in cls.directories.items()
        }

    @classmethod
    def _directory_values(cls, company):
        return {
            "name": "Directory",
            "company_id": company.id,
            "partner_id": cls.customer.id,
            "tenant": "tenant.example",
            "client_id": "client",
        }

    def _kinds_helpdesk_entra_connection(self):
        return self._both(self._directory_values)

    def _kinds_helpdesk_entra_group(self):
        return self._of_directories({"name": "Group", "external_id": "group"})

    def _kinds_helpdesk_entra_mapping(self):
        return self._of_directories({"source": "employeeId", "target": "ref"})

    def _kinds_helpdesk_entra_user(self):
        return self._of_directories({"external_id": "user"})

    def _kinds_helpdesk_entra_run(self):
        return self._of_directories({"kind": "first"})

    def _kinds_helpdesk_entra_run_line(self):
        return self._both(
            lambda company: {
                "name": "Anna",
                "run_id": self.runs[company].id,
                "action": "create",
            }
        )

    def _of_directories(self, values):
        return self._both(
            lambda company: {**values, "connection_id": self.directories[company].id}
        )

    def _fresh(self, model, values):
        number = next(self.numbers)
        if "external_id" in values:
            return {**values, "external_id": f"{values['external_id']}{number}"}
        if model == "helpdesk.entra.mapping":
            connection = self.env["helpdesk.entra.connection"].browse(
                values["connection_id"]
            )
            copied = connection.copy(
                {"mapping_ids": [(0, 0, {"source": "mail", "target": "email"})]}
            )
            return {**values, "connection_id": copied.id}
        return values

    def test_secrets_are_the_administrators_own(self):
        """No other role reads the secret, filters by it, or starts anything."""
        directory = self.directories[self.company]
        directory.client_secret = "hidden"
        for role in ("Manager", "User", "Employee", "Portal"):
            mine = directory.with_user(self.users[role])
            with self.subTest(role=role):
                for attempt in (
                    lambda mine=mine: mine.read(["client_secret"]),
                    lambda mine=mine: mine.search([("client_secret", "like", "h")]),
                    mine.action_test,
                    mine.action_preview,
                    mine.action_synchronize,
                    mine.action_dry_run,
                    mine.action_read_all,
                    mine.action_load_groups,
                ):
                    with self.assertRaises(AccessError):
                        attempt()
        mine = directory.with_user(self.users["Administrator"])
        self.assertNotIn("hidden", mine.read(["client_secret"])[0]["client_secret"])
        with self.assertRaises(AccessError):
            mine.read(["kept_client_secret"])
        self.assertFalse(directory.copy().client_secret)
