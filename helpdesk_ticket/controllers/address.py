from odoo import http
from odoo.exceptions import UserError

from odoo.addons.portal.controllers.portal import CustomerPortal

from .public_page import PublicPage

PAGE = "/helpdesk/address/<string:partner_id>/<string:signature>"


class AddressLink(PublicPage, http.Controller):
    """The page where a customer confirms a new address by a link (K03)."""

    def _open(self, partner_id, signature):
        found = self._find_signed("res.partner", partner_id, partner_id, signature)
        if found:
            company = found.company_id or found.env.company
            found = found.with_context(**self._speak_to(found, company))
        return found

    @http.route(
        PAGE, type="http", auth="public", website=True, methods=["GET"], sitemap=False
    )
    def show_address(self, partner_id, signature, **kwargs):
        """Ask for a click. Looking confirms nothing: mail scanners look too.

        :param str partner_id: from the link
        :param str signature: from the link
        :return: the page
        """
        found = self._open(partner_id, signature)
        if not found:
            return self._refuse_link(found)
        return self._render("public_address", {"address": found.helpdesk_new_email})

    @http.route(
        PAGE, type="http", auth="public", website=True, methods=["POST"], sitemap=False
    )
    def confirm_address(self, partner_id, signature, **kwargs):
        """Let the new address count.

        :param str partner_id: from the link
        :param str signature: from the link
        :return: the page with what became of it
        """
        found = self._open(partner_id, signature)
        if not found:
            return self._refuse_link(found)
        values = {"address": found.helpdesk_new_email}
        values["confirmed"] = found._confirm_address()
        if not values["confirmed"]:
            values["refusal"] = self.env["res.partner"]._get_address_refusal()
        return self._render("public_address", values)


class HelpdeskAddress(CustomerPortal):
    def _create_or_update_address(self, partner_sudo, *args, **kwargs):
        """Hold back the address of a contact that a customer adds, and say in the form
        why one is not taken (K03)."""
        try:
            with self.env.cr.savepoint():
                partner, feedback = super()._create_or_update_address(
                    partner_sudo, *args, **kwargs
                )
                if partner != partner_sudo and self.env.user._is_portal():
                    partner._hold_back_new_address()
        except UserError as error:
            return partner_sudo, {"invalid_fields": ["email"], "messages": [str(error)]}
        return partner, feedback
