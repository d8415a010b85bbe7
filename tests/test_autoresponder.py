"""A machine answers whatever it receives: it ends after one round (E07, rel-H1)."""

import pytest

from customer import wait_for_ticket
from dev.waiting import PATIENCE, wait_until

# More than the mails that it may get.
ROUNDS = 6


@pytest.mark.parametrize("in_reply_to", [True, False])
@pytest.mark.parametrize("auto_submitted", [True, False])
def test_autoresponder(helpdesk, api, customer, figures, in_reply_to, auto_submitted):
    """rel-H1: it answers everything, with and without saying so: at most 3 mails to it, and 2 tickets."""

    def compose(received, _number):
        headers = {"Auto-Submitted": "auto-replied"} if auto_submitted else {}
        if in_reply_to:
            headers["In-Reply-To"] = headers["References"] = received["Message-ID"]
        return customer.compose(f"Out of office {customer.address}", "I am on holiday.", **headers)

    mails, tickets = _exchange(helpdesk, api, customer, compose)
    figures.add(
        f"Autoresponder (In-Reply-To: {in_reply_to}, Auto-Submitted: {auto_submitted}):"
        f" {mails} mails to it, {tickets} tickets"
    )
    assert mails <= 3
    assert tickets <= 2


@pytest.mark.parametrize("quotes", [True, False])
def test_autoresponder_with_changing_texts(helpdesk, api, customer, figures, quotes):
    """rel-H1: no header, and each time another number, date or quotation in subject and text."""

    def compose(received, number):
        if quotes:
            subject = f"Re: {received['Subject']}"
            text = f"I read my mail on Mondays only.\n\n> {received['Subject']}\n> Best regards"
        else:
            subject = f"Case {4711 + number} received"
            text = f"Your mail of 10:{number + 10} has the number AB-{4711 + number}. We will be back soon."
        return customer.compose(subject, text)

    mails, tickets = _exchange(helpdesk, api, customer, compose)
    figures.add(f"Autoresponder with changing texts (quotes: {quotes}): {mails} mails to it, {tickets} tickets")
    assert mails <= 3
    assert tickets <= 2


def test_person_with_three_requests(helpdesk, api, customer):
    """E07: however fast they come, each becomes a ticket."""
    for subject, text in (
        ("Printer", "The printer in the hall is out of paper."),
        ("Screen", "My screen stays black since this morning."),
        ("VPN", "I cannot reach the VPN from home. Please help!"),
    ):
        message_id = customer.send(customer.compose(f"{subject} {customer.address}", text))
        wait_for_ticket(api, message_id)
        helpdesk.wait_for_work(lambda: not any(helpdesk.waiting().values()), "the end of a round")
    assert _count_tickets(api, customer) == 3


def _exchange(helpdesk, api, customer, compose):
    """Let a machine answer what it receives; return the numbers of mails to it and of its tickets."""
    mail = customer.compose(f"Help {customer.address}", "Something is broken.")
    answered, sent = [], [customer.send(mail)]
    wait_for_ticket(api, sent[0])

    def answer():
        """Answer what came in; tell whether anything did."""
        fresh = [one for one in customer.inbox() if one["Message-ID"] not in answered]
        for received in fresh:
            answered.append(received["Message-ID"])
            sent.append(customer.send(compose(received, len(answered))))
        return bool(fresh)

    def settled():
        """Tell whether all that it sent has been dealt with, and all that comes of it has gone out."""
        processed = [["message_id", "in", sent], ["state", "!=", "waiting"]]
        found = api.call("helpdesk.inbox.mail", "search_count", domain=processed)
        return found == len(sent) and not any(helpdesk.waiting().values())

    wait_until(answer, PATIENCE, "the acknowledgement")
    for _round in range(ROUNDS):
        helpdesk.wait_for_work(settled, "the end of a round")
        if not answer():
            break
    return len(answered), _count_tickets(api, customer)


def _count_tickets(api, customer):
    return api.call("helpdesk.ticket", "search_count", domain=[["partner_email", "=", customer.address]])
