from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..download import FORBIDDEN, ORIGINS, DownloadError, fetch

RESOLVE = "odoo.addons.helpdesk_facebook.download.socket.getaddrinfo"
CONNECT = "odoo.addons.helpdesk_facebook.download.socket.create_connection"


@tagged("post_install", "-at_install")
class TestDownload(BaseCase):
    """A message makes Odoo ask Facebook's servers only (rel-F2)."""

    def _fetch(self, url, address="157.240.1.1"):
        with (
            patch(RESOLVE, return_value=[(2, 1, 6, "", (address, 443))]),
            patch(CONNECT, side_effect=OSError("reached")) as connect,
            self.assertRaises(DownloadError) as caught,
        ):
            fetch(url, ORIGINS, 10)
        self.assertEqual(connect.called, caught.exception.kind != FORBIDDEN)
        return connect.called

    def test_origins(self):
        self.assertTrue(self._fetch("https://scontent.xx.fbcdn.net/v/1_n.jpg?a=1"))
        for url in (
            "http://scontent.xx.fbcdn.net/a",
            "https://scontent.xx.fbcdn.net:8443/a",
            "https://fbcdn.net.evil.example/a",
            "https://evilfbcdn.net/a",
            "https://user@evil.example/?https://x.fbcdn.net/",
            "https://[::1]/a",
            "https://x.fbcdn.net:99999/a",
            "file:///etc/passwd",
            "",
        ):
            with self.subTest(url=url):
                self.assertFalse(self._fetch(url))

    def test_names_that_lead_inside(self):
        for address in (
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "168.63.129.16",
            "64:ff9b:1::a00:1",
            "2001:0:7f00:1::80ff:fffe",
        ):
            with self.subTest(address=address):
                self.assertFalse(self._fetch("https://x.fbcdn.net/a", address))
