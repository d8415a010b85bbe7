from odoo.tests import tagged

from .common import ContactCommon


class TestSender(ContactCommon):
    """K01, C09: who is this sender?"""

    def setUp(self):
        super().setUp()
        self.Partner = self.env["res.partner"]

    def test_found_whatever_the_spelling(self):
        for email in (
            "anna@huber.example",
            "ANNA@Huber.Example",
            '"Huber, Anna" <Anna@huber.example>',
        ):
            with self.subTest(email=email):
                self.assertEqual(self.Partner._helpdesk_find_by_email(email), self.anna)

    def test_display_name_is_no_identity(self):
        """rel-D3: only the address counts."""
        found = self.Partner._helpdesk_find_by_email(
            '"anna@huber.example" <evil@bad.example>'
        )
        self.assertFalse(found)

    def test_nothing_found_for_nonsense(self):
        for email in ("", False, "nobody", "a@b@c", "<>"):
            with self.subTest(email=email):
                self.assertFalse(self.Partner._helpdesk_find_by_email(email))

    def test_name_decides_between_people_with_one_address(self):
        """Odoo lets people without a customer share an address."""
        _first, second = self.Partner.create(
            [
                {"name": name, "email": "office@x.example"}
                for name in ("Kim Lee", "Robin Day")
            ]
        )
        found = self.Partner._helpdesk_find_by_email(
            "office@x.example", name="robin day"
        )
        self.assertEqual(found, second)

    def test_contact_of_another_company_is_not_found(self):
        """rel-D5: the company that the mail reached decides."""
        self.anna.company_id = self.other_company
        found = self.Partner._helpdesk_find_by_email(
            self.anna.email, company=self.company
        )
        self.assertFalse(found)

    def test_new_contact_below_the_owner_of_the_domain(self):
        self.customer.helpdesk_domain_ids = [(0, 0, {"name": "huber.example"})]
        contact = self.Partner._helpdesk_create_from_email(
            "Clara Roth <Clara@Huber.example>", name="Clara Roth"
        )
        self.assertEqual(contact.parent_id, self.customer)
        self.assertEqual(contact.email, "clara@huber.example")
        self.assertEqual(contact.firstname, "Clara")
        self.assertEqual(contact.lastname, "Roth")

    def test_new_contact_of_a_free_mail_provider_has_no_company(self):
        contact = self.Partner._helpdesk_create_from_email("x.y@gmail.com")
        self.assertFalse(contact.parent_id)
        self.assertEqual(contact.name, "x.y")

    def test_new_contact_stays_with_the_company_it_wrote_to(self):
        """rel-G1: with several companies, senders are not shown to the others."""
        contact = self.Partner._helpdesk_create_from_email(
            "x@unknown.example", company=self.company
        )
        self.assertEqual(contact.company_id, self.company)

    def test_no_contact_from_two_addresses(self):
        contact = self.Partner._helpdesk_create_from_email("a@x.example, b@x.example")
        self.assertFalse(contact)


@tagged("post_install", "-at_install")
class TestSenderPlan(ContactCommon):
    def test_address_look_up_has_an_index(self):
        """Each mail looks its sender up; the cost must not grow with the partners."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner'"
        )
        definitions = [row[0] for row in self.env.cr.fetchall()]
        self.assertTrue([d for d in definitions if "(email_normalized)" in d])
