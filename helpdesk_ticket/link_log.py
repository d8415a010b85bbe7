import logging
import re

# Loggers of URLs: the server, Odoo's dispatcher, and the page that
# Odoo's mails about records lead to.
LOGGERS = ("werkzeug", "odoo.http", "odoo.addons.mail.controllers.mail")
# "%2F" and the like are of an address that stands in the query of another one: of the
# page that follows logging in.
SLASH = "(?:/|%2F)"
ONE_PART = rf"(?:(?!%2F)[^/\s?])+{SLASH}"
# Addresses with a secret, up to the secret: ours, and those of Odoo's that its mails
# and meetings have.
SECRET_PARTS = "|".join(
    (
        rf"helpdesk{SLASH}(?:link|request){SLASH}{ONE_PART}{ONE_PART}",
        rf"helpdesk{SLASH}address{SLASH}{ONE_PART}",
        rf"helpdesk{SLASH}monitoring{SLASH}v1{SLASH}",
        rf"rate{SLASH}",
        rf"calendar{SLASH}join_videocall{SLASH}",
        rf"chat{SLASH}(?:\d+{SLASH})?",
        rf"meet{SLASH}",
    )
)
IN_PATH = re.compile(
    rf"({SLASH}(?:{SECRET_PARTS}))(?:(?!%2F|%3F)[^/\s?#\"'])+", re.IGNORECASE
)
# Tokens of files, portals, sign-up and Facebook, links to mails, and what a provider of
# mailboxes answers.
IN_QUERY = re.compile(
    r"((?:[?&]|%3F|%26)(?:[\w.]*token|hash|code|state|signature)(?:=|%3D))"
    r"(?:(?!%26|%23)[^&\s#\"'])+",
    re.IGNORECASE,
)


def without_secrets(text):
    """Return an argument of a log line without the secrets in its URLs (I1).

    :param text: a string; anything else is returned unchanged
    """
    if not isinstance(text, str):
        return text
    return IN_QUERY.sub(r"\1***", IN_PATH.sub(r"\1***", text))


class SecretFilter(logging.Filter):
    """Keeps URLs that open tickets and files out of the log, whose readers may not open
    them (A3)."""

    def filter(self, record):
        """Remove the secrets from a log record.

        :param logging.LogRecord record: the record
        :return: True: each record is logged
        """
        record.msg = without_secrets(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(without_secrets, record.args))
        return True


def hide_secrets():
    """Install the filter on all loggers of requests."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, SecretFilter) for known in logger.filters):
            logger.addFilter(SecretFilter())
