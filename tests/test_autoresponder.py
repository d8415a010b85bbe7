"""A machine answers whatever it receives: it ends after one round (E07, rel-H1)."""

import pytest

from customer import wait_for_ticket
from dev.waiting import wait_until


@pytest.mark.parametrize("in_reply_to", [True, False])
@pytest.mark.parametrize("auto_submitted", [True, False])
def test_autoresponder(helpdesk, api, customer, figures, in_reply_to, auto_submitted):
    """rel-H1: it answers everything, with and without saying so: at most 3 mails to it, and 2 tickets."""
    mail = customer.compose(f"Help {customer.address}", "Something is broken.")
    message_id = customer.send(mail)
    wait_for_ticket(api, message_id, timeout=60)
    answered = set()

    def answer():
        """Answer what came in; tell whether that was the end of it."""
        fresh = [one for one in customer.inbox() if one["Message-ID"] not in answered]
        for received in fresh:
            answered.add(received["Message-ID"])
            headers = {"Auto-Submitted": "auto-replied"} if auto_submitted else {}
            if in_reply_to:
                headers["In-Reply-To"] = headers["References"] = received["Message-ID"]
            subject = f"Out of office {customer.address}"
            customer.send(customer.compose(subject, "I am on holiday.", **headers))
        return bool(fresh)

    wait_until(answer, 60, "the acknowledgement")
    for _round in range(6):
        helpdesk.wait_until_idle()
        if not answer():
            break
    count = api.call("helpdesk.ticket", "search_count", domain=[["partner_email", "=", customer.address]])
    figures.add(
        f"Autoresponder (In-Reply-To: {in_reply_to}, Auto-Submitted: {auto_submitted}):"
        f" {len(answered)} mails to it, {count} tickets"
    )
    assert len(answered) <= 3
    assert count <= 2
