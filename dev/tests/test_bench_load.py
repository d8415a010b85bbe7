"""The arithmetic of the load test, and what counts as an error in it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dev import bench
from dev.bench import crowd, figures
from dev.bench.figures import Sample
from dev.steps import Problem

BEGIN = "2026-03-01 10:00:00,123 4711"


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7], 95, 7),
        (range(1, 101), 50, 50),
        (range(1, 101), 95, 95),
        (range(1, 21), 95, 19),
        (range(1, 22), 95, 20),
        ([3, 1, 2], 50, 2),
        ([3, 1, 2], 0, 1),
        ([3, 1, 2], 100, 3),
    ],
)
def test_percentile_is_a_value_that_so_many_do_not_exceed(values, percent, expected):
    assert figures.percentile(values, percent) == expected


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="nothing"):
        figures.percentile([], 95)


def test_each_kind_has_its_figures_and_failed_requests_count_too():
    samples = [Sample("list", 0.1 * number) for number in range(1, 11)]
    samples += [Sample("answer", 1.0), Sample("list", 9.0, "500")]
    found = figures.by_kind(samples)
    assert list(found) == ["list", "answer"]
    assert found["list"] == pytest.approx((11, 1, 0.6, 9.0, 9.0))
    assert found["answer"] == (1, 0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("accepted", "stored", "expected"),
    [
        (["a", "b"], ["b", "a"], (0, 0)),
        (["a", "b"], ["a"], (1, 0)),
        (["a", "b"], ["a", "a"], (1, 1)),
        (["a"], ["a", "a", "a"], (0, 2)),
        # The customer was told that it failed.
        ([], ["a"], (0, 1)),
    ],
)
def test_lost_and_doubled(accepted, stored, expected):
    assert figures.lost_and_doubled(accepted, stored) == expected


def test_errors_in_the_log_are_told_from_what_was_tried_again():
    log = "\n".join(
        [
            f"{BEGIN} INFO db werkzeug: GET / 200",
            f"{BEGIN} ERROR db odoo.sql_db: bad query: UPDATE x",
            "ERROR: could not serialize access due to concurrent update",
            f"{BEGIN} WARNING db odoo.http: something odd",
            "Traceback (most recent call last):",
            '  File "x.py", line 1, in y',
            f"{BEGIN} CRITICAL db odoo.service: gone",
            f"{BEGIN} WARNING db odoo.http: no harm",
        ]
    )
    faults, retried = figures.log_entries(log)
    assert [entry.split()[3] for entry in faults] == ["WARNING", "CRITICAL"]
    assert "line 1, in y" in faults[0]
    assert retried == 1


class Site(BaseHTTPRequestHandler):
    """Answers with the status that stands in the address; a redirect leads to the log-in."""

    def do_GET(self):
        status = int(self.path.strip("/"))
        self.send_response(status)
        self.send_header("Set-Cookie", "session_id=abc; Path=/")
        self.send_header("Content-Length", "2")
        if status == 303:
            self.send_header("Location", "/web/login")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def visitor():
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield crowd.Visitor(server.server_port, "grete")
        server.shutdown()
        thread.join()


def test_a_good_answer_is_a_sample_without_a_fault(visitor):
    assert visitor.ask("list", "/200") == (200, "{}", "")
    assert [(sample.kind, sample.fault) for sample in visitor.samples] == [("list", "")]
    assert visitor.cookies == {"session_id": "abc"}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda visitor: visitor.ask("list", "/429"), "429"),
        (lambda visitor: visitor.ask("list", "/500"), "500"),
        (lambda visitor: visitor.ask("list", "/303", is_good=lambda answer: not answer.location), "/web/login"),
        # An error of JSON-RPC comes with the status 200.
        (lambda visitor: visitor.call("answer", "/200"), "200"),
    ],
)
def test_what_went_wrong_is_a_fault(visitor, action, expected):
    with pytest.raises(crowd.Fault):
        action(visitor)
    (sample,) = visitor.samples
    assert expected in sample.fault


def test_no_answer_is_a_fault(visitor):
    visitor.port = 1
    with pytest.raises(crowd.Fault):
        visitor.ask("list", "/200")
    assert "refused" in visitor.samples[0].fault


def test_options_of_the_load_are_numbers_and_the_subject_is_known(monkeypatch):
    monkeypatch.setenv("CUSTOMERS", "many")
    with pytest.raises(SystemExit):
        bench.main(["--only", "load"])
    monkeypatch.setenv("CUSTOMERS", "3")
    with pytest.raises(Problem, match="load"):
        bench.main(["--only", "coffee"])
