from markupsafe import Markup

from odoo.tests import TransactionCase, tagged

ODD = """<p style="background-image: url('//elsewhere.example/a.png')">Words
    <a href="/my/../x">there</a> <a href="/my/y">here</a> url(//words)</p>"""


@tagged("post_install", "-at_install")
class TestLinks(TransactionCase):
    """Addresses that Odoo cannot complete are completed, and lose nothing."""

    def test_odd_addresses(self):
        """N03, T15"""
        base = "https://helpdesk.example"
        text = self.env["mail.render.mixin"]._replace_local_links(Markup(ODD), base)
        self.assertIsInstance(text, Markup)
        self.assertIn("url('https://elsewhere.example/a.png')", text)
        self.assertIn(f'href="{base}/my/../x"', text)
        self.assertIn(f'href="{base}/my/y"', text)
        self.assertIn("url(//words)", text)

    def test_odd_address_in_a_mail(self):
        """N03: it keeps no mail from being sent."""
        mail = self.env["mail.mail"].create({"body_html": ODD, "email_to": "a@x.org"})
        (found,) = mail._prepare_outgoing_list()
        self.assertIn(f'href="{mail.get_base_url()}/my/../x"', found["body"])
