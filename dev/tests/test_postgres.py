"""The private cluster: a real one of the test's own, with the machine's PostgreSQL."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dev import odoo_server, postgres, state
from dev.instance import PREFERRED, Instance

CONNECT = """
import os, psycopg2
open_ones = [psycopg2.connect(dbname="postgres") for _ in range(int(os.environ["NUMBER"]))]
print(sum(one.closed == 0 for one in open_ones))
"""


@pytest.fixture
def cluster(monkeypatch):
    """A state folder for a cluster that the user of PostgreSQL may enter; what runs in it is stopped with the test."""
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    with tempfile.TemporaryDirectory(prefix="helpdesk-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(state, "folder", lambda: Path(name))
        yield
        postgres.stop()


def started():
    return postgres.query("SELECT pg_postmaster_start_time()")


def test_burst_of_connections(cluster):
    postgres.start()
    env = {**os.environ, **postgres.environment(), "NUMBER": str(odoo_server.MAX_CONNECTIONS)}
    done = subprocess.run([sys.executable, "-c", CONNECT], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(odoo_server.MAX_CONNECTIONS), done.stderr


def test_running_cluster_takes_new_settings(cluster, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(postgres, "MAX_CONNECTIONS", 20)
        postgres.start()
        assert postgres.query("SHOW max_connections") == [["20"]]
    old = started()
    postgres.start()
    assert postgres.query("SHOW max_connections") == [[str(postgres.MAX_CONNECTIONS)]]
    new = started()
    assert new != old
    postgres.start()
    assert started() == new


def test_one_odoo_may_not_take_all_connections(folder):
    instance = Instance("demo", "helpdesk", dict(PREFERRED))
    lines = odoo_server.write_config(instance).read_text().splitlines()
    assert f"db_maxconn = {odoo_server.MAX_CONNECTIONS}" in lines
    assert 240 < odoo_server.MAX_CONNECTIONS < postgres.MAX_CONNECTIONS
