"""What happens to mailboxes, mail servers and databases: nothing is lost, nothing is doubled (E01, E05, rel 2)."""

import subprocess
import threading

import pytest

from dev import mail_server, odoo_server, postgres
from dev.odoo_api import ApiError
from dev.steps import read_from
from dev.waiting import PATIENCE, wait_until
from mailboxes import wait_until_processed


@pytest.fixture
def on_demand(helpdesk):
    """Mailboxes are read when the test says so."""
    with helpdesk.switched_off("helpdesk_email_collector.ir_cron_collect"):
        yield


def fill(mailbox, number, **options):
    """Put mails into a mailbox, a third of them without Message-ID."""
    mailbox.put([mailbox.compose(n, message_id=n % 3 != 0) for n in range(number)], **options)


@pytest.mark.skipif(not mail_server.has_extras(mail_server.version()), reason="the quota is set for Dovecot 2.3")
def test_done_folder_is_full(api, figures, on_demand, make_mailbox):
    mailbox = make_mailbox(helpdesk_done_folder="Archive/Done")
    # The namespace has room for so many mails, as the mail server is set up for tests.
    room = mail_server.ARCHIVE_ROOM
    fill(mailbox, room + 2)
    assert not mailbox.fetch()
    mailbox.wait_until_processed()
    sentence = mailbox.fetch()
    assert "The folder “Archive/Done”" in sentence
    mailbox.put([mailbox.compose("late")])
    assert "is full" in mailbox.fetch()
    mailbox.wait_until_processed()
    assert mailbox.balance() == (0, 0)
    figures.add(f"Done folder over quota: {len(mailbox.sent)} mails, lost, doubled {mailbox.balance()}")
    (server,) = api.search_read("fetchmail.server", [["id", "=", mailbox.id]], ["state", "helpdesk_paused_until"])
    assert server["state"] == "done"
    assert not server["helpdesk_paused_until"]


def test_uid_validity_changes(figures, on_demand, make_mailbox):
    mailbox = make_mailbox(helpdesk_folder="Support")
    mails = [mailbox.compose(number, message_id=number % 3 != 0) for number in range(6)]
    mailbox.put(mails, "Support")
    assert not mailbox.fetch()
    mailbox.wait_until_processed()
    with mailbox.imap() as imap:
        before = imap.status("Support", "(UIDVALIDITY)")
        # As after a restore of the mail server: the same mails, unread, with the same UIDs for others.
        assert imap.delete("Support")[0] == "OK"
    mailbox.put([mailbox.compose("new"), *mails], "Support")
    with mailbox.imap() as imap:
        assert imap.status("Support", "(UIDVALIDITY)") != before
    assert not mailbox.fetch()
    mailbox.wait_until_processed()
    figures.add(f"UIDVALIDITY changed: {len(set(mailbox.sent))} mails, lost, doubled {mailbox.balance()}")
    assert mailbox.balance() == (0, 0)


def test_same_mail_in_two_mailboxes(figures, on_demand, make_mailboxes):
    first, second = make_mailboxes(2)
    mails = [first.compose(number, message_id=number % 2 == 0) for number in range(6)]
    first.put(mails)
    second.put(mails)
    for mailbox in (first, second):
        assert not mailbox.fetch()
    wait_until_processed([first, second])
    figures.add(f"Same {len(mails)} mails in two mailboxes: lost, doubled {first.balance()}")
    assert first.balance() == (0, 0)


def test_poison_mail_first_in_the_queue(helpdesk, api, figures, on_demand, make_mailbox):
    mailbox = make_mailbox()
    fill(mailbox, 20)
    # Whatever it may be that a mail cannot be stored with: here the database refuses its ticket.
    helpdesk.query(
        f"""CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN IF NEW.name = '{mailbox.name}/0/' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER poison BEFORE INSERT ON helpdesk_ticket FOR EACH ROW EXECUTE FUNCTION poison()"""
    )
    parameters = {"helpdesk_email_collector.max_attempts": "1"}
    try:
        with helpdesk.parameters(parameters):
            assert not mailbox.fetch()
            mailbox.wait_until_processed()
        failed = [["server_id", "=", mailbox.id], ["state", "=", "failed"]]
        (row,) = api.search_read("helpdesk.inbox.mail", failed, ["subject", "error"])
        assert row["subject"] == f"{mailbox.name}/0/"
        # What was received is read by nobody over the API; it is there, whole.
        (kept,) = helpdesk.query(
            f"""SELECT a.file_size = m.size FROM ir_attachment a JOIN helpdesk_inbox_mail m ON m.id = a.res_id
                WHERE a.res_model = 'helpdesk.inbox.mail' AND a.res_field = 'raw' AND m.id = {row["id"]}"""
        )
        assert kept == (True,)
        assert "poison" in row["error"]
        assert mailbox.balance() == (1, 0)
    finally:
        helpdesk.query("DROP TRIGGER poison ON helpdesk_ticket; DROP FUNCTION poison()")
    api.call("helpdesk.inbox.mail", "action_retry", [row["id"]])
    mailbox.wait_until_processed()
    figures.add("Poison mail first of 20: 19 tickets and 1 kept with its error; retried: lost, doubled (0, 0)")
    assert mailbox.balance() == (0, 0)


