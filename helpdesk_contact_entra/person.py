"""A user of a directory, as far as the helpdesk needs it. Plain Python."""

import re
from dataclasses import dataclass, field

from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.models.partner.identity import is_address

LONGEST = 200  # characters of a value
IDENTIFIER = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
# Sources of the mapping, with the Graph properties that they need
SOURCES = {
    "givenName": ("givenName",),
    "surname": ("surname",),
    "address": ("mail", "userPrincipalName"),
    "mail": ("mail",),
    "userPrincipalName": ("userPrincipalName",),
    "jobTitle": ("jobTitle",),
    "department": ("department",),
    "businessPhones": ("businessPhones",),
    "mobilePhone": ("mobilePhone",),
    "employeeId": ("employeeId",),
    "preferredLanguage": ("preferredLanguage",),
}
ALWAYS = ("id", "accountEnabled", "displayName")


@dataclass(frozen=True)
class Person:
    """A user of a directory.

    :param str key: its id there
    :param bool active: whether it may sign in there; None if unknown
    :param dict values: texts by target of the mapping; a target is missing if the
        answer says nothing about it. An e-mail address is normalised, and empty if
        invalid.
    """

    key: str
    name: str
    active: bool | None
    values: dict = field(default_factory=dict)

    @property
    def address(self):
        """The normalised e-mail address, "" if there is none."""
        return self.values.get("email", "")


def get_properties(sources):
    """Return the properties of Graph that the sources of a mapping need."""
    wanted = {name for source in sources for name in SOURCES[source]}
    return [*ALWAYS, *sorted(wanted)]


def is_key(value):
    """Return whether a value in an answer can be the id of a user or group."""
    return isinstance(value, str) and bool(IDENTIFIER.match(value))


def read_person(user, mapping):
    """Return the person of a user in an answer of Graph, None if it has no id.

    :param dict user: its JSON
    :param mapping: list of (target, source)
    """
    key = user.get("id")
    if not is_key(key):
        return None
    if "@removed" in user:
        return Person(key, "", False)
    enabled = user.get("accountEnabled")
    active = enabled if isinstance(enabled, bool) else None
    values = {}
    for target, source in mapping:
        if SOURCES[source][0] in user:
            values[target] = _get_value(user, source)
    if "email" in values:
        found = is_address(values["email"])
        values["email"] = email_normalize(values["email"]) if found else ""
    name = clean(user.get("displayName"))
    return Person(key, name or values.get("email") or key, active, values)


def _get_value(user, source):
    if source == "address":
        mail = clean(user["mail"])
        return mail if is_address(mail) else _get_sign_in_name(user)
    if source == "userPrincipalName":
        return _get_sign_in_name(user)
    value = user[source]
    if isinstance(value, list):
        value = value[0] if value else ""
    return clean(value)


def _get_sign_in_name(user):
    """Return the sign-in name, unless it is a guest's, which only looks like an
    address."""
    name = clean(user.get("userPrincipalName"))
    return "" if "#EXT#" in name.upper() else name


def clean(value):
    """Return a text of limited length without line ends and control characters."""
    if not isinstance(value, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(printable.split())[:LONGEST]
