"""The window of a new ticket."""

import tkinter
from tkinter import ttk

from . import screenshot
from .queue import MAX_SUBJECT, MAX_TEXT
from .texts import translate as _

PREVIEW = (480, 200)
WRAP = 480
GREY = "#555555"
COLOURS = {"sent": "#006030", "kept": "#7a4b00", "refused": "#a00020"}


def make_window(root, title):
    """Return a hidden window and the frame that fills it."""
    window = tkinter.Toplevel(root)
    window.withdraw()
    window.title(title)
    frame = ttk.Frame(window, padding=12)
    frame.pack(fill="both", expand=True)
    frame.columnconfigure(0, weight=1)
    return window, frame


def make_shortcuts(window, close, go_on):
    """Give a window its keys: Escape closes it, Ctrl+Enter goes on."""
    window.protocol("WM_DELETE_WINDOW", close)
    window.bind("<Escape>", lambda _event: close())
    window.bind("<Control-Return>", lambda _event: go_on())


def bring_up(window, focused):
    """Show a window above all others, and let what is typed go to ``focused``."""
    if window.state() == "withdrawn":
        window.update_idletasks()
        left = (window.winfo_screenwidth() - window.winfo_reqwidth()) // 2
        top = (window.winfo_screenheight() - window.winfo_reqheight()) // 3
        window.geometry(f"+{max(left, 0)}+{max(top, 0)}")
    window.deiconify()
    window.lift()
    window.attributes("-topmost", True)
    focused.focus_force()


