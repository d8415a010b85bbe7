from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.walk import Figures, Walk, WalkCase
from odoo.addons.mail.models.mail_thread import MailThread

from .common import CollectorCommon, plain_mail
from .fake_imap import FakeImap

TICKET = "an inbox row becomes a ticket and its acknowledgement"
ROW = "a mail in a mailbox becomes an inbox row"
OTHER = "a mail for another app, before Odoo has it"


@tagged("post_install", "-at_install")
class TestWalk(WalkCase, CollectorCommon):
    """The ways of a mail are short enough to be read (see `walk.py` for the method)."""

    WANTED = {
        TICKET: Figures(20, 120, 40),
        ROW: Figures(10, 30, 12),
        OTHER: Figures(1, 2, 1),
    }
    REACHED = {
        TICKET: Figures(33, 172, 55),
        ROW: Figures(10, 63, 25),
        OTHER: Figures(1, 2, 1),
    }

    def test_inbox_row_to_ticket(self):
        """A new mail of an unknown sender, with the rules as they are installed."""
        self._receive(plain_mail("Before", "Wim <wim@before.example>"))
        rows = self._store(plain_mail("New", "Nora <nora@new.example>"))
        walk = Walk()
        with self.committing() as env, walk.recording():
            env["helpdesk.inbox.mail"]._cron_process()
        self.env.invalidate_all()
        self.assertEqual(rows.ticket_id.partner_id.email, "nora@new.example")
        sent = self.env["mail.mail"].search([("res_id", "=", rows.ticket_id.id)])
        self.assertIn("nora@new.example", str(sent.mapped("recipient_ids.email")))
        self.check_walk(TICKET, walk)

    def test_mailbox_to_inbox_row(self):
        self.server.active = False
        for name in ("Before", "New"):
            with FakeImap(plain_mail(name)) as fake:
                # another mailbox: UIDs of the small server begin at 1
                server = self.server.copy(
                    {
                        "state": "done",
                        "active": True,
                        "server": "127.0.0.1",
                        "port": fake.port,
                        "password": fake.password,
                        "is_ssl": False,
                        "helpdesk_done_folder": "Done",
                    }
                )
                walk = Walk()
                with self.committing() as env, walk.recording():
                    env["fetchmail.server"]._cron_collect()
                server.active = False
        self.env.invalidate_all()
        self.assertIn("New", self._rows().mapped("subject"))
        self.check_walk(ROW, walk)

    def test_mail_for_another_app(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "offers",
                "alias_domain_id": self.env.company.alias_domain_id.id,
                "alias_model_id": self.env.ref("base.model_res_partner").id,
            }
        )
        for name in ("Before", "New"):
            raw = plain_mail(name, to="offers@other.example")
            walk = Walk(until=MailThread.message_process)
            with walk.recording():
                self.env["mail.thread"].message_process("res.partner", raw)
        self.assertFalse(self._rows())
        self.check_walk(OTHER, walk)
