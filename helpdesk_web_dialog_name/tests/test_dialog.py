from odoo.tests import HttpCase, tagged

# Seconds that a tour may take on a machine that is busy with something else.
TOUR = 900


@tagged("post_install", "-at_install")
class TestDialog(HttpCase):
    """Screen readers say what a dialog is about."""

    def test_tour_of_a_dialog(self):
        self.start_tour(
            "/odoo/action-base.action_res_users",
            "helpdesk_web_dialog_name",
            login="admin",
            timeout=TOUR,
        )
