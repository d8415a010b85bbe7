"""Files within plain text, encoded by `uuencode` (POSIX) or old mail programs."""

import binascii
import re

_BEGIN = re.compile(r"begin [0-7]{3,4} (\S[^\n]{0,200})")


def take_out_files(text):
    """Return a text without the files encoded in it, and these files.

    :param str text: of a part
    :return: the text, and a list of (name, bytes)
    """
    lines = text.replace("\r\n", "\n").split("\n")
    kept, files, position = [], [], 0
    while position < len(lines):
        begin = _BEGIN.fullmatch(lines[position].rstrip())
        found = _read_file(lines, position + 1) if begin else None
        if found is None:
            kept.append(lines[position])
            position += 1
        else:
            data, position = found
            files.append((begin[1].strip(), data))
    return "\n".join(kept) if files else text, files


def _read_file(lines, first):
    """Return the file that begins in a line, and the number of the line after it, or
    None.

    A line of a file cannot be the first line of another one, so everything is read
    once.
    """
    data = []
    for position in range(first, len(lines)):
        line = lines[position].rstrip()
        if line == "end":
            return (b"".join(data), position + 1) if any(data) else None
        try:
            # the blank that ends a file may get lost
            data.append(binascii.a2b_uu(line) if line else b"")
        except (binascii.Error, ValueError):
            return None
    return None
