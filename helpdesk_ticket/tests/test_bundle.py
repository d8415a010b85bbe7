from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields, sql_db
from odoo.exceptions import AccessError
from odoo.modules.migration import load_script
from odoo.tests import TransactionCase, new_test_user, tagged, warmup
from odoo.tools import file_path, mute_logger

from .common_deadline import DeadlineCommon
from .test_service_order import ServiceOrderCommon

MODEL = "odoo.addons.helpdesk_ticket.models.outgoing.helpdesk_ticket_notice"


class BundleCommon(ServiceOrderCommon, DeadlineCommon):
    """Tickets of a Monday in March: what happens to them is told some minutes later.

    The calendar of Berlin is that of the company, whose contacts have no time zone.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Berlin"
        (cls.anna + cls.bernd).tz = False
        cls.stages = {
            state: cls.env.ref(f"helpdesk_ticket.stage_{state}")
            for state in ("assigned", "in_progress", "waiting", "closed", "cancelled")
        }

    def _act(self, ticket):
        """Return a ticket as the agent has it on the screen."""
        return ticket.with_user(self.agent).with_context(tracking_disable=False)

    def _tell(self, moment):
        """Run the scheduled action at a moment.

        :return: the mails that were sent
        """
        with self._at(moment), self.mock_mail_gateway():
            self._run_cron("ir_cron_send_notices")
            self._new_mails.send()
        return self._mails

    def _told(self, moment, address=None):
        """Return what the only mail of a moment says, "" when there is none."""
        mails = self._tell(moment)
        self.assertLessEqual(len(mails), 1)
        for mail in mails:
            self.assertIn(address or self.anna.email, ",".join(mail["email_to"]))
        return mails[0]["body_alternative"] if mails else ""

    def _get_rows(self):
        return self.env["helpdesk.ticket.notice"].search([])

    def _move_at(self, moment, ticket, state):
        with self._at(moment), self.mock_mail_gateway():
            self._act(ticket).stage_id = self.stages[state]
        return self._mails


@tagged("post_install", "-at_install")
class TestBundleOfStages(BundleCommon):
    """T09: a switch and a text per stage."""

    def test_T09_told_by_default(self):
        """Closing has a mail of its own, answers and questions say it themselves."""
        told = self.env["helpdesk.ticket.stage"].search([("tell_customer", "=", True)])
        self.assertEqual(told, self.stages["waiting"] + self.stages["cancelled"])
        again = told.search([("tell_reopened", "=", True)])
        self.assertEqual(again, self.stages["in_progress"])

    def test_T09_a_stage_is_told_in_its_own_words(self):
        self.stages["in_progress"].write(
            {"tell_customer": True, "customer_text": "The bench has it.\nSoon more."}
        )
        ticket = self._ticket_at("03-02 09:00")
        self.assertFalse(self._move_at("03-02 09:10", ticket, "in_progress"))
        self.assertFalse(self._told("03-02 09:14"))
        said = self._told("03-02 09:15")
        self.assertIn("The bench has it.\nSoon more.", said)
        self.assertIn(ticket.number, self._mails[0]["subject"])
        self.assertIn(ticket.number, said)
        self.assertEqual(self._mails[0]["headers"]["Auto-Submitted"], "auto-replied")
        self.assertFalse(self._told("03-02 10:00"))
        self.assertFalse(self._get_rows())

    def test_T09_usual_words(self):
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:10", ticket, "cancelled")
        self.assertIn("closed without a solution", self._told("03-02 09:15"))

    def test_T09_text_is_text(self):
        """rel-C2: what somebody typed is no markup."""
        self.stages["waiting"].write(
            {"tell_customer": True, "customer_text": "<b>1 < 2</b> & {{ object.id }}"}
        )
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:10", ticket, "waiting")
        self._tell("03-02 09:15")
        self.assertIn(
            "&lt;b&gt;1 &lt; 2&lt;/b&gt; &amp; {{ object.id }}", self._mails[0]["body"]
        )

    def test_T09_moves_of_the_life_cycle(self):
        self.stages["assigned"].write(
            {"tell_customer": True, "customer_text": "Somebody has it."}
        )
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 09:10"):
            self._act(ticket).action_assign_to_me()
        self.assertIn("Somebody has it.", self._told("03-02 09:15"))

    def test_T09_a_stage_of_the_same_status(self):
        bench = self.stages["in_progress"].copy(
            {"name": "On the bench", "tell_customer": True, "customer_text": "Bench!"}
        )
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:10", ticket, "in_progress")
        with self._at("03-02 09:20"):
            self._act(ticket).stage_id = bench
        self.assertIn("Bench!", self._told("03-02 09:25"))

    def test_T09_answers_and_questions_say_it_themselves(self):
        for state in ("in_progress", "waiting"):
            self.stages[state].tell_customer = True
        tickets = self._ticket_at("03-02 09:00"), self._ticket_at("03-02 09:00")
        with self._at("03-02 09:10"), self.mock_mail_gateway():
            self._answer(tickets[0])
            self._answer(tickets[1], helpdesk_ask=True)
        self.assertEqual([t.state for t in tickets], ["in_progress", "waiting"])
        self.assertEqual(len(self._mails), 2)
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_closing_is_told_once_and_at_once(self):
        self.stages["in_progress"].tell_customer = True
        self.stages["closed"].tell_customer = True
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:10", ticket, "in_progress")
        (mail,) = self._move_at("03-02 09:12", ticket, "closed")
        self.assertIn("solved and closed", mail["body_alternative"])
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_the_last_stage_is_told(self):
        for state in ("in_progress", "waiting"):
            self.stages[state].tell_customer = True
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:10", ticket, "in_progress")
        self._move_at("03-02 09:13", ticket, "waiting")
        said = self._told("03-02 09:15")
        self.assertIn("waiting for you", said)
        self.assertNotIn("working on", said)
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_what_was_undone_is_not_told(self):
        for state in ("in_progress", "waiting"):
            self.stages[state].tell_customer = True
        ticket = self._ticket_at("03-02 09:00")
        self._move_at("03-02 09:00", ticket, "in_progress")
        self.assertIn("working on", self._told("03-02 09:05"))
        self._move_at("03-02 09:10", ticket, "waiting")
        self._move_at("03-02 09:11", ticket, "in_progress")
        self.assertFalse(self._tell("03-02 10:00"))
        self.assertFalse(self._get_rows())

    def test_T09_reopened(self):
        stage = self.stages["in_progress"]
        stage.write({"tell_reopened": True, "reopened_text": "Here we go again."})
        ticket = self._ticket_at("03-02 09:00", stage_id=self.stages["closed"].id)
        with self._at("03-02 09:10"):
            self._act(ticket).action_reopen()
        self.assertIn("Here we go again.", self._told("03-02 09:15"))
        stage.reopened_text = False
        self._move_at("03-02 09:20", ticket, "closed")
        self._move_at("03-02 09:21", ticket, "in_progress")
        self.assertIn("has been reopened", self._told("03-02 09:26"))

    def test_T09_the_customer_need_not_be_told_of_own_deeds(self):
        self.stages["in_progress"].tell_reopened = True
        ticket = self._ticket_at("03-02 09:00", stage_id=self.stages["closed"].id)
        with self._at("03-02 09:10"):
            self._customer_writes(ticket)
            self.assertEqual(ticket.state, "in_progress")
        portal = self._create_portal_user(self.anna)
        with self._at("03-02 09:20"):
            ticket.with_user(portal)._close_from_portal("cancelled", "")
            self.assertEqual(ticket.state, "cancelled")
        own = self._ticket_at("03-02 09:00", partner_id=self.agent.partner_id.id)
        self._move_at("03-02 09:20", own, "cancelled")
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_a_colleague_who_cancels_in_the_portal(self):
        self.customer.primary_contact_id = self.bernd
        portal = self._create_portal_user(self.bernd)
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 09:20"):
            ticket.with_user(portal)._close_from_portal("cancelled", "")
        self.assertIn("without a solution", self._told("03-02 09:25"))

    def test_T09_who_is_not_told(self):
        others = self._ticket_at("03-02 09:00")
        quiet = {
            "off": self._ticket_at("03-02 09:00", notify_partner=False),
            "imported": self._ticket_at("03-02 09:00"),
            "dialog": self._ticket_at("03-02 09:00"),
            "archived later": self._ticket_at("03-02 09:00"),
            "switched off later": self._ticket_at("03-02 09:00"),
            "deleted later": self._ticket_at("03-02 09:00"),
            "merged": self._ticket_at("03-02 09:00"),
        }
        self._move_at("03-02 09:10", quiet["off"], "cancelled")
        with self._at("03-02 09:10"):
            imported = self._act(quiet["imported"]).with_context(import_file=True)
            imported.stage_id = self.stages["cancelled"]
            self.env["helpdesk.ticket.close"].create(
                {
                    "ticket_ids": quiet["dialog"].ids,
                    "outcome": "cancelled",
                    "notify": "nobody",
                }
            ).action_confirm()
            for name in ("archived later", "switched off later", "deleted later"):
                self._act(quiet[name]).action_cancel()
            self.stages["in_progress"].tell_customer = True
            self._act(quiet["merged"]).stage_id = self.stages["in_progress"]
        self.assertEqual(len(self._get_rows()), 4)
        with self._at("03-02 09:12"):
            quiet["archived later"].active = False
            quiet["switched off later"].notify_partner = False
            quiet["deleted later"].unlink()
            quiet["merged"]._merge_into(others)
        self.assertEqual(len(self._get_rows()), 3)
        self.assertFalse(self._tell("03-02 10:00"))
        self.assertFalse(self._get_rows())

    def test_T09_bare_address_is_told_and_stays_bare(self):
        ticket = self._ticket_at(
            "03-02 09:00", partner_id=False, partner_email="x@new.example"
        )
        self._move_at("03-02 09:10", ticket, "cancelled")
        self.assertTrue(self._told("03-02 09:15", "x@new.example"))
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", "x@new.example")])
        )


@tagged("post_install", "-at_install")
class TestBundleOfOrders(BundleCommon):
    """T09: service orders that are planned, moved, done."""

    MONDAY = "2026-03-09 08:00:00"
    TUESDAY = "2026-03-10 08:00:00"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.completed = cls.env.ref("fieldservice.fsm_stage_completed")

    def _order_at(self, moment, ticket=None, date=MONDAY):
        ticket = ticket or self._ticket_at("03-02 09:00")
        with self._at(moment):
            return self._create_order(ticket, scheduled_date_start=date)

    def _write_at(self, moment, order, **values):
        with self._at(moment), self.mock_mail_gateway():
            order.write(values)
        self.assertFalse(self._mails)

    def test_T09_planned(self):
        order = self._order_at("03-02 09:10")
        self.assertFalse(self._told("03-02 09:14"))
        said = self._told("03-02 09:15")
        # in Berlin, where we are
        self.assertIn(f"{order.name} is planned for Monday, March 9, 2026, 9:00", said)
        self.assertFalse(self._told("03-02 10:00"))

    def test_T09_planned_where_the_customer_is(self):
        self.anna.tz = "America/New_York"
        self._order_at("03-02 09:10", date="2026-03-10 02:00:00")
        self.assertIn("Monday, March 9, 2026, 10:00", self._told("03-02 09:15"))

    def test_T09_without_a_date_there_is_nothing_to_tell(self):
        order = self._order_at("03-02 09:10", date=False)
        self.assertFalse(self._told("03-02 09:20"))
        self._write_at("03-02 10:00", order, scheduled_date_start=self.MONDAY)
        self.assertIn("is planned for", self._told("03-02 10:05"))

    def test_T09_moved(self):
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        self._write_at("03-02 10:00", order, scheduled_date_start=self.TUESDAY)
        said = self._told("03-02 10:05")
        self.assertRegex(
            said, "has been moved from Monday, March 9.* to Tuesday, March 10"
        )
        self._write_at("03-02 10:10", order, scheduled_date_end="2026-03-11 08:00:00")
        self.assertIn("Wednesday, March 11", self._told("03-02 10:15"))
        self._write_at("03-02 10:20", order, scheduled_date_start=False)
        said = self._told("03-02 10:25")
        self.assertRegex(said, "will not take place on Wednesday, March 11")

    def test_T09_planned_and_moved_is_one_line(self):
        order = self._order_at("03-02 09:10")
        self._write_at("03-02 09:12", order, scheduled_date_start=self.TUESDAY)
        said = self._told("03-02 09:15")
        self.assertIn("is planned for Tuesday", said)
        self.assertNotIn("Monday", said)
        self.assertEqual(said.count(order.name), 1)

    def test_T09_what_was_undone_is_not_told(self):
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        self._write_at("03-02 10:00", order, scheduled_date_start=self.TUESDAY)
        self._write_at("03-02 10:01", order, scheduled_date_start=self.MONDAY)
        self.assertFalse(self._tell("03-02 10:10"))
        self._order_at("03-02 11:00").action_cancel()
        self.assertFalse(self._tell("03-02 11:10"))

    def test_T09_done(self):
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        with self._at("03-09 10:00"):
            order.action_complete()
        self.assertIn(f"{order.name} has been completed", self._told("03-09 10:05"))
        self._write_at("03-09 11:00", order, scheduled_date_start=self.TUESDAY)
        self.assertFalse(self._tell("03-09 12:00"))

    def test_T09_cancelled(self):
        order, vague = self._order_at("03-02 09:10"), self._order_at("03-02 9:10")
        self._tell("03-02 09:15")
        with self._at("03-02 10:00"):
            order.action_cancel()
        said = self._told("03-02 10:05")
        self.assertRegex(said, f"{order.name}, planned for Monday.* has been cancelled")
        self._write_at("03-02 11:00", vague, scheduled_date_start=False)
        self._tell("03-02 11:05")
        with self._at("03-02 12:00"):
            vague.action_cancel()
        self.assertFalse(self._tell("03-02 12:05"))

    def test_T09_deleted(self):
        """Whoever knows a date is told as of a cancelled one, once."""
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        self._write_at("03-02 10:00", order, scheduled_date_start=self.TUESDAY)
        name = order.name
        with self._at("03-02 10:02"):
            order.unlink()
        said = self._told("03-02 10:07")
        self.assertRegex(said, f"{name}, planned for Monday.* has been cancelled")
        self.assertNotIn("Tuesday", said)
        self.assertFalse(self._tell("03-02 11:00"))

    def test_T09_deleted_and_merged_before_it_was_told(self):
        ticket = self._ticket_at("03-02 09:00")
        order = self._order_at("03-02 09:10", ticket)
        self._tell("03-02 09:15")
        kept = self._ticket_at("03-02 10:00")
        with self._at("03-02 10:00"):
            order.unlink()
            ticket._merge_into(kept)
        [mail] = self._tell("03-02 10:05")
        self.assertIn(kept.number, mail["subject"])
        self.assertIn("has been cancelled", mail["body_alternative"])

    def test_T09_deleted_what_nobody_knows(self):
        """Not told yet, without a date, of a day that has passed, of no ticket."""
        fresh = self._order_at("03-02 09:10")
        vague = self._order_at("03-02 09:10", date=False)
        with self._at("03-02 09:12"):
            (fresh + vague).unlink()
        self.assertFalse(self._tell("03-02 09:20"))
        past, lone = (self._order_at("03-02 09:30") for _number in range(2))
        self._tell("03-02 09:40")
        with self._at("03-02 10:00"):
            lone.helpdesk_ticket_id = False
            lone.unlink()
        with self._at("03-09 11:00"):
            past.unlink()
        self.assertFalse(self._tell("03-09 12:00"))

    def test_T09_deleted_where_it_is_switched_off(self):
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        self.company.helpdesk_notify_orders = False
        with self._at("03-02 10:00"):
            order.unlink()
        self.assertFalse(self._get_rows())

    def test_T09_many_are_deleted_at_once(self):
        def count(number):
            orders = self._create_order(
                self._ticket_at("03-02 09:00"), scheduled_date_start=self.MONDAY
            )
            for _number in range(number - 1):
                orders += orders[0].copy({"scheduled_date_start": self.MONDAY})
            self._get_rows().unlink()
            self.env.flush_all()
            self.env.invalidate_all()
            with self._at("03-02 10:00"):
                before = self.env.cr.sql_log_count
                orders._note_deletion()
                self.env.flush_all()
                queries = self.env.cr.sql_log_count - before
            self.assertEqual(len(self._get_rows()), number)
            return queries

        count(1)
        self.assertEqual(count(2), count(4))

    def test_T09_a_date_that_has_passed_is_not_told(self):
        self._order_at("03-02 09:10", date="2026-03-01 08:00:00")
        self.assertFalse(self._tell("03-02 09:15"))

    def test_T09_switched_off(self):
        self.company.helpdesk_notify_orders = False
        self._order_at("03-02 09:10").action_complete()
        self.assertFalse(self._get_rows())

    def test_T09_done_by_who_sees_no_tickets(self):
        order = self._order_at("03-02 09:10")
        self._tell("03-02 09:15")
        technician = new_test_user(
            self.env,
            "technician",
            groups="base.group_user,fieldservice.group_fsm_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self._at("03-09 10:00"):
            order.with_user(technician).action_complete()
        self.assertIn("has been completed", self._told("03-09 10:05"))

    def test_T09_order_of_another_ticket(self):
        """One that is linked later is news, one that comes with a merge is known."""
        order = self._order_at("03-02 09:10", self.ticket)
        order.helpdesk_ticket_id = False
        self._tell("03-02 09:20")
        ticket = self._ticket_at("03-02 09:30")
        self._write_at("03-02 09:30", order, helpdesk_ticket_id=ticket.id)
        self.assertIn("is planned for", self._told("03-02 09:35"))
        kept = self._ticket_at("03-02 10:00")
        with self._at("03-02 10:00"):
            ticket._merge_into(kept)
        self.assertEqual(order.helpdesk_ticket_id, kept)
        self.assertFalse(self._tell("03-02 11:00"))

    def test_T09_order_of_another_contacts_ticket(self):
        """Who waits for it hears that it is not theirs, who gets it that it is."""
        ticket = self._ticket_at("03-02 09:00")
        order = self._order_at("03-02 09:10", ticket)
        self._tell("03-02 09:15")
        other = self._ticket_at("03-02 09:20", partner_id=self.bernd.id)
        self._write_at("03-02 10:00", order, helpdesk_ticket_id=other.id)
        mails = {
            mail["email_to"][0]: mail["body_alternative"]
            for mail in self._tell("03-02 10:05")
        }
        [anna] = [body for to, body in mails.items() if self.anna.email in to]
        [bernd] = [body for to, body in mails.items() if self.bernd.email in to]
        self.assertRegex(anna, f"{order.name}, planned for Monday.* no longer belongs")
        self.assertRegex(bernd, f"{order.name} is planned for Monday")
        self.assertNotIn(other.number, anna)
        self.assertFalse(self._tell("03-02 11:00"))

    def test_T09_order_of_another_ticket_and_back(self):
        """What is as before in the end is not told, nor what nobody knew."""
        ticket = self._ticket_at("03-02 09:00")
        order = self._order_at("03-02 09:10", ticket)
        other = self._ticket_at("03-02 09:00", partner_id=self.bernd.id)
        self._write_at("03-02 09:12", order, helpdesk_ticket_id=other.id)
        self.assertIn("is planned", self._told("03-02 09:17", self.bernd.email))
        self._write_at("03-02 10:00", order, helpdesk_ticket_id=ticket.id)
        self._write_at("03-02 10:01", order, helpdesk_ticket_id=other.id)
        self.assertFalse(self._tell("03-02 10:10"))

    def test_T09_order_of_another_ticket_of_the_same_contact(self):
        """The same person hears of it once, whichever ticket says so."""
        ticket = self._ticket_at("03-02 09:00")
        order = self._order_at("03-02 09:10", ticket)
        other = self._ticket_at("03-02 09:00")
        self._write_at("03-02 09:12", order, helpdesk_ticket_id=other.id)
        self.assertIn("is planned for", self._told("03-02 09:17"))
        self._write_at("03-02 10:00", order, helpdesk_ticket_id=ticket.id)
        self.assertFalse(self._tell("03-02 10:10"))

    def test_T09_merged_before_it_was_told(self):
        ticket = self._ticket_at("03-02 09:00")
        order = self._order_at("03-02 09:10", ticket)
        kept = self._ticket_at("03-02 09:00", partner_id=self.bernd.id)
        with self._at("03-02 09:12"):
            ticket._merge_into(kept)
        mails = self._tell("03-02 09:15")
        # who asked in the other ticket asked here
        told = sorted(",".join(mail["email_to"]) for mail in mails)
        self.assertEqual(len(told), 2)
        self.assertIn(self.anna.email, told[0])
        self.assertIn(self.bernd.email, told[1])
        for mail in mails:
            self.assertIn(kept.number, mail["subject"])
            self.assertIn(order.name, mail["body_alternative"])


@tagged("post_install", "-at_install")
class TestBundleOfPromises(BundleCommon):
    """T09: another date is promised."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fast = cls._create_sla(
            name="Fast", severity_ids=cls.severity.ids, solution_hours=8, sequence=1
        )
        cls.normal = cls._create_sla(name="Normal", sequence=2)
        cls.ticket.notify_partner = False

    def _write_at(self, moment, ticket, **values):
        with self._at(moment):
            self._act(ticket).write(values)

    def test_T09_another_severity(self):
        ticket = self._ticket_at("03-02 09:00")
        self._write_at("03-02 09:10", ticket, severity_id=self.severity.id)
        self.assertFalse(self._tell("03-02 09:14"))
        said = self._told("03-02 09:15")
        self.assertRegex(said, "solution date .* to Monday, March 2, 2026, 6:00")
        self.assertIn("has changed from Tuesday, March 3, 2026, 2:00", said)
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_same_date(self):
        ticket = self._ticket_at("03-02 09:00")
        self.fast.solution_hours = 16
        self._write_at("03-02 09:10", ticket, severity_id=self.severity.id)
        self.assertEqual(ticket.sla_id, self.fast)
        self.assertFalse(self._get_rows())

    def test_T09_what_was_undone_is_not_told(self):
        ticket = self._ticket_at("03-02 09:00")
        self._write_at("03-02 09:10", ticket, severity_id=self.severity.id)
        self._write_at("03-02 09:11", ticket, severity_id=False)
        self.assertFalse(self._tell("03-02 09:15"))

    def test_T09_time_stands_still(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 10:00"):
            self._answer(ticket, helpdesk_ask=True)
        with self._at("03-02 12:00"):
            self._customer_writes(ticket)
        self.assertMoment(ticket.solution_deadline, "03-03 03:00")
        self.assertFalse(self._tell("03-02 13:00"))
        # while it stands there is no date to be told
        with self._at("03-02 13:00"):
            self._answer(ticket, helpdesk_ask=True)
        self._write_at("03-02 13:10", ticket, severity_id=self.severity.id)
        self.assertFalse(self._tell("03-02 14:00"))

    def test_T09_a_ticket_that_is_only_being_opened(self):
        with self._at("03-02 09:00"):
            ticket = self._create_ticket()
            ticket.severity_id = self.severity
        self.assertFalse(self._get_rows())

    def test_T09_a_date_that_has_passed_promises_nothing(self):
        ticket = self._ticket_at("03-02 09:00")
        self._write_at("03-02 20:00", ticket, severity_id=self.severity.id)
        self.assertFalse(self._tell("03-02 21:00"))

    def test_T09_switched_off(self):
        self.company.helpdesk_notify_promises = False
        ticket = self._ticket_at("03-02 09:00")
        self._write_at("03-02 09:10", ticket, severity_id=self.severity.id)
        self.assertFalse(self._get_rows())

    def test_T09_another_policy_and_calendar(self):
        """What is counted anew in the background is told too."""
        self._ticket_at("03-02 09:00")
        with self._at("03-02 09:10"):
            self.normal.solution_hours = 20
            self._run_cron("ir_cron_sla_recompute")
        self.assertIn("March 3, 2026, 6:00", self._told("03-02 09:15"))
        with self._at("03-02 09:20"):
            self.normal.calendar_id = self.calendar
            self._run_cron("ir_cron_sla_recompute")
        self.assertIn("Wednesday, March 4", self._told("03-02 09:25"))


@tagged("post_install", "-at_install")
class TestBundle(BundleCommon):
    """T09: several activities within some minutes make one mail."""

    def _cancel(self, tickets, moment="03-02 09:10"):
        with self._at(moment):
            self._act(tickets).action_cancel()

    def _tickets(self, count, **values):
        tickets = [
            self._ticket_at("03-02 09:00", name=f"Ticket {n}", **values)
            for n in range(count)
        ]
        return self.env["helpdesk.ticket"].concat(*tickets)

    def test_T09_one_mail_of_everything(self):
        self._create_sla(severity_ids=self.severity.ids, solution_hours=8, sequence=1)
        self._create_sla(sequence=2)
        self.stages["in_progress"].tell_customer = True
        self.company.helpdesk_notice_minutes = 10
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 09:10"):
            self._act(ticket).severity_id = self.severity
        with self._at("03-02 09:12"):
            self._act(ticket).stage_id = self.stages["in_progress"]
        with self._at("03-02 09:19"):
            self._create_order(ticket, scheduled_date_start="2026-03-09 08:00:00")
        self.assertFalse(self._tell("03-02 09:19"))
        said = self._told("03-02 09:20")
        words = ("working on", "promised solution date", "is planned for")
        for one in words:
            self.assertIn(one, said)
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_the_scheduled_action_is_woken(self):
        ticket = self._ticket_at("03-02 09:00")
        cron = self.env.ref("helpdesk_ticket.ir_cron_send_notices")
        with self.capture_triggers(cron.id) as capture:
            self._cancel(ticket)
        self.assertEqual(
            [str(trigger.call_at) for trigger in capture.records],
            ["2026-03-02 09:15:00"],
        )

    def test_T09_the_mail_waits_for_nothing(self):
        """What a scheduled action posts is only queued: the queue is woken."""
        self._cancel(self._ticket_at("03-02 09:00"))
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        with self.capture_triggers(queue.id) as capture:
            self._tell("03-02 09:14")
            self.assertFalse(capture.records)
            self._tell("03-02 09:15")
        self.assertTrue(capture.records)

    def test_T09_an_answer_meanwhile_takes_nothing_along(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 09:10"):
            self._create_order(ticket, scheduled_date_start="2026-03-09 08:00:00")
        with self._at("03-02 09:12"), self.mock_mail_gateway():
            self._answer(ticket)
        (mail,) = self._mails
        self.assertNotIn("is planned", mail["body_alternative"])
        self.assertIn("is planned", self._told("03-02 09:15"))

    def test_T09_two_companies_and_languages(self):
        self.env["res.lang"]._activate_lang("de_DE")
        modules = self.env["ir.module.module"].search(
            [("name", "in", ("mail", "helpdesk_ticket")), ("state", "=", "installed")]
        )
        modules._update_translations(["de_DE"])
        self.other_company.write(
            {
                "helpdesk_sender_address": "hilfe@other.example",
                "helpdesk_notice_minutes": 20,
            }
        )
        german = self.env["res.partner"].create(
            {"name": "Dora", "email": "dora@other.example", "lang": "de_DE"}
        )
        english = self._ticket_at("03-02 09:00")
        theirs = self._ticket_at(
            "03-02 09:00",
            partner_id=german.id,
            company_id=self.other_company.id,
            team_id=False,
        )
        with self._at("03-02 09:10"):
            (english + theirs).action_cancel()
        self.assertIn("without a solution", self._told("03-02 09:15"))
        self.assertIn("support@helpdesk.example", self._mails[0]["email_from"])
        said = self._told("03-02 09:30", german.email)
        self.assertIn("hilfe@other.example", self._mails[0]["email_from"])
        self.assertIn("Ihre Anfrage wurde ohne Lösung beendet.", said)
        self.assertIn("Neuigkeiten", said)
        self.assertNotRegex(said, r"\b(Hello|There|your|Best)\b")

    def test_T09_many_tickets_go_in_batches(self):
        self._cancel(self._tickets(5))
        with patch(f"{MODEL}.BATCH", 2):
            self.assertEqual(len(self._tell("03-02 09:15")), 5)
        self.assertFalse(self._get_rows())

    @mute_logger(
        "odoo.addons.helpdesk_ticket.models.outgoing.notices",
        "odoo.addons.mail.models.mail_render_mixin",
    )
    def test_T09_template_that_fails_for_one(self):
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_news")
        template.body_html = (
            "<div><p t-if=\"object.name == 'Ticket 1'\" t-out='1 / 0'/>"
            "<t t-foreach='object._get_news()' t-as='line' t-out='line'/></div>"
        )
        tickets = self._tickets(3)
        self._cancel(tickets)
        mails = self._tell("03-02 09:15")
        told = [mail for mail in mails if self.anna.email in str(mail["email_to"])]
        self.assertEqual(len(told), 2)
        self.assertIn("was not sent", str(tickets[1].message_ids.mapped("body")))
        self.assertFalse(self._get_rows())
        self.assertFalse(self._tell("03-02 10:00"))

    def test_T09_archived_template_sends_nothing(self):
        self.env.ref("helpdesk_ticket.mail_template_ticket_news").active = False
        self._cancel(self._tickets(1))
        self.assertFalse(self._tell("03-02 09:15"))
        self.assertFalse(self._get_rows())

    def test_T09_what_is_killed_is_done_again(self):
        """The mail and the end of the notice are one transaction."""
        ticket = self._tickets(1)
        self._cancel(ticket)
        notices = self.env["helpdesk.ticket.notice"]
        said = ticket.message_ids
        with (
            patch.object(type(notices), "unlink", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
            self._at("03-02 09:15"),
            self.mock_mail_gateway(),
            self.env.cr.savepoint(),
        ):
            notices._lock_due(fields.Datetime.now())._send_news()
        self.env.invalidate_all()
        self.assertEqual(ticket.message_ids, said)
        self.assertEqual(len(self._tell("03-02 09:20")), 1)
        self.assertFalse(self._tell("03-02 09:25"))

    def test_T09_minutes_are_checked(self):
        for minutes in (-1, 1441):
            with (
                self.subTest(minutes=minutes),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.company.helpdesk_notice_minutes = minutes
                self.env.flush_all()

    def test_T09_nobody_adds_notices_from_outside(self):
        ticket = self._ticket_at("03-02 09:00")
        values = {"kind": "stage", "due": "2026-03-02 09:00:00"}
        notice = self.env["helpdesk.ticket.notice"].create(
            {**values, "ticket_id": ticket.id}
        )
        for user in (self.agent, self.manager):
            own = ticket.with_user(user)
            for command in (
                (0, 0, values),
                (1, notice.id, {"due": "2030-01-01 00:00:00"}),
                (2, notice.id, 0),
                (5, 0, 0),
            ):
                with self.subTest(command=command), self.assertRaises(AccessError):
                    own.notice_ids = [command]
                    self.env.flush_all()
        self.assertEqual(str(notice.due), "2026-03-02 09:00:00")

    @warmup
    def test_T09_queries_do_not_grow_with_the_tickets(self):
        """What is noted, and what is found to be undone, costs the same for many."""
        self.stages["waiting"].tell_customer = True
        tickets = self._tickets(18, stage_id=self.stages["in_progress"].id)
        counts = []
        for some in (tickets[:2], tickets[2:6], tickets[6:10], tickets[10:18]):
            with self._at("03-02 09:10"):
                some = some.with_context(tracking_disable=False, mail_notrack=True)
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                some._note_stages(dict.fromkeys(some, self.stages["waiting"]))
                some.stage_id = self.stages["waiting"]
                some.stage_id = self.stages["in_progress"]
                self.env.flush_all()
                self.env.invalidate_all()
                some._send_news()
                self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertFalse(self._get_rows())
        self.assertEqual(counts[2], counts[1])
        self.assertEqual(counts[3], counts[1])

    def test_T09_update_starts_no_new_mails(self):
        script = load_script(
            file_path("helpdesk_ticket/migrations/19.0.1.6.0/post-notices.py"),
            "helpdesk_ticket_post_19_0_1_6_0",
        )
        self.assertTrue(self.company.helpdesk_notify_orders)
        self.assertTrue(self.company.helpdesk_notify_promises)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.5.0")
        self.env.invalidate_all()
        self.assertFalse(self.company.helpdesk_notify_orders)
        self.assertFalse(self.company.helpdesk_notify_promises)


@tagged("post_install", "-at_install")
class TestBundleAtOnce(TransactionCase):
    """T09: what two workers do at the same moment, on two connections."""

    def setUp(self):
        super().setUp()
        self.database = sql_db.db_connect(self.env.cr.dbname)
        with self.database.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            tickets = env["helpdesk.ticket"].create(
                [{"name": "At once", "partner_email": "x@new.example"}] * 2
            )
            env["helpdesk.ticket.notice"].create(
                [
                    {
                        "ticket_id": ticket.id,
                        "kind": "stage",
                        "due": f"2026-03-02 09:0{minute}:00",
                    }
                    for ticket in tickets
                    for minute in (1, 2)
                ]
            )
            self.ids = tickets.ids
            cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._delete)

    def _delete(self):
        with self.database.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["helpdesk.ticket"].browse(self.ids).unlink()
            cr.commit()  # pylint: disable=invalid-commit

    def _lock(self, cr, moment="2026-03-02 09:01:00"):
        env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        with patch(f"{MODEL}.BATCH", 1):
            found = env["helpdesk.ticket.notice"]._lock_due(moment)
        return found.filtered(lambda ticket: ticket.id in self.ids)

    def test_no_ticket_is_taken_twice(self):
        with (
            self.database.cursor() as first,
            self.database.cursor() as second,
            self.database.cursor() as third,
        ):
            found = self._lock(first) + self._lock(second)
            self.assertEqual(sorted(found.ids), sorted(self.ids))
            self.assertFalse(self._lock(third, "2026-03-02 09:09:00"))
            for cr in (first, second, third):
                cr.rollback()

    @mute_logger("odoo.sql_db")
    def test_who_looked_before_another_was_done_sends_nothing(self):
        with self.database.cursor() as first, self.database.cursor() as second:
            second.execute("SELECT count(*) FROM helpdesk_ticket_notice")
            ticket = self._lock(first)
            ticket._send_news()
            first.commit()  # pylint: disable=invalid-commit
            with self.assertRaises(SerializationFailure):
                self._lock(second)
            second.rollback()
            self.assertEqual(self._lock(second).ids, [max(self.ids)])
            second.rollback()
