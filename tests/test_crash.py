"""Odoo dies between storing and processing: nothing is lost, nothing is done twice (E05)."""

import uuid

from halt import halt_at_ticket

PROCESS = "helpdesk_email_collector.ir_cron_process"
# More than one transaction takes, and less than the 20 mails of one sender at which the guard against loops steps in.
MANY = 15
# In the second one, after ten.
LATE = 12


def compose(customer, number):
    """Return so many mails with subjects that no other mail has."""
    word = uuid.uuid4().hex[:8]
    return [customer.compose(f"Power cut {word} {mail}", "…") for mail in range(number)]


def tickets(api, mails):
    """Return how many tickets came of each of the mails."""
    subjects = [mail["Subject"] for mail in mails]
    found = [ticket["name"] for ticket in api.search_read("helpdesk.ticket", [["name", "in", subjects]], ["name"])]
    return [found.count(subject) for subject in subjects]


def wait_for_state(helpdesk, sent, state):
    """Wait until all the mails with these Message-IDs are in the inbox, each once and in this state."""
    domain = [["message_id", "in", sent]]

    def found():
        rows = helpdesk.api.search_read("helpdesk.inbox.mail", domain, ["state"])
        return [row["state"] for row in rows] == [state] * len(sent)

    helpdesk.wait_for_work(found, f"{len(sent)} mails that are {state}")


def test_power_cut_between_storing_and_processing(helpdesk, api, customer):
    mails = compose(customer, 3)
    with helpdesk.switched_off(PROCESS):
        sent = [customer.send(mail) for mail in mails]
        wait_for_state(helpdesk, sent, "waiting")
        assert tickets(api, mails) == [0] * len(mails)

        helpdesk.kill_odoo()
        helpdesk.start_odoo()
        wait_for_state(helpdesk, sent, "waiting")
        assert tickets(api, mails) == [0] * len(mails)
    wait_for_state(helpdesk, sent, "done")
    assert tickets(api, mails) == [1] * len(mails)


def test_power_cut_in_the_middle_of_processing(helpdesk, api, customer):
    mails = compose(customer, MANY)
    with halt_at_ticket(helpdesk, mails[LATE]["Subject"]) as halt:
        with helpdesk.switched_off(PROCESS):
            sent = [customer.send(mail) for mail in mails]
            wait_for_state(helpdesk, sent, "waiting")
        halt.wait_for(1)
        done = tickets(api, mails)
        assert 0 < sum(done) <= LATE
        helpdesk.kill_odoo()
    helpdesk.start_odoo()
    wait_for_state(helpdesk, sent, "done")
    assert tickets(api, mails) == [1] * MANY


def test_mail_that_arrives_while_odoo_is_down(helpdesk, api, customer):
    helpdesk.kill_odoo()
    (mail,) = compose(customer, 1)
    message_id = customer.send(mail)
    helpdesk.start_odoo()
    # Nobody tells Odoo of it: the collector's schedule finds it, whose next minute is not waited for.
    wait_for_state(helpdesk, [message_id], "done")
    assert tickets(api, [mail]) == [1]
