"""The main job, whole: a mail becomes a ticket, the agent answers, the customer replies."""

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from customer import SUPPORT, wait_for_rows, wait_for_ticket
from dev import mailing

PDF = b"%PDF-1.4\n% an order with a binary part: \x00\xff\xfe\n%%EOF\n"


def picture():
    """Return a small PNG."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#c0392b").save(content, "PNG")
    return content.getvalue()


def request_with_files(customer):
    """Return a mail with an attachment and a picture in its text."""
    mail = customer.compose("Drucker im Büro streikt", "Guten Tag,\n\nder Drucker zeigt das hier.\n")
    mail.add_alternative(
        '<p>Guten Tag,</p><p>der Drucker zeigt das hier: <img src="cid:screen" alt="Anzeige"></p>', subtype="html"
    )
    mail.get_payload()[1].add_related(
        picture(), "image", "png", cid="<screen>", filename="anzeige.png", disposition="inline"
    )
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="Bestellung für Büro.pdf")
    return mail


def send_answer(page, ticket, text):
    """Answer ``ticket`` in the web client as an agent would."""
    page.goto(f"/odoo/helpdesk.ticket/{ticket['id']}")
    page.locator(".o-mail-Chatter-sendMessage").click()
    composer = page.locator(".o-mail-Composer textarea, .o-mail-Composer [contenteditable=true]").first
    composer.click()
    page.keyboard.type(text)
    page.locator(".o-mail-Composer-send").click()
    expect(page.locator(".o-mail-Message-body", has_text=text)).to_be_visible()


def test_request_answer_reply(api, customer, agent_page):
    message_id = customer.send(request_with_files(customer))
    ticket = wait_for_ticket(api, message_id)
    check_ticket(api, ticket, customer)
    check_picture_is_shown(agent_page, ticket)

    send_answer(agent_page, ticket, "Wir schicken heute einen Techniker.")
    answer = customer.received("Wir schicken heute einen Techniker.")
    assert ticket["number"] in answer["Subject"]
    assert SUPPORT in answer["From"]
    before = api.search_read("helpdesk.ticket", [["id", "=", ticket["id"]]], ["state"])[0]["state"]
    assert before not in ("unread", "closed")

    # Another subject and no References: In-Reply-To alone must be enough.
    reply = customer.compose("Danke", "Er war da, es geht wieder nicht.", In_Reply_To=answer["Message-ID"])
    reply_id = customer.send(reply)
    assert wait_for_ticket(api, reply_id)["id"] == ticket["id"]
    after = api.search_read("helpdesk.ticket", [["id", "=", ticket["id"]]], ["state"])[0]["state"]
    assert after == "in_progress"

    check_second_delivery_changes_nothing(api, customer, reply, ticket)


def check_ticket(api, ticket, customer):
    """The ticket holds what the mail said."""
    assert ticket["name"] == "Drucker im Büro streikt"
    assert "der Drucker zeigt das hier" in ticket["description"]
    assert ticket["partner_email"] == customer.address
    (partner,) = api.search_read("res.partner", [["id", "=", ticket["partner_id"][0]]], ["email", "name"])
    assert partner == {"id": partner["id"], "email": customer.address, "name": customer.name}
    domain = [["res_model", "=", "helpdesk.ticket"], ["res_id", "=", ticket["id"]]]
    files = {file["name"]: file["datas"] for file in api.search_read("ir.attachment", domain, ["name", "datas"])}
    assert base64.b64decode(files["Bestellung für Büro.pdf"]) == PDF
    assert base64.b64decode(files["anzeige.png"]) == picture()


def check_picture_is_shown(page, ticket):
    """The agent sees the picture where the customer put it."""
    page.goto(f"/odoo/helpdesk.ticket/{ticket['id']}")
    expect(page.locator(".o_form_view")).to_contain_text(ticket["number"])
    image = page.locator(".o_form_view img[src*='/web/image']", has_not=page.locator(".o_avatar")).and_(
        page.locator("img[alt='Anzeige']")
    )
    expect(image.first).to_be_visible()
    assert image.first.evaluate("element => element.naturalWidth") == 40


def check_second_delivery_changes_nothing(api, customer, mail, ticket):
    """The same mail once more: known, and nothing comes of it (E05)."""
    domain = [["model", "=", "helpdesk.ticket"], ["res_id", "=", ticket["id"]]]
    messages = api.call("mail.message", "search_count", domain=domain)
    tickets = api.call("helpdesk.ticket", "search_count", domain=[])
    message_id = customer.send(mail)
    rows = wait_for_rows(api, message_id, ["done", "ignored"])
    assert rows[1]["reason"]
    assert api.call("mail.message", "search_count", domain=domain) == messages
    assert api.call("helpdesk.ticket", "search_count", domain=[]) == tickets


def test_lines_of_a_plain_text_mail_wrap(api, customer, agent_page):
    """Nobody has to scroll sideways to read a mail, in the chatter or in the content."""
    ticket = wait_for_ticket(api, customer.send(customer.compose("Long", "word " * 100)))
    agent_page.goto(f"/odoo/helpdesk.ticket/{ticket['id']}")
    for place in (".o_helpdesk_content", ".o-mail-Message"):
        text = agent_page.locator(f"{place} pre").first
        expect(text).to_have_css("white-space", "pre-wrap")
        assert text.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_acknowledgement_has_the_number(api, customer):
    ticket = wait_for_ticket(api, customer.send(customer.compose("Hello", "Is anybody there?")))
    mail = customer.received(ticket["number"])
    assert ticket["number"] in mail["Subject"]
    assert mail["Auto-Submitted"] not in (None, "no")


def test_mail_is_a_ticket_and_acknowledged_without_a_schedule(helpdesk, api, customer):
    """Each step wakes the next one (E05): that no minute is waited for is seen here, the seconds by `make bench`."""
    with helpdesk.put_off():
        ticket = wait_for_ticket(api, customer.send(customer.compose("Speed", "How long does it take?")))
        customer.received(ticket["number"])


@pytest.mark.parametrize("kind", ["subject", "references"])
def test_reply_finds_its_ticket(api, customer, kind):
    ticket = wait_for_ticket(api, customer.send(customer.compose("First", "One.")))
    mail = customer.received(ticket["number"])
    if kind == "subject":
        reply = customer.compose(f"AW: {mail['Subject']}", "Two.")
    else:
        reply = customer.compose("Other", "Two.", References=f"<unknown@elsewhere.example> {mail['Message-ID']}")
    assert wait_for_ticket(api, customer.send(reply))["id"] == ticket["id"]


def test_note_does_not_reach_the_customer(api, customer, helpdesk):
    ticket = wait_for_ticket(api, customer.send(customer.compose("Secret", "What do you think of me?")))
    customer.received(ticket["number"])
    api.call("helpdesk.ticket", "message_post", [ticket["id"]], body="internal remark", subtype_xmlid="mail.mt_note")
    answer = {"body": "public answer", "subtype_xmlid": "mail.mt_comment", "message_type": "comment"}
    api.call("helpdesk.ticket", "message_post", [ticket["id"]], **answer)
    customer.received("public answer")
    texts = [mailing.text_of(mail) for mail in mailing.inbox(helpdesk.instance, customer.address)]
    assert not any(re.search("internal remark", text) for text in texts)


def test_pop3_mailbox(api, customer, make_mailbox):
    mailbox = make_mailbox(server_type="pop")
    message_id = customer.send(customer.compose("By POP3", "It works too."), to=mailbox.user)
    ticket = wait_for_ticket(api, message_id)
    assert ticket["name"] == "By POP3"
    assert len(wait_for_rows(api, message_id, ["done"])) == 1
