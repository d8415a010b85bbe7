"""A server on this machine that speaks Facebook's Graph API, as documented."""

import json
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ERRORS = {
    "expired": (400, {"code": 190, "type": "OAuthException", "message": "Expired"}),
    "permission": (403, {"code": 200, "message": "Requires pages_messaging"}),
    "secret": (400, {"code": 100, "message": "Invalid appsecret_proof provided"}),
    "limit": (400, {"code": 613, "message": "Calls to this API have exceeded"}),
    "window": (400, {"code": 10, "error_subcode": 2018278, "message": "Outside"}),
    "refused": (400, {"code": 100, "message": "No matching user found"}),
}

# Those that hold for reading, too, as long as they are there
READING = ("expired", "secret")


class FakeGraph:
    """Answers what is asked, and keeps the calls.

    :ivar list calls: of (method, path, values)
    :ivar list problems: keys of ERRORS, or "cut": the next posts get these
    :ivar dict files: content by path, for what is asked without a page's token
    """

    def __init__(self):
        self.calls, self.problems, self.files = [], [], {}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fake._get(self)

            def do_POST(self):
                fake._post(self)

            def log_message(self, *_args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def origin(self):
        """The address without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self):
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def sent(self):
        """What was posted: (path, values) each."""
        return [(path, values) for method, path, values in self.calls if method == "P"]

    def _get(self, handler):
        parts = urlsplit(handler.path)
        if parts.path in self.files:
            self._reply(handler, 200, self.files[parts.path], "image/png")
            return
        values = {name: one for name, [one] in parse_qs(parts.query).items()}
        self.calls.append(("G", parts.path, values))
        problem = next((one for one in self.problems if one in READING), None)
        if problem:
            self._refuse(handler, problem)
        elif parts.path.endswith("/me"):
            self._answer(handler, {"id": "4711", "name": "Our Page"})
        else:
            self._answer(handler, {"first_name": "Grete", "last_name": "Weber"})

    def _post(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        kind = handler.headers["Content-Type"]
        if kind.startswith("multipart/"):
            head = f"Content-Type: {kind}\r\n\r\n".encode()
            values = {
                part.get_param("name", header="content-disposition"): (
                    part.get_payload(decode=True).decode("latin-1")
                )
                for part in message_from_bytes(head + body).get_payload()
            }
        else:
            values = {name: one for name, [one] in parse_qs(body.decode()).items()}
        self.calls.append(("P", urlsplit(handler.path).path, values))
        problem = self.problems.pop(0) if self.problems else None
        if problem == "cut":
            handler.close_connection = True  # without an answer
        elif problem:
            self._refuse(handler, problem)
        elif handler.path.endswith("/comments"):
            self._answer(handler, {"id": f"1_{len(self.calls)}"})
        else:
            self._answer(
                handler, {"recipient_id": "1", "message_id": f"m_{len(self.calls)}"}
            )

    def _refuse(self, handler, problem):
        status, error = ERRORS[problem]
        self._answer(handler, {"error": {**error, "fbtrace_id": "x"}}, status)

    def _answer(self, handler, values, status=200):
        self._reply(handler, status, json.dumps(values).encode(), "application/json")

    def _reply(self, handler, status, body, kind):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
