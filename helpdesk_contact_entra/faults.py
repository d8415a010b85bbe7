"""The errors of a directory, and one sentence for each."""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

SENTENCES = {
    "secret_expired": _lt(
        "The client secret has expired. Create a new one in Microsoft Entra ID, under "
        "“Certificates & secrets” of the app, and enter it here."
    ),
    "secret_wrong": _lt(
        "Microsoft refuses the client secret. Enter its value, not its ID."
    ),
    "certificate": _lt(
        "The certificate is not accepted. Enter private key and certificate in PEM, "
        "and upload the same certificate to the app in Microsoft Entra ID."
    ),
    "no_secret": _lt("There is no secret or certificate. Enter one."),
    "secret_key": _lt(
        "The secret or certificate can no longer be read, because this Odoo uses "
        "another key. Enter it again."
    ),
    "tenant": _lt(
        "Microsoft knows no directory with this ID. Copy the directory (tenant) ID "
        "from the overview of Microsoft Entra ID."
    ),
    "application": _lt(
        "The directory has no app with this ID. Copy the application (client) ID from "
        "the app's overview, and check that it belongs to this directory."
    ),
    "permission": _lt(
        "The app lacks a permission. Grant it the application permissions "
        "User.Read.All and, to choose groups, GroupMember.Read.All, with the consent "
        "of an administrator of the directory."
    ),
    "clock": _lt(
        "The clock of this machine is wrong, so Microsoft refuses the sign-in. "
        "Synchronize the clock with a time server."
    ),
    "token": _lt(
        "Microsoft no longer accepts the sign-in. It is retried with a new one."
    ),
    "missing": _lt(
        "The directory does not contain what was requested. Load the groups again."
    ),
    "group": _lt(
        "A chosen group no longer exists in the directory. Remove it from the list or "
        "load the groups again; until then, nobody is deactivated."
    ),
    "throttled": _lt(
        "Microsoft asks to wait. The synchronization continues automatically."
    ),
    "unreachable": _lt(
        "Microsoft cannot be reached. It is retried automatically; check the network "
        "of this machine if this persists."
    ),
    "untrusted": _lt(
        "The encrypted connection is not trusted. Check the clock, and the "
        "certificates of this machine or of your proxy."
    ),
    "answer": _lt(
        "Microsoft gave an unexpected answer: %(detail)s. It is retried automatically."
    ),
    "internal": _lt(
        "The synchronization failed with an internal error (%(detail)s). It is "
        "retried automatically; see the server log for details."
    ),
}
# Temporary errors; the administrator is told only if they persist.
PASSING = ("throttled", "unreachable", "token", "answer")


class DirectoryFault(Exception):
    """A request to the directory that failed.

    :param str kind: a key of `SENTENCES`, or `gone`: the link to the changes has
        expired
    :param str detail: Microsoft's message, for the log and the sentence
    :param int retry_after: seconds to wait, 0 if unknown
    """

    def __init__(self, kind, detail="", retry_after=0):
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail[:200]
        self.retry_after = retry_after
