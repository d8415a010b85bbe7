"""Odoo starts itself again: at its memory limit, after SIGHUP, when modules are updated on its screens."""

import os
import signal

from dev import odoo_server
from dev.steps import read_from
from dev.waiting import PATIENCE, wait_until


def test_odoo_comes_back_by_itself(helpdesk, api):
    server = odoo_server.process(helpdesk.instance)
    pid, begin = server.pid(), server.log.stat().st_size

    def begins_again():
        assert server.pid() == pid, server.last_line()
        return "odoo: Odoo version" in read_from(server.log, begin)

    os.kill(pid, signal.SIGHUP)
    wait_until(begins_again, PATIENCE, "the reload")
    # Waits for its answer; one that has ended would be started anew, and with another number.
    helpdesk.start_odoo()
    assert server.pid() == pid
    assert api.search_read("res.users", [["login", "=", "lena"]], ["name"])
