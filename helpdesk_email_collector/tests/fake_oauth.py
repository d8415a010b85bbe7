"""The token endpoint of Google and Microsoft (RFC 6749, 5 and 6), in this process."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class FakeOAuth:
    """A context manager.

    `valid` holds the refresh tokens that are accepted; each request is in `requests`,
    and what was given out in `issued`. `broken` answers with a server error.
    """

    def __init__(self, *valid):
        self.valid = set(valid)
        self.requests, self.issued = [], []
        self.broken = False

    def __enter__(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                values = {name: text[0] for name, text in parse_qs(body).items()}
                fake.requests.append(values)
                status, answer = fake.answer(values)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_arguments):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, values):
        """Return status and body; a refresh token is good until it is taken away."""
        if self.broken:
            return 503, {"error": "temporarily_unavailable"}
        code, refresh = values.get("code"), values.get("refresh_token")
        if code != "good code" and refresh not in self.valid:
            text = "AADSTS70008: The refresh token has expired or was revoked."
            return 400, {"error": "invalid_grant", "error_description": text}
        self.issued.append(f"access-{len(self.issued) + 1}")
        refresh = refresh or "refresh-of-code"
        self.valid.add(refresh)
        return 200, {
            "access_token": self.issued[-1],
            "refresh_token": refresh,
            "id_token": "x",
            "expires_in": 3600,
            "token_type": "Bearer",
        }
