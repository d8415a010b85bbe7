"""A screen that nobody sees, with somebody at its keyboard."""

import os
import subprocess

from dev.waiting import PATIENCE, wait_until

SIZE = (1280, 800)


class Desktop:
    """A context manager: an X server of its own, white and without any window."""

    def __enter__(self):
        reader, writer = os.pipe()
        depth = "x".join(map(str, (*SIZE, 24)))
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", depth, "-wr", "-nolisten", "tcp"]
        with os.fdopen(reader) as display:
            self.server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
            os.close(writer)
            # It chooses a number that is free, and says so when it is ready.
            number = display.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": f":{number}"}
        return self

    def __exit__(self, *exception):
        self.server.terminate()
        self.server.wait(PATIENCE)

    def _xdotool(self, *words):
        """Return what xdotool says, empty for a window that is gone meanwhile."""
        command = ["xdotool", *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def press(self, *keys):
        """Press keys, one after the other."""
        self._xdotool("key", *keys)

    def type(self, text):
        """Type a text into the window that has the keyboard."""
        self._xdotool("type", text)

    def find(self, title):
        """Return the title of a window that is seen, empty for none.

        :param str title: the beginning of it
        """
        windows = self._xdotool("search", "--onlyvisible", "--name", f"^{title}").split()
        return next(filter(None, (self._xdotool("getwindowname", window) for window in windows)), "")

    def wait_for(self, title, meanwhile=lambda: None):
        """Return the whole title of a window as soon as it is seen.

        :param str title: the beginning of it
        :param meanwhile: function that is called as long as it is not
        """

        def look():
            meanwhile()
            return self.find(title)

        return wait_until(look, PATIENCE, f"a window {title}")

    def wait_for_keyboard(self, title):
        """Wait until what is typed goes to the window with this beginning of its title."""

        def look():
            return self._xdotool("getwindowfocus", "getwindowname").startswith(title)

        wait_until(look, PATIENCE, f"the keyboard of the window {title}")
