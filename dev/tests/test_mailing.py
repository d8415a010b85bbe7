"""Mails that ``make mail`` sends and ``make inbox`` shows."""

import email
import email.policy

import pytest

from dev import mailing
from dev.steps import Problem

HTML = b"""From: support@helpdesk.example
To: x@customer.example
Subject: =?utf-8?q?Dr=C3=BCcker?=
Content-Type: text/html; charset=utf-8

<html><head><style>p {color: red}</style></head><body><p>Good
  morning,</p><p>it &amp; works.<br>Bye</p></body></html>
"""


def test_everything_has_a_default():
    mail = mailing.message_from({})
    assert mailing.recipients(mail) == ["support@helpdesk.example"]
    assert mailing.sender(mail) in mailing.CUSTOMER
    assert mail["Message-ID"].endswith("@boulangeries-perrin.example>")
    assert mail["Date"]


def test_values_are_used():
    mail = mailing.message_from({"FROM": "Zoë <z@x.example>", "TO": "a@b.example", "SUBJECT": "Ä", "BODY": "Ö"})
    assert (mailing.sender(mail), mailing.recipients(mail)) == ("z@x.example", ["a@b.example"])
    assert (mail["Subject"], mail.get_content()) == ("Ä", "Ö\n")


def test_file_is_a_whole_mail(tmp_path):
    path = tmp_path / "x.eml"
    path.write_bytes(HTML)
    mail = mailing.message_from({"FILE": str(path), "SUBJECT": "Other"})
    assert (mailing.sender(mail), mail["Subject"]) == ("support@helpdesk.example", "Other")
    assert mail["Message-ID"]


def test_file_is_an_attachment(tmp_path):
    path = tmp_path / "list.pdf"
    path.write_bytes(b"%PDF")
    (part,) = mailing.message_from({"FILE": str(path)}).iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("list.pdf", "application/pdf")


def test_missing_file_is_one_sentence():
    with pytest.raises(Problem, match="FILE=/no/file cannot be read: No such file"):
        mailing.message_from({"FILE": "/no/file"})


@pytest.mark.parametrize("values", [{"FROM": "nobody"}, {"TO": "nowhere"}])
def test_bad_address_is_one_sentence(values):
    with pytest.raises(Problem, match="needs an address"):
        mailing.send(None, mailing.message_from(values))


def test_html_is_shown_as_text():
    mail = email.message_from_bytes(HTML, policy=email.policy.default)
    assert mailing.text_of(mail) == "Good morning,\n\nit & works.\nBye"


def test_plain_text_is_preferred():
    mail = email.message.EmailMessage()
    mail.set_content("plain")
    mail.add_alternative("<p>rich</p>", subtype="html")
    assert mailing.text_of(mail) == "plain"


@pytest.mark.parametrize(
    "path", sorted((mailing.instance.state.REPO / "dev/demo_mails").glob("*.eml")), ids=lambda p: p.name
)
def test_sample_mails_are_whole(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mailing.recipients(mail) == ["support@helpdesk.example"]
    assert mail["Message-ID"]
    assert mail["Subject"]
    assert mailing.text_of(mail)
    assert not mail.defects


@pytest.fixture
def sent(monkeypatch):
    """Let ``make mail`` deliver to all but ``refused``; the ticket is there at once."""
    refused = {}
    monkeypatch.setattr(mailing, "send", lambda target, mail: refused)
    monkeypatch.setattr(mailing.odoo_api, "for_instance", lambda target: None)
    monkeypatch.setattr(mailing, "ticket_of", lambda api, name: {"id": 7, "number": "T-7", "name": "Printer"})
    for name in ("FROM", "TO", "SUBJECT", "BODY", "FILE"):
        monkeypatch.delenv(name, raising=False)
    return refused


TARGET = mailing.instance.Instance("demo", "helpdesk", {"http": 8069})


def test_ticket_is_awaited_when_the_support_is_in_copy(sent, tmp_path, monkeypatch, capsys):
    path = tmp_path / "x.eml"
    path.write_bytes(b"From: a@x.example\nTo: b@x.example\nCc: Us <Support@helpdesk.example>\nSubject: S\n\nx\n")
    monkeypatch.setenv("FILE", str(path))
    assert mailing.mail_command(TARGET) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Delivered: S (from a@x.example to b@x.example, Support@helpdesk.example)",
        "Ticket T-7: Printer",
        "http://127.0.0.1:8069/odoo/helpdesk.ticket/7",
    ]


def test_who_did_not_get_the_mail_is_named(sent, monkeypatch, capsys):
    monkeypatch.setenv("TO", "support@helpdesk.example, b@x.example")
    sent["b@x.example"] = "550 5.1.1 No such user"
    assert mailing.mail_command(TARGET) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("to support@helpdesk.example)")
    assert lines[1] == "Not delivered to b@x.example: 550 5.1.1 No such user"
    assert lines[2].startswith("Ticket T-7")


def test_no_ticket_is_awaited_when_the_support_did_not_get_the_mail(sent, monkeypatch, capsys):
    monkeypatch.setenv("TO", "support@helpdesk.example, b@x.example")
    sent["support@helpdesk.example"] = "452 4.2.2 Mailbox is full"
    assert mailing.mail_command(TARGET) == 1
    assert "No ticket comes of it" in capsys.readouterr().out


def test_address_in_two_headers_is_one_recipient():
    mail = mailing.message_from({"TO": "a@x.example"})
    mail["Cc"] = "A <a@x.example>, b@x.example"
    assert mailing.recipients(mail) == ["a@x.example", "b@x.example"]
