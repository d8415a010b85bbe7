import logging
import re

LOGGERS = ("werkzeug", "odoo.http")
# A signed link, from its path on: what follows opens a ticket or decides a request.
SIGNED = re.compile(r"(/helpdesk/(?:link|request)/[^/\s]+/[^/\s]+/)[^/\s?#\"']+")


def without_signature(text):
    """Return a text of a log line without the secret part of signed links (I1).

    :param text: a text; anything else is returned as it is
    """
    return SIGNED.sub(r"\1***", text) if isinstance(text, str) else text


class SignatureFilter(logging.Filter):
    """Keeps signed links out of the log: who reads it must not open tickets (A3)."""

    def filter(self, record):
        """Take the secrets out of a record.

        :param logging.LogRecord record: a line on its way into the log
        :return: True: each line is logged
        """
        record.msg = without_signature(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(without_signature, record.args))
        return True


def hide_signatures():
    """Let the loggers of requests keep signed links to themselves."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, SignatureFilter) for known in logger.filters):
            logger.addFilter(SignatureFilter())
