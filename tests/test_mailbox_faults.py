"""A mailbox that is set up wrongly says so in one sentence, and never goes quiet."""

import pytest

from dev import instance
from dev.odoo_api import ApiError
from dev.waiting import PATIENCE

FAULTS = {
    "wrong password": {"password": "wrong"},
    "unknown host": {"server": "mail.invalid"},
    "closed port": {"port": 1},
    "no mail server": {"port": "http"},
    "expired certificate": {"server": "127.0.0.2", "port": "imaps", "is_ssl": True},
    "self-signed certificate": {"server": "127.0.0.3", "port": "imaps", "is_ssl": True},
    "missing folder": {"helpdesk_folder": "No such folder"},
}
WORDS = {
    "wrong password": "password",
    "unknown host": "mail.invalid",
    "closed port": "",
    "no mail server": "",
    "expired certificate": "expired",
    "self-signed certificate": "certificate",
    "missing folder": "No such folder",
}


@pytest.fixture
def mailbox(helpdesk, make_mailbox):
    """A function that makes a mailbox with the right settings but for those given, a port by its name; its id."""

    def make(**changes):
        port = changes.get("port", "imap")
        return make_mailbox(**{"state": "draft", **changes, "port": helpdesk.ports.get(port, port)}).id

    return make


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_one_sentence(api, mailbox, fault):
    server = mailbox(**FAULTS[fault])
    with pytest.raises(ApiError) as caught:
        api.call("fetchmail.server", "action_helpdesk_test_connection", [server], timeout=PATIENCE)
    sentence = str(caught.value)
    assert WORDS[fault] in sentence
    assert "Traceback" not in sentence
    assert "Error(" not in sentence
    assert "\n" not in sentence.strip()
    assert instance.MAIL_PASSWORD not in sentence


@pytest.mark.parametrize("changes", [{}, {"port": "imaps", "is_ssl": True}, {"server_type": "pop", "port": "pop3"}])
def test_right_settings_are_confirmed(api, mailbox, changes):
    server = mailbox(**changes)
    action = api.call("fetchmail.server", "action_helpdesk_test_connection", [server])
    assert action["params"]["type"] == "success"


def test_third_failure_warns_and_the_mailbox_stays_on(api, mailbox):
    server = mailbox(password="wrong", state="done")
    warnings = [["res_model", "=", "fetchmail.server"], ["res_id", "=", server]]
    for _attempt in range(2):
        with pytest.raises(ApiError):
            api.call("fetchmail.server", "fetch_mail", [server])
    with pytest.raises(ApiError, match="password"):
        api.call("fetchmail.server", "fetch_mail", [server])
    assert api.call("mail.activity", "search_count", domain=warnings)
    (row,) = api.search_read("fetchmail.server", [["id", "=", server]], ["state", "active", "error_message"])
    assert row["state"] == "done"
    assert row["active"]
    assert "password" in row["error_message"]
