"""A customer with a mail program: writes over SMTP, reads over IMAP."""

import email.message
import email.policy
import email.utils
import smtplib
import uuid

from dev import instance, mailing
from dev.waiting import PATIENCE, wait_until

SUPPORT = instance.SUPPORT


class Customer:
    """One person at the other end.

    :param target: the instance whose mail server is used
    :param address: the person's address, which is a mailbox too
    :param name: the person's name
    """

    def __init__(self, target, address, name):
        self.target = target
        self.address = address
        self.name = name

    def compose(self, subject, text, **headers):
        """Return a mail to the support; ``headers`` are more of its header fields, with _ for -."""
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"] = email.utils.formataddr((self.name, self.address))
        mail["To"] = SUPPORT
        mail["Subject"] = subject
        mail["Date"] = email.utils.formatdate(localtime=True)
        mail["Message-ID"] = f"<{uuid.uuid4().hex}@kunde.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail

    def send(self, mail, to=SUPPORT):
        """Send ``mail``, the same bytes each time, and return its Message-ID."""
        with smtplib.SMTP("127.0.0.1", self.target.ports["smtp"], timeout=PATIENCE) as smtp:
            smtp.sendmail(self.address, [to], mail.as_bytes())
        return str(mail["Message-ID"])

    def inbox(self):
        """Return all mails in this customer's mailbox."""
        return mailing.inbox(self.target, self.address)

    def received(self, text):
        """Return the first mail in this customer's mailbox that contains ``text``, waiting for it."""

        def look():
            mails = mailing.inbox(self.target, self.address)
            return next((mail for mail in mails if text in mailing.text_of(mail)), None)

        return wait_until(look, PATIENCE, f"a mail with {text!r} for {self.address}")


def inbox_rows(api, message_id):
    """Return the rows of the durable inbox that hold the mail ``message_id``, oldest first."""
    fields = ["state", "reason", "ticket_id", "subject"]
    return api.search_read("helpdesk.inbox.mail", [["message_id", "=", message_id]], fields, order="id")


def wait_for_rows(api, message_id, states):
    """Return the inbox rows of ``message_id`` as soon as their states are ``states``."""

    def look():
        rows = inbox_rows(api, message_id)
        return rows if sorted(row["state"] for row in rows) == sorted(states) else None

    return wait_until(look, PATIENCE, f"inbox rows {states} of {message_id}")


def wait_for_ticket(api, message_id):
    """Return the ticket that the mail ``message_id`` became."""
    ticket = wait_until(lambda: mailing.ticket_of(api, message_id), PATIENCE, f"a ticket of {message_id}")
    fields = ["number", "name", "description", "partner_id", "partner_email", "state", "message_ids", "channel_id"]
    return api.search_read("helpdesk.ticket", [["id", "=", ticket["id"]]], fields)[0]
