from odoo.exceptions import ValidationError

from .common import ContactCommon


class TestMailDomain(ContactCommon):
    """C09: the customer that owns a mail domain."""

    def _add_domain(self, name, customer=None):
        return self.env["helpdesk.mail.domain"].create(
            {"name": name, "partner_id": (customer or self.customer).id}
        )

    def test_domain_is_cleaned(self):
        self.assertEqual(self._add_domain(" @Huber.Example. ").name, "huber.example")

    def test_nonsense_is_refused(self):
        for name in ("huber", "anna@huber.example", "-a.example", "a b.example", "@"):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                self._add_domain(name)

    def test_free_mail_provider_is_refused(self):
        for name in ("gmail.com", "GMX.de", "orange.fr", "hotmail.es"):
            with (
                self.subTest(name=name),
                self.assertRaisesRegex(ValidationError, "free mail provider"),
            ):
                self._add_domain(name)

    def test_domain_of_two_customers_matches_none(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self._add_domain("huber.example")
        create = self.env["res.partner"]._helpdesk_create_from_email
        self.assertEqual(create("x@huber.example").parent_id, self.customer)
        self._add_domain("huber.example", other)
        self.assertFalse(create("y@huber.example").parent_id)

    def test_customer_of_another_company_does_not_match(self):
        self._add_domain("huber.example")
        self.customer.company_id = self.other_company
        create = self.env["res.partner"]._helpdesk_create_from_email
        self.assertFalse(create("x@huber.example", company=self.company).parent_id)
