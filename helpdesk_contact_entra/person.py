"""A user of a directory as the helpdesk sees it. Plain Python."""

import re
from dataclasses import dataclass, field

from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.models.partner.identity import is_address

LONGEST = 200  # characters of a value
IDENTIFIER = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
# What is offered in the mapping, with the properties of Graph that it needs
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
    :param bool active: whether it may sign in there; None when the answer says nothing
    :param dict values: what it has for the targets of the mapping, as texts; a target
        is missing when the answer says nothing about it. An e-mail address is
        normalised, and empty when it is none.
    """

    key: str
    name: str
    active: bool | None
    values: dict = field(default_factory=dict)

    @property
    def address(self):
        """The normalised e-mail address, "" when there is none."""
        return self.values.get("email", "")


def get_properties(sources):
    """Return the properties of Graph that the sources of a mapping need."""
    wanted = {name for source in sources for name in SOURCES[source]}
    return [*ALWAYS, *sorted(wanted)]


def is_key(value):
    """Say whether something in an answer can be the id of a user or group."""
    return isinstance(value, str) and bool(IDENTIFIER.match(value))


def read_person(user, mapping):
    """Return the person of one user in an answer of Graph, None when it has no id.

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
    """A guest's sign-in name only looks like an address."""
    name = clean(user.get("userPrincipalName"))
    return "" if "#EXT#" in name.upper() else name


def clean(value):
    """Return a text without line ends and control characters, not too long."""
    if not isinstance(value, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(printable.split())[:LONGEST]
