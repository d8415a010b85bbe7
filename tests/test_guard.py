"""What a test leaves behind is told, and put right: the fixture `as_it_was` relies on it for all the others."""

import datetime
import re
import uuid

import pytest

from dev import instance
from mailboxes import Mailbox

COLLECT = "helpdesk_email_collector.ir_cron_collect"


def switch_off(helpdesk):
    """Leave a scheduled action switched off."""
    helpdesk.switch([helpdesk.find(COLLECT)], active=False)


def copy(helpdesk):
    """Leave a copy of a scheduled action."""
    helpdesk.api.call("ir.cron", "copy", [helpdesk.find(COLLECT)], default={"active": False})


def add_mailbox(helpdesk):
    """Leave a mailbox that Odoo reads."""
    Mailbox.make(helpdesk, 1)


def archive_mailbox(helpdesk):
    """Leave the mailbox that all tests use archived."""
    (support,) = helpdesk.api.search_read("fetchmail.server", [["user", "=", instance.SUPPORT]], ["id"])
    helpdesk.api.write("fetchmail.server", [support["id"]], active=False)


def set_parameter(helpdesk):
    """Leave a system parameter that was not there."""
    helpdesk.set_parameters({"helpdesk_ticket.limit_form": "1"})


def change_setting(helpdesk):
    """Leave a setting of the company changed."""
    (company,) = helpdesk.api.search_read("res.company", [], ["id"], limit=1)
    helpdesk.api.write("res.company", [company["id"]], helpdesk_link_days=7)


def kill(helpdesk):
    """Leave Odoo dead."""
    helpdesk.kill_odoo()


LEFT = {
    switch_off: "scheduled action .* receive mails: True became False",
    copy: "scheduled action .* receive mails.*: None became False",
    add_mailbox: "mailbox .*: None became done",
    archive_mailbox: "mailbox .* Support: done became None",
    set_parameter: "parameter helpdesk_ticket.limit_form: None became 1",
    change_setting: "setting .* helpdesk_link_days: 30 became 7",
    kill: "Odoo did not run",
}


@pytest.mark.parametrize("leave", LEFT, ids=lambda leave: leave.__name__)
def test_what_is_left_is_told_and_put_right(helpdesk, guard, leave):
    leave(helpdesk)
    lines = guard.put_right()
    # One may bring another with it, as Odoo has a scheduled action only as long as there are mailboxes.
    assert any(re.fullmatch(LEFT[leave], line) for line in lines), lines
    assert guard.put_right() == []


def test_what_arrives_late_is_waited_for(helpdesk, api, guard):
    """A mail that waits to be sent is nobody's fault, as long as it goes."""
    address = f"late.{uuid.uuid4().hex[:8]}@kunde.example"
    api.create("mail.mail", email_to=address, subject="Late", body_html="x", auto_delete=False)
    assert guard.put_right() == []
    (mail,) = api.search_read("mail.mail", [["email_to", "=", address]], ["state"])
    assert mail["state"] == "sent"


def test_what_never_arrives_is_told_and_thrown_away(helpdesk, api, guard, monkeypatch):
    """A mail that is not sent would be there in each test after."""
    monkeypatch.setattr("guard.PATIENCE", 1)
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    mail = api.create("mail.mail", email_to="never@kunde.example", subject="Never", scheduled_date=str(tomorrow))
    assert guard.put_right() == ["mails to be sent: 1"]
    assert api.search_read("mail.mail", [["id", "=", mail]], ["state"]) == [{"id": mail, "state": "cancel"}]
    assert guard.put_right() == []
