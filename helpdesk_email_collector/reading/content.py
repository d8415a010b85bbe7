"""The content of a mail: text, html, attachments, and notes about it (E09)."""

import mimetypes
import re
from dataclasses import dataclass, field

from odoo.addons.helpdesk_ticket.automatic_subjects import FORWARD_SUBJECT

from .calendar import Invitation, read_invitation
from .calendar_text import invitation_text
from .charset import Charsets, decode_bytes
from .fields import decode_value
from .head import read_head
from .html_body import (
    MAX_HTML,
    TooLarge,
    clean_html,
    html_to_text,
    image_cid,
    what_shows,
)
from .parts import clean_filename, read_parts
from .smime import open_smime
from .text_body import MAX_TEXT, html_length
from .text_part import is_rtf, is_shown, read_spare, read_text
from .winmail import open_winmail

# Types that repeat the text for particular programs.
REPEATS = ("text/x-amp-html", "text/watch-html")
NAMES = {
    "text/calendar": "invite.ics",
    "application/ics": "invite.ics",
    "text/plain": "text.txt",
    "text/html": "page.html",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "pgp-version.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/ms-tnef": "winmail.dat",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt",
    "text/rtf": "text.rtf",
}
PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
SMIME_NAMES = ("", "smime.p7m")
ENCRYPTED = ("enveloped_data", "encrypted_data", "authenticated_enveloped_data")
CALENDARS = ("text/calendar", "application/ics")
TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
MAX_LEVELS = 5  # nested mails within signatures
MAX_LOOK = 4096


@dataclass
class Attachment:
    """A file attached to a mail."""

    name: str
    type: str
    data: bytes
    cid: str = ""
    inline: bool = False


@dataclass
class Content:
    """The content found in a mail.

    :param bytes raw: the mail
    :param int max_count: number of attachments to keep, 0 for all
    :param int max_bytes: total size of the attachments to keep, 0 for the technical
        limit
    :param str language: for the text of an invitation, such as `de_DE`
    :param str zone: time zone for the times of an invitation
    :param dict words: templates for the text of an invitation, see
        `calendar_text.WORDS`
    :param list notes: of [code, parameters], for the people who read the ticket
    :param list spare: of (part, mail): files to show if there is no other text
    """

    raw: bytes
    charsets: Charsets = field(init=False)
    max_count: int = 100
    max_bytes: int = 50 * 1024 * 1024
    language: str = "en"
    zone: str = ""
    words: dict = field(default_factory=dict)
    text: str = ""
    html: str = ""
    fields: list = field(default_factory=list)
    type: str = ""
    report: list = field(default_factory=list)
    report_type: str = "delivery-status"
    attachments: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    dropped: list = field(default_factory=list)
    calendar: Invitation | None = None
    spare: list = field(default_factory=list)
    level: int = 0
    size: int = 0

    def __post_init__(self):
        self.charsets = Charsets(self.raw)
        self.max_count = self.max_count or len(self.raw)
        self.max_bytes = self.max_bytes or len(self.raw) * 2

    @property
    def is_forward(self):
        """Whether the subject says that the mail was forwarded."""
        for key, value in self.fields:
            if key.lower() == "subject":
                text = decode_value(key, value, self.charsets)
                return bool(FORWARD_SUBJECT.match(text))
        return False

    def note(self, code, **params):
        """Add a note, unless it was added before."""
        if not any(known == code for known, _params in self.notes):
            self.notes.append([code, params])

    def attach(self, name, kind, data, cid="", *, inline=False):
        """Keep a file, within the limits."""
        name = name or self._make_name(kind)
        over = self.size + len(data) > self.max_bytes
        if len(self.attachments) >= self.max_count or over:
            self.dropped.append(name)
            return
        self.size += len(data)
        self.attachments.append(Attachment(name, kind, data, cid, inline))

    def _make_name(self, kind):
        extension = mimetypes.guess_extension(kind) or ".bin"
        number = len(self.attachments) + 1
        return NAMES.get(kind) or f"attachment-{number}{extension}"


