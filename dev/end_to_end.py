"""A whole helpdesk for the end-to-end tests: its own database, mail server, SMTP sink and Odoo."""

import shutil

from dev import demo, instance, mail_server, odoo_api, odoo_server, services, state, templates
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

    def start_odoo(self):
        """Start Odoo, which trusts the authority of our mail server as it would a public one."""
        variables = {
            "SSL_CERT_FILE": str(mail_server.authority(self.instance)),
            # A scheduled action that is switched on again runs at once and not within a minute.
            "ODOO_NOTIFY_CRON_CHANGES": "1",
        }
        odoo_server.start(self.instance, env=variables)

    def kill_odoo(self):
        """End Odoo at once, as a power cut would."""
        odoo_server.kill(self.instance)

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
