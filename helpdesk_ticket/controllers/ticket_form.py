from odoo import http
from odoo.http import request
from odoo.tools.mail import email_normalize

from ..typed_text import many_lines, one_line, read_id
from .limit import say_too_many
from .public_page import MAX_REQUEST_SIZE, MAX_TEXT, PublicPage

FORM = ["/helpdesk/form", "/helpdesk/form/<string:company_id>"]


class TicketForm(PublicPage, http.Controller):
    """The public form for requests of people without an account."""

    def _get_company(self, company_id):
        """Return the company of a form, empty if it has none.

        :param str company_id: from the URL, or None for that of the website
        """
        # sudo: only whether the form is enabled
        companies = request.env["res.company"].sudo()
        company = (
            companies.browse(read_id(company_id)).exists()
            if company_id
            else companies.browse(request.env.company.id)
        )
        return company.filtered(lambda one: one.active and one.helpdesk_form)

    @http.route(
        FORM, type="http", auth="public", website=True, methods=["GET"], sitemap=False
    )
    def show_form(self, company_id=None, sent=None, **kwargs):
        """Show the form, or what follows it.

        :param str company_id: its company
        :param str sent: whether it was just sent
        :return: the page
        """
        company = self._get_company(company_id)
        if not company:
            return self._render("public_no_link", status=404)
        return self._render_form(company, sent=bool(sent))

    @http.route(
        FORM,
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
        max_content_length=MAX_REQUEST_SIZE,
    )
    def send_form(self, company_id=None, **post):
        """Store a request; it is processed later.

        :param str company_id: its company
        :param post: the fields of the form
        :return: the same page for known and unknown senders, and for those who send too
            much
        """
        company = self._get_company(company_id)
        if not company:
            return self._render("public_no_link", status=404)
        values = self._read_values(post)
        typed = {**values, "email": one_line(post.get("email"))}
        page = {"values": typed, "had_files": self._has_files()}
        if not self._is_allowed("form"):
            error = request.env._(
                "There were too many requests from your connection. Wait a minute, "
                "then send your request again."
            )
            return say_too_many(self._render_form(company, error=error, **page))
        files, error = self._read_files()
        error = self._find_error(values) or error
        if error:
            return self._render_form(company, error=error, **page)
        # A hidden field, which only programs fill in.
        if not post.get("website"):
            if not self._take_day(company, files):
                error = request.env._(
                    "We have received too many requests through this page and cannot "
                    "accept more for now. Please try again later or without files, or "
                    "write to us by e-mail."
                )
                return say_too_many(self._render_form(company, error=error, **page))
            entry = {**values, "company_id": company.id, "lang": request.env.lang}
            if self._is_said_first(*entry.values(), files):
                request.env["helpdesk.ticket.request"]._receive(entry, files)
        return self._protect(request.redirect(f"/helpdesk/form/{company.id}?sent=1"))

    def _take_day(self, company, files):
        """Count a request and its files; return whether they are within the daily
        limits."""
        throttle = request.env["helpdesk.throttle"]
        entry = ("form_all", str(company.id), 1)
        return throttle._take_at_once(entry, *self._prepare_limits(files))

    def _read_values(self, post):
        """Return the known fields of the form, and no others (rel-A6)."""
        return {
            "name": one_line(post.get("subject")),
            "sender_name": one_line(post.get("name")),
            "email": email_normalize(one_line(post.get("email"))) or "",
            "text": many_lines(post.get("text")),
        }

    def _find_error(self, values):
        """Return a sentence about what is wrong with a request, or None."""
        if not values["email"]:
            return request.env._(
                "Enter your e-mail address, for example anna@example.com."
            )
        if not values["name"]:
            return request.env._("Enter a subject: what is it about?")
        if not values["text"]:
            return request.env._("Describe what you need.")
        return self._find_text_error(values["text"])

    def _render_form(self, company, **values):
        return self._render(
            "public_form",
            {
                "company": company,
                "res_company": company,
                "values": {},
                "max_text": MAX_TEXT,
                **values,
            },
        )
