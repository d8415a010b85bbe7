"""The SMTP sink between a mail program and a real LMTP server, both on loopback."""

import smtplib

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP

from dev import mailing, ports
from dev.instance import Instance
from dev.smtp_sink import Delivery
from dev.steps import Problem

REFUSALS = {"unknown": "550 5.1.1 No such user", "later": "451 4.3.0 Not now", "full": "452 4.2.2 Mailbox is full"}


class Mailboxes:
    """Handler of aiosmtpd for LMTP: some addresses are refused at once, some after the data, where each has a line."""

    def __init__(self):
        self.mails = {}

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        local = address.partition("@")[0]
        if local in ("unknown", "later"):
            return REFUSALS[local]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        answers = []
        for address in envelope.rcpt_tos:
            local = address.partition("@")[0]
            answers.append(REFUSALS.get(local, f"250 2.0.0 <{address}> saved"))
            if local not in REFUSALS:
                self.mails.setdefault(address, []).append(envelope.original_content)
        return "\r\n".join(answers)


class LmtpController(Controller):
    """Serves LMTP."""

    def factory(self):
        return LMTP(self.handler)


class Nudged:
    """Keeps for which mailboxes Odoo would be told to look."""

    def __init__(self):
        self.mailboxes = []

    def mail_for(self, mailboxes):
        self.mailboxes += mailboxes


@pytest.fixture
def target():
    chosen = {"smtp": ports.free_port()}
    chosen["lmtp"] = ports.free_port(taken=chosen.values())
    return Instance("test", "database", chosen)


@pytest.fixture
def mailboxes(target):
    """What the LMTP server holds."""
    handler = Mailboxes()
    controller = LmtpController(handler, hostname="127.0.0.1", port=target.ports["lmtp"])
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def nudged(target):
    """The sink; returns what it tells Odoo."""
    found = Nudged()
    controller = Controller(
        Delivery(target, found), hostname="127.0.0.1", port=target.ports["smtp"], enable_SMTPUTF8=True
    )
    controller.start()
    yield found
    controller.stop()


def mail_to(*addresses, cc=()):
    mail = mailing.message_from({"TO": ", ".join(addresses)})
    if cc:
        mail["Cc"] = ", ".join(cc)
    return mail


def test_everybody_gets_the_mail_once(target, mailboxes, nudged):
    mail = mail_to("support@helpdesk.example", "jane@x.example", cc=["joe@x.example"])
    assert mailing.send(target, mail) == {}
    assert {address: len(mails) for address, mails in mailboxes.mails.items()} == {
        "support@helpdesk.example": 1,
        "jane@x.example": 1,
        "joe@x.example": 1,
    }
    assert sorted(nudged.mailboxes) == ["jane@x.example", "joe@x.example", "support@helpdesk.example"]


def test_answer_names_each_recipient(target, mailboxes, nudged):
    with smtplib.SMTP("127.0.0.1", target.ports["smtp"], timeout=30) as smtp:
        for _time in range(2):
            smtp.ehlo()
            smtp.mail("a@x.example")
            smtp.rcpt("b@x.example")
            smtp.rcpt("full@x.example")
            code, text = smtp.data(b"Subject: x\r\n\r\ny\r\n")
            assert code == 250
            assert text.decode().splitlines() == [
                "Delivered to b@x.example",
                "Not delivered to full@x.example: 452 4.2.2 Mailbox is full",
            ]
    assert len(mailboxes.mails["b@x.example"]) == 2


def test_who_is_refused_does_not_keep_the_mail_from_others(target, mailboxes, nudged):
    mail = mail_to("unknown@x.example", "full@x.example", "grün@x.example", "jane@x.example")
    assert mailing.send(target, mail) == {
        "unknown@x.example": "550 5.1.1 No such user",
        "full@x.example": "452 4.2.2 Mailbox is full",
        "grün@x.example": "553 5.6.7 Dovecot takes addresses in ASCII only",
    }
    assert list(mailboxes.mails) == ["jane@x.example"]
    assert nudged.mailboxes == ["jane@x.example"]


@pytest.mark.parametrize(
    ("refused", "code"), [(["unknown"], 550), (["unknown", "full"], 451), (["later"], 451), (["full", "later"], 451)]
)
def test_mail_that_nobody_got_is_not_taken(target, mailboxes, nudged, refused, code):
    goals = [f"{name}@x.example" for name in refused]
    with (
        smtplib.SMTP("127.0.0.1", target.ports["smtp"], timeout=30) as smtp,
        pytest.raises(smtplib.SMTPDataError) as caught,
    ):
        smtp.sendmail("a@x.example", goals, b"Subject: x\r\n\r\ny\r\n")
    assert caught.value.smtp_code == code
    lines = caught.value.smtp_error.decode().splitlines()
    assert [line.split()[3] for line in lines] == [f"{goal}:" for goal in goals]
    assert nudged.mailboxes == []


def test_without_a_mail_server_it_is_to_be_sent_again(target, nudged):
    with pytest.raises(Problem, match=r"not taken: Not delivered to jane@x\.example: 451 4\.3\.0 .* cannot be reached"):
        mailing.send(target, mail_to("jane@x.example"))


def test_addresses_of_one_mailbox_are_one_delivery(target, mailboxes, nudged):
    mail = mail_to("support@helpdesk.example", "Support+x@helpdesk.example", "bounce@helpdesk.example")
    assert mailing.send(target, mail) == {}
    assert {address: len(mails) for address, mails in mailboxes.mails.items()} == {"support@helpdesk.example": 1}