class TicketWindow:
    """Asks for subject and text, shows the screenshot, and what became of the ticket.

    :param root: of Tk
    :param send: function that takes subject, text, picture (or None) and the request_id
        of a ticket that was refused before ("" for a new one)
    :param discard: function that takes the request_id of such a ticket
    :param connect: function that opens the window to connect
    :param closed: function that is called when the window was closed
    """

    def __init__(self, root, send, discard, connect, closed):
        self.send, self.discard, self.closed = send, discard, closed
        self.picture = None
        self.request_id = ""
        # "writing", "sending", "waiting" (as that, but it is on the disk) or "done"
        self.state = "writing"
        self.window, self.frame = make_window(root, _("Helpdesk"))
        self.frame.rowconfigure(3, weight=1)
        make_shortcuts(self.window, self.close, self._send)
        self._make_fields()
        self._make_screenshot()
        self._make_footer(connect)

    @property
    def is_open(self):
        """Whether the user sees it."""
        return self.window.state() != "withdrawn"

    # -- what it consists of -----------------------------------------------------------

    def _make_fields(self):
        ttk.Label(self.frame, text=_("Subject")).grid(row=0, sticky="w")
        self.subject = ttk.Entry(self.frame)
        self.subject.grid(row=1, sticky="ew", pady=(0, 8))
        self.subject.bind("<Return>", self._go_to_text)
        ttk.Label(self.frame, text=_("What happened?")).grid(row=2, sticky="w")
        self.text = tkinter.Text(
            self.frame, width=60, height=7, wrap="word", undo=True, font="TkDefaultFont"
        )
        self.text.grid(row=3, sticky="nsew", pady=(0, 8))
        # Where a letter would be typed: these go on as in any other window.
        self.text.bind("<Tab>", self._leave_text)
        self.text.bind("<Control-Return>", self._send_from_text)

    def _make_screenshot(self):
        self.with_picture = tkinter.BooleanVar(self.window)
        self.choice = ttk.Checkbutton(
            self.frame,
            text=_("Send this screenshot too"),
            variable=self.with_picture,
            command=self._show_preview,
        )
        self.choice.grid(row=4, sticky="w")
        self.preview = ttk.Label(self.frame, cursor="hand2", takefocus=False)
        self.preview.grid(row=5, pady=(4, 8))
        self.preview.bind("<Button-1>", lambda _event: self._enlarge())

    def _make_footer(self, connect):
        self.message = ttk.Label(self.frame, wraplength=WRAP)
        self.message.grid(row=6, sticky="w", pady=(0, 8))
        footer = ttk.Frame(self.frame)
        footer.grid(row=7, sticky="ew")
        footer.columnconfigure(0, weight=1)
        self.device = ttk.Label(footer, foreground=GREY)
        self.device.grid(row=0, column=0, sticky="w", padx=(0, 12))
        self.throw_away = ttk.Button(footer, text=_("Discard"), command=self._discard)
        self.connecting = ttk.Button(footer, text=_("Connect…"), command=connect)
        self.closing = ttk.Button(footer, text=_("Close"), command=self.close)
        self.sending = ttk.Button(footer, text=_("Send"), command=self._send)
        buttons = (self.throw_away, self.connecting, self.closing, self.sending)
        for column, button in enumerate(buttons, start=1):
            button.grid(row=0, column=column, padx=(6, 0))

    def _go_to_text(self, _event):
        self.text.focus_set()
        return "break"

    def _leave_text(self, _event):
        self.choice.focus_set()
        return "break"

    def _send_from_text(self, _event):
        self._send()
        return "break"

    # -- what happens to it ------------------------------------------------------------

    def show(self, settings, picture, refused=None):
        """Open it, or bring it to the front.

        :param settings: the Settings, which say whose device this is
        :param picture: of the screen, None where there is none
        :param refused: a Ticket that the helpdesk did not accept, to be changed
        """
        if self.state == "done":
            self._empty()
        if refused and not self._typed():
            self._fill(refused)
        elif not self.request_id:
            self.picture = picture
        self.with_picture.set(bool(self.picture))
        self.describe(settings)
        self._show_state(self.state)
        self._show_preview()
        bring_up(self.window, self.subject)

    def describe(self, settings):
        """Show with whom this computer is connected, and whether it is."""
        self.window.title(settings.helpdesk or _("Helpdesk"))
        parts = filter(None, (settings.device, settings.customer))
        connected = " · ".join(parts) or _("Connected")
        self.device["text"] = connected if settings.is_connected else _("Not connected")

    def raise_up(self):
        """Bring it to the front as it is; what is typed goes where it went before."""
        last = self.window.focus_lastfor()
        # Until it has had the keyboard, that is the window itself, and no field.
        has_had = last not in (None, self.window)
        bring_up(self.window, last if has_had else self.subject)

    def close(self):
        """Hide it; what was typed and is not kept is there again when it is opened."""
        self.window.withdraw()
        if self.state in ("waiting", "done"):
            self._empty()
        self.closed()

    def note_kept(self):
        """Note that what was typed is on the disk: whoever closes it loses nothing."""
        if self.state == "sending":
            self.state = "waiting"

    def tell(self, outcome, message, number=""):
        """Show what became of the ticket.

        :param str outcome: "sent", "kept", or "refused": it is to be changed
        :param str message: for the user
        :param str number: of the ticket
        """
        self._show_state("writing" if outcome == "refused" else "done")
        self.message.configure(text=message, foreground=COLOURS[outcome])
        if outcome != "refused":
            title = number or (_("Not sent yet") if outcome == "kept" else _("Sent"))
            self.window.title(f"{title} – {self.window.title()}")
            self.closing.focus_set()

    def _fill(self, refused):
        self.request_id = refused.request_id
        self.subject.insert(0, refused.subject)
        self.text.insert("1.0", refused.text)
        has_picture = bool(refused.screenshot)
        self.picture = screenshot.decode(refused.screenshot) if has_picture else None
        self.message.configure(text=refused.error, foreground=COLOURS["refused"])

    def _empty(self):
        self._show_state("writing")
        self.message.configure(text="")
        self.subject.delete(0, "end")
        self.text.delete("1.0", "end")
        self.text.edit_reset()
        self.picture, self.request_id = None, ""

    def _typed(self):
        return self.subject.get().strip() or self.text.get("1.0", "end").strip()

    def _show_state(self, state):
        self.state = state
        for widget in (self.subject, self.text, self.choice, self.sending):
            widget.configure(state="normal" if state == "writing" else "disabled")
        self.text.configure(foreground="black" if state == "writing" else GREY)
        self._set_visible(self.throw_away, state == "writing" and self.request_id)
        self._set_visible(self.sending, state != "done")
        self._set_visible(self.connecting, state != "sending")

    def _set_visible(self, widget, is_visible):
        if is_visible:
            widget.grid()
        else:
            widget.grid_remove()

    def _show_preview(self):
        if not self.picture:
            self.choice.configure(text=_("There is no screenshot."), state="disabled")
        else:
            self.choice.configure(text=_("Send this screenshot too"))
        if self.picture and self.with_picture.get():
            data = screenshot.shrink(self.picture, *PREVIEW)
            self.small = tkinter.PhotoImage(master=self.window, data=data)
            self.preview.configure(image=self.small)
            self.preview.grid()
        else:
            self.preview.grid_remove()

    def _enlarge(self):
        """Show what is sent in large, until it is clicked or a key is pressed."""
        large = tkinter.Toplevel(self.window)
        large.title(_("Screenshot"))
        size = large.winfo_screenwidth() * 9 // 10, large.winfo_screenheight() * 9 // 10
        data = screenshot.shrink(self.picture, *size)
        label = tkinter.Label(large, image=(image := tkinter.PhotoImage(data=data)))
        # Tk shows an image only while somebody holds it.
        label.image = image
        label.pack()
        for event in ("<Button-1>", "<Key>"):
            large.bind(event, lambda _event: large.destroy())
        bring_up(large, label)

    def _discard(self):
        self.discard(self.request_id)
        self._empty()
        self.close()

    def _send(self):
        if self.state != "writing":
            return
        subject, text = self.subject.get(), self.text.get("1.0", "end").strip()
        if wrong := self._find_fault(subject, text):
            self.tell("refused", wrong)
            return
        self._show_state("sending")
        self.message.configure(text=_("Sending…"), foreground=GREY)
        picture = self.picture if self.with_picture.get() else None
        self.send(subject, text, picture, self.request_id)

    def _find_fault(self, subject, text):
        """Return what is wrong with what was typed, None if nothing is."""
        if not (subject.strip() or text):
            return _("Write what happened.")
        if len(subject) > MAX_SUBJECT:
            return _("The subject is too long: at most {n} characters.", n=MAX_SUBJECT)
        if len(text) > MAX_TEXT:
            return _("The text is too long: at most {n} characters.", n=MAX_TEXT)
        return None
