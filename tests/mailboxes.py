"""Mailboxes on the real mail server, filled by a mail program and read by Odoo."""

import contextlib
import email.message
import email.policy
import email.utils
import imaplib
import uuid

from dev import instance
from dev.odoo_api import ApiError
from dev.waiting import PATIENCE

# Seconds for a visit of Odoo, and for the processing of what it brought.
SECONDS = 240


class Mailbox:
    """One account of the mail server, with a mailbox of the helpdesk that reads it.

    :param helpdesk: the `Helpdesk`
    :param values: of its record
    """

    def __init__(self, helpdesk, values):
        self.helpdesk, self.api = helpdesk, helpdesk.api
        self.name, self.user, self.id = values["name"], values["user"], None
        self.folders = [values["helpdesk_done_folder"]] if values.get("helpdesk_done_folder") else []
        self.sent = []

    @classmethod
    def make(cls, helpdesk, number, **changes):
        """Return so many new mailboxes.

        :param changes: settings that differ
        """
        kind = changes.get("server_type", "imap")
        made, vals_list = [], []
        for _number in range(number):
            name = uuid.uuid4().hex[:10]
            values = {
                "name": name,
                "server_type": kind,
                "server": "127.0.0.1",
                "port": helpdesk.ports["pop3" if kind == "pop" else "imap"],
                "user": f"{name}@helpdesk.example",
                "password": instance.MAIL_PASSWORD,
                "is_helpdesk_collector": True,
                "state": "done",
                **changes,
            }
            made.append(cls(helpdesk, values))
            vals_list.append(values)
        ids = helpdesk.api.call("fetchmail.server", "create", vals_list=vals_list)
        for mailbox, found in zip(made, ids, strict=True):
            mailbox.id = found
        return made

    def compose(self, number, *, message_id=True, sender=None, **headers):
        """Return a mail with a subject of its own, from a sender of its own."""
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"] = sender or f"Writer <writer-{self.name}-{number}@writer.example>"
        mail["To"] = self.user
        mail["Subject"] = f"{self.name}/{number}/"
        mail["Date"] = email.utils.formatdate()
        if message_id:
            mail["Message-ID"] = f"<{uuid.uuid4().hex}@writer.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(f"Please help us with matter {number}.")
        return mail

    @contextlib.contextmanager
    def imap(self):
        """Yield a mail program's connection to the account."""
        with imaplib.IMAP4("127.0.0.1", self.helpdesk.ports["imap"], timeout=PATIENCE) as imap:
            imap.login(self.user, instance.MAIL_PASSWORD)
            yield imap

    def put(self, mails, folder="INBOX"):
        """Put mails, unread, into a folder; it and those that Odoo moves mails to are made when they are missing."""
        with self.imap() as imap:
            for name in {folder, *self.folders} - {"INBOX"}:
                imap.create(name)
            for mail in mails:
                status, answer = imap.append(folder, None, None, mail.as_bytes())
                assert status == "OK", answer
        self.sent += [mail["Subject"] for mail in mails]

    def count(self, *folders):
        """Return how many mails lie in each of the folders, as a list."""
        with self.imap() as imap:
            answers = [imap.status(folder, "(MESSAGES)") for folder in folders]
        return [int(data[0].split()[-1].strip(b")")) for _status, data in answers]

    def fetch(self):
        """Let Odoo read the mailbox; return what it says is wrong, or an empty text."""
        try:
            self.api.call("fetchmail.server", "fetch_mail", [self.id], timeout=SECONDS)
        except (ApiError, OSError) as error:
            return str(error) or type(error).__name__
        return ""

    def rows(self, *domain):
        """Return how many rows of the inbox came from here."""
        domain = [["server_id", "=", self.id], *domain]
        return self.api.call("helpdesk.inbox.mail", "search_count", domain=domain)

    def progress(self):
        """Return how many mails of it are stored, and how many of these are processed; asked of the database."""
        (row,) = self.helpdesk.query(
            f"""SELECT count(*), count(*) FILTER (WHERE state <> 'waiting')
            FROM helpdesk_inbox_mail WHERE server_id = {self.id}"""
        )
        return row

    def wait_until_processed(self, seconds=SECONDS):
        """Wait until no mail of this mailbox waits."""
        wait_until_processed([self], seconds)

    def balance(self):
        """Return how many of the mails have no ticket, and how many tickets are too many."""
        return balance([self])


def wait_until_processed(mailboxes, seconds=SECONDS):
    """Wait until no mail of these mailboxes waits; what was busy elsewhere is woken."""
    helpdesk = mailboxes[0].helpdesk
    ids = ", ".join(str(mailbox.id) for mailbox in mailboxes)
    waiting = f"SELECT count(*) FROM helpdesk_inbox_mail WHERE state = 'waiting' AND server_id IN ({ids})"

    helpdesk.wait_for_work(
        lambda: helpdesk.query(waiting) == [(0,)], f"the processing of mails of {len(mailboxes)} mailboxes", seconds
    )


def balance(mailboxes):
    """Return how many of the mails of these mailboxes have no ticket, and how many tickets are too many."""
    domain = ["|"] * (len(mailboxes) - 1) + [["name", "like", f"{mailbox.name}/"] for mailbox in mailboxes]
    found = [ticket["name"] for ticket in mailboxes[0].api.search_read("helpdesk.ticket", domain, ["name"])]
    sent = {subject for mailbox in mailboxes for subject in mailbox.sent}
    return len(sent - set(found)), len(found) - len(sent & set(found))
