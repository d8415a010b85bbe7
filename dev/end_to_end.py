"""A whole helpdesk for the end-to-end tests: its own database, mail server, SMTP sink and Odoo."""

import contextlib
import shutil

from dev import demo, instance, mail_server, odoo_api, odoo_server, postgres, services, state, templates
from dev.waiting import wait_until


class Helpdesk:
    """Starts, breaks and stops it, and gives access to it from the outside."""

    def __init__(self):
        self.instance = instance.test()
        self.api = None

    @property
    def url(self):
        """Where a browser finds it."""
        return self.instance.url

    @property
    def ports(self):
        """Port by name of the service."""
        return self.instance.ports

    def start(self):
        """Make a fresh database with empty mailboxes and start everything.

        :raises Problem: something does not start
        """
        services.stop(self.instance.name)
        self.instance.save()
        odoo_server.write_config(self.instance)
        templates.clone(templates.with_addons(), self.instance.database)
        state.forget(f"{self.instance.name}-seed")
        demo.seed(self.instance)
        shutil.rmtree(mail_server.folder(self.instance) / "users", ignore_errors=True)
        services.start_mail(self.instance)
        self.start_odoo()
        self.api = odoo_api.for_instance(self.instance)

    def start_odoo(self, options=()):
        """Start Odoo, which trusts the authority of our mail server as it would a public one.

        :param options: more options of its command line
        """
        variables = {
            "SSL_CERT_FILE": str(mail_server.authority(self.instance)),
            # A scheduled action that is switched on again runs at once and not within a minute.
            "ODOO_NOTIFY_CRON_CHANGES": "1",
        }
        odoo_server.start(self.instance, variables, options)

    def kill_odoo(self):
        """End Odoo at once, as a power cut would."""
        odoo_server.kill(self.instance)

    def stop_odoo(self):
        """Stop Odoo alone."""
        odoo_server.process(self.instance).stop()

    def stop(self):
        """Stop everything."""
        services.stop(self.instance.name)

    def cron(self, name, *, active):
        """Switch the scheduled action ``name`` of the collector on or off; a running one ends first."""
        domain = [["module", "=", "helpdesk_email_collector"], ["name", "=", name]]
        (found,) = self.api.search_read("ir.model.data", domain, ["res_id"])

        def switched():
            try:
                self.api.write("ir.cron", [found["res_id"]], active=active)
            except odoo_api.ApiError:
                # Odoo refuses while the action runs.
                return False
            return True

        wait_until(switched, 30, f"the switch of {name}")

    def wake(self):
        """Let Odoo's scheduled actions for mails, and their copies, run now, wherever it runs."""
        postgres.query(
            """INSERT INTO ir_cron_trigger (cron_id, call_at)
            SELECT cron.id, now() AT TIME ZONE 'UTC'
            FROM ir_cron cron JOIN ir_act_server action ON action.id = cron.ir_actions_server_id
            WHERE action.code IN ('model._cron_collect()', 'model._cron_process()')""",
            self.instance.database,
        )
        postgres.query(f"NOTIFY cron_trigger, '{self.instance.database}'")

    def wait_until_idle(self):
        """Wait until nothing waits to be collected, processed or sent."""
        support = self.api.search_read("fetchmail.server", [["user", "=", instance.SUPPORT]], ["id"])[0]["id"]

        def idle():
            self.api.call("fetchmail.server", "fetch_mail", [support])
            waiting = self.api.call("helpdesk.inbox.mail", "search_count", domain=[["state", "=", "waiting"]])
            queued = self.api.call("mail.mail", "search_count", domain=[["state", "=", "outgoing"]])
            return not waiting and not queued

        wait_until(idle, 120, "the end of all work", interval=0.5)

    @contextlib.contextmanager
    def parameters(self, values):
        """Give system parameters other values for a while."""
        before = {name: self.api.call("ir.config_parameter", "get_param", key=name) for name in values}
        for name, value in values.items():
            self.api.call("ir.config_parameter", "set_param", key=name, value=value)
        try:
            yield
        finally:
            for name, value in before.items():
                self.api.call("ir.config_parameter", "set_param", key=name, value=value)
