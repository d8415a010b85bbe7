from odoo import http
from odoo.http import request

from ..typed_text import many_lines, read_id
from .limit import say_too_many
from .public_page import MAX_REQUEST_SIZE, MAX_TEXT, PublicPage, read_recipient

PAGE = "/helpdesk/link/<string:ticket_id>/<string:recipient_id>/<string:signature>"


class TicketLink(PublicPage, http.Controller):
    """The page of a ticket for a recipient of its mails, without an account."""

    def _open(self, ticket_id, recipient_id, signature):
        """Return what a link opens, in the language and time zone of its recipient.

        :return: `helpdesk.ticket` as sudo, `res.partner` and address, or the argument
            of `_refuse_link`
        """
        found = self._find_signed("helpdesk.ticket", ticket_id, recipient_id, signature)
        if found and found[0]:
            ticket, partner, address = found
            context = self._speak_to(partner, ticket.company_id)
            found = ticket.with_context(**context), partner, address
        return found

    # The second address shows mistakes of an answer: whoever loads it again gets the
    # ticket.
    @http.route(
        [PAGE, f"{PAGE}/answer"],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def show_ticket(self, ticket_id, recipient_id, signature, sent=None, **kwargs):
        """Show the ticket of a link, or redirect a customer with an account to its
        page.

        :param str ticket_id: from the link
        :param str recipient_id: from the link
        :param str signature: from the link
        :param str sent: whether an answer was just sent
        :return: the page
        """
        found = self._open(ticket_id, recipient_id, signature)
        if not found or not found[0]:
            return self._refuse_link(found)
        ticket, partner, address = found
        ticket._note_visit(partner, address, "opened")
        user = request.env.user
        if user._is_portal() and ticket.with_user(user).has_access("read"):
            return self._protect(request.redirect(ticket.access_url))
        return self._render_ticket(ticket, partner, sent=bool(sent))

    @http.route(
        f"{PAGE}/answer",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
        max_content_length=MAX_REQUEST_SIZE,
    )
    def answer_ticket(self, ticket_id, recipient_id, signature, text="", **kwargs):
        """Post the answer of the recipient of a link.

        :param str ticket_id: from the link
        :param str recipient_id: from the link
        :param str signature: from the link
        :param str text: the answer
        :return: the page
        """
        text = many_lines(text)
        found = self._open(ticket_id, recipient_id, signature)
        if not found or not found[0]:
            return self._refuse_link(found, text)
        ticket, partner, address = found
        files, error = self._read_files()
        if not text and not error:
            error = request.env._("Write your answer first.")
        error = self._find_text_error(text) or error
        page = {"text": text, "had_files": self._has_files()}
        if error:
            return self._render_ticket(ticket, partner, error=error, **page)
        if not self._may_answer(ticket, recipient_id, files):
            error = request.env._(
                "You have written many answers in a short time. Wait a few minutes, "
                "then send this one again."
            )
            return say_too_many(
                self._render_ticket(ticket, partner, error=error, **page)
            )
        if self._is_said_first(ticket.id, address, text, files):
            ticket._answer_by_link(partner, address, text, files)
        path = ticket._get_link_path(read_recipient(recipient_id), address)
        return self._protect(request.redirect(f"{path}?sent=1#answer"))

    def _may_answer(self, ticket, recipient_id, files):
        """Count an answer and its files; return whether they are within the limits,
        which are those of the portal and the form."""
        throttle = request.env["helpdesk.throttle"]
        writer = f"{ticket.id}:{read_recipient(recipient_id)}"
        return throttle._take_at_once(
            ("portal_answer", writer, 1), *self._prepare_limits(files)
        )

    @http.route(
        f"{PAGE}/file/<string:file_id>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def get_file(self, ticket_id, recipient_id, signature, file_id, **kwargs):
        """Return a file of the ticket as a download; the browser never displays it.

        :param str ticket_id: from the link
        :param str recipient_id: from the link
        :param str signature: from the link
        :param str file_id: from the link
        :return: the file
        """
        found = self._open(ticket_id, recipient_id, signature)
        if not found or not found[0]:
            return self._refuse_link(found)
        ticket, partner, address = found
        file = ticket._get_public_files()[ticket.id].filtered(
            lambda attachment: attachment.id == read_id(file_id)
        )
        if not file:
            return self._render("public_no_link", status=404)
        ticket._note_visit(partner, address, "downloaded", file.name)
        stream = request.env["ir.binary"]._get_stream_from(file)
        return self._protect(stream.get_response(as_attachment=True))

    def _render_ticket(self, ticket, partner, **values):
        return self._render(
            "public_ticket", {**self._prepare_ticket_values(ticket), **values}
        )

    def _prepare_ticket_values(self, ticket):
        """Return the values of the page; a hook.

        :param ticket: `helpdesk.ticket` as sudo
        :rtype: dict
        """
        return {
            "ticket": ticket,
            "res_company": ticket.company_id,
            "stage_names": ticket.stage_id._get_customer_names(),
            "deadlines": ticket._get_portal_deadlines(),
            "messages": ticket._get_document_messages(),
            "files": ticket._get_public_files()[ticket.id],
            "link": request.httprequest.path.removesuffix("/answer"),
            "survivor": ticket.merged_into_id,
            "max_text": MAX_TEXT,
        }
