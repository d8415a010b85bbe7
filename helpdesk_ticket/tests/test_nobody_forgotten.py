from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.team import helpdesk_team
from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestNobodyForgotten(TicketCommon):
    """Nothing waits where nobody looks, and nobody is told what is not theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})

    def test_T10_no_activity_for_who_may_not_read(self):
        hidden = self.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "member_ids": [(6, 0, self.manager.ids)],
                "visibility": "members",
            }
        )
        ticket = self._create_ticket(team_id=hidden.id, user_id=self.manager.id)
        ticket = ticket.with_user(self.manager)

        def schedule(user):
            return ticket.activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id
            )

        with self.assertRaisesRegex(ValidationError, "not allowed to see"):
            schedule(self.colleague)
        activity = schedule(self.manager)
        with self.assertRaisesRegex(ValidationError, "not allowed to see"):
            activity.user_id = self.colleague
        activity.user_id = self.manager

    def test_T10_a_team_that_nobody_is_left_in(self):
        team, other = self.env["helpdesk.team"].create(
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "member_ids": [(6, 0, people.ids)],
                }
                for name, people in (
                    ("One", self.colleague),
                    ("Two", self.colleague + self.agent),
                )
            ]
        )
        waiting = self._create_ticket(team_id=team.id)
        elsewhere = self._create_ticket(team_id=other.id)
        with self.mock_mail_gateway():
            self.colleague.active = False
        told = [m for m in self._mails if self.manager.email in str(m["email_to"])]
        self.assertIn(waiting.number, str(told))
        self.assertNotIn(elsewhere.number, str(told))

    def test_T10_a_long_queue_is_not_listed_whole(self):
        self.team.member_ids = self.colleague
        tickets = [self._create_ticket() for _number in range(3)]
        with patch.object(helpdesk_team, "LISTED", 2), self.mock_mail_gateway():
            self.colleague.active = False
        (told,) = [m for m in self._mails if self.manager.email in str(m["email_to"])]
        named = [one.number for one in tickets if one.number in told["body"]]
        self.assertEqual(len(named), 2)
        self.assertIn("…", told["body"])

    def test_T09_a_contact_who_does_not_follow(self):
        ticket = self._create_ticket()
        ticket.with_user(self.agent).message_unsubscribe(self.anna.ids)
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertIn("does not follow", "".join(ticket.message_ids.mapped("body")))
        named = self._create_ticket()
        named.with_user(self.agent).message_unsubscribe(self.anna.ids)
        with self.mock_mail_gateway():
            named.with_user(self.agent).message_post(
                body="Answer",
                message_type="comment",
                partner_ids=self.anna.ids,
                subtype_xmlid="mail.mt_comment",
            )
        self.assertNotIn("does not follow", "".join(named.message_ids.mapped("body")))

    def test_T12_a_project_without_timesheets_says_so(self):
        project = self.env["project.project"].create(
            {
                "name": "Rollout",
                "allow_timesheets": False,
                "company_id": self.company.id,
            }
        )
        ticket = self._create_ticket(project_id=project.id)
        self.env["hr.employee"].create(
            {"name": "A", "user_id": self.agent.id, "company_id": self.company.id}
        )
        self.agent.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_user")
        lines = self.agent_env["account.analytic.line"]
        with self.assertRaisesRegex(UserError, "Rollout"):
            lines.create({"name": "x", "helpdesk_ticket_id": ticket.id})

    def test_T09_words_of_a_stage_in_one_language(self):
        """Customers of other languages read our usual words, not those."""
        self.env["res.lang"]._activate_lang("de_DE")
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "Ordered", "state": "waiting"}
        )
        german = stage.with_context(lang="de_DE")
        made = german.create(
            {"name": "Bestellt", "state": "waiting", "customer_text": "Bestellt."}
        )
        german.customer_text = "Bestellt."
        for one in (stage, made):
            self.assertEqual(one.with_context(lang="de_DE").customer_text, "Bestellt.")
            self.assertFalse(one.with_context(lang="en_US").customer_text)
        stage.with_context(lang="en_US").customer_text = "Ordered."
        german.customer_text = "Ist bestellt."
        self.assertEqual(stage.with_context(lang="en_US").customer_text, "Ordered.")

    # -- requests that wait (C07) ----------------------------------------------

    def _hold(self, contact=None):
        self.customer.write(
            {"primary_contact_id": self.anna.id, "helpdesk_primary_contact_only": True}
        )
        with self.mock_mail_gateway():
            self._mail_in("Please", email_from="Bernd <bernd@huber.example>")
        return self.env["helpdesk.ticket.request"].search(
            [("partner_id", "=", self.bernd.id)]
        )

    def test_K11_requests_stay_with_the_customer(self):
        request = self._hold()
        rita = self.env["res.partner"].create(
            {"name": "Rita", "email": "rita@r.example", "parent_id": self.rival.id}
        )
        self.rival.primary_contact_id = rita
        with self.mock_mail_gateway():
            self.bernd.parent_id = self.rival
        self.assertFalse(request._get_requests_of(rita))
        self.assertEqual(request._get_requests_of(self.anna), request)
        self.assertEqual(request.primary_contact_id, self.anna)

    def test_C07_templates_that_fail_lose_no_request(self):
        for name in ("held", "approval"):
            template = self.env.ref(f"helpdesk_ticket.mail_template_request_{name}")
            template.body_html = '<p t-out="1 / 0"/>'
        logger = "odoo.addons.helpdesk_ticket.models.intake.approval"
        with mute_logger(logger, "odoo.addons.mail.models.mail_render_mixin"):
            request = self._hold()
        self.assertEqual(request.state, "held")
        self.assertFalse(request.is_explained)
