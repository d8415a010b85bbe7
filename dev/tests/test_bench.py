"""The mails that are measured, and the choice of what is measured."""

import email
import email.policy

import pytest

from dev import bench
from dev.bench import report
from dev.bench.mails import Writer, customer_address
from dev.steps import Problem


def read(mails):
    return [email.message_from_bytes(mail, policy=email.policy.default) for mail in mails]


def test_a_round_holds_every_form_of_mail():
    mails = read(Writer("support@helpdesk.example", 10).write(40))
    forms = [
        (bool(mail.get_body(("html",))), {part.get_content_type() for part in mail.walk() if part.get_filename()})
        for mail in mails
    ]
    assert forms[:4] == [(False, set()), (True, set()), (True, {"image/png"}), (True, {"application/octet-stream"})]
    assert forms == forms[:4] * 10
    replies = [mail for mail in mails if mail["In-Reply-To"]]
    assert len(replies) == 12
    assert {mail["In-Reply-To"] for mail in replies} <= {mail["Message-ID"] for mail in mails}


def test_half_of_the_first_mails_come_from_known_customers():
    mails = [mail for mail in read(Writer("support@helpdesk.example", 1).write(40)) if not mail["In-Reply-To"]]
    known = [mail for mail in mails if customer_address(0) in mail["From"]]
    assert abs(len(known) - len(mails) / 2) <= 2


def test_two_receivers_have_no_sender_in_common_but_customers():
    senders = [
        {mail["From"] for mail in read(Writer(receiver, 1).write(20)) if "New Person" in mail["From"]}
        for receiver in ("support@helpdesk.example", "tasks@helpdesk.example")
    ]
    assert all(senders)
    assert not senders[0] & senders[1]


def test_mails_for_several_workers_have_nothing_to_do_with_each_other():
    writer = Writer("support@helpdesk.example", 10, apart=True)
    first, second = read(writer.write(40)), read(writer.write(40))
    assert not [mail for mail in first if mail["In-Reply-To"]]
    answered = [mail["In-Reply-To"] for mail in second if mail["In-Reply-To"]]
    assert len(answered) == len(set(answered)) == 12
    assert set(answered) <= {mail["Message-ID"] for mail in first}


@pytest.mark.parametrize("words", [["--size", "huge"], ["--only", "mail", "coffee"]])
def test_what_is_unknown_is_refused_with_the_choice(words):
    with pytest.raises(Problem, match="choose from"):
        bench.main(words)


def test_columns_line_up(capsys):
    report.table(("name", "ms"), [("a", report.ms(0.0123)), ("longer", report.ms(1.5))])
    assert capsys.readouterr().out == "\nname      ms\na       12.3\nlonger  1500\n"
