from contextlib import contextmanager

from odoo.addons.helpdesk_contact.tests.common import ContactCommon

from .directory import SECRET, TENANT, Directory


class DirectoryCommon(ContactCommon):
    """A connection to a server on this machine that speaks Microsoft's protocol."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._create_user("administrator", "base.group_system")

    def setUp(self):
        super().setUp()
        self.directory = Directory()
        self.addCleanup(self.directory.stop)
        parameters = self.env["ir.config_parameter"].sudo()
        for name, value in (
            ("login_url", self.directory.url),
            ("graph_url", self.directory.url),
            ("ca_file", self.directory.ca_file),
        ):
            parameters.set_param(f"helpdesk_contact_entra.{name}", value)
        self.connection = self.env["helpdesk.entra.connection"].create(
            {
                "name": "Bakery",
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "tenant": TENANT,
                "client_id": "client",
                "client_secret": SECRET,
            }
        )

    @contextmanager
    def committing(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr)

    def synchronize(self, button="action_synchronize"):
        """Press a button and let the scheduled action run.

        :return: the newest run
        """
        getattr(self.connection, button)()
        return self.run_cron()

    def run_cron(self):
        self.env.flush_all()
        with self.committing() as env:
            env["helpdesk.entra.connection"]._cron_synchronize()
        self.env.invalidate_all()
        return self.connection.run_ids.sorted("id")[-1]

    def find(self, address):
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("email_normalized", "=", address)])
        )

    def counts(self, run):
        names = ("create", "update", "deactivate", "reactivate", "same", "conflict")
        return {n: run[f"{n}_count"] for n in names if run[f"{n}_count"]}
