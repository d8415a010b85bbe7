"""The SMTP sink: takes every mail and delivers it into Dovecot, so that nothing leaves this machine.

Runs in the Python environment as a process of its own: python -m dev.smtp_sink INSTANCE [--silent].  Odoo looks into
mailboxes once a minute at most; after a delivery into one that it reads, the sink asks it to look now, unless silent.
"""

import asyncio
import logging
import signal
import smtplib
import sys
import threading

from aiosmtpd.controller import Controller

from dev import instance as instances
from dev import mailing, odoo_api

LARGEST = 64 * 1024 * 1024
# The second look is for mail that arrived while Odoo was still busy with the first.
LOOKS = (0, 3)
_logger = logging.getLogger("sink")


class Nudge(threading.Thread):
    """Asks Odoo to read a mailbox, one request at a time; while Odoo is down its own cron does it later."""

    def __init__(self, instance):
        super().__init__(daemon=True)
        self.instance = instance
        self.wanted = set()
        self.wake = threading.Condition()

    def mail_for(self, addresses):
        """Remember that ``addresses`` got mail; Odoo reads mailboxes of its own domain only."""
        with self.wake:
            self.wanted |= {address for address in addresses if address.endswith(f"@{instances.DOMAIN}")}
            self.wake.notify()

    def run(self):
        """Serve requests for ever."""
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.wanted)
                addresses, self.wanted = self.wanted, set()
            for pause in LOOKS:
                with self.wake:
                    self.wake.wait_for(lambda: self.wanted, timeout=pause)
                self.look(addresses)

    def look(self, addresses):
        """Let Odoo read the mailboxes of ``addresses`` that it collects."""
        try:
            api = odoo_api.for_instance(self.instance)
            domain = [["user", "in", sorted(addresses)], ["state", "=", "done"]]
            for server in api.search_read("fetchmail.server", domain, ["id"]):
                api.call("fetchmail.server", "fetch_mail", [server["id"]])
        except (OSError, ValueError, odoo_api.ApiError) as error:
            _logger.info("Odoo was not told of mail for %s: %s", ", ".join(addresses), error)


class Delivery:
    """Handler of aiosmtpd: hands each mail on to Dovecot over LMTP."""

    def __init__(self, instance, nudge):
        self.instance = instance
        self.nudge = nudge

    async def handle_DATA(self, server, session, envelope):
        """Deliver, and only then say what became of it, with a line for each recipient (RFC 5321, 6.1).

        SMTP has one code for all: once somebody got the mail it is taken, since the sender would send it to all again.
        """
        goals = {}
        for address in dict.fromkeys(envelope.rcpt_tos):
            goals.setdefault(mailbox(address), []).append(address)
        refused = await asyncio.to_thread(self.deliver, envelope.mail_from, sorted(goals), envelope.original_content)
        delivered = sorted(goals.keys() - refused.keys())
        if delivered:
            _logger.info("%s -> %s", envelope.mail_from or "<>", ", ".join(delivered))
            self.nudge.mail_for(delivered)
        for name, (code, text) in refused.items():
            _logger.warning("%s -> %s: not delivered, %s %s", envelope.mail_from or "<>", name, code, text)
        return _answer(goals, refused)

    def deliver(self, sender, mailboxes, content):
        """Hand one mail on to Dovecot, and return code and text of each refusal, by mailbox.

        Each mailbox has a transaction of its own: LMTP answers to the data once for each recipient (RFC 2033, 4.2), and
        smtplib reads one answer.
        """
        refused = {}
        for name in mailboxes:
            try:
                with smtplib.LMTP("127.0.0.1", self.instance.ports["lmtp"], timeout=30) as lmtp:
                    lmtp.sendmail(sender or "", [name], content)
            except smtplib.SMTPRecipientsRefused as error:
                refused[name] = _reason(*error.recipients[name])
            except smtplib.SMTPResponseException as error:
                refused[name] = _reason(error.smtp_code, error.smtp_error)
            except UnicodeEncodeError:
                refused[name] = (553, "5.6.7 Dovecot takes addresses in ASCII only")
            except (OSError, smtplib.SMTPException) as error:
                refused[name] = _reason(451, f"4.3.0 The mailbox cannot be reached ({error})")
        return refused


def _reason(code, text):
    """Return ``code`` and ``text`` (bytes, when a server wrote it) on one line."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return code, " ".join(text.split())


def _answer(goals, refused):
    """Return SMTP's answer to a mail.

    :param goals: addresses by mailbox
    :param refused: code and text of the refusal by mailbox
    """
    code = 250
    if len(refused) == len(goals):
        codes = [code for code, _text in refused.values()]
        # One that may work later is reason enough to try again.
        code = 451 if min(codes) < 500 else 550
    lines = []
    for name, addresses in goals.items():
        for address in addresses:
            if name in refused:
                lines.append(f"{mailing.NOT_DELIVERED}{address}: {refused[name][0]} {refused[name][1]}")
            else:
                lines.append(f"Delivered to {address}")
    return "\r\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}"])


def mailbox(address):
    """Return the mailbox of ``address``: Odoo's technical addresses belong to the support's."""
    local, _at, domain = address.lower().rpartition("@")
    if domain == instances.DOMAIN and local.split("+")[0] in ("support", "catchall", "bounce", "notifications"):
        return instances.SUPPORT
    return address.lower()


def main(name, *options):
    """Serve until we are told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    instance = instances.load(name)
    # Before there are threads, so that none of them takes the signal away from sigwait().
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    nudge = Nudge(instance)
    if "--silent" not in options:
        nudge.start()
    controller = Controller(
        Delivery(instance, nudge),
        hostname="127.0.0.1",
        port=instance.ports["smtp"],
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
    )
    controller.start()
    _logger.info("listening on port %s", instance.ports["smtp"])
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
