"""Mailboxes on the real mail server, filled by a mail program and read by Odoo."""

import contextlib
import email.message
import email.policy
import email.utils
import imaplib
import time
import uuid

from dev import instance
from dev.waiting import wait_until

SECONDS = 240


class Mailbox:
    """One account of the mail server, with a mailbox of the helpdesk that reads it.

    :param helpdesk: the `Helpdesk`
    :param changes: settings of the mailbox that differ
    """

    def __init__(self, helpdesk, **changes):
        self.helpdesk, self.api = helpdesk, helpdesk.api
        self.name = uuid.uuid4().hex[:10]
        self.user = changes.pop("user", f"{self.name}@helpdesk.example")
        kind = changes.get("server_type", "imap")
        values = {
            "name": f"Mailbox {self.name}",
            "server_type": kind,
            "server": "127.0.0.1",
            "port": helpdesk.ports["pop3" if kind == "pop" else "imap"],
            "user": self.user,
            "password": instance.MAIL_PASSWORD,
            "is_helpdesk_collector": True,
            "state": "done",
            **changes,
        }
        self.id = self.api.create("fetchmail.server", **values)
        self.sent = []

    def compose(self, number, *, message_id=True, sender=None, **headers):
        """Return a mail with a subject of its own, from a sender of its own."""
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"] = sender or f"Writer <writer-{self.name}-{number}@writer.example>"
        mail["To"] = self.user
        mail["Subject"] = f"{self.name}/{number}/"
        mail["Date"] = email.utils.formatdate(time.time())
        if message_id:
            mail["Message-ID"] = email.utils.make_msgid(domain="writer.example")
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(f"Please help us with matter {number}.")
        return mail

    @contextlib.contextmanager
    def imap(self):
        """Yield a mail program's connection to the account."""
        with imaplib.IMAP4("127.0.0.1", self.helpdesk.ports["imap"], timeout=30) as imap:
            imap.login(self.user, instance.MAIL_PASSWORD)
            yield imap

    def put(self, mails, folder="INBOX"):
        """Put mails, unread, into a folder, which is made when it is missing."""
        with self.imap() as imap:
            imap.create(folder)
            for mail in mails:
                status, answer = imap.append(folder, None, None, mail.as_bytes())
                assert status == "OK", answer
        self.sent += [mail["Subject"] for mail in mails]

    def count(self, folder="INBOX"):
        """Return how many mails lie in a folder."""
        with self.imap() as imap:
            status, data = imap.select(folder, readonly=True)
            return int(data[0]) if status == "OK" else 0

    def fetch(self):
        """Let Odoo read the mailbox; return what it says is wrong, or an empty text."""
        try:
            self.api.call("fetchmail.server", "fetch_mail", [self.id], timeout=SECONDS)
        except Exception as error:  # noqa: BLE001 - a fault is what is looked for
            return str(error) or type(error).__name__
        return ""

    def rows(self, *domain):
        """Return how many rows of the inbox came from here."""
        domain = [["server_id", "=", self.id], *domain]
        return self.api.call("helpdesk.inbox.mail", "search_count", domain=domain)

    def wait_until_processed(self, seconds=SECONDS):
        """Wait until no mail of this mailbox waits; what was busy elsewhere is woken."""

        def processed():
            if not self.rows(["state", "=", "waiting"]):
                return True
            self.helpdesk.wake()
            return False

        wait_until(processed, seconds, f"the processing of {self.user}", interval=0.5)

    def subjects(self):
        """Return the subjects of the tickets that came of the mails."""
        domain = [["name", "like", f"{self.name}/"]]
        return [ticket["name"] for ticket in self.api.search_read("helpdesk.ticket", domain, ["name"])]

    def balance(self):
        """Return how many of the mails have no ticket, and how many tickets are too many."""
        found, sent = self.subjects(), set(self.sent)
        return len(sent - set(found)), len(found) - len(sent & set(found))

    def archive(self):
        """Let Odoo read it no more."""
        self.api.write("fetchmail.server", [self.id], active=False)
