"""The icon beside the clock."""

import logging
import sys
import threading

from PIL import Image, ImageDraw

from .texts import translate as _

_logger = logging.getLogger(__name__)
SIZE = 64
COLOUR = "#714b67"


def picture(size=SIZE):
    """Return the program's picture: a speech bubble with three dots."""
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    unit = size / 16
    draw.rounded_rectangle((0, unit, size - 1, 12 * unit), 3 * unit, COLOUR)
    draw.polygon(
        [(3 * unit, 11 * unit), (8 * unit, 11 * unit), (3 * unit, 15 * unit)], COLOUR
    )
    for middle in (4, 8, 12):
        draw.ellipse(
            ((middle - 1) * unit, 5.5 * unit, (middle + 1) * unit, 7.5 * unit), "white"
        )
    return image


class Tray:
    """The icon, where the system has a place for it.

    :param open_window: function for a click
    :param connect: function for its menu
    :param leave: function for its menu
    """

    def __init__(self, open_window, connect, leave):
        self.icon = None
        # On macOS both Tk and the icon want the main thread.
        if sys.platform != "darwin":
            actions = (open_window, connect, leave)
            threading.Thread(
                target=self._run, args=actions, name="tray", daemon=True
            ).start()

    def _run(self, *actions):
        try:
            self._show(*actions)
        except Exception as error:  # noqa: BLE001 - each desktop has errors of its own
            self.icon = None
            _logger.warning("No icon: %s", error)

    def _show(self, open_window, connect, leave):
        """Show the icon until the program ends."""
        import pystray

        # A desktop without a place for icons is nothing to be told of.
        logging.getLogger("pystray").setLevel(logging.CRITICAL)
        menu = pystray.Menu(
            pystray.MenuItem(_("New ticket"), lambda: open_window(), default=True),
            pystray.MenuItem(_("Connect…"), lambda: connect()),
            pystray.MenuItem(_("Quit"), lambda: leave()),
        )
        self.icon = pystray.Icon("helpdesk", picture(), _("Helpdesk"), menu)
        self.icon.run()

    def notify(self, message):
        """Show a message beside the clock; tell whether the system could."""
        if not (self.icon and self.icon.HAS_NOTIFICATION):
            return False
        self.icon.notify(message, _("Helpdesk"))
        return True
