"""Known holes of packages, asked of a server that speaks the protocol of OSV."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from dev import auditing
from dev.steps import Problem

HOLE = {
    "id": "OSV-1",
    "aliases": ["CVE-2026-1"],
    "summary": "It lets anybody in.",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Answers a question for one package and version: POST, JSON, an empty object when nothing is known."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((asked["package"]["name"], asked["version"]))
        answer = json.dumps({"vulns": [HOLE]} if asked["package"]["name"] == "leaky" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Leave the output of the tests alone."""


@pytest.fixture(scope="module", autouse=True)
def program():
    auditing.prepare()


@pytest.fixture
def osv():
    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_port}/v1/query"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def packages(tmp_path):
    for name, version in (("leaky", "1.0"), ("sound", "2.0")):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return tmp_path


def test_a_hole_is_told_with_the_version_that_fixes_it(osv, packages, capsys):
    assert auditing.tell(auditing.ask(packages, osv.url)) == 1
    assert sorted(osv.asked) == [("leaky", "1.0"), ("sound", "2.0")]
    told = capsys.readouterr().out
    assert "leaky 1.0" in told
    assert "CVE-2026-1 OSV-1: fixed in 1.1" in told
    assert "1 known holes in 2 packages." in told


def test_no_hole(osv, packages):
    (packages / "leaky-1.0.dist-info" / "METADATA").unlink()
    (packages / "leaky-1.0.dist-info").rmdir()
    assert auditing.tell(auditing.ask(packages, osv.url)) == 0


def test_no_answer_is_one_sentence(packages):
    with pytest.raises(Problem, match="Nothing is known of any package"):
        auditing.ask(packages, "http://127.0.0.1:9/v1/query")
