"""The plain text of a mail, for a quick look in the inbox."""

from .reading.process import look_at_mail

# Enough to see what a mail is about; the whole text is one click away.
MAX_BYTES = 5 * 1024 * 1024
MAX_TEXT = 100_000


def readable_text(raw):
    """Return the text of a mail and the names of its attachments.

    What cannot be read is left out: this is for display only.

    :param bytes raw: the mail
    :return: `(text, names)`
    """
    seen = look_at_mail(raw[:MAX_BYTES])
    if seen.error:
        return raw[:MAX_TEXT].decode("utf-8", "replace").replace("\0", ""), []
    return seen.text[:MAX_TEXT], seen.names
