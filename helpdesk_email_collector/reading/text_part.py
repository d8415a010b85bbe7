"""The parts of a mail that are text, in any format (E09)."""

import contextlib
import mimetypes
import re

from .charset import decode_bytes
from .parts import clean_filename
from .rtf import BrokenRtf, read_rtf
from .text_body import join_flowed
from .uuencode import take_out_files

XHTML = "application/xhtml+xml"
# Subtypes of text that are not for people.
FILES = {
    "text/calendar",
    "text/css",
    "text/csv",
    "text/directory",
    "text/javascript",
    "text/rfc822-headers",
    "text/rtf",
    "text/tab-separated-values",
    "text/vcard",
    "text/watch-html",
    "text/x-amp-html",
    "text/x-vcard",
    "text/xml",
}
ENRICHED = ("text/enriched", "text/richtext")
RTF = ("text/rtf", "text/richtext", "application/rtf", "application/x-rtf")
RTF_BEGINS = b"{\\rtf"

_ENRICHED = re.compile(
    r"<<|<param>[^<]{0,500}</param>|</?[a-z0-9-]{1,60}>", re.IGNORECASE
)
_LINE_ENDS = re.compile(r"\n(\n*)")
_CHARSET = re.compile(rb"(?i)<meta[^<>]{0,200}charset\s*=\s*[\"']?([a-z0-9_-]+)")


def is_shown(kind):
    """Return whether a part without a name is text for people, such as
    text/markdown."""
    return kind == XHTML or (kind.startswith("text/") and kind not in FILES)


def is_rtf(part, raw):
    """Return whether a part is rich text, whatever else it is declared to be."""
    return part.type in RTF and part.decode(raw).lstrip().startswith(RTF_BEGINS)


def read_text(content, part, raw):
    """Return the content of a text part as pieces.

    :param Content content: of the mail, which gets the notes
    :param Part part: the part
    :param bytes raw: contains the part
    """
    data = part.decode(raw)
    declared = part.parameter("charset")
    kind = "html" if part.type in ("text/html", XHTML) else "plain"
    if kind == "html" and not declared and (found := _CHARSET.search(data, 0, 4096)):
        declared = found[1].decode()
    text = decode_bytes(data, declared, part.charsets)
    if part.type in ENRICHED:
        text = _read_enriched(text)
    if kind == "plain" and "begin " in text:
        text, files = take_out_files(text)
        for name, file in files:
            guess = mimetypes.guess_type(name)[0] or "application/octet-stream"
            content.attach(clean_filename(name), guess, file)
    if kind == "plain" and part.parameter("format").lower() == "flowed":
        text = join_flowed(text, part.parameter("delsp").lower() == "yes")
    if text.lstrip().startswith("-----BEGIN PGP MESSAGE-----"):
        content.note("encrypted")
    return [(kind, text)] if text.strip() else []


def read_spare(content):
    """Return the text of files if there is no other text: some programs give the text
    itself a file name, or write it as rich text only."""
    pieces = []
    for part, raw in content.spare:
        data = part.decode(raw).lstrip()
        if not data.startswith(RTF_BEGINS):
            pieces += read_text(content, part, raw)
            continue
        with contextlib.suppress(BrokenRtf):
            kind, text = read_rtf(data)
            pieces += [(kind, text.strip("\n"))] if text.strip() else []
    return pieces


def _read_enriched(text):
    """Return the text of text/enriched, without its commands (RFC 1896)."""
    text = _ENRICHED.sub(lambda found: "<" if found[0] == "<<" else "", text)
    # one line end is a blank; of several, the first is dropped
    return _LINE_ENDS.sub(lambda found: found[1] or " ", text.replace("\r\n", "\n"))
