from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestAtOnce(BaseCase):
    """Two people at the same moment, on real connections whose transactions do not see
    each other: Odoo repeats the slower one, and nothing of either is lost."""

    def setUp(self):
        super().setUp()
        self.first, self.second = (self._open_env() for _index in range(2))
        company = self.first.ref("base.main_company")
        self.partner = self.first["res.partner"].create(
            {"name": "Anna at once", "email": "anna@at-once.example"}
        )
        values = {
            "name": "At once",
            "partner_id": self.partner.id,
            "company_id": company.id,
            "notify_partner": False,
        }
        quiet = self.first["helpdesk.ticket"].with_context(tracking_disable=True)
        self.ticket, self.other = quiet.create([values, values])
        self._say(self.first, "Said before")
        self.first.cr.commit()
        self.addCleanup(self._clean)
        # now its transaction has begun, and sees nothing of what comes
        self.assertTrue(self._get(self.second).is_open)

    def _open_env(self):
        cr = db_connect(get_db_name()).cursor()
        self.addCleanup(cr.close)
        self.addCleanup(cr.rollback)
        cr.execute("SET LOCAL lock_timeout = '2s'")
        return api.Environment(cr, SUPERUSER_ID, {})

    def _clean(self):
        self.second.cr.rollback()
        self.first.cr.rollback()
        self.first.clear()
        tickets = self.ticket | self.other
        tickets |= tickets.search([("follow_up_of_id", "in", tickets.ids)])
        tickets.unlink()
        self.partner.unlink()
        self.first.cr.commit()

    def _get(self, env):
        return env["helpdesk.ticket"].browse(self.ticket.id)

    def _say(self, env, body):
        """Let the customer write on the ticket, wherever that goes on."""
        ticket = self._get(env)._get_last_of_chain()
        message = ticket.message_post(
            body=body,
            author_id=self.partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        env.flush_all()
        return message

    def _close(self, env):
        self._get(env).action_close()
        env.flush_all()

    def _merge(self, env):
        self._get(env)._merge_into(env["helpdesk.ticket"].browse(self.other.id))
        env.flush_all()

    def _race(self, fast, slow):
        """Let one do something and end, while the other has begun; then the other,
        which Odoo repeats."""
        fast(self.first)
        self.first.cr.commit()
        with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
            slow(self.second)
        self.second.cr.rollback()
        self.second.clear()
        slow(self.second)
        self.second.cr.commit()
        self.first.cr.rollback()
        self.first.clear()

    def test_customer_answers_while_the_ticket_is_closed(self):
        """T13: the answer reopens it."""
        self._race(self._close, lambda env: self._say(env, "Not yet!"))
        self.assertEqual(self.ticket.state, "in_progress")

    def test_customer_answers_while_the_ticket_is_merged(self):
        """E06: the answer is where the work goes on, whoever was faster."""
        self._race(lambda env: self._say(env, "One more thing"), self._merge)
        self.assertEqual(self.ticket.merged_into_id, self.other)
        bodies = str(self.other.message_ids.mapped("body"))
        self.assertIn("Said before", bodies)
        self.assertIn("One more thing", bodies)

    def test_two_answers_to_what_was_closed_long_ago(self):
        """T13: they open one follow-up, not two."""
        company = self.ticket.company_id
        before = {
            name: company[name]
            for name in ("helpdesk_answer_to_closed", "helpdesk_reopen_days")
        }
        self.addCleanup(self.first.cr.commit)
        self.addCleanup(company.write, before)
        company.helpdesk_answer_to_closed = "follow_up"
        company.helpdesk_reopen_days = 0
        self._close(self.first)
        for event in self.ticket.event_ids:
            event.moment -= timedelta(days=3)
        self.first.cr.commit()
        self.second.cr.rollback()
        self.second.clear()
        self.assertTrue(self._get(self.second)._needs_follow_up())
        self._race(
            lambda env: self._say(env, "It is back"),
            lambda env: self._say(env, "And how"),
        )
        self.assertEqual(len(self.ticket.follow_up_ids), 1)
