"""The reference that our mails carry in their last line. Plain Python, no database.

Programs that drop the headers of a conversation and rewrite the subject still quote the
mail that they answer. The reference is a ticket's id and a signature of it: nobody can
make one of a ticket whose mails they never got.
"""

import base64
import hmac
import re

# A mail of many megabytes is not read to its end: an answer quotes at its beginning.
MAX_TEXT = 500_000
MAX_REFERENCES = 20
SIGNATURE_BYTES = 10
REFERENCE = re.compile(r"(?<![\w-])hd([0-9]{1,12})-([a-z2-7]{16})(?![\w-])")


def make_reference(ticket_id, digest):
    """Return the reference of a ticket.

    :param int ticket_id: its id
    :param str digest: a keyed hash of the id, hexadecimal
    """
    signature = base64.b32encode(bytes.fromhex(digest)[:SIGNATURE_BYTES])
    return f"hd{ticket_id}-{signature.decode().lower()}"


def find_references(text, digest_of):
    """Return the ids of the tickets that a text refers to, the topmost first.

    :param str text: the text of a mail, html or plain
    :param digest_of: callable id -> keyed hash of the id, hexadecimal
    :return: list of ids whose signature is ours
    """
    found = []
    for match in REFERENCE.finditer(text[:MAX_TEXT]):
        ticket_id = int(match.group(1))
        expected = make_reference(ticket_id, digest_of(ticket_id))
        if hmac.compare_digest(match.group(0), expected):
            found.append(ticket_id)
        if len(found) >= MAX_REFERENCES:
            break
    return list(dict.fromkeys(found))
