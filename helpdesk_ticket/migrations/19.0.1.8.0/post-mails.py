from odoo import SUPERUSER_ID, api

from odoo.addons.helpdesk_ticket.template_words import renew_words

ANSWER = ("just answer this e-mail", "just reply to this e-mail")
# template -> the words that changed: before, now. The translations stay as they are.
WORDS = {
    "mail_template_ticket_opened": [ANSWER],
    "mail_template_ticket_closed": [
        ("ended without a solution", "closed without a solution"),
        ("If there is anything left to do,", "If you still need help,"),
        ANSWER,
    ],
    "mail_template_ticket_news": [
        ("There is news of your ticket", "There is an update on your ticket"),
        ANSWER,
    ],
    "mail_template_ticket_rating": [
        ("you can add a word to it.", "you can add a comment."),
    ],
    "mail_template_ticket_merged": [
        ("goes on as", "continues as"),
        ("We already work on", "We are already working on"),
        ANSWER,
    ],
    "mail_template_request_held": [
        ("its primary contact opens tickets.", "its primary contact can open tickets."),
        (
            "You hear from us as soon as it is a ticket.",
            "You will hear from us as soon as it becomes a ticket.",
        ),
    ],
    "mail_template_request_approval": [
        ("that only you open tickets", "that only you can open tickets"),
        ("Shall we make it a ticket?", "Shall we open a ticket for this request?"),
        ("Both lead to", "Both buttons lead to"),
    ],
    "mail_template_request_declined": [
        ("has decided that your request", "has declined your request"),
        ("does not become a ticket.", ", so no ticket was opened."),
        (
            "if you need our help with it all the same.",
            "if you still need our help with it.",
        ),
    ],
    "mail_template_confirm_address": [
        ("Is it yours? Then confirm it", "If it is yours, please confirm it"),
        (
            "If you have not entered it, there is nothing that you have to do.",
            "If you did not enter it, you do not have to do anything.",
        ),
    ],
    "mail_template_form_received": [
        (
            "A request with your e-mail address was written in our form.",
            "We have received a request with your e-mail address in our form.",
        ),
        ANSWER,
        (
            "If the request is not yours, there is nothing that you have to do.",
            "If you did not send the request, you do not have to do anything.",
        ),
    ],
}


def migrate(cr, version):
    """Bring the English of the mails that customers get up to date, where nobody has
    changed them: an update leaves templates alone."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, changes in WORDS.items():
        renew_words(env, name, changes)
