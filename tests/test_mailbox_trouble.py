"""What happens to mailboxes, mail servers and databases: nothing is lost, nothing is doubled (E01, E05, rel 2)."""

import subprocess
import threading

import pytest

from dev import mail_server, odoo_server, postgres
from dev.processes import Background
from dev.waiting import wait_until
from mailboxes import Mailbox

PROCESS, COLLECT = "ir_cron_process", "ir_cron_collect"


@pytest.fixture
def on_demand(helpdesk):
    """Mailboxes are read when the test says so."""
    helpdesk.cron(COLLECT, active=False)
    yield
    helpdesk.cron(COLLECT, active=True)


def fill(mailbox, number, **options):
    """Put mails into a mailbox, a third of them without Message-ID."""
    mailbox.put([mailbox.compose(n, message_id=n % 3 != 0) for n in range(number)], **options)


@pytest.mark.skipif(not mail_server.has_extras(mail_server.version()), reason="the quota is set for Dovecot 2.3")
def test_done_folder_is_full(helpdesk, api, figures, on_demand):
    mailbox = Mailbox(helpdesk, helpdesk_done_folder="Archive/Done")
    # The namespace has room for so many mails, as the mail server is set up for tests.
    room = mail_server.ARCHIVE_ROOM
    mailbox.put([], "Archive/Done")
    fill(mailbox, room + 2)
    assert not mailbox.fetch()
    mailbox.wait_until_processed()
    sentence = mailbox.fetch()
    assert "no room left in the folder “Archive/Done”" in sentence
    mailbox.put([mailbox.compose("late")])
    assert "no room left" in mailbox.fetch()
    mailbox.wait_until_processed()
    assert mailbox.balance() == (0, 0)
    figures.add(f"Done folder over quota: {len(mailbox.sent)} mails, lost, doubled {mailbox.balance()}")
    (server,) = api.search_read("fetchmail.server", [["id", "=", mailbox.id]], ["state", "helpdesk_paused_until"])
    assert server["state"] == "done"
    assert not server["helpdesk_paused_until"]
    mailbox.archive()


def test_uid_validity_changes(helpdesk, figures, on_demand):
    mailbox = Mailbox(helpdesk, helpdesk_folder="Support")
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
    mailbox.archive()


def test_same_mail_in_two_mailboxes(helpdesk, figures, on_demand):
    first, second = Mailbox(helpdesk), Mailbox(helpdesk)
    mails = [first.compose(number, message_id=number % 2 == 0) for number in range(6)]
    first.put(mails)
    second.put(mails)
    for mailbox in (first, second):
        assert not mailbox.fetch()
    for mailbox in (first, second):
        mailbox.wait_until_processed()
    figures.add(f"Same {len(mails)} mails in two mailboxes: lost, doubled {first.balance()}")
    assert first.balance() == (0, 0)
    for mailbox in (first, second):
        mailbox.archive()


