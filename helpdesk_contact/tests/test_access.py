from odoo.exceptions import AccessError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import ContactCommon


class TestAccess(ContactCommon):
    """Agents read and write contacts, only managers delete."""

    def test_agent_writes_but_does_not_delete(self):
        contact = self.env["res.partner"].with_user(self.agent).create({"name": "New"})
        contact.phone = "123"
        with self.assertRaises(AccessError):
            contact.unlink()

    def test_manager_deletes(self):
        contact = self.env["res.partner"].create({"name": "New"})
        contact.with_user(self.manager).unlink()
        self.assertFalse(contact.exists())

    def test_agent_of_another_company_sees_nothing(self):
        """rel-G1"""
        self.customer.helpdesk_domain_ids = [(0, 0, {"name": "huber.example"})]
        self.customer.company_id = self.company
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        env = self.env(user=stranger, context={})
        with self.assertRaises(AccessError):
            self.customer.with_env(env).read(["name"])
        domains = env["helpdesk.mail.domain"]
        self.assertFalse(domains.search([("name", "=", "huber.example")]))

    def test_portal_user_cannot_read_mail_domains(self):
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self.env["helpdesk.mail.domain"].with_user(portal).search([])

    def test_portal_user_cannot_make_itself_primary_contact(self):
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        with self.assertRaises(AccessError):
            portal.partner_id.with_user(portal).is_primary_contact = True

    def test_portal_user_sees_its_own_company_only(self):
        portal = new_test_user(
            self.env, "test-portal", groups="base.group_portal", email="p@x.example"
        )
        portal.partner_id.parent_id = self.customer
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        env = self.env(user=portal, context={})
        seen = env["res.partner"].search([])
        self.assertLessEqual({self.anna.id, portal.partner_id.id}, set(seen.ids))
        self.assertLessEqual(
            seen.sudo(), self.customer | self.customer.child_ids | portal.partner_id
        )
        with self.assertRaises(AccessError):
            stranger.with_env(env).read(["name"])
        for model in ("helpdesk.contact.address", "helpdesk.mail.domain"):
            with self.assertRaises(AccessError):
                env[model].search([])

    def test_portal_user_reads_no_note_of_ours(self):
        """rel-A7: what we write of a contact is neither its own nor its colleagues' to
        read, to find or to group by."""
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        people = self.anna | self.customer | portal.partner_id
        people.comment = "They have not paid for months"
        people.flush_recordset()
        mine = people.with_env(self.env(user=portal, context={}))
        for name in ("comment", "helpdesk_ignore_email"):
            for call in (
                lambda name: mine.read([name]),
                lambda name: mine.search([(name, "!=", False)]),
                lambda name: mine.search([], order=name),
                lambda name: mine.formatted_read_group([], [name], ["__count"]),
            ):
                with self.subTest(name), self.assertRaises(AccessError):
                    call(name)
        self.assertIn("paid", people[0].with_user(self.agent).comment)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_imports_are_ones_own(self):
        """rel-A7, C10: Odoo keeps an imported file for hours, for every colleague."""
        imports = self.env["base_import.import"]
        values = {"res_model": "res.partner", "file": b"name,email"}
        mine = imports.with_user(self.manager).create(values)
        self.assertEqual(mine.file, b"name,email")
        with self.assertRaises(AccessError):
            mine.with_user(self.agent).read(["file"])
        self.assertFalse(mine.with_user(self.agent).search([("id", "=", mine.id)]))

    def test_agent_of_another_company_cannot_read_further_addresses(self):
        """rel-G1"""
        self.anna.helpdesk_address_ids = [(0, 0, {"email": "a@private.example"})]
        (self.customer + self.anna).company_id = self.company
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        addresses = self.env(user=stranger, context={})["helpdesk.contact.address"]
        self.assertFalse(addresses.search([("email", "=", "a@private.example")]))

    def test_managers_keep_tags_and_titles(self):
        """K08, K09"""
        for model in ("res.partner.category", "res.partner.title"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.agent).create({"name": "Mine"})
            theirs = self.env[model].with_user(self.manager).create({"name": "Theirs"})
            theirs.name = "Still theirs"
            self.assertEqual(theirs.with_user(self.agent).name, "Still theirs")
            theirs.unlink()
