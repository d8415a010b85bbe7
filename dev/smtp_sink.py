"""The SMTP sink: takes every mail and delivers it into Dovecot, so that nothing leaves this machine.

Runs in the Python environment as a process of its own: python -m dev.smtp_sink INSTANCE.  Odoo looks into
mailboxes once a minute at most; after a delivery into one that it reads, the sink asks it to look now.
"""

import asyncio
import logging
import signal
import smtplib
import sys
import threading

from aiosmtpd.controller import Controller

from dev import instance as instances
from dev import odoo_api

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
        """Deliver, and only then say that the mail was taken (RFC 5321, 6.1)."""
        mailboxes = sorted({mailbox(address) for address in envelope.rcpt_tos})
        try:
            await asyncio.to_thread(self.deliver, envelope.mail_from, mailboxes, envelope.original_content)
        except (OSError, smtplib.SMTPException) as error:
            _logger.warning("not delivered to %s: %s", ", ".join(mailboxes), error)
            return "451 4.3.0 The mailbox cannot be reached, try again later"
        _logger.info("%s -> %s", envelope.mail_from or "<>", ", ".join(mailboxes))
        self.nudge.mail_for(mailboxes)
        return "250 2.0.0 Delivered"

    def deliver(self, sender, mailboxes, content):
        """Hand one mail on to Dovecot."""
        with smtplib.LMTP("127.0.0.1", self.instance.ports["lmtp"], timeout=30) as lmtp:
            lmtp.sendmail(sender or "", mailboxes, content)


def mailbox(address):
    """Return the mailbox of ``address``: Odoo's technical addresses belong to the support's."""
    local, _at, domain = address.lower().rpartition("@")
    if domain == instances.DOMAIN and local.split("+")[0] in ("support", "catchall", "bounce", "notifications"):
        return instances.SUPPORT
    return address.lower()


def main(name):
    """Serve until we are told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    instance = instances.load(name)
    # Before there are threads, so that none of them takes the signal away from sigwait().
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    nudge = Nudge(instance)
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
    main(sys.argv[1])
