import csv
import io

from openpyxl import load_workbook

from odoo.tests import tagged

from .common import ContactCommon
from .common_http import PatientHttpCase

# Its customer exists, its INSERT, no circle of parents, and two reads of its customer.
ODOO_QUERIES_OF_A_ROW = 5


class TestImport(ContactCommon):
    """C10: customers and contacts in bulk."""

    def setUp(self):
        super().setUp()
        self.Contact = (
            self.env["res.partner"]
            .with_user(self.agent)
            .with_context(
                import_file=True, tracking_disable=True, helpdesk_import="contact"
            )
        )

    def _load(self, *rows, columns=("parent_id", "firstname", "lastname", "email")):
        return self.Contact.load(list(columns), [list(row) for row in rows])

    def test_new_rows_become_contacts(self):
        result = self._load(
            ("Bäckerei Huber", "Clara", "Roth", "clara@huber.example"),
            ("", "Dora", "Kern", "dora@x.example"),
        )
        self.assertFalse(result["messages"])
        clara, dora = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(clara.parent_id, self.customer)
        self.assertEqual((clara.firstname, clara.lastname), ("Clara", "Roth"))
        self.assertFalse(dora.parent_id)

    def test_known_address_updates_instead_of_duplicating(self):
        result = self._load(
            ("Bäckerei Huber", "Anna", "Huber-Maier", "ANNA@huber.example")
        )
        self.assertEqual(result["ids"], self.anna.ids)
        self.assertEqual(self.anna.lastname, "Huber-Maier")

    def test_further_address_updates_too(self):
        self.anna.helpdesk_address_ids = [(0, 0, {"email": "a@private.example"})]
        result = self._load(("Bäckerei Huber", "Anna", "Neu", "a@private.example"))
        self.assertEqual(result["ids"], self.anna.ids)

    def test_every_bad_row_is_named(self):
        rows = [("", "A", f"B{number}", "nonsense") for number in range(25)]
        rows.append(("", "C", "D", ""))
        rows.append(("", "E", "F", "good@x.example"))
        rows.append(("", "G", "H", "twice@x.example"))
        rows.append(("", "I", "J", "twice@x.example"))
        result = self._load(*rows)
        self.assertFalse(result["ids"])
        named = {message["rows"]["from"] for message in result["messages"]}
        self.assertEqual(named, {*range(26), 27, 28})
        message = result["messages"][0]
        self.assertEqual(message["field"], "email")
        self.assertIn("not an e-mail address", message["message"])
        self.assertIn("missing", result["messages"][25]["message"])
        self.assertIn("2 rows", result["messages"][26]["message"])
        known = self.env["res.partner"].search([("email", "=", "good@x.example")])
        self.assertFalse(known)

    def test_rows_without_a_name_are_named(self):
        result = self._load(("", "", " ", "a@x.example"), ("", "B", "", "b@x.example"))
        [message] = result["messages"]
        self.assertEqual(message["message"], "Row 1: The name is missing.")
        columns = ("name", "email")
        [message] = self._load(("", "c@x.example"), columns=columns)["messages"]
        self.assertEqual(message["rows"], {"from": 0, "to": 0})
        self.assertIn("The name is missing.", message["message"])

    def test_unknown_customer_names_row_and_column(self):
        result = self._load(("Nobody Ltd", "A", "B", "a@x.example"))
        (message,) = result["messages"]
        self.assertEqual(message["field"], "parent_id")
        self.assertEqual(message["rows"], {"from": 0, "to": 0})
        self.assertTrue(message["message"].startswith("Row 1: "))

    def test_test_run_reads_the_addresses_of_all_batches(self):
        rows = [["A", f"B{number}", f"b{number}@x.example"] for number in range(5)]
        rows[4][2] = "nonsense"
        columns = ["firstname", "lastname", "email"]
        first = self.Contact.with_context(_import_limit=2).load(columns, rows)
        self.assertFalse(first["ids"])
        (message,) = first["messages"]
        self.assertEqual(message["rows"], {"from": 4, "to": 4})
        self.assertTrue(message["message"].startswith("Row 5: “nonsense”"))

    def test_rows_of_a_later_batch_are_counted_over_the_file(self):
        text = "First name,Last name,Email\nA,B,a@x.example\nC,D,\nE,F,nonsense\n"
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "res.partner",
                "file": text.encode(),
                "file_type": "text/csv",
                "file_name": "contacts.csv",
            }
        )
        result = wizard.with_context(helpdesk_import="contact").execute_import(
            ["firstname", "lastname", "email"],
            ["First name", "Last name", "Email"],
            {"has_headers": True, "separator": ",", "quoting": '"', "skip": 1},
            dryrun=True,
        )
        self.assertEqual(
            [
                (m["rows"]["from"], m["message"].split(":")[0])
                for m in result["messages"]
            ],
            [(1, "Row 2"), (2, "Row 3")],
        )

    def test_a_file_of_another_kind_is_told_in_a_thousand_messages(self):
        result = self._load(*[("", "A", "B", f"nonsense {n}") for n in range(1001)])
        self.assertEqual(len(result["messages"]), 1001)
        self.assertIn("More rows", result["messages"][-1]["message"])

    def test_batches_go_on_where_the_last_one_ended(self):
        rows = [["A", f"B{number}", f"b{number}@x.example"] for number in range(5)]
        columns = ["firstname", "lastname", "email"]
        first = self.Contact.with_context(_import_limit=2).load(columns, rows)
        self.assertEqual((len(first["ids"]), first["nextrow"]), (2, 2))
        rest = self.Contact.with_context(_import_limit=10).load(columns, rows[2:])
        self.assertEqual((len(rest["ids"]), rest["nextrow"]), (3, 0))

    def test_customers_update_by_their_address(self):
        self.customer.email = "office@huber.example"
        Customer = self.Contact.with_context(
            helpdesk_import="customer", default_is_company=True
        )
        result = Customer.load(
            ["name", "email", "city"],
            [
                ["Bäckerei Huber GmbH", "office@huber.example", "München"],
                ["Neu AG", "", "Wien"],
            ],
        )
        self.assertFalse(result["messages"])
        huber, neu = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(huber, self.customer)
        self.assertEqual(huber.city, "München")
        self.assertTrue(neu.is_company)

    def _load_customers(self, *rows, columns=("name", "zip", "city", "phone")):
        Customer = self.Contact.with_context(
            helpdesk_import="customer", default_is_company=True
        )
        return Customer.load(list(columns), [list(row) for row in rows])

    def test_customers_without_address_are_recognised_by_name_and_place(self):
        rows = [
            ("Neu AG", "1010", "Wien", "1"),
            ("Neu AG", "8010", "Graz", "2"),
            ("Alt AG", "", "", "3"),
        ]
        first = self._load_customers(*rows)
        self.assertFalse(first["messages"])
        for again in (rows, [(n.upper(), z, f" {c} ", p) for n, z, c, p in rows]):
            self.assertEqual(self._load_customers(*again)["ids"], first["ids"])
        with_column = self._load_customers(
            *((n, "", z, c) for n, z, c, _p in rows),
            columns=("name", "email", "zip", "city"),
        )
        self.assertEqual(with_column["ids"], first["ids"])

    def test_archived_customer_without_address_is_recognised(self):
        (id_,) = self._load_customers(("Neu AG", "1010", "Wien", "1"))["ids"]
        self.env["res.partner"].browse(id_).active = False
        again = self._load_customers(("Neu AG", "1010", "Wien", "1"))
        self.assertEqual(again["ids"], [id_])

    def test_customers_nobody_can_tell_apart_are_reported(self):
        self.customer.create({"name": self.customer.name, "is_company": True})
        result = self._load_customers(
            ("Good AG", "", "", "1"),
            (self.customer.name, "", "", "2"),
            ("Twice AG", "", "Wien", "3"),
            ("twice ag", "", "Wien", "4"),
        )
        self.assertFalse(result["ids"])
        self.assertEqual([m["rows"]["from"] for m in result["messages"]], [1, 2, 3])
        self.assertIn("2 customers have", result["messages"][0]["message"])
        self.assertIn("in 2 rows", result["messages"][1]["message"])

    def test_name_with_signs_of_a_pattern_is_only_itself(self):
        self._load_customers(("Neu AG", "", "", "1"))
        (id_,) = self._load_customers(("N%", "", "", "2"))["ids"]
        self.assertEqual(self.env["res.partner"].browse(id_).name, "N%")

    def test_contacts_without_column_of_addresses_are_refused(self):
        result = self._load(("A", "B"), columns=("firstname", "lastname"))
        self.assertFalse(result["ids"])
        self.assertIn("no column", result["messages"][0]["message"])

    def test_rows_cost_no_query_of_ours(self):
        """C10: what a row costs is Odoo's: it finds the customer, tells its place,
        looks for a circle, and saves one contact at a time because of its names."""
        counts = []
        for number in (10, 20, 40):
            customers = self.env["res.partner"].create(
                [
                    {"name": f"Customer {number} {n}", "is_company": True}
                    for n in range(number)
                ]
            )
            rows = [
                (customer.name, "P", f"Q{n}", f"p{n}@n{number}.example")
                for n, customer in enumerate(customers)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self._load(*rows)["ids"]), number)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[1], 20 * ODOO_QUERIES_OF_A_ROW)

    def test_repeated_import_costs_no_query_for_each_row(self):
        counts = []
        for number in (10, 20, 40):
            rows = [
                ("", "P", f"Q{n}", f"p{n}@n{number}.example") for n in range(number)
            ]
            self._load(*rows)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self._load(*rows)["ids"]), number)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[1], 20 * ODOO_QUERIES_OF_A_ROW)

    def test_address_of_an_unseen_contact_is_refused(self):
        hidden = self.anna.copy({"email": "hidden@x.example", "parent_id": False})
        hidden.write({"identified_by_email": True, "firstname": "Hilde"})
        rule = self.env["ir.rule"].create(
            {
                "name": "Not Hilde",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "!=", hidden.id)],
            }
        )
        self.assertTrue(rule)
        result = self._load(("", "A", "B", "hidden@x.example"))
        self.assertFalse(result["ids"])
        self.assertIn("Hilde", result["messages"][0]["message"])

    def test_screen_proposes_a_batch_within_odoos_limits(self):
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "res.partner",
                "file": b"Name,Email\nA,a@x.example\n",
                "file_type": "text/csv",
                "file_name": "contacts.csv",
            }
        )
        options = {"has_headers": True, "separator": ",", "quoting": '"'}
        for asked, given in ((2000, 500), (1000, 1000)):
            preview = wizard.parse_preview({**options, "limit": asked})
            self.assertEqual(preview["options"]["limit"], given)

    def test_odoo_own_import_stays_as_it_is(self):
        result = self.env["res.partner"].load(["name", "email"], [["X", "nonsense"]])
        self.assertTrue(result["ids"])
        labels = self.env["res.partner"].get_import_templates()
        self.assertEqual(len(labels), 1)


