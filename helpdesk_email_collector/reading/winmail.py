"""Outlook's winmail.dat (TNEF), unpacked with a library."""

import logging
import struct

from .rtf import BrokenRtf, read_rtf, unpack

MAX_BYTES = 40 * 1024 * 1024
# What [MS-OXTNEF] asks for and some programs leave out: the code page of texts
# (attOemCodepage). Put first, it holds until the file names its own.
HEAD_BYTES = 6
CODEPAGE = struct.pack("<BIIIIH", 1, 0x00069007, 8, 1252, 0, 0)


def open_winmail(data):
    """Return the content of a winmail.dat.

    :param bytes data: the file
    :return: `(text, html, files)`, None if it cannot be unpacked; files as (name, data)
    """
    # imported here: only Outlook's own format needs it
    from tnefparse import TNEF

    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)
    if len(data) > MAX_BYTES:
        return None
    try:
        tnef = TNEF(data[:HEAD_BYTES] + CODEPAGE + data[HEAD_BYTES:], do_checksum=False)
        files = [
            (attachment.long_filename() or attachment.name, attachment.data)
            for attachment in tnef.attachments
        ]
        files = [(_as_text(name), bytes(file or b"")) for name, file in files]
        text, html = _as_bytes(tnef.body), _as_bytes(tnef.htmlbody)
        rtf = b"" if text or html else _as_bytes(tnef.rtfbody)
    # Whatever the library raises for a broken file, the file itself is kept.
    except Exception:  # noqa: BLE001
        return None
    if rtf:
        try:
            kind, said = read_rtf(rtf)
        except BrokenRtf:
            return None
        if kind == "html":
            html = said.encode()
        else:
            # only the file itself looks as its author intended
            text = said.strip("\n").encode()
            files.append(("message.rtf", unpack(rtf)))
    return (text, html, files) if text or html or files else None


def _as_text(name):
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    return str(name or "").strip("\0")


def _as_bytes(value):
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return b"".join(map(_as_bytes, value))
    return bytes(value or b"")
