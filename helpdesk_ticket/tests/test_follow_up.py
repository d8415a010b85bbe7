from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.inside import Inside

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestFollowUp(TicketCommon):
    """T13: an answer to a closed ticket reopens it, or opens a follow-up ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"helpdesk_answer_to_closed": "follow_up", "helpdesk_reopen_days": 14}
        )
        cls.topic = cls.env["helpdesk.ticket.topic"].create({"name": "Printing"})
        cls.ticket = cls._create_ticket(topic_id=cls.topic.id)

    def _close(self, days, ticket=None, event="closed"):
        ticket = ticket or self.ticket
        ticket.with_context(helpdesk_closing_quiet=Inside())._move(event)
        for row in ticket.event_ids:
            row.moment -= timedelta(days=days)

    def _reply(self, ticket=None, **headers):
        """Answer the last mail of a ticket as its contact does."""
        ticket = ticket or self.ticket
        with self.mock_mail_gateway():
            answer = self._answer(ticket)
        with self.mock_mail_gateway():
            return self._mail_in(
                subject=f"Re: [{ticket.number}] Printer does not print",
                In_Reply_To=answer.message_id,
                **headers,
            )

    def test_T13_answer_in_time_reopens(self):
        self._close(days=13)
        self.assertEqual(self._reply(), self.ticket)
        self.assertEqual(self.ticket.state, "in_progress")

    def test_T13_setting_off_reopens_always(self):
        self.company.helpdesk_answer_to_closed = "reopen"
        self._close(days=1000)
        self.assertEqual(self._reply(), self.ticket)
        self.assertEqual(self.ticket.state, "in_progress")

    def test_T13_late_answer_opens_a_follow_up(self):
        self._close(days=15)
        follow_up = self._reply()
        self.assertRecordValues(
            follow_up,
            [
                {
                    "follow_up_of_id": self.ticket.id,
                    "name": self.ticket.name,
                    "partner_id": self.anna.id,
                    "customer_id": self.customer.id,
                    "team_id": self.team.id,
                    "topic_id": self.topic.id,
                    "state": "unread",
                    "user_id": False,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertNotEqual(follow_up.number, self.ticket.number)
        self.assertEqual(self.ticket.state, "closed")
        self.assertEqual(self.ticket.follow_up_ids, follow_up)

    def test_T13_the_mail_lands_in_the_follow_up_and_is_acknowledged(self):
        self._close(days=15)
        messages = self.ticket.message_ids
        follow_up = self._reply(body="It blinks again.")
        self.assertIn("It blinks again.", follow_up.description)
        mails = follow_up.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(mails.author_id, self.anna)
        news = (self.ticket.message_ids - messages).mapped("body")
        self.assertFalse([body for body in news if "It blinks again." in body])
        self.assertTrue([body for body in news if follow_up.number in body])
        (mail,) = [m for m in self._mails if self.anna.email in ",".join(m["email_to"])]
        self.assertIn(follow_up.number, mail["subject"])
        self.assertNotIn(self.ticket.number, mail["subject"])

    def test_T11_project_of_another_customer_stays_behind(self):
        """The project was sold, or who writes is another customer's: the answer gets
        its ticket."""
        other = self.env["res.partner"].create(
            {"name": "Other Works", "is_company": True}
        )
        project = self.env["project.project"].create({"name": "Relocation"})
        for owner, kept in ((self.customer, True), (other, False)):
            project.partner_id = False
            ticket = self._create_ticket(project_id=project.id)
            project.partner_id = owner
            self._close(days=15, ticket=ticket)
            with self.subTest(owner.name):
                follow_up = self._reply(ticket)
                self.assertEqual(follow_up.follow_up_of_id, ticket)
                self.assertEqual(follow_up.project_id == project, kept)

    def test_T13_second_late_answer_joins_the_follow_up(self):
        self._close(days=15)
        follow_up = self._reply()
        again = self._reply()
        self.assertEqual(again, follow_up)
        self._close(days=15, ticket=follow_up)
        third = self._reply()
        self.assertEqual(third.follow_up_of_id, follow_up)

    def test_T13_more_days_than_a_calendar_has(self):
        """A number that stands for ever stops no answer, and no link."""
        self.company.helpdesk_reopen_days = self.company.helpdesk_link_days = 2**31 - 1
        self._close(days=1000)
        self.assertFalse(self.ticket._needs_follow_up())
        self.assertTrue(self.ticket._has_living_links())

    def test_T13_zero_days_never_reopen(self):
        self.company.helpdesk_reopen_days = 0
        self._close(days=0.01)
        self.assertEqual(self._reply().follow_up_of_id, self.ticket)

    def test_T13_cancelled_ticket_alike(self):
        self._close(days=15, event="cancelled")
        self.assertEqual(self._reply().follow_up_of_id, self.ticket)

    def test_T13_open_ticket_is_left_alone(self):
        self.assertEqual(self._reply(), self.ticket)

    def test_T13_agents_and_automatic_answers_stay_on_the_closed_ticket(self):
        self._close(days=15)
        for headers in (
            {"email_from": self.agent.email_formatted},
            {"Auto_Submitted": "auto-replied"},
            {"Precedence": "auto_reply"},
            {"X_Autoreply": "yes"},
        ):
            with self.subTest(headers=headers):
                self.assertEqual(self._reply(**headers), self.ticket)
                self.assertEqual(self.ticket.state, "closed")
        self.assertFalse(self.ticket.follow_up_ids)

    def test_T13_answer_to_an_internal_note_opens_nothing(self):
        self._close(days=15)
        with self.mock_mail_gateway():
            note = self.ticket.with_user(self.agent).message_post(
                body="Who was there?", partner_ids=self.bernd.ids
            )
            same = self._mail_in(
                email_from=self.bernd.email_formatted, In_Reply_To=note.message_id
            )
        self.assertEqual(same, self.ticket)
        self.assertFalse(self.ticket.follow_up_ids)

    def test_T13_late_answer_on_another_channel_opens_a_follow_up(self):
        self._close(days=15)
        with self.mock_mail_gateway():
            self.ticket.message_post(
                body="From the portal",
                author_id=self.anna.id,
                attachments=[("log.txt", b"Error 49")],
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        follow_up = self.ticket.follow_up_ids
        self.assertIn("From the portal", follow_up.description)
        self.assertEqual(self.ticket.state, "closed")
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "helpdesk.ticket"), ("res_id", "=", follow_up.id)]
        )
        self.assertEqual(attachment.raw, b"Error 49")

    def test_T13_a_second_answer_in_the_portal_joins_the_follow_up(self):
        self._close(days=15)
        with self.mock_mail_gateway():
            for text in ("Again broken", "And it smokes"):
                self.ticket.message_post(
                    author_id=self.anna.id,
                    body=text,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
        follow_up = self.ticket.follow_up_ids
        self.assertEqual(len(follow_up), 1)
        self.assertIn("smokes", "".join(follow_up.message_ids.mapped("body")))
        self.assertEqual(follow_up.last_answer, "customer")

    def test_T13_agent_opens_a_follow_up(self):
        self._close(days=1)
        action = self.ticket.with_user(self.agent).action_create_follow_up()
        form = Form(self.agent_env["helpdesk.ticket"].with_context(**action["context"]))
        self.assertEqual(form.partner_id, self.anna)
        follow_up = form.save()
        self.assertEqual(follow_up.follow_up_of_id, self.ticket)
        self.assertEqual(follow_up.topic_id, self.topic)
        self.assertEqual(self.ticket.follow_up_count, 1)
        self.assertEqual(
            self.ticket.with_user(self.agent).action_view_follow_ups()["res_id"],
            follow_up.id,
        )

    def test_T13_open_ticket_needs_no_follow_up(self):
        with self.assertRaises(UserError) as error:
            self.ticket.with_user(self.agent).action_create_follow_up()
        self.assertIn("continue in it", str(error.exception))

    def test_T13_merged_ticket_goes_on_in_the_other(self):
        """Its follow-up would name a ticket on which nobody works any more."""
        other = self._create_ticket()
        self.ticket._merge_into(other)
        with self.assertRaisesRegex(RedirectWarning, other.number):
            self.ticket.with_user(self.agent).action_create_follow_up()

    def test_T13_no_circle_of_follow_ups(self):
        second = self._create_ticket(follow_up_of_id=self.ticket.id)
        with self.assertRaises(ValidationError):
            self.ticket.follow_up_of_id = second

    def test_T13_negative_days_are_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.helpdesk_reopen_days = -1
            self.env.flush_all()
