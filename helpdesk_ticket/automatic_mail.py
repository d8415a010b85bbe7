"""Which mail was written by a program, not by a person. Plain Python, no database."""

AUTOMATIC_PRECEDENCES = ("auto_reply", "bulk", "junk")


def is_automatic(message):
    """Say whether a mail is an out-of-office note or another automatic answer.

    RFC 3834, section 5, and the headers that programs used before it.

    :param email.message.EmailMessage message: the mail
    :rtype: bool
    """
    submitted = str(message.get("Auto-Submitted") or "no").strip().lower()
    precedence = str(message.get("Precedence") or "").strip().lower()
    return (
        submitted.split(";")[0].strip() != "no"
        or precedence in AUTOMATIC_PRECEDENCES
        or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond"))
    )
