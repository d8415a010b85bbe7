import hashlib
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.addons.helpdesk_ticket.tests.common import TicketCommon

SAMPLES = Path(__file__).parent / "samples"
SUPPORT = "support@demo.example"


def sample(name):
    """Return the bytes of a mail of `samples/`."""
    return (SAMPLES / name).read_bytes()


def plain_mail(
    subject="Help", email_from="Anna <anna@huber.example>", body="Hello", **headers
):
    """Return the bytes of a short mail; `message_id=None` leaves the header out."""
    identity = hashlib.sha1(f"{subject}{email_from}".encode()).hexdigest()
    headers.setdefault("message_id", f"<{identity}@sender.example>")
    lines = [f"From: {email_from}", f"Subject: {subject}"]
    lines += [
        f"{name.replace('_', '-')}: {text}"
        for name, text in {"to": SUPPORT, **headers}.items()
        if text is not None
    ]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    return "\r\n".join([*lines, "", body, ""]).encode()


class FakeMailbox:
    """A mailbox in memory with the methods of `ImapMailbox`."""

    folder = "INBOX"
    uid_validity = "4000000000"  # servers use all 32 bits

    def __init__(self, *mails):
        self.mails = dict(enumerate(mails, start=1))
        self.seen = set()
        self.came = {}  # when
        self.moved = {}
        self.fetched = []
        self.unread = []
        self.too_big = []
        self.error = None
        self.before_handling = None

    def check_unread_messages(self, since=None):
        if self.error:
            raise self.error
        came = self.came
        self.unread = [
            uid
            for uid in sorted(set(self.mails) - self.seen)
            if not since or uid not in came or came[uid] >= since
        ]
        return len(self.unread)

    def check_folder(self, folder):
        """Every folder exists."""

    def retrieve_batches(self):
        for uid in self.unread:
            self.fetched.append(uid)
            yield [(uid, self.mails[uid])]

    def handled_messages(self, uids):
        if self.before_handling and uids:
            self.before_handling()
        self.seen.update(uids)

    def move(self, uids, folder):
        if uids:
            self.moved.setdefault(folder, []).extend(uids)

    def disconnect(self):
        """Nothing to close."""

    hang_up = disconnect


class CollectorCommon(TicketCommon):
    """A mailbox of our company, and ways to let mails come in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["fetchmail.server"].search([]).action_archive()
        cls.server = cls.env["fetchmail.server"].create(
            {
                "name": "Support mailbox",
                "is_helpdesk_collector": True,
                "company_id": cls.company.id,
                "helpdesk_team_id": cls.team.id,
                "server_type": "imap",
                "server": "mail.demo.example",
                "port": 993,
                "user": SUPPORT,
                "password": "not-a-secret",
                "state": "done",
            }
        )
        # the small servers of the tests listen on this machine, on any port
        parameters = cls.env["ir.config_parameter"].sudo()
        prefix = "helpdesk_email_collector.allowed_"
        parameters.set_param(f"{prefix}networks", "127.0.0.0/8")
        parameters.set_param(f"{prefix}ports", "1-65535")
        cls.Inbox = cls.env["helpdesk.inbox.mail"]
        cls.rule = cls.env.ref(
            "helpdesk_email_collector.helpdesk_email_collector_create"
        )

    @contextmanager
    def committing(self):
        """Yield an environment whose commits and rollbacks end at the test's."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr)

    def _rows(self, order=None):
        """Return the rows of our company, the newest first."""
        return self.Inbox.search([("company_id", "=", self.company.id)], order=order)

    def _collect(self, mailbox):
        """Receive from a mailbox as the cron does.

        :return: the exception that the button *Fetch Now* would show
        """
        with (
            self.committing() as env,
            patch.object(
                self.registry["fetchmail.server"], "_connect__", lambda *a, **k: mailbox
            ),
        ):
            return self.server.with_env(env)._fetch_mail()

    def _process(self):
        """Process what waits as the cron does."""
        with self.committing() as env:
            env["helpdesk.inbox.mail"]._cron_process()
        self.env.invalidate_all()  # what another cursor wrote

    def _press(self, records, button, user=None):
        """Press a button as a manager, and let the worker do what it was woken for.

        :return: what the button shows
        """
        shown = getattr(records.with_user(user or self.manager), button)()
        self._process()
        return shown

    def _store(self, *mails):
        """Put mails into the inbox, as read from our mailbox.

        :return: the rows, in the order of the mails
        """
        first = len(self._rows()) + 1
        return self.Inbox._store(
            self.Inbox._prepare_values(
                [(raw, str(first + number)) for number, raw in enumerate(mails)],
                company=self.company,
                server=self.server,
                folder="INBOX",
                uid_validity="1",
            )
        )

    def _receive(self, *mails):
        """Store mails and process them.

        :return: the rows
        """
        rows = self._store(*mails)
        self._process()
        return rows

    def _delete_in_database(self, record):
        """Delete a value of a list as a program does that knows nothing of rules."""
        self.env.flush_all()
        self.env.cr.execute(f"DELETE FROM {record._table} WHERE id = %s", record.ids)
        self.env.invalidate_all()
