from lxml import html

from odoo.tests import HttpCase, new_test_user, tagged

# Seconds that an answer may take on a machine that is busy with something else.
REQUEST = 60


@tagged("post_install", "-at_install")
class TestPortal(HttpCase):
    """The portal for people who use aids; tests/test_accessibility.py lets axe-core
    see whole pages."""

    def test_pictures_of_the_home_say_nothing(self):
        """The text beside each says it already."""
        user = new_test_user(self.env, "test-portal", groups="base.group_portal")
        self.authenticate(user.login, user.login)
        page = html.fromstring(self.url_open("/my/home", timeout=REQUEST).content)
        pictures = page.xpath("//div[contains(@class, 'o_portal_icon')]/img")
        self.assertTrue(pictures)
        for picture in pictures:
            self.assertEqual(picture.get("alt"), "")
            self.assertTrue(picture.get("src"))
