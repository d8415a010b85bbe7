"""A TCP proxy before a mail server, which cuts the line at a chosen command."""

import contextlib
import socket
import threading

from dev.waiting import PATIENCE

MODES = ("before", "answer", "middle")


class CuttingProxy:
    """A context manager; it cuts the next connection as it was told, and counts the commands of that.

    :param int port: of the mail server on 127.0.0.1
    """

    def __init__(self, port):
        self.target = port
        self.idle = threading.Event()
        self.arrange()

    def arrange(self, cut=0, mode="before"):
        """Set what happens to the next connection.

        :param int cut: at which command to cut, counted from 1; 0 for never
        :param mode: `before` the command reaches the server, instead of its `answer`, or in the `middle` of that
        """
        self.cut, self.mode = cut, mode
        self.commands = []
        self.idle.set()

    def finish(self):
        """Return the commands that were given, when both ends have been told that it is over."""
        if not self.idle.wait(PATIENCE):
            raise TimeoutError(f"The connection is still open after {self.commands[-1:]}")
        return self.commands

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            self.idle.clear()
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                client.settimeout(PATIENCE)
                server.settimeout(PATIENCE)
                with contextlib.suppress(OSError):
                    self._relay(client, server)
            self.idle.set()

    def _relay(self, client, server):
        """Send the answers on while the commands are looked at one by one."""
        state = {"cutting": False}
        back = threading.Thread(target=self._relay_back, args=(server, client, state))
        back.start()
        with contextlib.suppress(OSError):
            for line in client.makefile("rb"):
                self.commands.append(line.decode().strip())
                cut = len(self.commands) == self.cut
                if cut and self.mode == "before":
                    break
                state["cutting"] = cut
                server.sendall(line)
                if cut:
                    back.join(PATIENCE)
                    break
        for line in (client, server):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        back.join()

    def _relay_back(self, server, client, state):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if state["cutting"]:
                    # the server has done it, and nobody hears of it, or only half
                    client.sendall(data[: len(data) // 2] if self.mode == "middle" else b"")
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)
