"""A provider of mail and of access to it: its token endpoint (RFC 6749), and what its mail server asks (RFC 7662)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class OAuthProvider:
    """A context manager.

    :param int port: where it listens on 127.0.0.1
    :param str user: the mailbox that its tokens open
    """

    def __init__(self, port, user):
        self.port, self.user = port, user
        self.refresh_tokens, self.access_tokens, self.requests = set(), set(), []

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                values = {name: text[0] for name, text in parse_qs(body).items()}
                status, answer = provider.answer(self.path, values)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_arguments):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, values):
        """Return the status and the body of an answer."""
        if path == "/introspect":
            return 200, {"active": values["token"] in self.access_tokens, "username": self.user}
        self.requests.append(values)
        refresh = values.get("refresh_token")
        if refresh not in self.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": "The token was revoked."}
        token = f"access-{len(self.requests)}"
        self.access_tokens.add(token)
        return 200, {"access_token": token, "refresh_token": refresh, "id_token": "x", "expires_in": 3600}
