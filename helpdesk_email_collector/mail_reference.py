"""The reference that our mails carry in their last line. Plain Python, no database.

Programs that drop the headers of a conversation and rewrite the subject still quote the
mail that they answer. The reference is a ticket's id and a signature of it: nobody can
make one of a ticket whose mails they never got. That of a private message names the
message too, so that whatever quotes it is private again (T15).
"""

import base64
import hmac
import re

# A mail of many megabytes is not read to its end: an answer quotes at its beginning.
MAX_TEXT = 500_000
MAX_REFERENCES = 20
SIGNATURE_BYTES = 10
REFERENCE = re.compile(
    r"(?<![\w-])hd([0-9]{1,12})(?:m([0-9]{1,12}))?-([a-z2-7]{16})(?![\w-])"
)


def make_reference(ticket_id, digest_of, message_id=0):
    """Return the reference of a ticket, or of a private message of it.

    :param int ticket_id: its id
    :param digest_of: callable text -> keyed hash of it, hexadecimal
    :param int message_id: id of the private message, 0 for the ticket
    """
    name = f"{ticket_id}m{message_id}" if message_id else str(ticket_id)
    signature = base64.b32encode(bytes.fromhex(digest_of(name))[:SIGNATURE_BYTES])
    return f"hd{name}-{signature.decode().lower()}"


def _find(text, digest_of):
    """Yield (ticket id, message id or 0) of the references that are ours."""
    count = 0
    for match in REFERENCE.finditer(text[:MAX_TEXT]):
        ticket_id, message_id = int(match[1]), int(match[2] or 0)
        expected = make_reference(ticket_id, digest_of, message_id)
        if hmac.compare_digest(match[0], expected):
            yield ticket_id, message_id
            count += 1
        if count >= MAX_REFERENCES:
            return


def find_references(text, digest_of):
    """Return the ids of the tickets that a text refers to, the topmost first.

    :param str text: the text of a mail, html or plain
    :param digest_of: as of `make_reference`
    :return: list of ids whose signature is ours
    """
    return list(dict.fromkeys(ticket for ticket, _message in _find(text, digest_of)))


def find_private_references(text, digest_of):
    """Return the ids of the private messages that a text refers to, as above."""
    found = (message for _ticket, message in _find(text, digest_of) if message)
    return list(dict.fromkeys(found))