def test_poison_mail_first_in_the_queue(helpdesk, api, figures, on_demand):
    database = helpdesk.instance.database
    mailbox = Mailbox(helpdesk)
    fill(mailbox, 20)
    # Whatever it may be that a mail cannot be stored with: here the database refuses its ticket.
    postgres.query(
        f"""CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN IF NEW.name = '{mailbox.name}/0/' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER poison BEFORE INSERT ON helpdesk_ticket FOR EACH ROW EXECUTE FUNCTION poison()""",
        database,
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
        (kept,) = postgres.query(
            f"""SELECT a.file_size = m.size FROM ir_attachment a JOIN helpdesk_inbox_mail m ON m.id = a.res_id
                WHERE a.res_model = 'helpdesk.inbox.mail' AND a.res_field = 'raw' AND m.id = {row["id"]}""",
            database,
        )
        assert kept == ["t"]
        assert "poison" in row["error"]
        assert mailbox.balance() == (1, 0)
    finally:
        postgres.query("DROP TRIGGER poison ON helpdesk_ticket; DROP FUNCTION poison()", database)
    api.call("helpdesk.inbox.mail", "action_retry", [row["id"]])
    figures.add("Poison mail first of 20: 19 tickets and 1 kept with its error; retried: lost, doubled (0, 0)")
    assert mailbox.balance() == (0, 0)
    mailbox.archive()


@pytest.mark.alone
def test_database_restarts(helpdesk, figures, on_demand):
    mailbox = Mailbox(helpdesk, helpdesk_done_folder="Done")
    mailbox.put([], "Done")
    fill(mailbox, 60)
    reader = threading.Thread(target=mailbox.fetch)
    reader.start()
    wait_until(lambda: mailbox.rows() > 0, 60, "the first stored mail", interval=0.02)
    if postgres.is_own():
        postgres.stop()
        postgres.start()
    else:
        database = helpdesk.instance.database
        postgres.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    reader.join()
    # Without worker processes, Odoo's threads for scheduled actions may have ended with their connections.
    helpdesk.kill_odoo()
    helpdesk.start_odoo()
    # Odoo's own connections are made again at the next use; the first may still be a dead one.
    wait_until(lambda: not mailbox.fetch(), 60, "a visit after the restart")
    helpdesk.wake()
    mailbox.wait_until_processed()
    assert not mailbox.fetch()
    figures.add(f"PostgreSQL restarted: 60 mails, lost, doubled {mailbox.balance()}")
    assert mailbox.balance() == (0, 0)
    assert (mailbox.count(), mailbox.count("Done")) == (0, 60)
    mailbox.archive()


@pytest.fixture
def second_odoo(helpdesk):
    """Another Odoo on the same database, as on another machine; only its scheduled actions."""
    other = Background("test-odoo-2")
    other.start(odoo_server.command(helpdesk.instance, "--no-http"), env=odoo_server.environment())
    yield other
    other.stop()


def test_two_processes_read_one_mailbox(helpdesk, api, figures, second_odoo):
    wait_until(lambda: "Registry loaded" in second_odoo.log.read_text(), 60, "the second Odoo")
    mailbox = Mailbox(helpdesk, helpdesk_done_folder="Done")
    mailbox.put([], "Done")
    for part in range(3):
        mailbox.put([mailbox.compose(f"{part}-{number}", message_id=number % 3 != 0) for number in range(20)])
        helpdesk.wake()
        mailbox.fetch()
    wait_until(lambda: helpdesk.wake() or mailbox.rows(["state", "=", "done"]) == 60, 120, "all mails")
    wait_until(lambda: not mailbox.fetch() and mailbox.count("Done") == 60, 60, "the folder")
    figures.add(f"Two Odoo processes on one mailbox: 60 mails, lost, doubled {mailbox.balance()}")
    assert mailbox.balance() == (0, 0)
    mailbox.archive()


def test_no_password_in_dump_or_log(helpdesk, figures, on_demand):
    secret = "Xq7-visible-nowhere-Zw3"
    mailbox = Mailbox(helpdesk, password=secret)
    assert "refused the user name or the password" in mailbox.fetch()
    api = mailbox.api
    with pytest.raises(Exception, match="refused"):
        api.call("fetchmail.server", "action_helpdesk_test_connection", [mailbox.id])
    assert secret not in str(api.search_read("fetchmail.server", [["id", "=", mailbox.id]], []))
    environment = {**odoo_server.environment(), "PATH": "/usr/bin:/bin"}
    dump = subprocess.run(
        ["pg_dump", "--inserts", helpdesk.instance.database], capture_output=True, check=True, env=environment
    ).stdout
    assert mailbox.name.encode() in dump
    found = dump.count(secret.encode()) + odoo_server.process(helpdesk.instance).log.read_bytes().count(secret.encode())
    figures.add(f"Password in a dump of the database and in Odoo's log: found {found} times")
    assert found == 0
    mailbox.archive()
