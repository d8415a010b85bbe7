from odoo.tests import HttpCase, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestPortal(TicketCommon, HttpCase):
    """The customer's pages, over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_anna = cls._create_portal_user(cls.anna)
        cls.of_anna = cls._create_ticket(description="<p>It only blinks.</p>")
        cls.of_bernd = cls._create_ticket(
            partner_id=cls.bernd.id, name="Wages of <b>Bernd</b>"
        )

    def setUp(self):
        super().setUp()
        self.authenticate(self.portal_anna.login, self.portal_anna.login)

    def _count_queries(self, url):
        self.flush_tracking()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(self.url_open(url).status_code, 200)
        return self.env.cr.sql_log_count - before

    def test_K11_list(self):
        """K11, C07: one's own; as primary contact those of the company, the closed
        ones by a switch."""
        page = self.url_open("/my/tickets").text
        self.assertIn(self.of_anna.number, page)
        self.assertNotIn(self.of_bernd.number, page)
        self.anna.is_primary_contact = True
        page = self.url_open("/my/tickets").text
        self.assertIn(self.of_bernd.number, page)
        self.assertIn("Wages of &lt;b&gt;Bernd", page)
        self.of_bernd._move("closed")
        self.assertNotIn(self.of_bernd.number, self.url_open("/my/tickets").text)
        for query in (
            "filterby=closed",
            "filterby=all&groupby=status&sortby=name",
            "filterby=all&groupby=person&sortby=status",
            "filterby=all&groupby=topic&search=Wages",
            "filterby=all&search_in=person&search=bernd",
            f"filterby=all&search={self.of_bernd.number}",
            "filterby=all&search_in=content&search=wages",
        ):
            with self.subTest(query):
                page = self.url_open(f"/my/tickets?{query}").text
                self.assertIn(self.of_bernd.number, page)
        page = self.url_open("/my/tickets?search=nothing&sortby=x&groupby=y").text
        self.assertIn("Nothing was found", page)

    def test_A1_a_ticket_of_others_looks_like_none(self):
        """rel-A1"""
        answers = [
            self.url_open(f"/my/tickets/{number}", allow_redirects=False)
            for number in (self.of_bernd.id, self.of_bernd.id + 10**6)
        ]
        for answer in answers:
            self.assertEqual(answer.status_code, 303)
            self.assertTrue(answer.headers["Location"].endswith("/my/tickets"))

    def test_page(self):
        """T15: what concerns the customer, and no more of it."""
        self.of_anna.write({"solution": "<p>The cable.</p>", "user_id": self.agent.id})
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": b"x",
                    "res_model": "helpdesk.ticket",
                    "res_id": self.of_anna.id,
                }
                for name in ("shown.txt", "hidden.txt")
            ]
        )
        self.of_anna.with_user(self.agent).message_post(
            body="A note", attachment_ids=attachments[1].ids
        )
        url = f"/my/tickets/{self.of_anna.id}"
        page = self.url_open(url).text
        self.assertIn("It only blinks.", page)
        self.assertIn("shown.txt", page)
        self.assertNotIn("hidden.txt", page)
        self.assertNotIn("The cable.", page)
        self.of_anna._move("closed")
        self.assertIn("The cable.", self.url_open(url).text)

    def test_number_of_queries(self):
        """The list costs the same for few tickets and many; so does a page."""
        for topic in self.env["helpdesk.ticket.topic"].search([], limit=2):
            self._create_ticket(topic_id=topic.id)
        self._count_queries("/my/tickets?groupby=topic")
        few = self._count_queries("/my/tickets?groupby=topic")
        for _number in range(20):
            self._create_ticket()
        self.assertEqual(self._count_queries("/my/tickets?groupby=topic"), few)
        url = f"/my/tickets/{self.of_anna.id}"
        self._count_queries(url)
        before = self._count_queries(url)
        for _number in range(5):
            self._answer(self.of_anna)
        self.assertEqual(self._count_queries(url), before)
