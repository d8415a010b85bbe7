"""Odoo dies between storing and processing: nothing is lost, nothing is done twice (E05)."""

from customer import inbox_rows, wait_for_rows
from dev.waiting import wait_until

PROCESS = "ir_cron_process"
# Less than the 20 mails of one sender at which the guard against loops steps in.
MANY = 15


def tickets(api, subject):
    """Return the ids of the tickets with ``subject``."""
    return [ticket["id"] for ticket in api.search_read("helpdesk.ticket", [["name", "=", subject]], ["id"])]


def test_power_cut_between_storing_and_processing(helpdesk, api, customer):
    helpdesk.cron(PROCESS, active=False)
    mails = [customer.compose(f"Before the power cut {number} {customer.address}", "…") for number in range(3)]
    sent = [customer.send(mail) for mail in mails]
    for message_id in sent:
        wait_for_rows(api, message_id, ["waiting"])
    assert not any(tickets(api, mail["Subject"]) for mail in mails)

    helpdesk.kill_odoo()
    helpdesk.start_odoo()

    assert [row["state"] for message_id in sent for row in inbox_rows(api, message_id)] == ["waiting"] * len(sent)
    helpdesk.cron(PROCESS, active=True)
    helpdesk.wake()
    for message_id in sent:
        wait_for_rows(api, message_id, ["done"], timeout=90)
    assert [len(tickets(api, mail["Subject"])) for mail in mails] == [1] * len(mails)


def test_power_cut_in_the_middle_of_processing(helpdesk, api, customer):
    helpdesk.cron(PROCESS, active=False)
    mails = [customer.compose(f"In the middle {number} {customer.address}", "…") for number in range(MANY)]
    sent = [customer.send(mail) for mail in mails]
    waiting = [["message_id", "in", sent], ["state", "=", "waiting"]]

    def count(domain):
        return api.call("helpdesk.inbox.mail", "search_count", domain=domain)

    wait_until(lambda: count(waiting) == MANY, 120, "the storing of all mails")
    helpdesk.cron(PROCESS, active=True)
    helpdesk.wake()
    wait_until(lambda: 0 < count(waiting) < MANY, 90, "the first ticket", interval=0.02)
    helpdesk.kill_odoo()
    helpdesk.start_odoo()

    done = [["message_id", "in", sent], ["state", "=", "done"]]

    def all_done():
        helpdesk.wake()
        return count(done) == MANY

    wait_until(all_done, 150, "the processing of all mails")
    assert [len(tickets(api, mail["Subject"])) for mail in mails] == [1] * MANY


def test_mail_that_arrives_while_odoo_is_down(helpdesk, api, customer):
    helpdesk.kill_odoo()
    mail = customer.compose(f"Nobody is home {customer.address}", "…")
    message_id = customer.send(mail)
    helpdesk.start_odoo()
    # No push this time: the collector's own schedule finds it.
    wait_for_rows(api, message_id, ["done"], timeout=150)
    assert len(tickets(api, mail["Subject"])) == 1
