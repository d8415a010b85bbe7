"""The body of a request, validated before anything is done with it (rel-A6, rel-C4)."""

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
# First bytes of an image -> its file extension
PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


class Payload:
    """The members of a request, each with a method that validates it.

    :param env: with the language of the error messages
    :param bytes body: of the request
    :raise DeviceError: when it is not a JSON object
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
        """Return the error for an invalid member.

        :param str name: of the member
        :rtype: DeviceError
        """
        message = self.env._(
            "The value of “%(field)s” is too long or of the wrong type.",
            field=name,
        )
        return DeviceError(422, "invalid", message, name)

    def text(self, name, limit, needed=False, lines=False):
        """Return a text without characters that the database refuses, or "".

        :param str name: of the member
        :param int limit: maximum number of characters
        :param bool needed: whether it is required
        :param bool lines: whether it may contain line breaks
        :rtype: str
        :raise DeviceError: when it is missing, too long or not a string
        """
        value = self.members.get(name)
        if value is None and not needed:
            return ""
        if value is not None and not isinstance(value, str):
            raise self.invalid(name)
        # no lone surrogates, which JSON allows and the database refuses
        value = HALF.sub("", value or "")
        if len(value) > limit:
            raise self.invalid(name)
        value = many_lines(value) if lines else one_line(value)
        if needed and not value:
            raise self._missing(name)
        return value

    def key(self, name):
        """Return the program's identifier of the request, so that it is carried out
        once.

        :rtype: str
        :raise DeviceError: when it is missing or invalid
        """
        value = self.text(name, 64, needed=True)
        if not KEY.fullmatch(value):
            raise self.invalid(name)
        return value

    def moment(self, name):
        """Return a datetime as Odoo stores it: naive, in UTC.

        :rtype: datetime or None
        :raise DeviceError: when it is invalid
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
        """Return details of a machine, one line of text by name; None if there are
        none.

        :rtype: dict or None
        :raise DeviceError: when they are not an object of plain values, or too many
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
        """Return an image as a file, None if there is none.

        :return: (file name, bytes)
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
