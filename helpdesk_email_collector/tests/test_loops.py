from datetime import timedelta
from email.utils import format_datetime
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.inbox import throttle
from ..models.inbox.throttle import LIMITS
from .common import SUPPORT, CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestLoops(CollectorCommon):
    """Automatic mail is not answered, and nobody floods the helpdesk (E07, rel-H)."""

    SIGNS = {
        "auto_submitted": "auto-replied",
        "precedence": "auto_reply",
        "x_autoreply": "yes",
        "x_autorespond": "vacation",
        "x_kopano_vacation": "autorespond",
        "x_precedence": "auto_reply",
        "preference": "auto_reply",
        "delivered_to": "Autoresponder",
        "x_post_messageclass": "9; Autoresponder",
        "return_path": "<>",
        "x_ms_exchange_generated_message_source": "Mailbox Rules Agent",
    }

    def _receive_mail(self, *args, **kwargs):
        with self.mock_mail_gateway():
            return self._receive(plain_mail(*args, **kwargs))

    def test_each_sign_stops_the_acknowledgement(self):
        """rel-H1: the ticket may still be made."""
        for header, value in self.SIGNS.items():
            with self.subTest(header):
                row = self._receive_mail(header, **{header: value})
                self.assertEqual(row.reason_code, "automatic")
                row.write({"forced_by_id": self.env.uid, "state": "waiting"})
                with self.mock_mail_gateway():
                    self._process()
                self.assertTrue(row.ticket_id)
                self.assertFalse(self._new_mails)

    def test_signs_of_many_stop_the_acknowledgement_only(self):
        """rel-H1, E07: a person may have written through a list or a program."""
        for header, value in {
            "precedence": "bulk",
            "x_loop": "helpdesk@x.example",
            "list_id": "<news.x.example>",
            "list_unsubscribe": "<mailto:off@x.example>",
        }.items():
            with self.subTest(header):
                row = self._receive_mail(header, **{header: value})
                self.assertTrue(row.ticket_id)
                self.assertFalse(self._new_mails)

    def test_wish_for_no_answer(self):
        """rel-H1: X-Auto-Response-Suppress stops the answer, not the ticket."""
        row = self._receive_mail(x_auto_response_suppress="DR, OOF, AutoReply")
        self.assertTrue(row.ticket_id)
        self.assertFalse(self._new_mails)
        row = self._receive_mail("Two", x_auto_response_suppress="None")
        self.assertTrue(self._new_mails)

    def test_out_of_office_subject_is_not_enough(self):
        row = self._receive_mail("Automatische Antwort: Urlaub")
        self.assertTrue(row.ticket_id)
        row = self._receive_mail(
            "Automatische Antwort: Abwesend", x_auto_response_suppress="All"
        )
        self.assertEqual(row.reason_code, "automatic")

    def test_acknowledgement_says_what_it_is(self):
        """rel-H5: and quotes nothing of the text to a sender whom nobody verified."""
        self._receive_mail(email_from="new@unknown.example", body="Buy cheap watches")
        mail = self._new_mails
        self.assertEqual(len(mail), 1)
        self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)
        self.assertNotIn("watches", mail.body_html)
        self.assertFalse(mail.attachment_ids)

    def test_automatic_answer_is_told_to_no_customer(self):
        """E07: it is kept on its ticket as a note, and nobody answers it."""
        ticket = self._receive_mail().ticket_id
        ticket.message_subscribe(self.bernd.ids)
        state = ticket.state
        acknowledgement = ticket.message_ids.filtered(
            lambda message: message.message_type == "auto_comment"
        )
        row = self._receive_mail(
            "Out of office",
            auto_submitted="auto-replied",
            references=acknowledgement.message_id,
        )
        self.assertEqual(row.ticket_id, ticket)
        self.assertEqual(ticket.state, state)
        self.assertFalse(self._new_mails)
        self.assertTrue(ticket.message_ids.sorted("id")[-1].is_internal)

    # -- our own mail ----------------------------------------------------------

    def test_own_mail_comes_back(self):
        """rel-H2: our Message-ID, or one of our addresses as From."""
        ticket = self._receive_mail().ticket_id
        ours = ticket.message_ids.filtered(
            lambda message: message.message_type == "auto_comment"
        )
        row = self._receive_mail("Back", SUPPORT, message_id=ours.message_id)
        self.assertEqual(row.reason_code, "own_mail")
        for number, address in enumerate(
            (SUPPORT, self.company.helpdesk_sender_address)
        ):
            row = self._receive_mail(
                f"Back {number}", address, references=ours.message_id
            )
            self.assertEqual(row.reason_code, "own_address")
            self.assertFalse(row.ticket_id)
            self.assertFalse(self._new_mails)

    # -- answering machines ----------------------------------------------------

    def test_answering_machine(self):
        """rel-H1: with and without the headers, at most 3 mails out and 2 tickets."""
        for reply_to in (True, False):
            for submitted in (True, False):
                with self.subTest(in_reply_to=reply_to, auto_submitted=submitted):
                    tickets, sent = self._play(reply_to, submitted)
                    self.assertIn(tickets, (1, 2))
                    self.assertIn(sent, (1, 2, 3))

    def _play(self, in_reply_to, auto_submitted):
        """Let a machine answer each of our mails with the same words."""
        name = f"machine{int(in_reply_to)}{int(auto_submitted)}@robot.example"

        def answer(number, ours):
            headers = {"auto_submitted": "auto-replied"} if auto_submitted else {}
            if in_reply_to:
                headers["in_reply_to"] = ours.message_id
            return {"subject": "I am away", "body": "Till Monday.", **headers}

        return self._exchange(name, answer)

    def _exchange(self, name, answer, rounds=12):
        """Let somebody answer each of our mails at once.

        :param str name: its address
        :param answer: callable that gets a number and our mail, and returns parameters
            of a mail
        :return: numbers of tickets and of mails out
        """
        row = self._receive_mail("Machine", name, body="Broken")
        rows, sent = row, 0
        for number in range(rounds):
            answered = self._new_mails
            sent += len(answered)
            if not answered:
                break
            row = self._receive_mail(
                email_from=name,
                message_id=f"<{number}.{name}>",
                **answer(number, answered[0]),
            )
            rows |= row
        return len(rows.ticket_id), sent

    def test_machines_with_changing_texts(self):
        """rel-H1: without any sign: numbers, dates and quotations change, and even all
        words do."""
        for number, answer in enumerate(
            (
                lambda number, ours: {
                    "subject": f"Case {4711 + number} received",
                    "body": f"We got your mail of 27 November 10:{number + 10}. Your "
                    f"case has the number {4711 + number}. We will be back soon.",
                },
                lambda number, ours: {
                    "subject": f"Re: {ours.subject}",
                    "body": f"I read mail on Mondays only.\n\n> {ours.subject}\n> Bye",
                },
                lambda number, ours: {
                    "subject": f"AB-{number}X: {ours.helpdesk_subject}",
                    "body": f"Dear friend, thank you for your mail. {chr(97 + number)}",
                },
            )
        ):
            with self.subTest(number):
                tickets, sent = self._exchange(f"m{number}@robot.example", answer)
                self.assertLessEqual(tickets, 2)
                self.assertLessEqual(sent, 3)

    def test_machine_that_always_says_something_else(self):
        """rel-H1: nobody answers so fast; it hears no more of us."""
        words = [
            "apple",
            "bear",
            "cloud",
            "door",
            "east",
            "fish",
            "gold",
            "hand",
            "iron",
            "jump",
            "king",
            "lamp",
        ]
        _tickets, sent = self._exchange(
            "words@robot.example",
            lambda number, ours: {
                "subject": words[number],
                "body": f"{words[number]} {words[-number]} is not here",
            },
        )
        self.assertLessEqual(sent, 3)

    def test_people_who_write_much(self):
        """Three requests are three tickets, however fast they come."""
        texts = (
            ("Printer", "The printer in room 12 is out of paper."),
            ("Screen", "My screen stays black since this morning."),
            ("VPN", "I cannot reach the VPN from home. Please help!"),
        )
        for subject, body in texts:
            row = self._receive_mail(subject, body=f"{body}\n\nAnna Huber, Huber GmbH")
            self.assertEqual(row.state, "done", row.reason)
        for order in (4711, 4712, 4713):
            row = self._receive_mail(
                f"Order {order}", "bernd@maier.example", f"Order {order} is late."
            )
            self.assertEqual(row.state, "done", row.reason)

    def test_people_who_take_their_time_are_answered(self):
        """Each request is acknowledged, though it came soon after our last mail."""
        for number in range(4):
            row = self._receive_mail(f"Question {number}")
            self.assertTrue(self._new_mails)
            row.decided_date -= timedelta(minutes=3)

    def test_mails_that_came_together_are_answered(self):
        """They were written before we answered the first."""
        date = format_datetime(fields.Datetime.now() - timedelta(hours=1))
        with self.mock_mail_gateway():
            self._receive(
                *(plain_mail(f"Question {n}", date=date, body=str(n)) for n in "abcd")
            )
        acknowledged = self._new_mails.filtered(
            lambda mail: mail.message_type == "auto_comment"
        )
        self.assertEqual(len(acknowledged), 4)

    # -- floods ----------------------------------------------------------------

    def _limit(self, **limits):
        """Let other limits be those of mails."""
        self.addCleanup(self.registry.clear_cache)
        self.enterContext(patch.dict(LIMITS, limits))
        self.registry.clear_cache()

    def _flood(self, count=4, **kwargs):
        """Receive mails of one sender of whom three in ten minutes are dealt with."""
        self._limit(mail=((10, 3), (60, 5)))
        mails = [plain_mail(f"Alarm {number}", **kwargs) for number in range(count)]
        with self.mock_mail_gateway():
            return self._receive(*mails)

    def test_flood_is_held_and_managers_know(self):
        """rel-H3: nothing is lost; the managers get one activity."""
        rows = self._flood(6)
        self.assertEqual(rows.mapped("state"), ["done"] * 3 + ["ignored"] * 3)
        self.assertEqual(set(rows[3:].mapped("reason_code")), {"throttled"})
        self.assertIn("more than 3 mails within 10 minutes", rows[5].reason)
        self.assertFalse(rows[3:].ticket_id)
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", "helpdesk.inbox.mail"),
                ("user_id", "=", self.manager.id),
                ("activity_type_id", "=", self.env.ref(throttle.THROTTLED_TYPE).id),
            ]
        )
        self.assertEqual(len(activities), 1)
        self.assertIn("anna@huber.example", activities.note)

    def test_others_are_not_held(self):
        self._flood()
        row = self._receive_mail("Hello", "bernd@maier.example")
        self.assertEqual(row.state, "done")

    def test_memory_over_time(self):
        """rel-H3: what came before counts in the longer window, then no more."""
        rows = self._flood(3)
        rows.decided_date = fields.Datetime.now() - timedelta(minutes=20)
        self.assertEqual(self._receive_mail("Four").state, "done")
        self.assertEqual(self._receive_mail("Five").state, "done")
        row = self._receive_mail("Six")
        self.assertIn("more than 5 mails within 60 minutes", row.reason)
        rows.decided_date = fields.Datetime.now() - timedelta(hours=2)
        self.assertEqual(self._receive_mail("Seven").state, "done")

    def test_cap_per_ticket(self):
        self._limit(mail_ticket=((10, 2),))
        ticket = self._receive_mail().ticket_id
        rows = [
            self._receive_mail(f"Re: [{ticket.number}] {number}") for number in range(3)
        ]
        self.assertEqual(
            [row.reason_code for row in rows],
            ["reply_number", "throttled_ticket", "throttled_ticket"],
        )

    def test_release_one_and_all(self):
        rows = self._flood(6)
        held = rows[3:].with_user(self.manager)
        with self.mock_mail_gateway():
            self._press(held[0], "action_release")
            self.assertTrue(held[0].ticket_id)
            self._press(held[1], "action_release_sender")
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_allowed_sender(self):
        rows = self._flood(4)
        with self.mock_mail_gateway():
            self._press(rows[3], "action_allow_sender")
        self.assertTrue(rows[3].ticket_id)
        self.assertEqual(self._receive_mail("More").state, "done")

    def test_agents_release_nothing(self):
        """rel-A8"""
        rows = self._flood(4).with_user(self.agent)
        for action in (
            "action_release",
            "action_release_sender",
            "action_allow_sender",
        ):
            with self.assertRaises(AccessError):
                getattr(rows, action)()

    def test_answers_to_one_address(self):
        """rel-H3: at most ten acknowledgements in ten minutes."""
        self.patch(throttle, "AT_ONCE", timedelta(days=-1))  # as if it took its time
        sent = 0
        for number in range(14):
            self._receive_mail(f"Question {number}", "much@asking.example")
            sent += len(self._new_mails)
        self.assertLessEqual(sent, 10)
        self.assertEqual(sent, LIMITS["mail_answer"][0][1])

    def test_changed_by_a_system_parameter(self):
        """As the limits of the other channels."""
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_mail", "2")
        with self.mock_mail_gateway():
            rows = self._receive(*(plain_mail(f"Alarm {number}") for number in "abc"))
        self.assertEqual(rows.mapped("state"), ["done", "done", "ignored"])
        self.assertIn("more than 2 mails within 10 minutes", rows[2].reason)

    def test_queries_for_the_cap(self):
        """The look-up is one query, whatever the sender sent before."""
        self.Inbox._get_recent(["anna@huber.example"])  # what is read once
        counts = []
        for wanted in (2, 20):
            self.Inbox.create(
                [
                    {
                        **values,
                        "state": "done",
                        "sender_address": "anna@huber.example",
                        "decided_date": fields.Datetime.now() - timedelta(hours=20),
                    }
                    for values in self.Inbox._prepare_values(
                        [
                            (plain_mail(f"Old {wanted} {number}"), False)
                            for number in range(wanted)
                        ],
                        company=self.company,
                    )
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            recent = self.Inbox._get_recent(["anna@huber.example"])
            self.assertTrue(recent["anna@huber.example"])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts, [1, 1])
