"""Reports about mails that we sent: bounces, delays, receipts. Plain Python.

RFC 3462 and 3464 as Exchange, Gmail and Postfix write them, and the plain texts of
qmail and of old Exim.
"""

import re
from dataclasses import dataclass, field

from .collected_mail import HEADER_ERRORS, header_text

FAILED, DELAYED, DELIVERED, READ = "failed", "delayed", "delivered", "read"
MAX_TEXT = 100_000
MAX_REASON = 500
RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
MESSAGE_ID = re.compile(r"<[^<>\s]{3,990}>")
RETURNED_ID = re.compile(
    r"^(?:X-Microsoft-Original-)?Message-ID:\s*(<[^<>\s]{3,990}>)",
    re.IGNORECASE | re.MULTILINE,
)
# qmail and its like: the address, a colon, and below it what the other server said
FAILED_LINE = re.compile(r"^<?([^\s<>@:]+@[^\s<>@:]+)>?:\s*\n?(.{0,300})", re.MULTILINE)
SENDERS = ("mailer-daemon@", "postmaster@", "microsoftexchange")


@dataclass
class DeliveryReport:
    """What became of a mail: of which one, to whom, and why."""

    kind: str
    recipients: dict = field(default_factory=dict)  # address -> reason
    message_ids: list = field(default_factory=list)
    returned: str = ""

    @property
    def reason(self):
        """Return the first reason that is given, in one line."""
        return next(filter(None, self.recipients.values()), "")


def read_report(message, head=None):
    """Read a report about the delivery of a mail.

    :param EmailMessage message: a mail that may be one
    :param EmailMessage head: its headers as they came, for the kind of the report
    :rtype: DeliveryReport
    """
    try:
        kind = str((head or message).get_param("report-type", ""))
        if kind.lower() == "disposition-notification":  # RFC 8098
            return DeliveryReport(READ)
        return _read_report(message)
    except HEADER_ERRORS:
        return DeliveryReport(FAILED)


def _read_report(message):
    parts = list(message.walk())
    types = {part.get_content_type() for part in parts}
    if "message/disposition-notification" in types:
        return DeliveryReport(READ)
    blocks = [
        block
        for part in parts
        if part.get_content_type().startswith("message/delivery-status")
        and part.is_multipart()
        for block in part.get_payload()
    ]
    recipients = {
        address: _reason(block) for block in blocks if (address := _recipient(block))
    }
    actions = {header_text(block, "Action").lower() for block in blocks} - {""}
    text = _first_text(parts)
    if not recipients:
        recipients = _recipients_of_text(message, text)
    returned = _returned(parts) or (text if not blocks else "")
    ids = RETURNED_ID.findall(returned)
    for name in ("In-Reply-To", "References", "X-Original-Message-ID"):
        ids += MESSAGE_ID.findall(header_text(message, name))
    return DeliveryReport(
        kind=_kind(actions),
        recipients=recipients,
        message_ids=list(dict.fromkeys(ids))[:40],
        returned=returned,
    )


def _kind(actions):
    """Say what happened; one failed recipient makes a failure."""
    if not actions or FAILED in actions:
        return FAILED
    return DELAYED if DELAYED in actions else DELIVERED


def _recipient(block):
    """Return the address of a report's block; the original one, if it was changed."""
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _semicolon, address = header_text(block, name).partition(";")
        address = address.strip().strip("<>").lower()
        if "@" in address and kind.strip().lower() in ("rfc822", "utf-8"):
            return address
    return ""


def _reason(block):
    """Return what the other server said, else its status code (RFC 3463)."""
    said = header_text(block, "Diagnostic-Code").partition(";")[2].strip()
    return (said or header_text(block, "Status"))[:MAX_REASON]


def _recipients_of_text(message, text):
    """Return the failed addresses that a report without a form gives."""
    named = [
        address.strip().lower()
        for address in header_text(message, "X-Failed-Recipients").split(",")
        if "@" in address
    ]
    said = {
        address.lower(): " ".join(reason.split())
        for address, reason in FAILED_LINE.findall(text)
        if not address.lower().startswith(SENDERS)
    }
    if not named:
        return said
    return {address: said.get(address, "") for address in named}


def _first_text(parts):
    for part in parts:
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            return _text(part)
    return ""


def _returned(parts):
    """Return the beginning of our own mail, as the report gives it back."""
    for part in parts:
        if part.get_content_type() in RETURNED_TYPES:
            if part.is_multipart():
                return (
                    part.get_payload(0).as_bytes()[:MAX_TEXT].decode("utf-8", "replace")
                )
            return _text(part)
    return ""


def _text(part):
    payload = part.get_payload(decode=True) or b""
    return payload[:MAX_TEXT].decode("utf-8", "replace").replace("\r\n", "\n")
