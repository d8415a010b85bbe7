from odoo import api, models

from odoo.addons.helpdesk_ticket.self_check import (
    ADMINISTRATOR,
    ATTENTION,
    BROKEN,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
)

PAGES = "helpdesk_facebook.action_helpdesk_facebook_page"
GROUPS = (MANAGER, ADMINISTRATOR)


class HelpdeskCheck(models.TransientModel):
    """The self-check of Facebook pages (M04)."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_check_methods(self):
        return [*super()._get_check_methods(), self._check_facebook_pages]

    def _check_facebook_pages(self):
        """Check the last answer of Facebook for each page, and what failed (K04)."""
        pages = self.env["helpdesk.facebook.page"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        failed = dict(
            self.env["helpdesk.facebook.event"]._read_group(
                [("page_id", "in", pages.ids), ("state", "=", "failed")],
                ["page_id"],
                ["__count"],
            )
        )
        checks = [
            Check(
                "facebook_page",
                "channel",
                self.env._("Facebook page %(name)s", name=page.name),
                *self._describe_facebook_page(page, failed.get(page, 0)),
                page.company_id.id,
            )
            for page in pages
        ]
        missing = Check(
            "facebook_page",
            "channel",
            self.env._("Facebook pages"),
            UNSET,
            self.env._("No page is connected."),
            self.env._("Connect a page if customers write to you on Facebook."),
            Screen(PAGES, groups=GROUPS),
        )
        return self._add_where_none(checks, missing)

    @api.model
    def _describe_facebook_page(self, page, failed):
        """Return the state of a page, what was found, what to do, and where.

        :param page: `helpdesk.facebook.page`
        :param int failed: how many of its messages failed
        :rtype: tuple
        """
        screen = Screen(PAGES, page.id, groups=GROUPS)
        if page.error:
            step = self.env._("Correct the page, for example its access token.")
            return BROKEN, page.error, step, screen
        if failed:
            text = self.env._("Messages that failed: %(count)s.", count=failed)
            step = self.env._("Check the reason of each one, then try again.")
            action = "helpdesk_facebook.action_helpdesk_facebook_event"
            screen = Screen(action, filters=("failed",), groups=(MANAGER,))
            return ATTENTION, text, step, screen
        return FINE, self.env._("It is connected."), "", screen
