"""Connect this computer with a helpdesk, by the code that an agent has made."""

import dataclasses

from . import config, machine
from .api import Client, clean_address
from .errors import Trouble
from .texts import translate as _


def connect(folder, server, code, database=""):
    """Trade a code for a token, and keep that.

    :param folder: path of the program's own folder
    :param str server: address, as it was typed
    :param str code: as it was typed
    :param str database: where the server has several
    :return: the new Settings
    :raises Trouble: it is refused, nobody answers, or the token cannot be kept
    """
    server = clean_address(server)
    if not code.strip():
        raise Trouble(_("Enter the code that you got from your helpdesk."))
    try:
        before = config.load(folder)
    except Trouble:
        # This is what the user is told to do about a file that cannot be read.
        before = config.Settings()
    try:
        # A code is good once: what stops the token from being kept must show before.
        before.save(folder)
        client = Client(server, database.strip())
        answer = client.enrol(code.strip(), machine.describe(server))
        after = dataclasses.replace(
            before,
            server=server,
            database=database.strip(),
            token=answer["token"],
            helpdesk=answer.get("helpdesk") or "",
            **about_device(answer),
        )
        after.save(folder)
    except OSError as error:
        message = _("The folder {path} cannot be written to.", path=folder)
        raise Trouble(message) from error
    except KeyError as error:
        raise Trouble(_("The answer did not come from the helpdesk.")) from error
    return after


def about_device(answer):
    """Return the settings that the helpdesk sends with each sign of life."""
    device = answer.get("device") or {}
    return {
        "device": device.get("name") or "",
        "customer": device.get("customer") or "",
        "heartbeat_seconds": answer.get("heartbeat_seconds") or 3600,
    }


def connected_sentence(settings):
    """Return what the user reads when this computer was connected."""
    return _(
        "This computer is connected with {helpdesk} as {device}.",
        helpdesk=settings.helpdesk or settings.server,
        device=settings.device,
    )
