"""Tickets that are not sent yet: each is a file until the helpdesk has answered."""

import dataclasses
import json
import logging
import uuid
from datetime import datetime, timezone

from . import config, machine

_logger = logging.getLogger(__name__)
FOLDER = "unsent"
MAX_SUBJECT, MAX_TEXT = 200, 20_000


@dataclasses.dataclass(frozen=True)
class Ticket:
    """What was typed, and what the program adds.

    :param str request_id: by which the helpdesk knows a ticket that is sent again
    :param str screenshot: a picture in base64, empty for none
    :param str error: why the helpdesk refused it, empty while it waits to be sent
    """

    request_id: str
    text: str
    subject: str = ""
    reporter: str = ""
    written_at: str = ""
    facts: dict = dataclasses.field(default_factory=dict)
    screenshot: str = ""
    error: str = ""

    def members(self):
        """Return the members of the request that opens it."""
        found = dataclasses.asdict(self)
        del found["error"]
        found["screenshot"] = self.screenshot and {"content": self.screenshot}
        return {name: value for name, value in found.items() if value}


def new_request_id():
    """Return what the helpdesk knows one ticket by, however often it is sent."""
    return str(uuid.uuid4())


def compose(request_id, subject, text, screenshot, server):
    """Return a new Ticket of what was typed.

    :param str request_id: of ``new_request_id``
    :param str screenshot: in base64, empty for none
    :param str server: address of the helpdesk
    """
    now = datetime.now(timezone.utc)
    subject = " ".join(subject.split())
    return Ticket(
        request_id=request_id,
        text=text.strip() or subject,
        subject=subject,
        reporter=machine.user(),
        written_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        facts=machine.facts(server),
        screenshot=screenshot,
    )


class Unsent:
    """The tickets that are not sent yet.

    :param folder: path of the program's own folder
    """

    def __init__(self, folder):
        self.folder = folder / FOLDER

    def keep(self, ticket):
        """Write a ticket down, in place of the same one.

        :raises OSError: it cannot be written
        """
        text = json.dumps(dataclasses.asdict(ticket))
        config.write_private(self._path(ticket.request_id), text)

    def forget(self, request_id):
        """Remove a ticket that the helpdesk has, or that the user throws away."""
        self._path(request_id).unlink(missing_ok=True)

    def all(self):
        """Return all tickets, the oldest first."""
        found = [self._read(path) for path in self.folder.glob("*.json")]
        return sorted(filter(None, found), key=lambda ticket: ticket.written_at)

    def waiting(self):
        """Return those that are to be sent, the oldest first."""
        return [ticket for ticket in self.all() if not ticket.error]

    def refused(self):
        """Return those that only the user can do something about, the oldest first."""
        return [ticket for ticket in self.all() if ticket.error]

    def _path(self, request_id):
        return self.folder / f"{request_id}.json"

    def _read(self, path):
        """Return the ticket of a file; None if it was sent meanwhile, or is none."""
        try:
            return Ticket(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            # Left where it is: somebody may still read it.
            _logger.warning("%s cannot be read.", path)
            return None
