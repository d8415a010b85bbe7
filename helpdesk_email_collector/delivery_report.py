"""Reports about mails that we sent: bounces, delays, receipts. Plain Python.

RFC 3462 and 3464 as Exchange, Gmail and Postfix write them. Plain texts of other mail
servers, of which each has its own, are read by `flufl.bounce`.
"""

import email
import re
from dataclasses import dataclass, field
from email.policy import SMTP

from flufl.bounce import all_failures

from odoo.addons.helpdesk_ticket.automatic_mail import automatic_sign

from .reading.fields import header_text
from .reading.head import HEADER_ERRORS

FAILED, DELAYED, DELIVERED, READ = "failed", "delayed", "delivered", "read"
MAX_TEXT = 100_000
MAX_REPORT = 2 * 1024 * 1024
# What a server says about a mail comes before the mail; the patterns need seconds for
# long texts.
MAX_SCANNED = 32_768
MAX_REASON = 500
RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
MESSAGE_ID = re.compile(r"<[^<>\s]{3,990}>")
RETURNED_ID = re.compile(
    r"^(?:X-Microsoft-Original-)?Message-ID:\s*(<[^<>\s]{3,990}>)",
    re.IGNORECASE | re.MULTILINE,
)
# qmail and similar: the address, a colon, and below it what the remote server said
FAILED_LINE = re.compile(r"^<?([^\s<>@:]+@[^\s<>@:]+)>?:\s*\n?(.{0,300})", re.MULTILINE)
SENDERS = ("mailer-daemon@", "postmaster@", "microsoftexchange")
# Names of mail servers in From
SERVERS = re.compile(
    r"mailer|daemon|postmaster|system administrator|mail ?(delivery|system|router)"
    r"|delivery|bounces?[+@-]|smtp|exchange",
    re.IGNORECASE,
)
# ... and beginnings of the subjects of reports.
FAILURES = re.compile(
    r"\s*(?:\[[^\[\]]{1,40}\]\s*)?"
    r"(undeliver|non[- ]?deliver|delivery (failure|status|has failed|failed|problem)"
    r"|e-?mail delivery (fail|problem)"
    r"|failure notice|returned mail|mail (delivery|system) (fail|error|problem)"
    r"|(mail|message) (could not be|not) delivered|(message )?delivery failure"
    r"|unzustellbar|nicht zustellbar|zustellung(sfehler|sproblem| fehlgeschlagen)"
    r"|mail-?zustellung|zustellfehler"
    r"|(ihre |die )?(nachricht|e-?mail|mail) konnte nicht (zugestellt|übermittelt)"
    r"|non[- ](remis|distribu)|[ée]chec de (la )?(remise|distribution|livraison)"
    r"|no se (pudo|puede|ha podido)"
    r"|mensaje no entregado|no entregado|correo devuelto|onbestelbaar"
    r"|niet (bezorgd|afgeleverd)|mancat[ao] (consegna|recapito)|non recapita"
    r"|impossibile recapitare|niedostarcz|nie mo[żz]na dostarczy"
    r"|n[ãa]o ([ée] poss[íi]vel |foi |p[ôo]de ser )?entreg"
    r"|kunde inte levereras|det g[åa]r inte att leverera|olevererbar"
    r"|(kunne|kan) ikke leveres|ei voi(da)? toimittaa|toimittamaton"
    r"|nelze doru|nedoru[čc]iteľ?|nedoru[čc]it[eaá]|k[ée]zbes[íi]thetetlen"
    r"|nelivrabil|nu se poate livra|teslim edileme|iletileme"
    r"|не (удается|удаётся|удалось) доставить|недоставлен|не доставлен"
    r"|не вдається доставити|недоставлено|δεν είναι δυνατή η παράδοση"
    r"|配信不能|配信できません|无法送达|未送达|(系统|来自[^\s的]{1,60}的)?退信|無法傳遞"
    r"|無法傳送|未傳遞"
    r"|배달(되지|할 수) |לא ניתן למסור|تعذر (ال)?تسليم|не вдалося доставити"
    r"|không gửi được|ไม่สามารถส่ง|δεν παραδόθηκε|(nije|ni) (moguće|mogoče) (isporučiti"
    r"|dostaviti)|nelivrat|не може да се достави|nepristatyt|kättetoimetamatu"
    r"|nepiegādā|neisporučiv|tidak terkirim|toimittaminen epäonnistui|未传递"
    # a filter of the other side
    r"|[*\s]{0,4}(your )?(message|e-?mail|mail) (that )?(you sent|from you) "
    r"(was |has been )?(blocked|rejected|refused|quarantined)"
    r"|[*\s]{0,4}your (message|e-?mail|mail) (was|has been) "
    r"(blocked|rejected|refused|returned)"
    r"|ihre (nachricht|e-?mail|mail) wurde (blockiert|abgewiesen|abgelehnt"
    r"|zurückgewiesen)"
    r"|votre (message|courriel|e-?mail) (a été )?(bloqué|refusé|rejeté)"
    r"|su (mensaje|correo) (ha sido |fue )?(bloqueado|rechazado)"
    # a full mailbox
    r"|(your |the )?(mailbox|inbox|recipient'?s? mailbox) (is )?(full|over quota)"
    r"|(mailbox |disk )?quota (exceeded|überschritten)|over quota|mailbox voll"
    r"|(das )?postfach (ist )?(voll|überfüllt)|bo[iî]te (aux lettres |mail )?pleine"
    r"|quota dépassé|buz[oó]n (est[aá] )?lleno|casella piena|mailbox vol\b)",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Most servers quote our mail below it.
RETURNED_BELOW = re.compile(
    r"^\s*(?:-{3,}.*|Received: |Return-Path: |Reporting-MTA: )", re.MULTILINE
)
MAX_ADDRESSES = 20
DAEMON = re.compile(r"\bmailer-daemon@", re.IGNORECASE)
REPORT_PARTS = (
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
)


@dataclass(frozen=True)
class DeliveryReport:
    """What happened to a mail of ours: which mail, which recipients, and why."""

    kind: str
    recipients: dict[str, str] = field(default_factory=dict)  # address -> reason
    message_ids: tuple[str, ...] = ()
    returned: str = ""

    @property
    def reason(self):
        """The first reason given, as one line."""
        return next(filter(None, self.recipients.values()), "")


def looks_like_report(head, raw):
    """Return whether a mail could be a report, so that it is worth parsing.

    :param EmailMessage head: its header fields
    :param bytes raw: the mail
    :rtype: bool
    """
    start = raw[:MAX_REPORT].lower()
    return bool(
        header_text(head, "X-Failed-Recipients")
        or any(kind.encode() in start for kind in REPORT_PARTS)
        or SERVERS.search(header_text(head, "From"))
        or automatic_sign(head)
    )


def read_report(raw, head):
    """Return the report that a mail contains, None for all other mails.

    :param bytes raw: the unchanged mail: reports are recognised by their parts, long
        ones by their beginning
    :param EmailMessage head: its header fields, which say what kind of report it is
    :rtype: DeliveryReport
    """
    try:
        message = email.message_from_bytes(raw[:MAX_REPORT], policy=SMTP)
        if not _is_report(message, raw):
            return None
    except HEADER_ERRORS:
        return None
    try:
        kind = str(head.get_param("report-type", ""))
        read = _report_types(raw) & set(REPORT_PARTS[2:])
        read = read or kind.lower() == "disposition-notification"  # RFC 8098
        # Sieve refuses a mail by a receipt (RFC 5429, 2.1.2)
        refused = "(rejected)" in header_text(head, "Auto-Submitted").lower()
        if read and not refused:
            return DeliveryReport(READ)
        return _read_report(message, raw, refused)
    except HEADER_ERRORS:
        return DeliveryReport(FAILED)


def _is_report(message, raw):
    """Return whether a mail is a report, judging by more than its content type (E07).

    :param EmailMessage message: the mail
    :param bytes raw: the same, unchanged
    :rtype: bool
    """
    if header_text(message, "X-Failed-Recipients"):  # Exim's have no form
        return True
    author = header_text(message, "From")
    if message.get_content_type() == "multipart/report" or DAEMON.search(author):
        return True
    failure = FAILURES.match(header_text(message, "Subject"))
    by_server = SERVERS.search(author) or automatic_sign(message)
    if types := _report_types(raw):
        # whoever asks what it means sends a report on with all of its parts
        return bool(types & set(REPORT_PARTS[2:]) or by_server or failure)
    if SERVERS.search(author) and failure:
        return True
    return bool(by_server and any(_scan(raw)))


def _report_types(raw):
    """Return the types of the report parts of a mail, not those of attached mails.

    This needs the unchanged mail: in a sanitized one these parts are ordinary files.
    """
    head = raw[:MAX_TEXT].lower()
    if not any(name.encode() in head for name in REPORT_PARTS):
        return set()
    found = set()
    try:
        stack = [email.message_from_bytes(raw[:MAX_TEXT])]
        while stack:
            part = stack.pop()
            found.add(part.get_content_type())
            if part.get_content_maintype() == "multipart" and part.is_multipart():
                stack.extend(part.get_payload())
    except HEADER_ERRORS:  # what cannot be parsed is not a report
        return set()
    return found & set(REPORT_PARTS)


def _scan(raw):
    """Return the delayed and the failed addresses in the text of a report."""
    try:
        found = all_failures(email.message_from_bytes(raw[:MAX_SCANNED]))
    except HEADER_ERRORS:
        return set(), set()
    late, failed = (
        {address.decode("ascii", "ignore").lower() for address in addresses}
        for addresses in found
    )
    return late - failed, failed


def _read_report(message, raw, refused):
    """Read a report that has the standard form.

    :param bool refused: a receipt that says that the mail was rejected
    :rtype: DeliveryReport
    """
    kinds = REPORT_PARTS if refused else REPORT_PARTS[:2]
    parts = list(message.walk())
    types = {part.get_content_type() for part in parts}
    if types & set(REPORT_PARTS) - set(kinds):
        return DeliveryReport(READ)
    blocks = [
        block
        for part in parts
        if part.get_content_type() in kinds and part.is_multipart()
        for block in part.get_payload()
    ]
    recipients = {
        address: _reason(block) for block in blocks if (address := _recipient(block))
    }
    actions = {header_text(block, "Action").lower() for block in blocks} - {""}
    text = _first_text(parts)
    if refused:  # such receipts have no field for the reason
        recipients = dict.fromkeys(recipients, " ".join(text.split())[:MAX_REASON])
    if not recipients:
        recipients, actions = _read_text(message, text, raw, actions)
    returned = _returned(parts) or (text if not blocks else "")
    ids = RETURNED_ID.findall(returned) or RETURNED_ID.findall(
        raw[:MAX_TEXT].decode("utf-8", "replace")
    )
    for block in blocks:
        ids += MESSAGE_ID.findall(header_text(block, "Original-Message-ID"))
    for name in ("In-Reply-To", "References", "X-Original-Message-ID"):
        ids += MESSAGE_ID.findall(header_text(message, name))
    return DeliveryReport(
        kind=_kind(actions),
        recipients=recipients,
        message_ids=tuple(dict.fromkeys(ids))[:40],
        returned=returned,
    )


def _kind(actions):
    """Return what happened; a single failed recipient makes it a failure."""
    if not actions or FAILED in actions:
        return FAILED
    return DELAYED if DELAYED in actions else DELIVERED


def _recipient(block):
    """Return the address of a recipient; the original one, if it was rewritten."""
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _semicolon, address = header_text(block, name).partition(";")
        address = address.strip().strip("<>").lower()
        if "@" in address and kind.strip().lower() in ("rfc822", "utf-8"):
            return address
    return ""


def _reason(block):
    """Return what the remote server said, otherwise its status code (RFC 3463)."""
    said = header_text(block, "Diagnostic-Code").partition(";")[2].strip()
    return (said or header_text(block, "Status"))[:MAX_REASON]


def _read_text(message, text, raw, actions):
    """Read a report that is plain text: addresses and what happened to them."""
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
    late, failed = _scan(raw) if raw and not named else (set(), set())
    if late and not failed and not actions:
        actions = {DELAYED}
    found = named or sorted(failed or late) or list(said)
    found = found or _addresses_in_text(message, text)
    return {one: said.get(one, "") for one in found}, actions


def _addresses_in_text(message, text):
    """Return the addresses in the server's text above our mail, except those of the
    server and of the report: the last resort."""
    head = " ".join(header_text(message, name) for name in ("From", "To"))
    known = set(ADDRESS.findall(head.lower()))
    said = RETURNED_BELOW.split(text[:MAX_SCANNED], maxsplit=1)[0].lower()
    found = dict.fromkeys(ADDRESS.findall(said))
    return [
        address
        for address in found
        if address not in known and not address.startswith(SENDERS)
    ][:MAX_ADDRESSES]


def _first_text(parts):
    for part in parts:
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            return _text(part)
    return ""


def _returned(parts):
    """Return the beginning of our mail, as the report quotes it."""
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
