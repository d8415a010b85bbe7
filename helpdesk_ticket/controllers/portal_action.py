from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.portal.actions import MAX_FILES, MAX_SUBJECT, MAX_TEXT
from ..typed_text import read_id
from .limit import say_error
from .portal import HelpdeskPortal


class HelpdeskPortalAction(HelpdeskPortal):
    """What customers can do: open, close, reopen and rate tickets (C03, T13)."""

    # -- open -------------------------------------------------------------------

    @http.route(
        "/my/tickets/new",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def portal_new_ticket(self, **kwargs):
        """Show the form of a new ticket, or whom to ask to those who may not open any.

        :return: the page
        """
        return self._render_new_ticket({})

    @http.route(
        "/my/tickets/new", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_open_ticket(self, **post):
        """Open a ticket.

        :param post: the form
        :return: the page of the ticket; the form with the typed values and a sentence,
            if something is missing
        """
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return request.redirect("/my")
        tokens = request.httprequest.form.getlist("attachment")
        # sudo: the customer's uploaded files; there may be none
        files = self.env["ir.attachment"].sudo()
        if tokens:
            files = tickets._get_uploaded_files(tokens)
        try:
            # Browsers without scripts send the files with the form.
            for upload in request.httprequest.files.getlist("files")[:MAX_FILES]:
                if upload.filename:
                    files |= tickets._upload_from_portal(upload.filename, upload.read())
            with self.env.cr.savepoint():
                ticket = tickets._open_from_portal(post, files)
        except UserError as error:
            return self._render_new_ticket(post, files, error)
        # If the form was sent twice, this transaction does not see the first ticket.
        return request.redirect(f"/my/tickets/{ticket.id}?done=opened", code=303)

    def _render_new_ticket(self, post, files=None, error=None):
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return request.redirect("/my")
        values = self._prepare_new_ticket_values(post)
        if not values["may_open"]:
            return request.render("helpdesk_ticket.portal_ask_primary_contact", values)
        values["kept"] = files or self.env["ir.attachment"]
        values["error"] = error and str(error)
        page = request.render("helpdesk_ticket.portal_new_ticket", values)
        return say_error(page, error)

    def _prepare_new_ticket_values(self, post):
        """Return the values of the form of a new ticket; a hook.

        :param dict post: what was filled in so far
        :rtype: dict
        """
        partner = self.env.user.partner_id
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "helpdesk_ticket_new",
            "may_open": partner._helpdesk_may_open_ticket(),
            # sudo: only the name of the primary contact, whom the customer is to ask
            "primary_contact": partner.sudo().commercial_partner_id.primary_contact_id,
            "choices": self.env["helpdesk.ticket"]._get_portal_choices(),
            "post": post,
            "max_files": MAX_FILES,
            "max_subject": MAX_SUBJECT,
            "max_text": MAX_TEXT,
        }

    @http.route(
        "/my/tickets/upload", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_upload_file(self, ufile=None, **kwargs):
        """Store a file for the ticket that is being written (T07).

        :param ufile: the file
        :return: JSON with the data that the form shows and submits, or an error
        """
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return request.make_json_response({}, status=403)
        if not getattr(ufile, "filename", None):
            return request.make_json_response({}, status=400)
        try:
            file = tickets._upload_from_portal(ufile.filename, ufile.read())
        except UserError as error:
            return request.make_json_response({"error": str(error)})
        return request.make_json_response(
            {"id": file.id, "name": file.name, "token": file._get_ownership_token()}
        )

    # -- close, reopen, rate ----------------------------------------------------

    @http.route(
        "/my/tickets/<int:ticket_id>/close",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_close_ticket(self, ticket_id, reason=None, comment=None, **kwargs):
        """Close a ticket.

        :return: its page
        """
        return self._change_ticket(
            ticket_id, "closed", lambda t: t._close_from_portal(reason, comment)
        )

    @http.route(
        "/my/tickets/<int:ticket_id>/reopen",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_reopen_ticket(self, ticket_id, text=None, **kwargs):
        """Open a closed ticket again.

        :return: its page
        """
        return self._change_ticket(
            ticket_id, "reopened", lambda t: t._reopen_from_portal(text)
        )

    @http.route(
        "/my/tickets/<int:ticket_id>/rate",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_rate_ticket(self, ticket_id, rate="", feedback=None, **kwargs):
        """Rate a closed ticket.

        :return: its page
        """
        return self._change_ticket(
            ticket_id, "rated", lambda t: t._rate_from_portal(read_id(rate), feedback)
        )

    def _change_ticket(self, ticket_id, done, change):
        """Change a ticket that the user can see.

        :param int ticket_id: of the URL
        :param str done: key of the page's messages about what was done
        :param change: callable that gets the ticket
        :return: the page of the ticket; with a sentence and the typed values, if
            something is missing
        """
        ticket = self._get_portal_ticket(ticket_id)
        if not ticket:
            return request.redirect("/my/tickets")
        try:
            with self.env.cr.savepoint():
                change(ticket.with_user(self.env.user))
        except UserError as error:
            values = self._ticket_get_page_view_values(ticket, None, error=str(error))
            values["post"] = request.params
            page = request.render("helpdesk_ticket.portal_my_ticket", values)
            return say_error(page, error)
        return request.redirect(f"{ticket.access_url}?done={done}", code=303)
