"""Two workers process mails at the same time (E05)."""

import uuid

from customer import inbox_rows
from dev.waiting import PATIENCE, wait_until
from halt import halt_at_table

PROCESS = "helpdesk_email_collector.ir_cron_process"


def test_two_workers_meet_the_same_new_sender(helpdesk, api, customer):
    """E05, K03: each wants to make the contact, one comes first, and neither mail waits for a later attempt."""
    subjects = [f"{word} {uuid.uuid4().hex[:8]}" for word in ("Printer", "Screen")]
    sent = []

    def rows():
        return [row for message_id in sent for row in inbox_rows(api, message_id)]

    with helpdesk.copied(PROCESS, 1) as second:
        helpdesk.switch(second, active=True)
        with halt_at_table(helpdesk, "res_partner") as halt:
            for number, subject in enumerate(subjects, start=1):
                # One by one, since a worker takes all that wait.
                sent.append(customer.send(customer.compose(subject, "It is broken.")))
                helpdesk.wait_for_work(lambda number=number: halt.number() >= number, f"worker {number}")
            assert [row["state"] for row in rows()] == ["waiting"] * 2
            halt.go_on()
        wait_until(lambda: [row["state"] for row in rows()] == ["done"] * 2, PATIENCE, "two tickets")
    domain = [["message_id", "in", sent]]
    attempts = api.search_read("helpdesk.inbox.mail", domain, ["attempts"])
    # The one that went well is counted: a failure before it would be the first of two.
    assert [row["attempts"] for row in attempts] == [1, 1]
    tickets = api.search_read("helpdesk.ticket", [["name", "in", subjects]], ["partner_id"])
    assert len(tickets) == 2
    contacts = api.search_read("res.partner", [["email", "=", customer.address]], ["id"])
    assert [ticket["partner_id"][0] for ticket in tickets] == [contacts[0]["id"]] * 2
    assert len(contacts) == 1


def test_two_workers_share_the_limit_of_a_sender(helpdesk, api, customer):
    """E07, rel-H3: while one worker deals with a mail of somebody, the other waits and then counts it too."""
    helpdesk.set_parameters({"helpdesk_ticket.limit_mail": "1"})
    sent = []

    def rows():
        return [row for message_id in sent for row in inbox_rows(api, message_id)]

    try:
        with helpdesk.copied(PROCESS, 1) as second:
            helpdesk.switch(second, active=True)
            with halt_at_table(helpdesk, "helpdesk_ticket") as halt:
                for number, subject in enumerate(("First", "Second"), start=1):
                    # One by one, since a worker takes all that wait.
                    sent.append(customer.send(customer.compose(subject, f"Nothing works: {subject}")))
                    helpdesk.wait_for_work(lambda number=number: halt.number() >= number, f"worker {number}")
                assert [row["state"] for row in rows()] == ["waiting"] * 2
                halt.go_on()
            wait_until(lambda: "waiting" not in [row["state"] for row in rows()], PATIENCE, "both mails")
    finally:
        helpdesk.set_parameters({"helpdesk_ticket.limit_mail": False})
    assert [row["state"] for row in rows()] == ["done", "ignored"]
    assert "more than 1 mails within 10 minutes" in rows()[1]["reason"]
