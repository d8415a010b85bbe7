from odoo import http
from odoo.http import request

from .public_page import PublicPage

PAGE = "/helpdesk/request/<string:request_id>/<string:primary_id>/<string:signature>"


class TicketRequest(PublicPage, http.Controller):
    """The page on which the primary contact decides about a request by a link (C07)."""

    def _open(self, request_id, primary_id, signature):
        found = self._find_signed(
            "helpdesk.ticket.request", request_id, primary_id, signature
        )
        if found:
            context = self._speak_to(found.primary_contact_id, found.company_id)
            found = found.with_context(**context)
        return found

    @http.route(
        [f"{PAGE}/approve", f"{PAGE}/decline"],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def show_request(self, request_id, primary_id, signature, **kwargs):
        """Ask for the decision. Opening the page decides nothing, because mail scanners
        open it too.

        :param str request_id: from the link
        :param str primary_id: from the link
        :param str signature: from the link
        :return: the page
        """
        found = self._open(request_id, primary_id, signature)
        if not found:
            return self._refuse_link(found)
        return self._render_request(found)

    @http.route(
        [f"{PAGE}/approve", f"{PAGE}/decline"],
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def decide_request(self, request_id, primary_id, signature, **kwargs):
        """Approve or decline a request; the second decision has no effect.

        :param str request_id: from the link
        :param str primary_id: from the link
        :param str signature: from the link
        :return: the page with the result
        """
        found = self._open(request_id, primary_id, signature)
        if not found:
            return self._refuse_link(found)
        found._decide(self._get_answer())
        return self._render_request(found)

    def _get_answer(self):
        return request.httprequest.path.rpartition("/")[2]

    def _render_request(self, found):
        return self._render(
            "public_request",
            {
                "held": found,
                "res_company": found.company_id,
                "answer": self._get_answer(),
                "link": request.httprequest.path.rpartition("/")[0],
            },
        )