def test_two_decisions_at_once_make_one_ticket(helpdesk, api, figures, on_demand, make_mailbox):
    """C07, E05: a held request is accepted by several people, and made a ticket in the inbox, at the same moment."""
    mailbox = make_mailbox()
    company, primary, writer = api.call(
        "res.partner",
        "create",
        vals_list=[
            {"name": f"{mailbox.name} AG", "is_company": True},
            {"name": "First", "email": f"first-{mailbox.name}@writer.example"},
            {"name": "Writer", "email": f"writer-{mailbox.name}-0@writer.example"},
        ],
    )
    api.write("res.partner", [primary, writer], parent_id=company)
    api.write("res.partner", [primary], is_primary_contact=True)
    api.write("res.partner", [company], helpdesk_primary_contact_only=True)
    mailbox.put([mailbox.compose(0)])
    assert not mailbox.fetch()
    mailbox.wait_until_processed()
    ((request_id, mail_id),) = helpdesk.query(
        f"SELECT id, inbox_mail_id FROM helpdesk_ticket_request WHERE partner_id = {writer}"
    )
    calls = [("helpdesk.ticket.request", "action_accept", request_id)] * 4
    calls.append(("helpdesk.inbox.mail", "action_create_ticket", mail_id))
    start, refusals = threading.Barrier(len(calls)), []

    def press(model, button, record_id):
        start.wait(PATIENCE)
        try:
            api.call(model, button, [record_id])
        except ApiError as error:  # somebody else was faster
            refusals.append(str(error))

    threads = [threading.Thread(target=press, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mailbox.wait_until_processed()
    assert mailbox.balance() == (0, 0)
    assert len(refusals) <= 1, refusals
    (found,) = api.search_read("helpdesk.ticket.request", [["id", "=", request_id]], ["state", "ticket_id"])
    assert found["state"] == "accepted"
    assert found["ticket_id"]
    figures.add(f"A request decided {len(calls)} times at once: tickets missing, doubled {mailbox.balance()}")


@pytest.mark.alone
def test_database_restarts(helpdesk, figures, on_demand, make_mailbox):
    mailbox = make_mailbox(helpdesk_done_folder="Done")
    fill(mailbox, 60)
    reader = threading.Thread(target=mailbox.fetch)
    reader.start()
    wait_until(lambda: mailbox.progress()[0], PATIENCE, "the first stored mail", interval=0.02)
    if postgres.is_own():
        try:
            postgres.stop()
        finally:
            postgres.start()
    else:
        database = helpdesk.instance.database
        postgres.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    reader.join()
    # Without worker processes, Odoo's threads for scheduled actions may have ended with their connections.
    helpdesk.kill_odoo()
    helpdesk.start_odoo()
    # Odoo's own connections are made again at the next use; the first may still be a dead one.
    wait_until(lambda: not mailbox.fetch(), PATIENCE, "a visit after the restart")
    mailbox.wait_until_processed()
    assert not mailbox.fetch()
    figures.add(f"PostgreSQL restarted: 60 mails, lost, doubled {mailbox.balance()}")
    assert mailbox.balance() == (0, 0)
    assert mailbox.count("INBOX", "Done") == [0, 60]


def test_no_password_in_dump_or_log(helpdesk, api, figures, on_demand, make_mailbox):
    secret = "Xq7-visible-nowhere-Zw3"
    log = odoo_server.process(helpdesk.instance).log
    begin = log.stat().st_size
    mailbox = make_mailbox(password=secret)
    assert "refused the user name or the password" in mailbox.fetch()
    with pytest.raises(ApiError, match="refused"):
        api.call("fetchmail.server", "action_helpdesk_test_connection", [mailbox.id])
    assert secret not in str(api.search_read("fetchmail.server", [["id", "=", mailbox.id]], []))
    environment = {**odoo_server.environment(), "PATH": "/usr/bin:/bin"}
    dump = subprocess.run(
        ["pg_dump", helpdesk.instance.database], capture_output=True, check=True, text=True, env=environment
    ).stdout
    said = read_from(log, begin)
    assert mailbox.name in dump
    assert f"Mailbox {mailbox.id} " in said
    found = dump.count(secret) + said.count(secret)
    figures.add(f"Password in a dump of the database and in Odoo's log: found {found} times")
    assert found == 0
