"""What a program sent, checked before anything is done with it (rel-A6, rel-C4)."""

import base64
import binascii
import json
import re
from datetime import UTC, datetime

from odoo.addons.helpdesk_ticket.typed_text import many_lines, one_line

from .exceptions import DeviceError

MAX_BODY = 12 * 1024 * 1024
MAX_PICTURE = 8 * 1024 * 1024
MAX_FACTS = 50
MAX_FACT_NAME = 60
MAX_FACT = 200
HALF = re.compile("[\ud800-\udfff]")
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
# How a picture begins -> the end of its file's name
PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


class Payload:
    """The members of a request, each read by what it must be.

    :param env: whose language the sentences are in
    :param bytes body: of the request
    :raise DeviceError: when it is no JSON object
    """

    def __init__(self, env, body):
        self.env = env
        try:
            members = json.loads(body.decode())
        except (ValueError, RecursionError) as error:
            raise self._no_json() from error
        if not isinstance(members, dict):
            raise self._no_json()
        self.members = members

    def _no_json(self):
        message = self.env._("The program sent something that cannot be read.")
        return DeviceError(400, "not_json", message)

    def _missing(self, name):
        message = self.env._("Fill in “%(field)s”.", field=name)
        return DeviceError(422, "missing", message, name)

    def invalid(self, name):
        """Return the error of a member that is not what it must be.

        :param str name: of the member
        :rtype: DeviceError
        """
        message = self.env._(
            "The value of “%(field)s” is too long or of the wrong type.",
            field=name,
        )
        return DeviceError(422, "invalid", message, name)

    def text(self, name, limit, needed=False, lines=False):
        """Return a text without what no database holds, "" for none.

        :param str name: of the member
        :param int limit: how many characters it may have
        :param bool needed: whether it must be there
        :param bool lines: whether it may have several lines
        :rtype: str
        :raise DeviceError: when it is missing, too long or no text
        """
        value = self.members.get(name)
        if value is None and not needed:
            return ""
        if value is not None and not isinstance(value, str):
            raise self.invalid(name)
        # no half of a pair, which JSON can hold and no database
        value = HALF.sub("", value or "")
        if len(value) > limit:
            raise self.invalid(name)
        value = many_lines(value) if lines else one_line(value)
        if needed and not value:
            raise self._missing(name)
        return value

    def key(self, name):
        """Return what a program calls a request, so that it counts once.

        :rtype: str
        :raise DeviceError: when it is missing, or no such name
        """
        value = self.text(name, 64, needed=True)
        if not KEY.fullmatch(value):
            raise self.invalid(name)
        return value

    def moment(self, name):
        """Return a moment in UTC without a time zone, as Odoo keeps it.

        :rtype: datetime or None
        :raise DeviceError: when it is none
        """
        value = self.text(name, 40)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.invalid(name) from error
        return moment.replace(tzinfo=None, microsecond=0)

    def facts(self, name="facts"):
        """Return details of a machine: one line of text by name; None for none sent.

        :rtype: dict or None
        :raise DeviceError: when they are no object of plain values, or too many
        """
        value = self.members.get(name)
        if value is None:
            return None
        plain = (str, int, float, bool)
        if not isinstance(value, dict) or len(value) > MAX_FACTS:
            raise self.invalid(name)
        if not all(isinstance(fact, plain) for fact in value.values()):
            raise self.invalid(name)
        if any(len(key) > MAX_FACT_NAME for key in value):
            raise self.invalid(name)
        facts = {
            one_line(key): one_line(str(fact)[:MAX_FACT]) for key, fact in value.items()
        }
        return {key: fact for key, fact in facts.items() if key}

    def picture(self, name):
        """Return a picture as a file, None for none.

        :return: (name of the file, bytes)
        :raise DeviceError: when it is too large, or neither PNG nor JPEG
        """
        value = self.members.get(name)
        if value is None:
            return None
        content = value.get("content") if isinstance(value, dict) else None
        if not isinstance(content, str):
            raise self._no_picture(name)
        if len(content) * 3 // 4 > MAX_PICTURE + 2:
            size = MAX_PICTURE // 1024 // 1024
            message = self.env._(
                "The screenshot is larger than %(size)s MB. Send it without, or only "
                "a part of the screen.",
                size=size,
            )
            raise DeviceError(413, "screenshot_too_large", message, name)
        try:
            raw = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._no_picture(name) from error
        for begin, end in PICTURES.items():
            if raw.startswith(begin):
                return f"{name}.{end}", raw
        raise self._no_picture(name)

    def _no_picture(self, name):
        message = self.env._("The screenshot is not a picture (PNG or JPEG).")
        return DeviceError(422, "screenshot_invalid", message, name)
