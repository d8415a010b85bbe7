from odoo.tests import HttpCase, new_test_user, tagged

# Seconds that an answer may take on a machine that is busy with something else.
REQUEST = 60


@tagged("post_install", "-at_install")
class TestAddress(HttpCase):
    """rel-C8: what is no address gets a page, and no error."""

    def test_nonsense_gets_a_page(self):
        user = new_test_user(self.env, "test-address")
        for login in (None, user.login):
            self.authenticate(login, login)
            for path, status in (
                ("/web/login?self=1", 200),
                ("/nowhere/%00", 404),
                ("/nowhere%00.txt?self=%00", 404),
            ):
                page = self.url_open(path, timeout=REQUEST)
                with self.subTest(path=path, user=login):
                    self.assertEqual(page.status_code, status)
