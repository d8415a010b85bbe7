from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.migration import load_script
from odoo.tests import new_test_user, tagged

from .common_link import LinkCommon

SCRIPT = Path(__file__).parent.parent / "migrations/19.0.1.4.0/post-events.py"
DATES = SCRIPT.parents[1] / "19.0.1.8.0/post-log.py"


@tagged("post_install", "-at_install")
class TestEvent(LinkCommon):
    """What happens to a ticket is a line of its log (T13), and who wrote last is seen
    everywhere (A02)."""

    def _get_log(self, tickets, *kinds):
        log = self.env["helpdesk.ticket.event"].search(
            [("ticket_id", "in", tickets.ids)], order="id"
        )
        return log.filtered(lambda event: event.kind in kinds) if kinds else log

    def _get_kinds(self, tickets):
        return self._get_log(tickets).mapped("kind")

    def test_life_of_a_ticket(self):
        ticket = self._create_ticket().with_user(self.agent)
        ticket.action_mark_read()
        ticket.action_assign_to_me()
        self._answer(ticket)
        self._answer(ticket, helpdesk_ask=True)
        self._mail_in(f"Re: [{ticket.number}]")
        ticket.user_id = self.manager
        ticket.action_close()
        ticket.action_reopen()
        ticket.action_cancel()
        self.assertEqual(
            self._get_log(ticket).mapped(lambda event: (event.kind, event.state)),
            [
                ("opened", "unread"),
                ("read", "read"),
                ("assigned", "assigned"),
                ("answered", "in_progress"),
                ("asked", "waiting"),
                ("customer_answered", "in_progress"),
                ("assigned", "in_progress"),
                ("closed", "closed"),
                ("reopened", "in_progress"),
                ("cancelled", "cancelled"),
            ],
        )

    def test_who_and_how(self):
        ticket = self._create_ticket()
        message = self._answer(ticket)
        self._mail_in(f"Re: [{ticket.number}]")
        opened, answered, again = self._get_log(ticket)
        self.assertEqual(opened.partner_id, self.anna)
        self.assertEqual(answered.partner_id, self.agent.partner_id)
        self.assertEqual(answered.message_id, message)
        self.assertEqual(again.partner_id, self.anna)
        self.assertEqual(
            again.channel_id, self.env.ref("helpdesk_ticket.channel_email")
        )

    def test_opening_mail_is_no_answer(self):
        ticket = self._mail_in()
        self.assertEqual(self._get_kinds(ticket), ["opened"])
        self.assertEqual(ticket.last_answer, "nobody")

    def test_stages_given_by_hand(self):
        ticket = self._create_ticket(user_id=self.agent.id)
        Stage = self.env["helpdesk.ticket.stage"]
        for state in ("waiting", "in_progress", "closed", "in_progress"):
            stage = Stage._get_for(state, self.team, self.company)
            ticket.with_user(self.agent).stage_id = stage
        self.assertEqual(
            self._get_kinds(ticket)[2:], ["waiting", "moved", "closed", "reopened"]
        )

    def test_team_and_its_assignee(self):
        other = self.env["helpdesk.team"].create(
            {
                "name": "Field",
                "company_id": self.company.id,
                "assignment": "load",
                "member_ids": self.manager.ids,
            }
        )
        ticket = self._create_ticket()
        ticket.team_id = other
        self.assertEqual(self._get_kinds(ticket), ["opened", "moved", "assigned"])
        ticket = self._create_ticket(team_id=other.id)
        self.assertEqual(self._get_kinds(ticket), ["opened", "assigned"])

    def test_notes_are_no_answer(self):
        ticket = self._create_ticket()
        ticket.with_user(self.agent).message_post(
            body="He calls daily.", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.assertEqual(self._get_kinds(ticket), ["opened", "noted"])
        self.assertEqual(ticket.last_answer, "nobody")

    def test_stage_of_the_same_state(self):
        """It is nothing but an action of ours (T26)."""
        ticket = self._create_ticket(user_id=self.agent.id)
        same = ticket.stage_id.copy({"name": "Second desk"})
        ticket.with_user(self.agent).stage_id = same
        changed = self._get_log(ticket)[-1]
        self.assertEqual((changed.kind, changed.action), ("changed", "other"))
        self.assertEqual(ticket.last_action_date, changed.moment)

    # -- what the log says ---------------------------------------------------------

    def _get_dates(self, tickets):
        self.env.flush_all()
        self.env.invalidate_all()
        names = ["answered_date", "last_action_date", "closed_date", "last_answer"]
        return tickets.read(names)

    def _live(self):
        """Return tickets in many states, hours old, some of them merged."""
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._create_ticket(user_id=self.agent.id) for _i in range(8))
        )
        answered, asked, closed, cancelled, reopened, first, second, _new = tickets
        self._answer(answered)
        self._answer(asked, helpdesk_ask=True)
        self._answer(closed)
        self._mail_in(f"Re: [{closed.number}]")
        closed.with_user(self.agent).action_close()
        self._answer(closed)  # too late to be the first one
        cancelled.with_user(self.agent).action_cancel()
        reopened.with_user(self.agent).action_close()
        reopened.with_user(self.agent).action_reopen()
        self._answer(second)
        second.with_user(self.manager)._merge_into(first.with_user(self.manager))
        self.env.flush_all()
        for number, event in enumerate(tickets.event_ids.sorted("id")):
            event.moment -= timedelta(minutes=100 - number)
        return tickets

    def test_T25_T26_the_log_is_the_source(self):
        """Reading it again says the same, whenever it is read."""
        tickets = self._live()
        before = self._get_dates(tickets)
        self.assertTrue(all(any(row[name] for row in before) for name in before[0]))
        for name in before[0].keys() - {"id"}:
            self.env.add_to_compute(tickets._fields[name], tickets)
        self.assertEqual(self._get_dates(tickets), before)

    def test_T25_nobody_writes_what_the_log_says(self):
        ticket = self._create_ticket()
        for user in (self.agent, self.manager, self.env.ref("base.user_admin")):
            for name, value in (
                ("answered_date", "2026-01-01"),
                ("last_action_date", "2026-01-01"),
                ("last_answer", "us"),
            ):
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(UserError):
                        ticket.with_user(user).write({name: value})
                    with self.assertRaises(UserError):
                        ticket.with_user(user).create({"name": "New", name: value})
        self.assertFalse(ticket.answered_date)

    def test_migration_keeps_every_date(self):
        """Logs of the version before, with what they lacked."""
        script = load_script(str(DATES), "helpdesk_ticket_post_log")
        tickets = self._live()
        before = self._get_dates(tickets)
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_event SET action = NULL WHERE ticket_id = ANY(%s)",
            [tickets.ids],
        )
        self.env.cr.execute(
            """DELETE FROM helpdesk_ticket_event
                WHERE ticket_id = ANY(%s) AND kind IN ('noted', 'changed')""",
            [tickets.ids],
        )
        # one that knows nothing of its end, one that has another second
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_event SET state = NULL WHERE ticket_id = %s",
            [tickets[3].id],
        )
        self.env.cr.execute(
            """UPDATE helpdesk_ticket_event SET moment = moment + interval '1 second'
                WHERE ticket_id = %s AND kind = 'closed'""",
            [tickets[2].id],
        )
        self.env.invalidate_all()
        for _number in range(2):  # an update that is begun again changes nothing
            script.migrate(self.env.cr, "19.0.1.7.0")
            self.env.invalidate_all()
            for name in before[0].keys() - {"id"}:
                self.env.add_to_compute(tickets._fields[name], tickets)
            self.assertEqual(self._get_dates(tickets), before)

    def test_many_are_written_at_once(self):
        tickets = self._create_ticket() | self._create_ticket()
        tickets.action_close()
        self.assertEqual(self._get_log(tickets, "closed").ticket_id, tickets)

    # -- who answered last ---------------------------------------------------------

    def test_mail_and_answer(self):
        ticket = self._mail_in()
        self._answer(ticket)
        self.assertEqual(ticket.last_answer, "us")
        self._mail_in(f"Re: [{ticket.number}]")
        self.assertEqual(ticket.last_answer, "customer")
        found = self.agent_env["helpdesk.ticket"].search(
            [("last_answer", "=", "customer"), ("id", "=", ticket.id)]
        )
        self.assertEqual(found, ticket)

    def test_portal(self):
        user = self._create_portal_user(self.anna)
        ticket = self._create_ticket()
        ticket.with_user(user).sudo().with_context(
            mail_post_autofollow=False
        ).message_post(
            body="Any news?",
            author_id=self.anna.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(ticket.last_answer, "customer")
        event = self._get_log(ticket, "customer_answered")
        self.assertEqual(
            event.channel_id, self.env.ref("helpdesk_ticket.channel_portal")
        )

    def test_merge_takes_answers_along(self):
        ticket, target = self._create_ticket(), self._create_ticket()
        self._answer(target)
        self._mail_in(f"Re: [{ticket.number}]")
        ticket.with_user(self.manager)._merge_into(target.with_user(self.manager))
        self.assertEqual(target.last_answer, "customer")
        self.assertEqual(ticket.last_answer, "nobody")
        self.assertEqual(self._get_kinds(ticket), ["opened", "merged", "closed"])
        self.assertNotIn("answered", self._get_log(target)[-1:].mapped("kind"))

    def test_merge_reads_the_newest_message_of_both(self):
        """An answer says nothing to what a customer asked after it, in whichever of
        the two tickets they go on."""
        for newest in ("customer", "us"):
            for keeps_answered in (True, False):
                with self.subTest(newest=newest, keeps_answered=keeps_answered):
                    if newest == "customer":
                        answered = self._create_ticket()
                        self._answer(answered)
                        asked = self._create_ticket()
                    else:
                        asked, answered = self._create_ticket(), self._create_ticket()
                        self._answer(answered)
                    pair = [asked, answered][:: 1 if keeps_answered else -1]
                    ticket, target = (one.with_user(self.manager) for one in pair)
                    ticket._merge_into(target)
                    self.assertEqual(target.last_answer, newest)

    def test_split_takes_answers_along(self):
        ticket = self._create_ticket()
        self._answer(ticket)
        self._mail_in(f"Re: [{ticket.number}]")
        message = self._get_log(ticket, "customer_answered").message_id
        fresh = ticket.with_user(self.agent)._split_off(message)
        self.assertEqual(ticket.last_answer, "us")
        self.assertEqual(fresh.last_answer, "customer")
        self.assertIn("split", self._get_kinds(ticket))

    # -- nobody writes it, who reads the ticket reads it ------------------------------

    def test_nobody_writes(self):
        event = self._get_log(self._create_ticket())
        for user in (self.agent, self.manager, self.env.ref("base.user_admin")):
            own = event.with_user(user)
            with self.assertRaises(AccessError):
                own.moment = fields.Datetime.now()
            with self.assertRaises(AccessError):
                own.unlink()
            with self.assertRaises(AccessError):
                own.create({"ticket_id": event.ticket_id.id, "kind": "read"})

    def test_members_only(self):
        outsider = new_test_user(
            self.env, "outsider", groups="helpdesk_contact.group_helpdesk_user"
        )
        ticket = self._create_ticket()
        Event = self.env(user=outsider)["helpdesk.ticket.event"]
        self.assertTrue(Event.search([("ticket_id", "=", ticket.id)]))
        self.team.visibility = "members"
        self.assertFalse(Event.search([("ticket_id", "=", ticket.id)]))

    # -- those that are there ----------------------------------------------------------

    def _migrate(self):
        script = load_script(str(SCRIPT), "helpdesk_ticket_post_events")
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM helpdesk_ticket_event")
        self.env.cr.execute("UPDATE helpdesk_ticket SET last_answer = NULL")
        script.migrate(self.env.cr, "19.0.1.3.0")
        self.env.invalidate_all()

    def test_migration_of_odd_data(self):
        """Messages that another program imported may have no date."""
        ticket = self._create_ticket()
        self.flush_tracking()
        ticket.user_id = self.agent
        self._answer(ticket)
        self.flush_tracking()
        self.env.cr.execute(
            "UPDATE mail_message SET date = NULL WHERE model = %s AND res_id = %s",
            [ticket._name, ticket.id],
        )
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = NULL WHERE id = %s", [ticket.id]
        )
        self._migrate()
        self.assertIn("assigned", self._get_kinds(ticket))

    def test_migration(self):
        ticket, quiet = self._create_ticket(), self._create_ticket()
        self.flush_tracking()  # what is done in its transaction is not tracked
        ticket.user_id = self.agent
        self._answer(ticket)
        self._mail_in(f"Re: [{ticket.number}]")
        quiet.with_user(self.agent).action_close()
        self.flush_tracking()
        # as if it were in the past, not in the transaction of the tests
        hour_ago = fields.Datetime.now() - timedelta(hours=1)
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s",
            [hour_ago, ticket.id],
        )
        self._migrate()
        kinds = self._get_kinds(ticket)
        self.assertLessEqual(
            {"opened", "assigned", "answered", "customer_answered"}, set(kinds)
        )
        self.assertEqual(ticket.last_answer, "customer")
        said = self._get_log(ticket, "customer_answered")
        self.assertEqual(said.partner_id, self.anna)
        self.assertEqual(self._get_log(quiet, "closed").state, "closed")
        count = len(self._get_log(ticket | quiet))
        script = load_script(str(SCRIPT), "helpdesk_ticket_post_events_again")
        script.migrate(self.env.cr, "19.0.1.4.0")
        self.assertEqual(len(self._get_log(ticket | quiet)), count)
