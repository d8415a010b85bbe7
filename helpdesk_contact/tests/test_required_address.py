from odoo.exceptions import RedirectWarning, ValidationError
from odoo.tests import Form, tagged

from .common import ContactCommon

NO_ADDRESSES = (
    "nonsense",
    "anna@",
    "@huber.example",
    "a@x.example, b@y.example",
    "a@x.example; b@y.example",
    "Anna <a@x.example>, Bernd <b@y.example>",
)


@tagged("post_install", "-at_install")
class TestRequiredAddress(ContactCommon):
    """C04, C05, K03: a contact has one e-mail address, whichever way it comes in."""

    def setUp(self):
        super().setUp()
        self.Partner = self.env["res.partner"].with_user(self.agent)

    def _values(self, **values):
        return {"name": "Clara Roth", "parent_id": self.customer.id, **values}

    def test_person_of_a_customer_without_address_is_refused(self):
        for email in (False, "", "  "):
            with (
                self.subTest(email=email),
                self.assertRaisesRegex(ValidationError, "e-mail address of Clara Roth"),
            ):
                self.Partner.create(self._values(email=email))
        # Odoo makes what stands in a tab as the user of the request.
        self.patch(self.env.transaction, "default_env", self.env(user=self.agent))
        with self.assertRaisesRegex(ValidationError, "Clara Roth"):
            self.customer.with_user(self.agent).child_ids = [
                (0, 0, {"name": "Clara Roth", "type": "contact"})
            ]

    def test_wrong_address_is_called_one_on_a_new_contact(self):
        for email in NO_ADDRESSES:
            for parent in (self.customer, self.customer.browse()):
                with (
                    self.subTest(email=email, customer=parent.name),
                    self.assertRaisesRegex(ValidationError, "not an e-mail address"),
                ):
                    self.Partner.create(self._values(email=email, parent_id=parent.id))

    def test_wrong_address_is_called_one_on_a_known_contact(self):
        for email in NO_ADDRESSES:
            with (
                self.subTest(email=email),
                self.assertRaisesRegex(ValidationError, "not an e-mail address"),
            ):
                self.anna.with_user(self.agent).email = email
        with self.assertRaisesRegex(ValidationError, "Enter the e-mail address"):
            self.anna.with_user(self.agent).email = False

    def test_person_that_joins_a_customer_needs_an_address(self):
        loner = self.env["res.partner"].create({"name": "Loner"})
        with self.assertRaisesRegex(ValidationError, "Loner"):
            loner.with_user(self.agent).parent_id = self.customer
        address = self.env["res.partner"].create(
            self._values(name="Yard", type="delivery")
        )
        with self.assertRaisesRegex(ValidationError, "Yard"):
            address.with_user(self.agent).type = "contact"

    def test_what_is_no_contact_needs_no_address(self):
        self.assertTrue(self.Partner.create({"name": "Neu AG", "is_company": True}))
        for kind in ("delivery", "invoice", "other"):
            self.assertTrue(self.Partner.create(self._values(type=kind)))
        self.assertTrue(self.Partner.create({"name": "Private person"}))

    def test_contact_from_before_can_still_be_changed_otherwise(self):
        old = self.env["res.partner"].create(self._values())
        old.with_user(self.agent).phone = "+49 30 1234"
        self.assertEqual(old.phone, "+49 30 1234")

    def test_forms_ask_for_the_address(self):
        contacts = self.Partner.with_context(
            default_is_company=False, helpdesk_import="contact"
        )
        for view, Partner in (
            ("base.view_partner_form", contacts),
            ("helpdesk_contact.res_partner_view_contact_new", self.Partner),
        ):
            with self.subTest(view=view):
                form = Form(Partner, view)
                form.lastname = "Roth"
                with self.assertRaisesRegex(AssertionError, "email'? is a required"):
                    form.save()
                form.email = "clara@huber.example"
                self.assertEqual(form.save().email, "clara@huber.example")
                self.env["res.partner"].search([("name", "=", "Roth")]).unlink()

    def test_contact_tab_asks_for_the_address(self):
        with (
            self.assertRaisesRegex(AssertionError, "email'? is a required"),
            Form(self.customer.with_user(self.agent)) as form,
            form.child_ids.new() as person,
        ):
            person.lastname = "Roth"

    def test_contact_without_customer_is_known_by_its_address_too(self):
        contacts = self.Partner.with_context(helpdesk_import="contact")
        first = contacts.create({"name": "First", "email": "one@x.example"})
        self.assertTrue(first.identified_by_email)
        with self.assertRaises(RedirectWarning):
            contacts.create({"name": "Second", "email": "ONE@x.example"})

    def test_wrong_address_among_recipients_stops_no_mail(self):
        """Odoo makes a contact of each recipient of any app; it is corrected later."""
        found = self.Partner._find_or_create_from_emails(
            ["nonsense", "new@huber.example", self.anna.email]
        )
        wrong, new, known = found
        self.assertEqual(
            [wrong.email, new.email, known],
            ["nonsense", "new@huber.example", self.anna],
        )
        with self.assertRaisesRegex(ValidationError, "not an e-mail address"):
            wrong.email = "nonsense again"

    def test_merge_of_contacts_is_no_contact_without_address(self):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard.with_user(self.manager).create({})._merge(
            (self.anna + self.bernd).ids, self.anna, extra_checks=False
        )
        self.assertFalse(self.bernd.exists())