@tagged("post_install", "-at_install")
class TestImportTemplate(ContactCommon, PatientHttpCase):
    """C10: template files in the user's language."""

    def _download(self, name):
        return self.url_open(f"/helpdesk_contact/import_template/{name}")

    def test_templates_import_as_they_are(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.agent.lang = "de_DE"
        self.authenticate(self.agent.login, self.agent.login)
        for kind in ("contact", "customer"):
            Partner = self.env["res.partner"].with_context(helpdesk_import=kind)
            names = [
                t["template"].rpartition("/")[2] for t in Partner.get_import_templates()
            ]
            self.assertEqual(names, [f"{kind}.xlsx", f"{kind}.csv"])
            sheet = load_workbook(io.BytesIO(self._download(names[0]).content)).active
            xlsx_rows = [
                [cell or "" for cell in row]
                for row in sheet.iter_rows(values_only=True)
            ]
            text = self._download(names[1]).content.decode("utf-8-sig")
            self.assertEqual(xlsx_rows, list(csv.reader(io.StringIO(text))))
            fields = Partner.with_context(lang="de_DE").fields_get()
            labels = {field["string"] for field in fields.values()}
            self.assertLessEqual(set(xlsx_rows[0]), labels)

    def test_unknown_template_is_not_found(self):
        """rel-C4: no path leads out of the templates."""
        self.authenticate(self.agent.login, self.agent.login)
        for name in ("contact.exe", "other.csv", "..%2F..%2Fetc%2Fpasswd"):
            with self.subTest(name=name):
                self.assertEqual(self._download(name).status_code, 404)

    def test_strangers_get_no_template(self):
        response = self.url_open(
            "/helpdesk_contact/import_template/contact.csv", allow_redirects=False
        )
        self.assertEqual(response.status_code, 303)
