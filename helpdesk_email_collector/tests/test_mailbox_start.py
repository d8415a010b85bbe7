from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import Form, mute_logger, tagged

from .common import CollectorCommon, FakeMailbox, plain_mail
from .fake_imap import FakeImap
from .fake_pop import FakePop

MODELS = "odoo.addons.helpdesk_email_collector.models"
RECEIVE = f"{MODELS}.mailbox.receive"
START = datetime(2026, 11, 20, 12)


def dated(subject, moment):
    """Return a mail of a moment in UTC."""
    return plain_mail(subject, date=f"{moment:%d} Nov {moment:%Y %H:%M:%S} +0000")


@tagged("post_install", "-at_install")
class TestMailboxStart(CollectorCommon):
    """E01: old mails of a mailbox stay as they are, when its owner wants it so."""

    # the day counts in UTC, whatever the server's zone; a mail in the second counts
    CAME = (
        START - timedelta(days=5),
        START - timedelta(hours=9),
        START - timedelta(seconds=1),
        START,
        START + timedelta(days=3),
    )

    def _use(self, fake, server_type):
        self.server.write(
            {
                "server_type": server_type,
                "server": "127.0.0.1",
                "port": fake.port,
                "password": fake.password,
                "is_ssl": False,
            }
        )

    def _fetch(self):
        with self.committing() as env, mute_logger(RECEIVE):
            self.assertFalse(self.server.with_env(env)._fetch_mail())
        self.env.invalidate_all()
        return self._rows("id").mapped("subject")

    def _begin(self, start, date=False):
        self.server.write({"helpdesk_start": start, "helpdesk_start_date": date})

    def _get_count(self):
        return self.server.action_helpdesk_count_mails()["params"]["message"]

    def test_from_a_date_on_imap(self):
        mails = [dated(str(number), came) for number, came in enumerate(self.CAME)]
        self._begin("date", START)
        with FakeImap(*mails) as fake:
            fake.came = dict(enumerate(self.CAME, start=1))
            self._use(fake, "imap")
            self.assertIn("mailbox: 5. The helpdesk will read 2 of", self._get_count())
            self.assertFalse(self._rows())
            self.assertEqual(self._fetch(), ["3", "4"])
            self.assertFalse(any(fake.flags[uid] for uid in (1, 2, 3)))
            self._begin("all")
            self.assertEqual(len(self._fetch()), 5)

    def test_from_a_date_on_pop(self):
        """By the heads; what is left out is not deleted, whatever the order."""
        for mails in (self.CAME, self.CAME[::-1]):
            self._rows().unlink()
            self._begin("date", START)
            mails = [dated(f"{came:%d %H}", came) for came in mails]
            with FakePop(*mails) as fake:
                self._use(fake, "pop")
                self.assertIn("5. The helpdesk will read 2 of", self._get_count())
                self.assertEqual(set(self._fetch()), {"20 12", "23 12"})
                self.assertEqual(len(fake.drop), 3)

    def test_pop_without_heads(self):
        """A mail too many rather than one too few."""
        self._begin("date", START)
        with FakePop(dated("Old", self.CAME[0]), top=False) as fake:
            self._use(fake, "pop")
            self.assertEqual(self._fetch(), ["Old"])

    def test_from_now_on(self):
        """Now is when it is switched on, and stays so when it is off for a while."""
        self.server.state = "draft"
        self._begin("now")
        self.server.helpdesk_start_date = START
        with FakeImap(dated("Old", START)) as fake:
            fake.came = {1: START}
            self._use(fake, "imap")
            self.assertIn("1. The helpdesk will read 0 of", self._get_count())
            self.server.button_confirm_login()
            started = self.server.helpdesk_start_date
            self.assertGreater(started, START)
            self.assertFalse(self._fetch())
            self.server.helpdesk_start_date = START + timedelta(days=1)
            self.server.set_draft()
            self.server.button_confirm_login()
            self.assertEqual(self.server.helpdesk_start_date, START + timedelta(days=1))

    def test_choice(self):
        with Form(self.server) as form:
            self.assertFalse(form.helpdesk_start_date)
            form.helpdesk_start = "now"
            self.assertLessEqual(form.helpdesk_start_date, fields.Datetime.now())
            form.helpdesk_start = "all"
            self.assertFalse(form.helpdesk_start_date)

    def test_all_by_default(self):
        """A mailbox that asks for nothing loses nothing."""
        mailbox = FakeMailbox(plain_mail("Old"))
        mailbox.came = {1: START}
        self._collect(mailbox)
        self.assertEqual(self._rows().mapped("subject"), ["Old"])
