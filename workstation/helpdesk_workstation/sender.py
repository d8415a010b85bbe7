"""Sends what waits until the helpdesk has answered, and signs of life."""

import dataclasses
import logging
import threading
import time

from . import config, enrolment, machine
from .api import Client
from .errors import ApiError, Trouble
from .queue import MAX_TEXT, Unsent
from .texts import translate as _

_logger = logging.getLogger(__name__)
SHORTEST_PAUSE = 1
SHORTEST_HEARTBEAT = 60


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a ticket.

    :param str request_id: of the ticket
    :param str state: ``sent``, ``kept`` (it is tried again) or ``refused``
    :param str message: for the user
    :param str number: of the ticket, empty where there is none yet
    :param int retry_after: seconds that the helpdesk asks to wait
    """

    request_id: str
    state: str
    message: str
    number: str = ""
    retry_after: int = 0


def send_all(folder, settings):
    """Send every ticket that waits, until one cannot be sent now; return the Outcomes.

    :param folder: path of the program's own folder
    """
    unsent = Unsent(folder)
    client = Client(settings.server, settings.database, settings.token)
    outcomes, stopped = [], None
    if not settings.is_connected:
        stopped = ApiError(_("This computer is not connected with a helpdesk yet."))
    for ticket in unsent.waiting():
        if not stopped:
            try:
                outcomes.append(_send(client, unsent, ticket))
                continue
            except ApiError as error:
                stopped = error
        outcomes.append(_kept(ticket, stopped))
    return outcomes


def _send(client, unsent, ticket):
    """Send one ticket; return its Outcome.

    It is forgotten when there is an answer, never before: a program that ends in
    between sends it again, and the helpdesk knows its request_id.

    :raises ApiError: it cannot be sent now
    """
    try:
        answer = client.open_ticket(ticket.members())
    except ApiError as error:
        if error.is_about_screenshot and ticket.screenshot:
            lighter = _without_screenshot(ticket)
            unsent.keep(lighter)
            return _send(client, unsent, lighter)
        if not error.is_final:
            raise
        unsent.keep(dataclasses.replace(ticket, error=str(error)))
        return Outcome(ticket.request_id, "refused", str(error))
    unsent.forget(ticket.request_id)
    number = (answer.get("ticket") or {}).get("number") or ""
    message = answer.get("message") or _("Your ticket has the number {n}.", n=number)
    return Outcome(ticket.request_id, "sent", message, number)


def _without_screenshot(ticket):
    """Return the ticket without the picture that the helpdesk does not take."""
    note = _("(There was a screenshot, but the helpdesk did not accept it.)")
    text = f"{ticket.text}\n\n{note}"
    text = text if len(text) <= MAX_TEXT else ticket.text
    return dataclasses.replace(ticket, screenshot="", text=text)


def _kept(ticket, error):
    kept = _("Your ticket is kept on this computer and will be sent later.")
    message = f"{error} {kept}"
    return Outcome(ticket.request_id, "kept", message, retry_after=error.retry_after)


def beat(folder, settings):
    """Tell that this computer is there, and replace the token when the helpdesk asks.

    :return: the new Settings
    :raises ApiError: the helpdesk refuses, or cannot be reached
    :raises OSError: they cannot be written
    """
    client = Client(settings.server, settings.database, settings.token)
    answer = client.heartbeat(machine.describe(settings.server))
    after = dataclasses.replace(settings, **enrolment.about_device(answer))
    if answer.get("rotate"):
        # The old token stays good until the new one is used, thus is saved.
        token = client.rotate().get("token") or settings.token
        after = dataclasses.replace(after, token=token)
    # Somebody may have connected this computer anew meanwhile.
    if after != settings and config.load(folder) == settings:
        after.save(folder)
    return after


class Sender:
    """A thread that sends in the background.

    :param folder: path of the program's own folder
    :param tell: function that is called with each Outcome, in this thread
    """

    def __init__(self, folder, tell):
        self.folder = folder
        self.tell = tell
        self.next_beat = 0
        self._woken = threading.Event()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self):
        """Begin; what was left unsent is sent at once."""
        self._thread.start()

    def wake(self):
        """Look for unsent tickets now."""
        self._woken.set()

    def stop(self):
        """End, when the request that is under way has ended."""
        self._is_stopped = True
        self._woken.set()

    def _run(self):
        while not self._is_stopped:
            self._woken.clear()
            pause = config.Settings.retry_seconds
            try:
                pause = self.work()
            except (Trouble, OSError) as error:
                _logger.warning("%s", error)
            except Exception:
                # Without this thread nothing would be sent until the next start.
                _logger.exception("Sending failed")
            self._woken.wait(pause)

    def work(self):
        """Send what waits; return after how many seconds to do so again.

        :raises Trouble: the settings cannot be read
        :raises OSError: a file cannot be written
        """
        settings = config.load(self.folder)
        outcomes = send_all(self.folder, settings)
        for outcome in outcomes:
            self.tell(outcome)
        if settings.is_connected and time.monotonic() >= self.next_beat:
            self._beat(settings)
        pause = max(self.next_beat - time.monotonic(), SHORTEST_PAUSE)
        kept = [outcome for outcome in outcomes if outcome.state == "kept"]
        if kept or not settings.is_connected:
            asked = max((outcome.retry_after for outcome in kept), default=0)
            pause = max(settings.retry_seconds, asked, SHORTEST_PAUSE)
        return pause

    def _beat(self, settings):
        pause = SHORTEST_HEARTBEAT
        try:
            after = beat(self.folder, settings)
            pause = max(after.heartbeat_seconds, pause)
        except ApiError as error:
            _logger.warning("%s", error)
            pause = max(error.retry_after, pause)
        self.next_beat = time.monotonic() + pause
