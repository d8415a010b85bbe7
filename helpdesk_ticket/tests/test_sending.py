from unittest.mock import patch

from odoo import modules
from odoo.fields import Domain
from odoo.tests import tagged

from .common import TicketCommon

MAIL = "odoo.addons.mail.models.mail_mail"


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
