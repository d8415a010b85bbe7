from odoo import http
from odoo.http import request

from ..incoming import LIMITED, IncomingMessage, IncomingRequest, Person
from ..typed_text import MAX_LINE, many_lines, one_line
from .limit import say_too_many
from .portal_action import HelpdeskPortalAction
from .public_page import MAX_TEXT

PAGE = "/my/ticket-requests"


class HelpdeskPortalRequest(HelpdeskPortalAction):
    """Requests of contacts who may not open tickets, for them and for the primary
    contact, who decides about them (C07)."""

    def _get_requests(self):
        return self.env["helpdesk.ticket.request"]._get_requests_of(
            self.env.user.partner_id
        )

    def _prepare_tickets_values(self, page=1, **kwargs):
        values = super()._prepare_tickets_values(page, **kwargs)
        partner = self.env.user.partner_id
        if partner.is_primary_contact or not partner._helpdesk_may_open_ticket():
            held = self._get_requests().filtered(lambda one: one.state == "held")
            values["held_request_count"] = len(held)
            values["has_requests"] = True
        return values

    # The other addresses show mistakes: whoever loads them again gets the requests.
    @http.route(
        [
            PAGE,
            f"{PAGE}/new",
            f"{PAGE}/<int:request_id>/<any(approve,decline):answer>",
        ],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def portal_requests(self, done=None, **kwargs):
        """Show the requests that the user sent or decides about.

        :param str done: key of what was just done
        :return: the page; the portal's home for users who are not customers
        """
        if not self.env["helpdesk.ticket"].has_access("read"):
            return request.redirect("/my")
        return self._render_requests(done=done)

    def _render_requests(self, **values):
        partner = self.env.user.partner_id
        # sudo: only the name of the primary contact, whom the customer is to ask
        customer = partner.sudo().commercial_partner_id
        return request.render(
            "helpdesk_ticket.portal_my_requests",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "helpdesk_requests",
                "requests": self._get_requests(),
                "partner": partner,
                "may_open": partner._helpdesk_may_open_ticket(),
                "primary_contact": customer.primary_contact_id,
                "max_subject": MAX_LINE,
                "max_text": MAX_TEXT,
                "post": {},
                **values,
            },
        )

    @http.route(f"{PAGE}/new", type="http", auth="user", methods=["POST"], website=True)
    def portal_write_request(self, name="", description="", **kwargs):
        """Hold a request of somebody who may not open tickets, for a decision.

        :param str name: its subject
        :param str description: its text
        :return: the page of the requests; with the typed values and a sentence, if
            something is missing
        """
        partner = self.env.user.partner_id
        if partner._helpdesk_may_open_ticket() or self.env.user._is_internal():
            return request.redirect("/my/tickets/new")
        name, text = one_line(name), many_lines(description)
        post = {"name": name, "description": text}
        if error := self._find_request_error(name, text):
            return self._render_requests(error=error, post=post)
        outcome = self.env["helpdesk.intake"]._open(
            IncomingRequest(
                channel="helpdesk_ticket.channel_portal",
                # sudo: the company of the user's own contact
                company_id=(partner.sudo().company_id or self.env.company).id,
                person=Person(partner.name, partner.email_normalized or "", partner.id),
                message=IncomingMessage(subject=name, text=text),
                proven=True,
                limit=("request", str(partner.id)),
                once=("request", partner.id, name, text),
            )
        )
        if outcome.kind == LIMITED:
            page = self._render_requests(
                error=self.env._(
                    "You have written many requests in a short time. Wait a few "
                    "minutes, then try again."
                ),
                post=post,
            )
            return say_too_many(page)
        return request.redirect(f"{PAGE}?done=sent", code=303)

    def _find_request_error(self, name, text):
        """Return a sentence about what is wrong with a request, or None."""
        if not name or not text:
            return self.env._("Enter a subject and describe what you need.")
        if len(text) > MAX_TEXT:
            return self.env._(
                "The text is too long: use at most %(count)s characters.",
                count=MAX_TEXT,
            )
        return None

    @http.route(
        [f"{PAGE}/<int:request_id>/approve", f"{PAGE}/<int:request_id>/decline"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_decide_request(self, request_id, **kwargs):
        """Approve or decline a request, as the primary contact.

        :param int request_id: of the URL
        :return: the page of the requests, with the result
        """
        partner = self.env.user.partner_id
        found = self._get_requests().filtered(
            lambda one: one.id == request_id and one.primary_contact_id == partner
        )
        answer = request.httprequest.path.rpartition("/")[2]
        done = answer if found and found._decide(answer) else ""
        return request.redirect(f"{PAGE}?done={done}", code=303)
