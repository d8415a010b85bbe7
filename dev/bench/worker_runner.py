"""A worker: makes tickets of mails by the scheduled action, or job by job as OCA's job runner asks for it."""

import sys
import time

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401
from odoo import tools
from odoo.modules.registry import Registry

from odoo.addons.queue_job.controllers.main import RunJobController

from dev.bench.asking import serve
from dev.bench.session import Database
from dev.steps import Problem


class Answers(Database):
    """What the process can be asked.

    :param config: path of Odoo's configuration file, which names the database
    """

    def __init__(self, config):
        tools.config.parse_config(["-c", config, "--no-http", "--log-level=error"], setup_logging=True)
        (database,) = tools.config["db_name"]
        self.registry = Registry(database)

    def cron(self):
        """Process what waits as the scheduled action does, and return when that began and ended."""
        return self._timed(lambda env: env["helpdesk.inbox.mail"]._cron_process())

    def job(self, uuid):
        """Do a job as a request of the runner does, and return when that began and ended."""
        return self._timed(lambda env: self._do(env, uuid))

    def _do(self, env, uuid):
        job = RunJobController._acquire_job(env, uuid)
        if not job:
            raise Problem("A job could not be had.")
        RunJobController._runjob(env, job)

    def _timed(self, action):
        self.registry.check_signaling()
        # The same clock for all processes.
        start = time.monotonic()
        with self.environment() as env:
            action(env)
        return start, time.monotonic()


if __name__ == "__main__":
    serve(Answers, *sys.argv[1:])
