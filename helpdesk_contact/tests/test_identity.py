from odoo.exceptions import RedirectWarning, ValidationError
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.hooks import pre_init_hook

from .common import ContactCommon


class TestIdentity(ContactCommon):
    """K03: one address, one contact."""

    def setUp(self):
        super().setUp()
        self.Partner = self.env["res.partner"].with_user(self.agent)

    def _create_contact(self, email, **values):
        return self.Partner.create(
            {
                "name": "Clara Roth",
                "email": email,
                "parent_id": self.customer.id,
                **values,
            }
        )

    def test_second_contact_is_refused_with_a_link_to_the_first(self):
        for email in (
            "anna@huber.example",
            "ANNA@huber.example ",
            "A <anna@huber.example>",
        ):
            with (
                self.subTest(email=email),
                self.assertRaises(RedirectWarning) as refusal,
            ):
                self._create_contact(email)
            message, action, _button = refusal.exception.args[:3]
            self.assertIn("Anna", message)
            self.assertEqual(action["res_id"], self.anna.id)

    def test_change_to_a_taken_address_is_refused(self):
        with self.assertRaises(RedirectWarning):
            self.bernd.with_user(self.agent).email = self.anna.email

    def test_deactivated_contact_keeps_its_address(self):
        self.anna.active = False
        with self.assertRaises(RedirectWarning):
            self._create_contact(self.anna.email)

    def test_tag_makes_another_address(self):
        other = self._create_contact("anna+printer@huber.example")
        find = self.env["res.partner"]._helpdesk_find_by_email
        self.assertEqual(find("anna+printer@huber.example"), other)
        self.assertEqual(find("anna@huber.example"), self.anna)

    def test_company_may_share_the_address_of_a_person(self):
        self.customer.with_user(self.agent).email = self.anna.email
        found = self.env["res.partner"]._helpdesk_find_by_email(self.anna.email)
        self.assertEqual(found, self.anna)

    def test_other_apps_may_repeat_a_person_without_customer(self):
        """A guest who orders twice in a shop is not a contact of a customer."""
        guests = self.env["res.partner"].create(
            [{"name": "Guest", "email": "guest@x.example"}] * 2
        )
        with self.assertRaises(RedirectWarning):
            guests[0].parent_id = self.customer

    def test_delivery_address_may_repeat_the_address(self):
        self._create_contact(self.anna.email, type="delivery")
        found = self.env["res.partner"]._helpdesk_find_by_email(self.anna.email)
        self.assertEqual(found, self.anna)

    def test_companies_of_ours_keep_their_own_contacts(self):
        """rel-D5"""
        self.anna.company_id = self.company
        other = self.env["res.partner"].create(
            {
                "name": "Anna at the other",
                "email": self.anna.email,
                "company_id": self.other_company.id,
                "identified_by_email": True,
            }
        )
        find = self.env["res.partner"]._helpdesk_find_by_email
        self.assertEqual(find(self.anna.email, company=self.company), self.anna)
        self.assertEqual(find(self.anna.email, company=self.other_company), other)

    def test_import_names_the_row_instead_of_a_link(self):
        with self.assertRaises(ValidationError):
            self.Partner.with_context(import_file=True).create(
                {
                    "name": "x",
                    "email": self.anna.email,
                    "parent_id": self.customer.id,
                }
            )

    def test_further_address_identifies_the_contact(self):
        self.anna.with_user(self.agent).helpdesk_address_ids = [
            (0, 0, {"email": "Anna@Private.example"})
        ]
        found = self.env["res.partner"]._helpdesk_find_by_email("anna@private.example")
        self.assertEqual(found, self.anna)

    def test_further_address_belongs_to_one_contact(self):
        Address = self.env["helpdesk.contact.address"].with_user(self.agent)
        Address.create({"email": "a@private.example", "partner_id": self.anna.id})
        with self.assertRaises(RedirectWarning):
            self._create_contact("a@private.example")
        with self.assertRaises(RedirectWarning):
            Address.create({"email": self.bernd.email, "partner_id": self.anna.id})

    def test_nonsense_is_no_address(self):
        """Nor is what looks like one, and would be another one of the same contact."""
        people = self.env["res.partner"].with_user(self.agent)
        for text in (
            "anna@huber.example.",
            "anna\u200b@huber.example",
            "new@huber..example",
            "new@.example",
            "new@-huber.example",
            "new@@huber.example",
            "@huber.example",
            "anna huber@huber.example",
        ):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "not an e-mail address"),
            ):
                people.create(
                    {"name": "X", "email": text, "parent_id": self.customer.id}
                )
        for text in (
            "a@müller.example",
            "a.b+c@xn--mller-kva.example",
            "x@intranet",
            " Anna Huber <b@huber.example> ",
        ):
            with self.subTest(text=text):
                people.create(
                    {"name": "X", "email": text, "parent_id": self.customer.id}
                )

    def test_nonsense_is_no_further_address(self):
        with self.assertRaisesRegex(ValidationError, "not an e-mail address"):
            self.env["helpdesk.contact.address"].create(
                {"email": "nonsense", "partner_id": self.anna.id}
            )

    def test_duplicates_from_before_the_installation_are_listed(self):
        doubles = self.env["res.partner"].create(
            [
                {"name": name, "email": "old@huber.example", "type": "other"}
                for name in ("First", "Second")
            ]
        )
        doubles.parent_id = self.customer
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET type = 'contact', identified_by_email = NULL "
            "WHERE id IN %s",
            (tuple(doubles.ids),),
        )
        self.env.invalidate_all()

        pre_init_hook(self.env)
        self.env.invalidate_all()

        self.assertEqual(doubles.mapped("identified_by_email"), [True, False])
        self.assertTrue(self.anna.identified_by_email)
        action = self.Partner.with_user(self.manager).action_view_duplicate_contacts()
        self.assertEqual(self.Partner.search(action["domain"]), doubles)

    def test_merge_keeps_the_addresses_of_both(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.anna + self.bernd).ids, self.anna)
        self.assertFalse(self.bernd.exists())
        found = self.env["res.partner"]._helpdesk_find_by_email("bernd@huber.example")
        self.assertEqual(found, self.anna)

    def test_merge_ends_a_duplicate_from_before_the_installation(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET identified_by_email = FALSE, email = %s, "
            "email_normalized = %s WHERE id = %s",
            (self.anna.email, self.anna.email, self.bernd.id),
        )
        self.env.invalidate_all()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard = wizard.with_user(self.manager).create({})
        wizard._merge((self.anna + self.bernd).ids, self.bernd)
        self.assertTrue(self.bernd.identified_by_email)
        domain = self.env["res.partner"]._get_duplicate_contacts_domain()
        self.assertFalse(self.env["res.partner"].search_count(domain))

    def test_database_refuses_what_two_people_save_at_once(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s",
            ("res_partner_identity_uniq",),
        )
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])


@tagged("post_install", "-at_install")
class TestIdentityQueries(ContactCommon):
    def test_check_costs_the_same_for_many_contacts(self):
        def create(count, offset):
            return [
                {
                    "name": f"P{number}",
                    "email": f"p{number}@huber.example",
                    "parent_id": self.customer.id,
                }
                for number in range(offset, offset + count)
            ]

        self.env["res.partner"].create(create(2, 0))
        few = self.env["res.partner"].create(create(2, 10))
        many = self.env["res.partner"].create(create(60, 100))
        counts = []
        for partners in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners._check_helpdesk_identity()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
