"""A web server that stands before another one, and lets requests through or not."""

import http.client
import http.server
import json
import threading

from dev.waiting import PATIENCE

MODES = ("open", "closed", "deaf")


class Gate:
    """A context manager with ``url``; it notes the requests that came by while it was not ``closed``.

    :param int port: of the other server on 127.0.0.1
    """

    def __init__(self, port):
        self.target = port
        # "open", "closed" (the request does not arrive) or "deaf" (the answer does not)
        self.mode = "open"
        # For each request that arrived: the mode, the path, what it held.
        self.passed = []
        # How many requests found it closed.
        self.turned_away = 0

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"gate": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    gate = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = self.gate.mode
        if mode == "closed":
            self.gate.turned_away += 1
            return
        answer = self._ask(body)
        self.gate.passed.append((mode, self.path, json.loads(body)))
        if mode == "open":
            self._give(*answer)

    def _ask(self, body):
        """Return what the other server answers: the status, the headers, the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gate.target, timeout=PATIENCE)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _give(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() in ("content-type", "retry-after"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""
