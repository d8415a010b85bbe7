from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.exceptions import UserError

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..typed_text import MAX_LINE, one_line, own_path
from .public_page import PublicPage

PAGE = "/helpdesk/address/<string:partner_id>/<string:signature>"


class AddressLink(PublicPage, http.Controller):
    """The page on which a customer confirms a new address by a link (K03)."""

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
        """Ask for a click. Opening the page confirms nothing, because mail scanners
        open it too.

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
        """Confirm the new address.

        :param str partner_id: from the link
        :param str signature: from the link
        :return: the page with the result
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
    """Odoo's pages of a customer's account: they redirect to our own site only, and
    typed values are one line."""

    @http.route()
    def account(self, redirect="/my", **kwargs):
        """Show the customer's own contact.

        :param str redirect: the next page, a path of this site
        """
        return super().account(redirect=own_path(redirect) or "/my", **kwargs)

    @http.route()
    def portal_address(self, callback="", **kwargs):
        """Show the form of a contact.

        :param str callback: the next page, a path of this site
        """
        return super().portal_address(callback=own_path(callback), **kwargs)

    def _create_or_update_address(self, partner_sudo, *args, **kwargs):
        """Hold back the address of a contact that a customer adds until it is
        confirmed, and show in the form why one is refused (K03)."""
        if too_long := self._find_too_long(kwargs):
            sentence = self.env._(
                "Use at most %(count)s characters in each field.", count=MAX_LINE
            )
            return partner_sudo, {"invalid_fields": too_long, "messages": [sentence]}
        try:
            with self.env.cr.savepoint():
                partner, feedback = super()._create_or_update_address(
                    partner_sudo, *args, **self._read_form(kwargs)
                )
                if partner != partner_sudo and self.env.user._is_portal():
                    partner._hold_back_new_address()
        except UserError as error:
            return partner_sudo, {"invalid_fields": ["email"], "messages": [str(error)]}
        return partner, feedback

    def _find_too_long(self, form):
        """Return the names of the fields whose values are too long for one line.

        :param dict form: see `_read_form`
        :rtype: list
        """
        typed = self.env["res.partner"]._get_frontend_writable_fields() & form.keys()
        return sorted(
            name
            for name in typed
            if isinstance(form[name], str) and len(form[name]) > MAX_LINE
        )

    def _read_form(self, form):
        """Return the values of a form that may be used; no value can switch off the
        validation of others.

        :param dict form: strings from a browser, other types from a program
        :rtype: dict
        """
        values = {
            name: one_line(value) if isinstance(value, str) else value
            for name, value in form.items()
            if name != "callback" and not isinstance(value, FileStorage)
        }
        if "callback" in form:
            values["callback"] = own_path(form["callback"]) or "/my/addresses"
        if isinstance(form.get("verify_address_values"), str):
            del values["verify_address_values"]
        return values
