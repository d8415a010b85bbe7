"""The small windows: one to connect this computer, one that tells something."""

from tkinter import ttk

from .texts import translate as _
from .window import COLOURS, WRAP, bring_up, make_shortcuts, make_window


class ConnectWindow:
    """Asks for the address of the helpdesk and the code.

    :param root: of Tk
    :param connect: function that takes address, code and database
    """

    def __init__(self, root, connect):
        self.connect = connect
        self.window, self.frame = make_window(root, _("Connect this computer"))
        make_shortcuts(self.window, self.close, self._connect)
        self.server = self._make_entry(0, _("Address of the helpdesk"))
        self.code = self._make_entry(2, _("Code"))
        self.database = self._make_entry(4, _("Database (only if you were given one)"))
        colour = COLOURS["refused"]
        self.message = ttk.Label(self.frame, wraplength=WRAP, foreground=colour)
        self.message.grid(row=6, sticky="w", pady=(0, 8))
        self.button = ttk.Button(self.frame, text=_("Connect"), command=self._connect)
        self.button.grid(row=7, sticky="e")

    def _make_entry(self, row, label):
        ttk.Label(self.frame, text=label).grid(row=row, sticky="w")
        entry = ttk.Entry(self.frame, width=50)
        entry.grid(row=row + 1, sticky="ew", pady=(0, 8))
        entry.bind("<Return>", lambda _event: self._connect())
        return entry

    def show(self, settings, message=""):
        """Open it, or bring it to the front.

        :param settings: the Settings, whose server is suggested
        :param str message: why it is opened, if there is something to say
        """
        for entry, value in (
            (self.server, settings.server),
            (self.database, settings.database),
        ):
            if not entry.get():
                entry.insert(0, value)
        self.message["text"] = message
        self.button["state"] = "normal"
        bring_up(self.window, self.code if self.server.get() else self.server)

    def close(self):
        """Hide it."""
        self.window.withdraw()

    def tell(self, message):
        """Show why it cannot be connected."""
        self.message["text"] = message
        self.button["state"] = "normal"

    def done(self):
        """Hide it; the code is used up."""
        self.code.delete(0, "end")
        self.close()

    def _connect(self):
        if str(self.button["state"]) == "disabled":
            return
        self.button["state"] = "disabled"
        self.message["text"] = ""
        self.connect(self.server.get(), self.code.get(), self.database.get())


def tell(root, title, message):
    """Show a message in a corner of the screen until it is closed."""
    window, frame = make_window(root, title)
    ttk.Label(frame, text=message, wraplength=WRAP).grid(pady=(0, 8))
    ttk.Button(frame, text=_("Close"), command=window.destroy).grid(sticky="e")
    window.attributes("-topmost", True)
    window.geometry("-24-64")
    window.deiconify()
