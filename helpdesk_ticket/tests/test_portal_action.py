from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestPortalAction(TicketCommon):
    """What customers do in the portal, and that they do no more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry_enter_test_mode_cls()  # what is counted goes with the test
        cls.user = cls._create_portal_user(cls.anna)
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)
        cls.ticket.message_subscribe(cls.agent.partner_id.ids)
        cls.tickets = cls.env(user=cls.user, context={})["helpdesk.ticket"]
        cls.mine = cls.tickets.browse(cls.ticket.id)
        cls.no_files = cls.env["ir.attachment"]
        cls.form = {"name": "No network", "description": "Since <today>."}

    def _open(self, files=None, **post):
        post = {**self.form, **post}
        ticket = self.tickets._open_from_portal(post, files or self.no_files)
        return self.env["helpdesk.ticket"].browse(ticket.id)

    def _last_answer(self):
        return self.ticket.message_ids.filtered(
            lambda message: message.message_type == "comment"
        )[:1]

    # -- open -------------------------------------------------------------------

    def test_C03_open(self):
        """rel-A6: all that a customer does not choose is ours to say."""
        with self.mock_mail_gateway():
            ticket = self._open(
                user_id=str(self.agent.id),
                stage_id="6",
                partner_id=str(self.bernd.id),
                team_id="1",
                company_id=str(self.other_company.id),
                severity_id=str(self.env["helpdesk.ticket.severity"].search([])[:1].id),
            )
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(ticket.company_id, self.company)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_portal")
        )
        self.assertEqual(ticket.state, "unread")
        self.assertFalse(ticket.user_id)
        self.assertFalse(ticket.severity_id)
        self.assertIn("Since &lt;today&gt;.", ticket.description)
        self.assertIn(self.anna, ticket.message_partner_ids)
        self.assertTrue(self._mails, "the opening is acknowledged")

    def test_C03_form_that_is_sent_twice(self):
        """A button that is pressed twice opens one ticket; nothing is taken for opened
        that was not kept."""
        ticket = self._open(name="Twice")
        self.assertEqual(self._open(name="Twice"), ticket)
        self.assertNotEqual(self._open(name="Another"), ticket)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._open(name="Failed")
            raise ZeroDivisionError
        again = self._open(name="Failed")
        self.assertTrue(again.exists())
        self.assertNotEqual(again, ticket)

    def test_C03_open_without_the_channel(self):
        """The entry of a list that a manager has deleted is missed by no customer."""
        self.env.ref("helpdesk_ticket.channel_portal").unlink()
        self.assertFalse(self._open().channel_id)

    def test_T04_severity_if_the_company_lets_customers_choose(self):
        severity = self.env["helpdesk.ticket.severity"].search([])[:1]
        self.assertNotIn("severity_id", self.tickets._get_portal_choices())
        self.company.helpdesk_portal_severity = True
        ticket = self._open(severity_id=str(severity.id))
        self.assertEqual(ticket.severity_id, severity)

    def test_T02_T03_lists(self):
        kind, foreign = self.env["helpdesk.ticket.type"].create(
            [
                {"name": "Ours", "company_id": self.company.id},
                {"name": "Theirs", "company_id": self.other_company.id},
            ]
        )
        topic = self.env["helpdesk.ticket.topic"].search([])[:1]
        ticket = self._open(type_id=str(kind.id), topic_id=str(topic.id))
        self.assertEqual((ticket.type_id, ticket.topic_id), (kind, topic))
        for wrong in (str(foreign.id), "x", "-1", "0"):
            with self.subTest(wrong), self.assertRaises(UserError):
                self._open(type_id=wrong)

    def test_bad_input_gets_one_sentence(self):
        for wrong in (
            {"name": " \x00 "},
            {"name": "x" * 201},
            {"description": ""},
            {"description": "x" * 50_001},
        ):
            with self.subTest(list(wrong)), self.assertRaises(UserError) as caught:
                self._open(**wrong)
            self.assertLessEqual(str(caught.exception).count(". "), 1)

    def test_length_is_what_the_browser_counts(self):
        """The end of a line is sent as two characters."""
        ticket = self._open(description="x\r\n" * 24_999 + "yy")
        self.assertIn("yy", ticket.description)

    def test_C5_subject_is_one_line(self):
        """rel-C5"""
        ticket = self._open(name="No\r\nBcc: all@example.com\x00 \u202enetwork")
        self.assertEqual(ticket.name, "No Bcc: all@example.com network")

    def test_C07_only_the_primary_contact_opens(self):
        self.bernd.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        with self.assertRaises(UserError):
            self._open()
        self.anna.is_primary_contact = True
        self.assertTrue(self._open())

    def test_T07_files(self):
        """Only files of one's own that belong to nothing yet."""
        file = self.tickets._upload_from_portal("a.txt", b"a")
        stolen = self.no_files.create(
            {"name": "b", "res_model": "helpdesk.ticket", "res_id": self.ticket.id}
        )
        pending = self.no_files.create(
            {"name": "c", "res_model": "mail.compose.message", "res_id": 0}
        )
        own = f"{file.id}:{file._get_ownership_token()}"
        wrong = [
            f"{pending.id}:{file._get_ownership_token()}",
            f"{stolen.id}:{stolen._get_ownership_token()}",
            f"{pending.id}",
            "x:y",
            f"{'9' * 5000}:y",
            "",
        ]
        self.assertFalse(self.tickets._get_uploaded_files(wrong))
        files = self.tickets._get_uploaded_files([own])
        ticket = self._open(files)
        self.assertEqual(ticket._get_public_files()[ticket.id].ids, file.ids)
        self.assertFalse(self.tickets._get_uploaded_files([own]))

    # -- answer, close, reopen --------------------------------------------------

    def test_T13_an_answer_is_one_of_the_customer(self):
        self.ticket._move("asked")
        self.mine._post_from_portal("Done")
        self.assertEqual(self.ticket.state, "in_progress")
        answer = self._last_answer()
        self.assertEqual(answer.author_id, self.anna)
        self.assertIn(self.agent.partner_id, answer.notified_partner_ids)
        with self.assertRaises(AccessError):
            self.tickets.browse(
                self._create_ticket(partner_id=self.bernd.id).id
            )._post_from_portal("x")

    def test_T13_close(self):
        """Solved is closed, not needed is cancelled; who closes gets no mail of it."""
        for reason, comment in (("x", ""), ("", ""), ("opened", "")):
            with self.assertRaises(UserError):
                self.mine._close_from_portal(reason, comment)
        self.ticket._move("asked")
        with self.mock_mail_gateway():
            self.mine._close_from_portal("closed", "It was <me>.")
        self.assertEqual(self.ticket.state, "closed")
        self.assertFalse([m for m in self._mails if self.anna.email in m["email_to"]])
        answer = self._last_answer()
        self.assertIn("It is solved", answer.body)
        self.assertIn("It was &lt;me&gt;.", answer.body)
        self.assertIn(self.agent.partner_id, answer.notified_partner_ids)
        with self.assertRaises(UserError):
            self.mine._close_from_portal("closed", "")
        self.ticket._move("reopened")
        self.mine._close_from_portal("cancelled", "")
        self.assertEqual(self.ticket.state, "cancelled")

    def test_T24_the_contact_is_told_when_the_primary_contact_closes(self):
        self.bernd.is_primary_contact = True
        user = self._create_portal_user(self.bernd)
        with self.mock_mail_gateway():
            self.ticket.with_user(user)._close_from_portal("closed", "")
        told = [mail for mail in self._mails if "solved" in mail["body"]]
        self.assertTrue(any(self.anna.email in str(m["email_to"]) for m in told))

    def test_T13_reopen(self):
        with self.assertRaises(UserError):
            self.mine._reopen_from_portal("It is open.")
        self.ticket._move("closed")
        with self.assertRaises(UserError):
            self.mine._reopen_from_portal(" ")
        self.mine._reopen_from_portal("It blinks again.")
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertIn("It blinks again.", self._last_answer().body)

    def test_T13_reopen_within_the_days(self):
        self.company.write(
            {"helpdesk_answer_to_closed": "follow_up", "helpdesk_reopen_days": 3}
        )
        self.ticket._move("closed")
        self.assertTrue(self.mine._may_reopen_from_portal())
        self.ticket.closed_date -= timedelta(days=4)
        self.assertFalse(self.mine._may_reopen_from_portal())
        with self.assertRaises(UserError):
            self.mine._reopen_from_portal("It blinks again.")
        self.mine._post_from_portal("It blinks again.")
        self.assertEqual(self.ticket.state, "closed")
        follow_up = self.ticket.follow_up_ids
        self.assertEqual(follow_up.partner_id, self.anna)
        self.assertEqual(self.mine._get_portal_successors().ids, follow_up.ids)

    # -- rate -------------------------------------------------------------------

    def test_rate(self):
        with self.assertRaises(UserError):
            self.mine._rate_from_portal(5, "")
        self.ticket._move("closed")
        for rate in (0, 2, 6):
            with self.assertRaises(UserError):
                self.mine._rate_from_portal(rate, "")
        self.mine._rate_from_portal(1, "Too slow")
        self.assertEqual(self.ticket.customer_rating, "ko")
        self.mine._rate_from_portal(5, "No, fine")
        self.assertEqual(self.ticket.customer_rating, "top")
        self.assertEqual(len(self.ticket.rating_ids), 1)
        self.assertEqual(self.ticket.rating_ids.rated_partner_id, self.agent.partner_id)
        self.assertEqual(self.ticket.state, "closed", "a rating reopens nothing")
        self.env.flush_all()
        row = self.env["helpdesk.ticket.report"].browse(self.ticket.id)
        self.assertEqual(row.rating, 5)

    def test_rating_is_asked_for_if_the_company_wants_it(self):
        self.company.helpdesk_notify_closing = False
        for wanted in (False, True):
            self.company.helpdesk_rating_request = wanted
            with self.mock_mail_gateway():
                self.ticket.with_user(self.agent).action_close()
            asked = [mail for mail in self._mails if "/rate/" in mail["body"]]
            self.assertEqual(len(asked), int(wanted))
            self.ticket._move("reopened")
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).action_cancel()
        self.assertFalse(self._mails)

    def test_T17_the_dialog_decides_who_is_asked_for_a_rating(self):
        self.company.helpdesk_rating_request = True
        for notify, count in (("nobody", 0), ("contact", 1)):
            wizard = self.agent_env["helpdesk.ticket.close"].create(
                {"ticket_ids": [(6, 0, self.ticket.ids)], "notify": notify}
            )
            with self.mock_mail_gateway():
                wizard.action_confirm()
            asked = [mail for mail in self._mails if "/rate/" in mail["body"]]
            self.assertEqual(len(asked), count)
            self.ticket._move("reopened")
