"""Fixtures of the program's own tests: without a display, without Odoo."""

import http.server
import json
import sys
import threading
from pathlib import Path

import pytest

# The program is no part of the environment that runs its tests.
sys.path.insert(0, str(Path(__file__).parent.parent))


class Answers(http.server.BaseHTTPRequestHandler):
    """Gives the answers that a test has prepared, and notes what was asked."""

    def do_POST(self):
        """Give the next answer: status, headers, body (None cuts the line)."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        status, headers, content = self.server.answers.pop(0)
        if content is None:
            return
        content = (
            content if isinstance(content, bytes) else json.dumps(content).encode()
        )
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def server():
    """A web server with ``answers`` to give and what was ``asked``."""
    found = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    found.answers, found.asked = [], []
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def settings(server):
    """Settings of a computer that is connected with this server."""
    from helpdesk_workstation.config import Settings

    return Settings(server=server.url, token="hd_old", device="PC-1")
