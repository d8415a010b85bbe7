"""The line to the mail server breaks at every single command: nothing is lost, nothing is doubled (E05, rel 2)."""

import pytest

from cutting_proxy import MODES, CuttingProxy
from mailboxes import balance, wait_until_processed

MAILS = 3


@pytest.fixture
def proxy(helpdesk, kind):
    """A proxy before the mail server; mailboxes are read when the test says so."""
    ports = {"helpdesk_email_collector.allowed_ports": "1-65535"}
    with (
        helpdesk.switched_off("helpdesk_email_collector.ir_cron_collect"),
        helpdesk.nothing_sent(),
        helpdesk.parameters(ports),
        CuttingProxy(helpdesk.ports["pop3" if kind == "pop" else "imap"]) as found,
    ):
        yield found


@pytest.fixture
def prepare(make_mailboxes, proxy, kind):
    """A function that returns mailboxes behind the proxy with mails, of which one has no Message-ID."""
    settings = {"server_type": kind}
    if kind == "imap":
        settings["helpdesk_done_folder"] = "Done"

    def make(number):
        mailboxes = make_mailboxes(number, port=proxy.port, **settings)
        for mailbox in mailboxes:
            mailbox.put([mailbox.compose(mail, message_id=mail != 1) for mail in range(MAILS)])
        return mailboxes

    return make


def visit(mailbox, proxy, cut=0, mode="before"):
    """Let Odoo read the mailbox through the proxy; return the commands that it gave."""
    proxy.arrange(cut, mode)
    mailbox.fetch()
    return proxy.finish()


def places(turn, commands):
    """Return where to cut: before each command, before its answer, and within long answers."""
    found = []
    for number, command in enumerate(commands, start=1):
        long = any(word in command for word in ("FETCH", "SEARCH", "RETR", "UIDL"))
        found += [(turn, number, mode) for mode in (MODES if long else MODES[:2])]
    return found


@pytest.mark.parametrize("kind", ["imap", "pop"])
def test_cut_at_every_command(figures, kind, proxy, prepare):
    (uncut,) = prepare(1)
    first = visit(uncut, proxy)
    uncut.wait_until_processed()
    second = visit(uncut, proxy)
    assert len(first) >= 8
    assert uncut.balance() == (0, 0)

    # The first visit stores and marks or deletes; the second moves what was processed meanwhile.
    cuts = places(1, first)
    if kind == "imap":
        assert any("MOVE" in command for command in second)
        cuts += places(2, second)
    mailboxes = prepare(len(cuts))
    for (turn, number, mode), mailbox in zip(cuts, mailboxes, strict=True):
        visit(mailbox, proxy, number if turn == 1 else 0, mode)
    wait_until_processed(mailboxes)
    for (turn, number, mode), mailbox in zip(cuts, mailboxes, strict=True):
        visit(mailbox, proxy, number if turn == 2 else 0, mode)
    wait_until_processed(mailboxes)
    for mailbox in mailboxes:
        assert visit(mailbox, proxy)
    wait_until_processed(mailboxes)

    lost, doubled = balance(mailboxes)
    for mailbox in mailboxes:
        assert mailbox.count("INBOX", *mailbox.folders) == [0, MAILS][: 1 + len(mailbox.folders)]
    figures.add(
        f"{kind.upper()}: line cut {len(cuts)} times at {len(first)}+{len(second)} commands,"
        f" {len(cuts) * MAILS} mails: lost {lost}, doubled {doubled}"
    )
    assert (lost, doubled) == (0, 0)
