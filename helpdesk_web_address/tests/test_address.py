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

    def test_nul_in_what_comes(self):
        """rel-C11: a NUL comes with what is copied from elsewhere, and is left out."""
        user = new_test_user(self.env, "test-nul", groups="base.group_system")
        self.authenticate(user.login, user.login)
        name = {"name": "Vi\0kt\ud83d\0or \\u0000", "lang": "en_US"}
        call = {"model": "res.partner", "kwargs": {}}
        for method, args in (
            ("create", [[name]]),
            ("name_search", ["Vi\0ktor"]),
            ("search_count", [[["name", "=", "Viktor\0 \\u0000"]]]),
        ):
            answer = self.url_open(
                f"/web/dataset/call_kw/res.partner/{method}",
                json={"params": {**call, "method": method, "args": args}},
                timeout=REQUEST,
            ).json()
            with self.subTest(method=method):
                self.assertTrue(answer.get("result"), answer.get("error"))
        found = self.env["res.partner"].search([("name", "=", "Viktor \\u0000")])
        self.assertEqual(len(found), 1)
        page = self.url_open("/web/login?login=%00x&redirect=/%00", timeout=REQUEST)
        self.assertEqual(page.status_code, 200)