class TestLanguageOfCustomer(ContactCommon):
    """K05: a customer's language is that of its contacts who have none of their own."""

    def setUp(self):
        super().setUp()
        for code in ("de_DE", "fr_FR", "es_ES"):
            self.env["res.lang"]._activate_lang(code)
        self.customer.with_user(self.agent).lang = "de_DE"

    def test_new_language_reaches_contacts(self):
        self.assertEqual(self.anna.lang, "de_DE")
        self.bernd.active = False
        self.customer.with_user(self.agent).lang = "fr_FR"
        self.assertEqual((self.anna + self.bernd).mapped("lang"), ["fr_FR"] * 2)

    def test_it_reaches_them_by_the_helpdesks_own_field(self):
        french = self.env["res.lang"]._lang_get("fr_FR")
        self.customer.with_user(self.agent).helpdesk_language_id = french
        self.assertEqual(self.anna.lang, "fr_FR")

    def test_language_set_by_hand_stays(self):
        self.anna.with_user(self.agent).lang = "es_ES"
        self.bernd.with_user(self.agent).lang = "de_DE"
        self.customer.with_user(self.agent).lang = "fr_FR"
        self.assertEqual(self.anna.lang, "es_ES")
        self.assertEqual(self.bernd.lang, "de_DE")

    def test_language_set_by_hand_stays_with_another_customer(self):
        other = self.customer.create({"name": "Other", "is_company": True})
        other.lang = "fr_FR"
        self.anna.with_user(self.agent).lang = "es_ES"
        (self.anna + self.bernd).with_user(self.agent).parent_id = other
        self.assertEqual(self.anna.lang, "es_ES")
        self.assertEqual(self.bernd.lang, "fr_FR")

    def test_contact_made_later_has_it_and_follows(self):
        clara = self.env["res.partner"].with_user(self.agent)
        clara = clara.create(
            {
                "name": "Clara",
                "email": "clara@huber.example",
                "parent_id": self.customer.id,
            }
        )
        self.assertEqual(clara.lang, "de_DE")
        self.customer.with_user(self.agent).lang = "fr_FR"
        self.assertEqual(clara.lang, "fr_FR")

    def test_contact_made_in_the_form_follows(self):
        new = "helpdesk_contact.res_partner_view_contact_new"
        form = Form(self.env["res.partner"].with_user(self.agent), new)
        form.parent_id = self.customer
        form.lastname = "Roth"
        form.email = "roth@huber.example"
        roth = form.save()
        self.assertEqual(roth.lang, "de_DE")
        self.customer.with_user(self.agent).lang = "fr_FR"
        self.assertEqual(roth.lang, "fr_FR")

    def test_customer_without_language_leaves_the_detected_one(self):
        silent = self.customer.create({"name": "Silent", "is_company": True})
        silent.lang = False
        sender = self.env["res.partner"].create(
            {"name": "S", "email": "s@silent.example", "lang": "fr_FR"}
        )
        sender.with_user(self.agent).parent_id = silent
        self.assertEqual(sender.lang, "fr_FR")

    def test_costs_the_same_for_many_contacts(self):
        counts = []
        for number in (2, 40):
            customer = self.customer.create(
                {
                    "name": f"With {number}",
                    "is_company": True,
                    "lang": "de_DE",
                    "child_ids": [
                        (0, 0, {"name": f"P{n}", "email": f"p{n}@n{number}.example"})
                        for n in range(number)
                    ],
                }
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customer._get_language_followers("fr_FR")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
