from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields, modules
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged, warmup
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from .common import TicketCommon

MAIL = "odoo.addons.mail.models.mail_mail"
MOST_QUERIES = 9


@tagged("post_install", "-at_install")
class TestSending(TicketCommon):
    """What is sent goes from the queue, and nothing else does."""

    def _queue(self, **values):
        return self.env["mail.mail"].create(
            {
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
                "email_to": "anna@huber.example",
                "auto_delete": True,
                **values,
            }
        )

    def _send(self, mails):
        """Send mails as Odoo's scheduled action does, with a commit after each."""
        with (
            self.mock_mail_gateway(mail_unlink_sent=True),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            mails.with_env(self.env(cr=cr)).send(auto_commit=True)
        self.env.invalidate_all()

    def test_answer_waits_for_nothing(self):
        """N01: an answer is queued and the queue is woken; others' mails go as ever."""
        ticket = self._create_ticket()
        answer = self._queue(model=ticket._name, res_id=ticket.id)
        other = self._queue()
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = Domain("cron_id", "=", queue.id)
        self.env["ir.cron.trigger"].search(triggers).unlink()
        with (
            patch.object(modules.module, "current_test", False),
            patch(f"{MAIL}.MailMail.send_after_commit", autospec=True) as at_once,
        ):
            (answer + other).send_after_commit()
            answer.send_after_commit()
        at_once.assert_called_once_with(other)
        self.assertEqual(answer.state, "outgoing")
        self.assertTrue(self.env["ir.cron.trigger"].search_count(triggers))

    def test_sent_mails_are_deleted(self):
        sent, other, kept = self._queue(), self._queue(), self._queue(auto_delete=False)
        message = sent.mail_message_id
        self._send(sent + other + kept)
        self.assertEqual(len(self._mails), 3)
        self.assertEqual((sent + other + kept).exists(), kept)
        self.assertEqual(kept.state, "sent")
        self.assertFalse(message.exists())

    @warmup
    def test_deleted_in_one_go(self):
        """A mail more costs what sending it costs; a deletion has eight queries."""

        def count(number):
            mails = self.env["mail.mail"].concat(
                *(self._queue() for _ in range(number))
            )
            self.env.flush_all()
            before = self.cr.sql_log_count
            self._send(mails)
            return self.cr.sql_log_count - before

        three, six = count(3), count(6)
        self.assertLess((six - three) / 3, MOST_QUERIES)

    def test_failed_mail_stays(self):
        """What no server took is shown, with its reason, until somebody sees to it."""
        failing = self._queue(email_to="refused@huber.example")
        sent = self._queue()
        server = self.registry["ir.mail_server"]
        original = server.send_email

        def send(model, message, *args, **kwargs):
            if "refused@" in message["To"]:
                raise MailDeliveryException("The mailbox is full")
            return original(model, message, *args, **kwargs)

        with patch.object(server, "send_email", send), mute_logger(MAIL):
            self._send(failing + sent)
        self.assertEqual((failing + sent).exists(), failing)
        self.assertEqual(failing.state, "exception")
        self.assertIn("mailbox is full", failing.failure_reason)

    def test_one_connection(self):
        """What comes from one address goes over one connection, whoever wrote it."""
        server = self.registry["ir.mail_server"]
        names = ("Anna <a@x.example>", "Berta <a@x.example>", "Anna <b@x.example>")
        mails = self.env["mail.mail"].concat(
            *(self._queue(email_from=name) for name in names)
        )

        def split():
            with patch.object(
                server, "_find_mail_server", lambda own, address, *_: (own, address)
            ):
                groups = list(mails._split_by_mail_configuration())
            return [list(ids) for _server, _domain, _from, ids in groups]

        self.assertEqual(split(), [mails[:2].ids, mails[2:].ids])
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail.session.batch.size", "1")
        self.assertEqual(split(), [[one] for one in mails.ids])

    def test_left_over(self):
        """Odoo ended before it deleted what was sent: that goes the next day."""
        left, kept = self._queue(state="sent"), self._queue(state="sent")
        kept.auto_delete = False
        waiting = self._queue()
        self.env.flush_all()
        self.env["mail.mail"]._gc_sent_mails()
        self.assertTrue(left.exists())
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.env["mail.mail"]._gc_sent_mails()
        self.assertEqual((left + kept + waiting).exists(), kept + waiting)

    def test_identifier(self):
        """The identifier that a mail got on its way replaces ours."""
        mail = self._queue()
        before = mail.message_id
        mail.write({"message_id": before, "state": "sent"})
        self.assertEqual((mail.message_id, mail.state), (before, "sent"))
        mail.write({"message_id": "<other@x>"})
        self.assertEqual(mail.mail_message_id.message_id, "<other@x>")

    def test_identifier_of_a_message_that_the_sender_may_not_change(self):
        """Who sends a mail by hand needs the right to change its message, as without
        us: an identifier that stays the same opens nothing."""
        admin = new_test_user(self.env, "system", groups="base.group_system")
        mail = self._queue(model="helpdesk.ticket", res_id=self._create_ticket().id)
        with self.assertRaises(AccessError):
            mail.with_user(admin).write({"message_id": mail.message_id})

    def test_changed_text_is_sent(self):
        """T09: the text of the acknowledgement is the one that stands in its template,
        in the language of the contact, however often it was sent before."""
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_opened")

        def sent(number):
            with self.mock_mail_gateway():
                self.env["helpdesk.ticket"].create(
                    {
                        "name": f"Printer {number}",
                        "partner_id": self.anna.id,
                        "team_id": self.team.id,
                        "company_id": self.company.id,
                    }
                )
            return self._mails[0]["body"]

        template.body_html = '<p t-if="object">First <t t-out="object.name"/></p>'
        self.assertIn("First Printer", sent(1))
        self.assertIn("First Printer", sent(2))
        template.body_html = '<p t-if="object">Second <t t-out="object.name"/></p>'
        self.assertIn("Second Printer", sent(3))
        self.env["res.lang"]._activate_lang("fr_FR")
        self.anna.lang = "fr_FR"
        french = '<p t-if="object">Troisième <t t-out="object.name"/></p>'
        template.with_context(lang="fr_FR").body_html = french
        self.assertIn("Troisième Printer", sent(4))
        self.anna.lang = "en_US"
        self.assertIn("Second Printer", sent(5))
