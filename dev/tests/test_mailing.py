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
