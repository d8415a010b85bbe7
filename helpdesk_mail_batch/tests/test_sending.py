from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged, warmup
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.addons.mail.tests.common import MailCommon

MAIL = "odoo.addons.mail.models.mail_mail"
MOST_QUERIES = 9


@tagged("post_install", "-at_install")
class TestSending(MailCommon):
    """What is sent goes together: connections, deletions."""

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

    def test_a_list_from_outside_keeps_nothing(self):
        """What somebody writes into the context is no batch: the mail is deleted."""
        mail = self._queue(state="sent")
        mail.with_context(helpdesk_sent_mails=[]).unlink()
        self.assertFalse(mail.exists())

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
        mail = self._queue()
        with self.assertRaises(AccessError):
            mail.with_user(admin).write({"message_id": mail.message_id})
