from odoo.tests import HttpCase, new_test_user, tagged


class ColumnsCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "columns-manager",
            groups="helpdesk_contact.group_helpdesk_manager",
            email="columns-manager@helpdesk.example",
        )


@tagged("post_install", "-at_install")
class TestSmallScreen(ColumnsCase):
    """T05: the subject can be read where the window is small."""

    browser_size = "900x700"

    def test_T05_subject_keeps_its_place(self):
        self.env["helpdesk.ticket"].create({"name": "The printer is broken"})
        self.start_tour(
            "/odoo/action-helpdesk_ticket.action_helpdesk_ticket",
            "helpdesk_columns",
            login=self.manager.login,
        )


@tagged("post_install", "-at_install")
class TestNothingPromised(ColumnsCase):
    """T25: a service level shows the hours that it promises and no 00:00."""

    def test_T25_nothing_promised(self):
        self.env["helpdesk.sla"].search([]).action_archive()
        level = self.env["helpdesk.sla"].create(
            {"name": "Tour", "answer_hours": 4, "action_hours": 8}
        )
        self.start_tour(
            "/odoo/action-helpdesk_ticket.action_helpdesk_sla",
            "helpdesk_nothing_promised",
            login=self.manager.login,
        )
        self.assertFalse(level.answer_hours)
