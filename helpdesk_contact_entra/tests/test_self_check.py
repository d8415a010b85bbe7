from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_ticket.tests.test_self_check import SelfCheckCommon

from ..faults import DirectoryFault
from .directory import make_certificate, make_rsa_key, write_key

NAME = "Directory Bakery"


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon):
    """M04: how each directory was synchronized last, and what to do next (C11)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.directory = cls.env["helpdesk.entra.connection"].create(
            {
                "name": "Bakery",
                "company_id": cls.company.id,
                "partner_id": cls.customer.id,
                "tenant": "bakery.example",
                "client_id": "client",
                "client_secret": "secret",
            }
        )

    def _add_run(self, ago, **values):
        self.env["helpdesk.entra.run"].create(
            {
                "connection_id": self.directory.id,
                "kind": "changes",
                "state": "done",
                "finished_date": fields.Datetime.now() - ago,
                **values,
            }
        )

    def test_each_state_of_a_directory(self):
        self._add_run(timedelta(), kind="dry")
        self._check_state(NAME, "attention", "never")
        self._add_run(timedelta(days=2))
        row = self._check_state(NAME, "unset")
        self.assertIn("by itself", row.step)
        self.directory.is_on = True
        row = self._check_state(NAME, "attention")
        self.assertIn("latest synchronization", row.step)
        self.directory.interval_hours = 24
        self._check_state(NAME, "fine")
        self.directory.interval_hours = 1
        self._add_run(timedelta(minutes=5))
        self._check_state(NAME, "fine")
        self.directory.active = False
        self._check_state("Customers' directories", "unset")

    def test_a_fault_that_lasts_is_broken(self):
        self.directory.is_on = True
        self._add_run(timedelta(minutes=5))
        for _number in range(4):
            self.directory._record_fault(DirectoryFault("unreachable"))
            self._check_state(NAME, "fine")
        self.directory._record_fault(DirectoryFault("unreachable"))
        self._check_state(NAME, "broken", "cannot be reached")
        self.directory._record_fault(DirectoryFault("secret_expired"))
        self._check_state(NAME, "broken", "secret has expired")
        notes = self.directory.activity_ids.mapped("note")
        self.assertTrue(all("expired" in note for note in notes), notes)
        users = self.directory.activity_ids.user_id
        self.assertIn(self.admin, users)
        self.assertEqual(len(notes), len(users), "one activity for each of them")
        self.directory._record_success()
        self._check_state(NAME, "fine")
        self.assertFalse(self.directory.activity_ids)

    def test_a_secret_that_ends_soon(self):
        self._add_run(timedelta(minutes=5))
        self.directory.is_on = True
        today = fields.Date.today()
        for days, state, word in (
            (60, "fine", "Synchronized"),
            (20, "attention", "expires on"),
            (-2, "broken", "expired on"),
        ):
            self.directory.secret_end_date = today + timedelta(days=days)
            self._check_state(NAME, state, word)
        self.directory.client_secret = "another"
        self.assertFalse(self.directory.secret_end_date)
        self._check_state(NAME, "fine")

    def test_a_certificate_says_itself_when_it_ends(self):
        self._add_run(timedelta(minutes=5))
        self.directory.is_on = True
        key = make_rsa_key()
        pem = write_key(key) + make_certificate(key)
        self.directory.write({"auth_method": "certificate", "certificate": pem})
        self._check_state(NAME, "attention", "expires on")
        broken = pem.replace("CERTIFICATE-----\nMI", "CERTIFICATE-----\nxx")
        for text in ("nothing", broken):
            self.directory.certificate = text
            self.assertFalse(self.directory.credential_end_date)

    def test_nothing_of_another_company(self):
        self.directory.company_id = self.other_company
        self.assertFalse(self._find(NAME))
