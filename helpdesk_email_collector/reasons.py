"""The sentences that say what happened to a mail and why (E05).

A row of the inbox stores the code and its parameters, so that each reader sees the
sentence in their own language.
"""

from collections import defaultdict

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

REASONS = {
    # waiting
    "postponed": _lt(
        "It is waiting for an earlier mail of its conversation that has not been "
        "processed yet: “%(subject)s”."
    ),
    # done
    "created": _lt("The rule “%(rule)s” created the ticket."),
    "forced": _lt("%(user)s created the ticket by hand."),
    "reply": _lt("Reply to a mail of this ticket."),
    "reply_number": _lt(
        "Its subject contains the number of this ticket, and %(address)s is a "
        "participant."
    ),
    "reply_reference": _lt(
        "It quotes the reference of this ticket, and %(address)s is a participant."
    ),
    "reply_conversation": _lt(
        "It belongs to the same conversation as this ticket, and %(address)s is a "
        "participant."
    ),
    "rule_joined": _lt("The rule “%(rule)s” added it to this ticket."),
    "rule_document": _lt("The rule “%(rule)s” created another document from it."),
    "other": _lt("Odoo delivered it to another document: %(document)s."),
    # ignored
    "no_rule": _lt("No rule created a ticket: none of the active rules applied."),
    "rule_ignored": _lt("The rule “%(rule)s” ignores this mail."),
    "rejected": _lt("The rule “%(rule)s” rejects this mail."),
    "sender_ignored": _lt(
        "E-mails of %(contact)s are ignored: the contact is marked that way."
    ),
    "held": _lt(
        "Only %(primary)s may open tickets for %(customer)s: the request is on hold."
    ),
    "automatic": _lt("Automatic mail, recognised by “%(sign)s”."),
    "bounce": _lt("Delivery report of a mail that could not be delivered."),
    "own_address": _lt("It was sent from %(address)s, an address of this helpdesk."),
    "own_mail": _lt("A mail sent by Odoo itself came back."),
    "duplicate": _lt("The same mail was already processed: nothing was done."),
    "throttled": _lt(
        "%(address)s sent more than %(count)s mails within %(minutes)s minutes; this "
        "one is held back."
    ),
    "throttled_ticket": _lt(
        "%(address)s sent more than %(count)s mails to one ticket within %(minutes)s "
        "minutes; this one is held back."
    ),
    "repeated": _lt(
        "%(address)s sends the same text after each of our answers, like an "
        "auto-reply; this one is held back."
    ),
    "bounced": _lt(
        "It reports that a mail of ticket %(number)s was not delivered to "
        "%(address)s: %(said)s"
    ),
    "delayed": _lt(
        "It reports that a mail of ticket %(number)s to %(address)s is delayed: "
        "%(said)s"
    ),
    "report": _lt("Receipt confirming that a mail was delivered or read."),
    "expired": _lt("It failed, was not handled in time, and was cleaned up."),
    "erased": _lt(
        "It failed, and was cleaned up together with the data of its sender."
    ),
    "oversized": _lt("Its size is %(size)s MB, but at most %(limit)s MB are accepted."),
}

# What a try-out says instead, because nothing has happened.
CONDITIONAL = {
    "created": _lt("The rule “%(rule)s” would create the ticket."),
    "reply": _lt("It would be a reply to a mail of this ticket."),
    "rule_joined": _lt("The rule “%(rule)s” would add it to this ticket."),
    "rule_document": _lt("The rule “%(rule)s” would create another document from it."),
    "other": _lt("Odoo would deliver it to another document: %(document)s."),
    "no_rule": _lt("No rule would create a ticket: none of the active rules applies."),
    "rule_ignored": _lt("The rule “%(rule)s” would ignore this mail."),
    "rejected": _lt("The rule “%(rule)s” would reject this mail."),
    "held": _lt(
        "Only %(primary)s may open tickets for %(customer)s: the request would be put "
        "on hold."
    ),
    "duplicate": _lt("The same mail was already processed: nothing would be done."),
}

# Reasons that the sender is told, unless that could cause a loop or too many mails
TELLING = ("held", "rejected", "oversized")
TOLD = {
    True: _lt("The sender was informed."),
    False: _lt("Nothing was sent to the sender."),
}
# Reasons why the mails of a sender who sends too many are held back
THROTTLED = ("throttled", "throttled_ticket", "repeated")


def reason_text(env, code, params, *, tried_out=False):
    """Return the sentence of a reason in the language of `env`.

    :param env: `odoo.api.Environment`
    :param str code: a key of `REASONS`
    :param dict params: values for the placeholders, and whether the sender was told, if
        that is known
    :param bool tried_out: say what would happen to the mail (E04)
    :return: the sentence, empty for an unknown code
    :rtype: str
    """
    sentence = (tried_out and CONDITIONAL.get(code)) or REASONS.get(code)
    if sentence is None:
        return ""
    text = env._(sentence)
    params = params or {}
    if "told" in params:
        text = f"{text} {env._(TOLD[params['told']])}"
    # values that were deleted by the clean-up are missing
    return text % defaultdict(lambda: "…", params)
