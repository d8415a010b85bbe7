"""The program while it runs: one thread for windows, others for what takes time."""

import logging
import queue
import signal
import threading
import tkinter
from tkinter import ttk

from . import config, enrolment, hotkey, screenshot
from .dialogs import ConnectWindow, tell
from .errors import Trouble
from .queue import Unsent, compose, new_request_id
from .sender import Outcome, Sender
from .texts import translate as _
from .tray import Tray, picture
from .window import TicketWindow

_logger = logging.getLogger(__name__)
# Milliseconds between two looks at what other threads want.
LOOK = 50


def open_display():
    """Return the root of Tk.

    :raises Trouble: there is no display
    """
    try:
        root = tkinter.Tk(className="Helpdesk")
    except tkinter.TclError as error:
        raise Trouble(
            _("There is no display here, so no window can be opened.")
        ) from error
    root.withdraw()
    if root.tk.call("tk", "windowingsystem") == "x11":
        # Elsewhere the usual theme looks like the system's own windows.
        ttk.Style(root).theme_use("alt")
    return root


class App:
    """Opens the windows, and brings together what they are about.

    :param folder: path of the program's own folder
    :param bool is_single: whether it ends with its window, without key and icon
    """

    def __init__(self, folder, is_single=False):
        self.folder = folder
        self.is_single = is_single
        self.settings = config.load(folder)
        self.root = open_display()
        self.unsent = Unsent(folder)
        # The ticket that its window waits for.
        self.current = ""
        # Tk is called by its own thread alone: here the others say what to call.
        self._calls = queue.SimpleQueue()
        self.sender = Sender(folder, lambda outcome: self.post(self._tell, outcome))
        self.window = TicketWindow(
            self.root, self._submit, self._discard, self.open_connect, self._closed
        )
        self.connect_window = ConnectWindow(self.root, self._connect)
        self.tray = self.listener = None
        self._icon = tkinter.PhotoImage(data=screenshot.shrink(picture(), 64, 64))
        self.root.iconphoto(True, self._icon)

    def run(self, ready):
        """Work until somebody ends it.

        :param ready: function that is called with a sentence as soon as it works
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_arguments: self.leave())
        self.sender.start()
        if self.is_single:
            self.open_ticket()
        else:
            self._wait_for_key(ready)
        self._look()
        self.root.mainloop()
        self.sender.stop()
        if self.listener:
            self.listener.stop()

    def _wait_for_key(self, ready):
        self.tray = Tray(
            lambda: self.post(self.open_ticket),
            lambda: self.post(self.open_connect),
            lambda: self.post(self.leave),
        )
        keys = self.settings.hotkey
        try:
            self.listener = hotkey.listen(keys, lambda: self.post(self.open_ticket))
            sentence = _("{keys} opens a ticket.", keys=hotkey.name(keys))
        except Trouble as error:
            # The icon still opens the window.
            sentence = str(error)
            tell(self.root, _("Helpdesk"), sentence)
        if not self.settings.is_connected:
            self.open_connect()
        ready(sentence)

    def post(self, function, *arguments):
        """Let the thread of the windows call a function soon."""
        self._calls.put((function, arguments))

    def leave(self):
        """End the program."""
        self.root.quit()

    def _look(self):
        try:
            while not self._calls.empty():
                function, arguments = self._calls.get()
                function(*arguments)
        finally:
            # Whatever has failed, the next press of the key is heard.
            self.root.after(LOOK, self._look)

    def _in_background(self, work, done, failed):
        """Do what takes time in a thread; then tell the result, or the sentence."""

        def run():
            try:
                result = work()
            except (Trouble, OSError) as error:
                self.post(failed, str(error))
            except Exception as error:
                # The window must not wait for what never comes.
                _logger.exception("What was to be done failed")
                self.post(failed, str(error))
            else:
                self.post(done, result)

        threading.Thread(target=run, name="work").start()

    # -- tickets -----------------------------------------------------------------------

    def open_ticket(self):
        """Open the window of a new ticket, or of one that the helpdesk has refused."""
        if self.window.is_open:
            self.window.raise_up()
            return
        try:
            self.settings = config.load(self.folder)
        except Trouble as error:
            self.connect_window.show(self.settings, str(error))
        refused = next(iter(self.unsent.refused()), None)
        self.window.show(self.settings, screenshot.take(), refused)

    def _submit(self, subject, text, image, request_id):
        # Before anybody can hear of it: what becomes of it is told to the window.
        self.current = request_id or new_request_id()
        key, server = self.current, self.settings.server

        def keep():
            content = screenshot.encode(image) if image else ""
            self.unsent.keep(compose(key, subject, text, content, server))

        def failed(message):
            what = _("The ticket cannot be kept on this computer: {why}", why=message)
            self._tell(Outcome(key, "refused", what))

        def kept(_nothing):
            self.window.note_kept()
            self.sender.wake()

        self._in_background(keep, kept, failed)

    def _discard(self, request_id):
        self.unsent.forget(request_id)

    def _tell(self, outcome):
        """Show what became of a ticket: in its window, else beside the clock."""
        is_current = outcome.request_id == self.current
        if is_current:
            self.current = ""
            if outcome.state == "refused":
                self.window.request_id = outcome.request_id
            self.window.tell(outcome.state, outcome.message, outcome.number)
        if self.window.is_open and is_current:
            return
        if outcome.state != "kept":
            self._announce(outcome)

    def _announce(self, outcome):
        message = outcome.message
        if outcome.state == "refused":
            again = _("Open the window of a new ticket to change it.")
            message = f"{message} {again}"
        if not (self.tray and self.tray.notify(message)):
            tell(self.root, outcome.number or _("Helpdesk"), message)

    def _closed(self):
        if self.window.state == "writing":
            # What was sent is told beside the clock.
            self.current = ""
        if self.is_single:
            self.leave()

    # -- connect -----------------------------------------------------------------------

    def open_connect(self):
        """Open the window to connect this computer."""
        self.connect_window.show(self.settings)

    def _connect(self, server, code, database):
        self._in_background(
            lambda: enrolment.connect(self.folder, server, code, database),
            self._connected,
            self.connect_window.tell,
        )

    def _connected(self, settings):
        self.settings = settings
        self.connect_window.done()
        self.window.describe(settings)
        self.sender.wake()
        tell(self.root, _("Helpdesk"), enrolment.connected_sentence(settings))