def read_content(raw, **limits):
    """Parse a mail.

    :param bytes raw: the mail
    :param limits: the parameters of `Content`
    :rtype: Content
    """
    content = Content(raw, **limits)
    root, complete = read_parts(raw, content.charsets)
    content.fields, content.type = root.fields, root.type
    if not complete:
        content.note("too_many_parts", name="original.eml")
        content.attach("original.eml", "message/rfc822", raw)
    pieces = _collect(content, root, raw, is_root=True)
    if not pieces and not content.calendar:
        pieces = read_spare(content)
    _finish(content, pieces)
    if content.dropped:
        names = ", ".join(content.dropped[:10])
        content.note("dropped", count=len(content.dropped), names=names)
    return content


def _collect(content, part, raw, *, is_root=False):
    """Return the text of a part as a list of (kind, text), and keep its files."""
    if part.type == "multipart/alternative":
        others = [child for child in part.children if child.type not in REPEATS]
        return _choose([_collect(content, child, raw) for child in others])
    if part.is_multipart:
        if part.type == "multipart/encrypted":
            content.note("encrypted")
        if part.type == "multipart/report":
            kind = re.sub(r"[^a-z-]", "", part.parameter("report-type").lower())
            content.report_type = kind or content.report_type
            content.report = [
                (child.type, child.decode(raw)) for child in part.children[:10]
            ]
        shown = [_collect(content, child, raw) for child in part.children]
        _drop_repeated(part.children, shown)
        return [piece for pieces in shown for piece in pieces]
    if part.is_guess and b"\0" in part.decode(raw)[:MAX_LOOK]:
        part.type = "application/octet-stream"  # whatever it is, it is not text
    named = part.filename or (part.is_attachment and not is_root)
    is_rich = is_rtf(part, raw)
    if is_shown(part.type) and not (named or is_rich):
        return read_text(content, part, raw)
    hidden = part.is_attachment and part.filename and not is_root
    if (is_rich or is_shown(part.type)) and not hidden:
        content.spare.append((part, raw))
    return _read_file(content, part, raw)


def _read_file(content, part, raw):
    """Keep a part as a file; return its text if it is a mail itself."""
    data, name = part.decode(raw), part.filename
    if _is_winmail(part):
        return _read_winmail(content, part, data)
    if part.type == "message/partial":
        return _read_piece(content, part, data)
    signed = part.type in PKCS7 or name.lower().endswith(".p7m")
    if signed and content.level < MAX_LEVELS:
        return _read_smime(content, part, data)
    if part.type == "message/rfc822" or part.type == "message/global":
        name = _mail_name(name, data, content.charsets)
    if part.type in CALENDARS or name.lower().endswith(".ics"):
        _read_calendar(content, part, data)
    inline = part.params["Content-Disposition"].strip().lower().startswith("inline")
    content.attach(name, part.type, data, part.content_id, inline=inline)
    return []


def _read_smime(content, part, data):
    """Keep an S/MIME file and return the text of the mail in it.

    Gateways declare it as `application/octet-stream`. The signed content may also be a
    file, such as `invoice.xml.p7m`.
    """
    kind, inner = open_smime(data)
    if not content.level:  # the outermost one contains the others
        content.attach(part.filename, part.type, data)
    if kind in ENCRYPTED or (not kind and part.type in PKCS7):
        content.note("encrypted")
    if inner is None or not (part.filename.lower() in SMIME_NAMES or _is_mail(inner)):
        return []
    return _collect_inner(content, inner)


def _read_piece(content, part, data):
    """Keep one of the pieces in which a mail was sent (RFC 2046, 5.2.2); return the
    text of the first one, which begins with the head of that mail."""
    number, total = (
        re.sub(r"\D", "", part.parameter(name))[:3] for name in ("number", "total")
    )
    content.attach(f"piece-{number or '0'}.eml", part.type, data)
    content.note("piece", number=number or "?", total=total or "?")
    if number != "1" or content.level >= MAX_LEVELS:
        return []
    return _collect_inner(content, data)


def _collect_inner(content, data):
    """Return the text of a mail that was packed into another one; keep its files."""
    root, _complete = read_parts(data, content.charsets)
    content.level += 1
    pieces = _collect(content, root, data, is_root=True)
    content.level -= 1
    return pieces


def _is_mail(data):
    return any(name.lower() == "content-type" for name, _value in read_head(data)[0])


def _read_calendar(content, part, data):
    """Remember an invitation; one that is addressed to somebody replaces a mere
    file."""
    text = decode_bytes(data, part.parameter("charset"), part.charsets)
    found = read_invitation(text, part.parameter("method"))
    if found and not (content.calendar and content.calendar.method):
        content.calendar = found


