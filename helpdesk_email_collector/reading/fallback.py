"""The plain form of a mail that could not be parsed: sender, subject, and the mail as a
file.

This runs in Odoo's own process, so it only looks at the headers, within tight limits.
"""

import base64

from .head import first_fields, read_head
from .write import write_head

MAX_FIELDS = 200
MAX_VALUE = 2_000
NAME = "original.eml"
BOUNDARY = b"=_helpdesk_plain"


def plain_mail(raw, message_id):
    """Return the plain form of a mail.

    :param bytes raw: the mail
    :param str message_id: its identifier
    :rtype: bytes
    """
    found = first_fields(read_head(raw)[0], MAX_FIELDS)
    fields = [(name, value[:MAX_VALUE]) for name, value in found]
    return b"".join(
        [
            write_head(fields, message_id),
            b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="',
            BOUNDARY + b'"\r\n\r\n--' + BOUNDARY,
            b"\r\nContent-Type: text/plain\r\n\r\n\r\n--" + BOUNDARY,
            b"\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Disposition: attachment; filename=" + NAME.encode(),
            b"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            base64.b64encode(raw),
            b"\r\n--" + BOUNDARY + b"--\r\n",
        ]
    )
