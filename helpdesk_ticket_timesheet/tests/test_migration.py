from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.common import TicketCommon

SCRIPT = "migrations/19.0.1.7.0/pre-timesheet.py"
ADDON = "helpdesk_ticket_timesheet"


@tagged("post_install", "-at_install")
class TestMigration(TicketCommon):
    """The time on tickets, when helpdesk_ticket had it, goes to this addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(__file__).parents[2] / "helpdesk_ticket"
        cls.script = load_script(str(folder / SCRIPT), "helpdesk_ticket_pre_timesheet")

    def _get_fields(self):
        """Return the external ids of the fields as {name: owner}."""
        found = self.env["ir.model.data"].search(
            [
                ("model", "=", "ir.model.fields"),
                ("module", "in", ["helpdesk_ticket", ADDON]),
                "|",
                ("name", "like", "%\\_\\_hours\\_spent"),
                ("name", "=", "field_account_analytic_line__helpdesk_ticket_id"),
            ]
        )
        return {row.name: row.module for row in found}

    def _make_old(self, state):
        """Let everything belong to helpdesk_ticket, as before 19.0.1.7.0."""
        self.env.cr.execute(
            """
            DELETE FROM ir_model_data AS known
             WHERE module = %(addon)s
               AND EXISTS (SELECT FROM ir_model_data AS other
                            WHERE other.module = 'helpdesk_ticket'
                              AND other.name = known.name);
            UPDATE ir_model_data SET module = 'helpdesk_ticket'
             WHERE module = %(addon)s;
            UPDATE ir_module_module SET state = %(state)s WHERE name = %(addon)s;
            """,
            {"addon": ADDON, "state": state},
        )
        self.env.invalidate_all()

    def _get_state(self):
        self.env.invalidate_all()
        return self.env["ir.module.module"].search([("name", "=", ADDON)]).state

    def test_fields_change_their_owner_and_the_addon_is_installed(self):
        before = self._get_fields()
        self.assertEqual(len(before), 3)
        self._make_old("uninstalled")
        self.assertEqual(set(self._get_fields().values()), {"helpdesk_ticket"})
        self.script.migrate(self.env.cr, "19.0.1.6.0")
        self.assertEqual(self._get_state(), "to install")
        self.assertEqual(self._get_fields(), before)

    def test_what_it_does_not_know_stays(self):
        """Also a second time, and where the addon is there already."""
        mine = self.env["ir.model.data"].create(
            {
                "module": "helpdesk_ticket",
                "name": "hours_of_somebody",
                "model": "res.partner",
                "res_id": self.customer.id,
            }
        )
        for _time in range(2):
            self.script.migrate(self.env.cr, "19.0.1.6.0")
        self.env.invalidate_all()
        self.assertEqual(mine.module, "helpdesk_ticket")
        self.assertEqual(self._get_state(), "installed")

    def test_hours_are_kept_where_the_addon_is_missing(self):
        before = self._get_fields()
        self._make_old("uninstalled")
        self.env["ir.module.module"].search([("name", "=", ADDON)]).name = "elsewhere"
        self.env.flush_all()
        with self.assertLogs(level="WARNING") as logs:
            self.script.migrate(self.env.cr, "19.0.1.6.0")
        self.assertIn(ADDON, logs.output[0])
        self.env.invalidate_all()
        self.assertEqual(self._get_fields(), before)