def _mail_name(name, data, charsets):
    if name:
        return name if "." in name else f"{name}.eml"
    for key, value in read_head(data)[0]:
        if key.lower() == "subject":
            name = clean_filename(decode_value(key, value, charsets).replace("/", "-"))
    return clean_filename(f"{name or 'mail'}.eml")


def _is_winmail(part):
    return part.type in TNEF or part.filename.lower() == "winmail.dat"


def _drop_repeated(parts, shown):
    """Drop the text of a winmail.dat if the mail contains the same text beside it."""
    for number, part in enumerate(parts):
        if shown[number] and _is_winmail(part):
            others = [
                piece for at, one in enumerate(shown) if at != number for piece in one
            ]
            if _words(shown[number]) in _words(others):
                shown[number] = []


def _words(pieces):
    texts = [html_to_text(text) if kind == "html" else text for kind, text in pieces]
    return "".join("".join(texts).split())


def _read_winmail(content, part, data):
    """Unpack Outlook's winmail.dat; keep it as a file if that fails."""
    opened = open_winmail(data)
    if opened is None:
        content.attach(part.filename, part.type, data)
        content.note("winmail")
        return []
    text, html, files = opened
    for name, file in files:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        content.attach(clean_filename(name), kind, file)
    if html:
        return [("html", decode_bytes(html, None, content.charsets))]
    return (
        [("plain", decode_bytes(text, None, content.charsets))] if text.strip() else []
    )


def _choose(alternatives):
    """Return the last alternative whose html shows something, otherwise the last text.

    The plain text of an alternative that is not used is stored as `alternative`,
    because programs evaluate it. If the html shows only images, the text is used too.
    """
    plain = [
        pieces for pieces in alternatives if pieces and not any(map(_is_html, pieces))
    ]
    for pieces in reversed(alternatives):
        shows = [what_shows(text) for kind, text in pieces if kind == "html"]
        if any(has_text for has_text, _picture in shows):
            hidden = [("alternative", text) for _kind, text in (plain or [[]])[0]]
            return [*hidden, *pieces]
        if any(picture for _text, picture in shows):
            return [*(plain or [[]])[0], *pieces]
    return (plain or [pieces for pieces in alternatives if pieces] or [[]])[-1]


def _is_html(piece):
    return piece[0] == "html"


def _finish(content, pieces):
    """Join the pieces into one text, and into one html if there is any."""
    if content.calendar:
        pieces = [*_say_calendar(content, pieces), *pieces]
    rich = any(map(_is_html, pieces))
    texts = [text for kind, text in pieces if not (rich and kind == "html")]
    content.text = "\n\n".join(texts)
    if rich:
        _finish_html(content, [piece for piece in pieces if piece[0] != "alternative"])
    # characters that html has to escape make a text several times longer
    limit = MAX_TEXT if html_length(content.text) < MAX_HTML else MAX_TEXT // 6
    if len(content.text) > limit:
        if not rich:
            content.attach("message.txt", "text/plain", content.text.encode())
            content.note("shortened", name="message.txt")
        content.text = content.text[:limit]


def _say_calendar(content, pieces):
    """Return an invitation as text, to be put first.

    The text that programs send with an invitation seldom contains the time, and never
    who accepted. An attached event is described only if there is no other text.
    """
    shown = [text for kind, text in pieces if kind != "alternative"]
    if shown and content.calendar.method in ("", "PUBLISH"):
        return []
    text = invitation_text(
        content.calendar,
        words=content.words,
        language=content.language,
        zone=content.zone,
        whole=not shown,
    )
    if not any(map(_is_html, pieces)):
        return [("plain", text)]
    lines = "<br>".join(_escape(line) for line in text.split("\n"))
    return [("alternative", text), ("html", f"<p>{lines}</p>")]


def _finish_html(content, pieces):
    source = "\n".join(
        text if kind == "html" else f"<pre>{_escape(text)}</pre>"
        for kind, text in pieces
    )
    try:
        content.html, images = clean_html(source, forward=content.is_forward)
    except TooLarge:
        content.html, images = "", []
        content.text = html_to_text(source)
        content.attach("message.html", "text/html", source.encode())
        content.note("simplified", name="message.html")
    for number, (subtype, data) in enumerate(images, start=1):
        name = f"image-{number}.{subtype}"
        content.attach(name, f"image/{subtype}", data, image_cid(number), inline=True)


def _escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")
