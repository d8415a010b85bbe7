from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestSearch(TicketCommon):
    """What is typed into the search box finds what is meant (A01, T01, T08)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.printer, cls.scanner, cls.router = (
            cls._create_ticket(name=name, partner_id=False, partner_email=email)
            for name, email in (
                ("Printer", "Anna@one.example"),
                ("Scanner", "joanna@one.example"),
                ("Router", "anna at one"),
            )
        )
        cls.mentions = cls._create_ticket(name=f"As in {cls.printer.number}")
        cls.all = cls.printer | cls.scanner | cls.router | cls.mentions

    def find(self, field, typed, operator="ilike"):
        return self.agent_env["helpdesk.ticket"].search(
            [(field, operator, typed), ("id", "in", self.all.ids)]
        )

    def test_whole_number(self):
        """T01: a whole number finds its ticket alone, whatever else mentions it."""
        self.assertEqual(
            self.find("display_name", f" {self.printer.number} "), self.printer
        )

    def test_part_of_number(self):
        part = self.printer.number[1:]
        self.assertIn(self.printer, self.find("display_name", part))
        self.assertIn(self.mentions, self.find("display_name", part))

    def test_subject(self):
        self.assertEqual(self.find("display_name", "scann"), self.scanner)

    def test_whole_address(self):
        """T08: a whole address finds exactly its tickets, in any spelling."""
        self.assertEqual(self.find("requester_email", "anna@ONE.example"), self.printer)

    def test_part_of_address(self):
        for typed in ("nna@one.exam", "anna@one", "na@one"):
            with self.subTest(typed):
                self.assertEqual(
                    self.find("requester_email", typed), self.printer | self.scanner
                )
        self.assertEqual(
            self.find("requester_email", "one.example"), self.printer | self.scanner
        )

    def test_no_address(self):
        """What somebody typed instead of an address is found too."""
        self.assertEqual(self.find("requester_email", "Anna at"), self.router)

    def test_typing_and_enter_finds_who_calls(self):
        """Number, subject, contact, customer, address and telephone number, in the
        first field of the search view."""
        view = self.agent_env["helpdesk.ticket"].get_view(view_type="search")
        made = etree.fromstring(view["arch"]).find(".//field").get("filter_domain")
        company, caller = self.env["res.partner"].create(
            [
                {"name": "Zwiebel AG", "is_company": True},
                {
                    "name": "Xaver Quell",
                    "email": "xq@zwiebel.example",
                    "phone": "+49 (0)30 / 987-654",
                },
            ]
        )
        caller.parent_id = company
        self.router.partner_id = caller
        typed = ("Rout", "xaver", "zwiebel", "xq@zwiebel.example", "q@zwieb")
        for words in (*typed, "030987654", "0049 30 987654", self.router.number):
            with self.subTest(words):
                ((field, operator, _value),) = safe_eval(made, {"self": words})
                self.assertEqual(self.find(field, words, operator), self.router)
        for words in (self.printer.number, "anna@ONE.example"):
            with self.subTest(words):
                self.assertEqual(self.find("searched_words", words), self.printer)
        self.assertFalse(self.find("searched_words", "nobody at all"))

    def test_other_operators(self):
        self.assertEqual(
            self.find("requester_email", "anna@one.example", "="), self.printer
        )
        self.assertNotIn(
            self.printer, self.find("requester_email", "anna@one.example", "not ilike")
        )

    def test_address_of_contact(self):
        """The contact's new address is the one that the ticket is found by."""
        partner = self.env["res.partner"].create(
            {"name": "Carla", "email": "carla@one.example"}
        )
        self.scanner.partner_id = partner
        self.assertEqual(
            self.find("requester_email", "carla@one.example"), self.scanner
        )
