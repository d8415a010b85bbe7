"""The line to the mail server breaks at every single command: nothing is lost, nothing is doubled (E05, rel 2)."""

import pytest

from cutting_proxy import MODES, CuttingProxy
from mailboxes import Mailbox

MAILS = 3


@pytest.fixture(autouse=True)
def on_demand(helpdesk):
    """Mailboxes are read when the test says so; the proxy listens on a port of its own each time."""
    helpdesk.cron("ir_cron_collect", active=False)
    with helpdesk.parameters({"helpdesk_email_collector.allowed_ports": "1-65535"}):
        yield
    helpdesk.cron("ir_cron_collect", active=True)


def prepare(helpdesk, kind):
    """Return a mailbox with mails, of which one has no Message-ID."""
    settings = {"server_type": kind}
    if kind == "imap":
        settings["helpdesk_done_folder"] = "Done"
    mailbox = Mailbox(helpdesk, **settings)
    mailbox.put([mailbox.compose(number, message_id=number != 1) for number in range(MAILS)])
    if kind == "imap":
        mailbox.put([], "Done")
    return mailbox


def wait_for(mailboxes):
    """Wait until all their mails are processed."""
    for mailbox in mailboxes:
        mailbox.wait_until_processed()


def visit(mailbox, kind, cut=0, mode="before"):
    """Let Odoo read the mailbox through the proxy; return the commands that it gave."""
    port = mailbox.helpdesk.ports["pop3" if kind == "pop" else "imap"]
    with CuttingProxy(port, cut, mode) as proxy:
        mailbox.api.write("fetchmail.server", [mailbox.id], port=proxy.port)
        mailbox.fetch()
    return proxy.commands


def places(turn, commands):
    """Return where to cut: before each command, before its answer, and within long answers."""
    found = []
    for number, command in enumerate(commands, start=1):
        long = any(word in command for word in ("FETCH", "SEARCH", "RETR", "UIDL"))
        found += [(turn, number, mode) for mode in (MODES if long else MODES[:2])]
    return found


@pytest.mark.parametrize("kind", ["imap", "pop"])
def test_cut_at_every_command(helpdesk, figures, kind):
    uncut = prepare(helpdesk, kind)
    first = visit(uncut, kind)
    uncut.wait_until_processed()
    second = visit(uncut, kind)
    assert len(first) >= 8
    assert uncut.balance() == (0, 0)

    # The first visit stores and marks or deletes; the second moves what was processed meanwhile.
    cuts = places(1, first)
    if kind == "imap":
        assert any("MOVE" in command for command in second)
        cuts += places(2, second)
    mailboxes = {cut: prepare(helpdesk, kind) for cut in cuts}
    for (turn, number, mode), mailbox in mailboxes.items():
        visit(mailbox, kind, number if turn == 1 else 0, mode)
    wait_for(mailboxes.values())
    for (turn, number, mode), mailbox in mailboxes.items():
        visit(mailbox, kind, number if turn == 2 else 0, mode)
    wait_for(mailboxes.values())
    for mailbox in mailboxes.values():
        assert visit(mailbox, kind)
    wait_for(mailboxes.values())

    balances = [mailbox.balance() for mailbox in mailboxes.values()]
    lost, doubled = (sum(column) for column in zip(*balances, strict=True))
    for mailbox in mailboxes.values():
        assert mailbox.count() == 0
        if kind == "imap":
            assert mailbox.count("Done") == MAILS
        mailbox.archive()
    figures.add(
        f"{kind.upper()}: line cut {len(cuts)} times at {len(first)}+{len(second)} commands,"
        f" {len(cuts) * MAILS} mails: lost {lost}, doubled {doubled}"
    )
    assert (lost, doubled) == (0, 0)
