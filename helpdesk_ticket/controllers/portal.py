from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

# Parameters of the list in its URL
LIST_CHOICES = ("search", "search_in", "sortby", "filterby", "groupby")


class HelpdeskPortal(CustomerPortal):
    """The customer's tickets in the portal: the list, and the page of a ticket (C07,
    K11)."""

    _tickets_per_page = 40

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ticket_count" in counters:
            values["ticket_count"] = self._count_open_tickets()
        return values

    def _count_open_tickets(self):
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return 0
        return tickets.search_count(
            self._get_ticket_domain() & Domain("is_open", "=", True)
        )

    # -- the list ---------------------------------------------------------------

    def _get_ticket_domain(self):
        """Return which tickets are listed: all that a customer may see. Agents may see
        many more; for them, "my tickets" are those they requested themselves.

        :rtype: Domain
        """
        user = self.env.user
        if user._is_internal():
            return Domain("partner_id", "=", user.partner_id.id)
        return Domain.TRUE

    def _ticket_get_searchbar_sortings(self):
        """Return the orders of the list; a hook.

        :return: dict of key -> label and order
        """
        return {
            "newest": {"label": self.env._("Newest first"), "order": "id desc"},
            "oldest": {"label": self.env._("Oldest first"), "order": "id"},
            "name": {"label": self.env._("Subject"), "order": "name, id desc"},
            "status": {"label": self.env._("Status"), "order": "stage_id, id desc"},
        }

    def _ticket_get_searchbar_filters(self, primary):
        """Return the filters of the list; a hook.

        :param bool primary: whether the user sees tickets of others too
        :return: dict of key -> label and domain
        """
        filters = {
            "open": {
                "label": self.env._("Open tickets"),
                "domain": Domain("is_open", "=", True),
            },
            "closed": {
                "label": self.env._("Closed tickets"),
                "domain": Domain("is_open", "=", False),
            },
            "all": {"label": self.env._("All tickets"), "domain": Domain.TRUE},
        }
        if primary:
            mine = Domain("partner_id", "=", self.env.user.partner_id.id)
            filters["mine"] = {"label": self.env._("Asked by me"), "domain": mine}
        return filters

    def _ticket_get_searchbar_groupby(self, primary):
        """Return what the list can be grouped by; a hook.

        :param bool primary: whether the user sees tickets of others too
        :return: dict of key -> label and field
        """
        groups = {
            "none": {"label": self.env._("No groups"), "field": None},
            "status": {"label": self.env._("Status"), "field": "stage_id"},
            "topic": {"label": self.env._("Topic group"), "field": "topic_id"},
        }
        if primary:
            groups["person"] = {"label": self.env._("Person"), "field": "partner_id"}
        return groups

    def _ticket_get_searchbar_inputs(self, primary):
        """Return the fields to search in; a hook.

        :param bool primary: whether the user sees tickets of others too
        :return: dict of key -> label
        """
        inputs = {
            "subject": {"label": self.env._("Number and subject")},
            "content": {"label": self.env._("Content too")},
        }
        if primary:
            inputs["person"] = {"label": self.env._("Person")}
        return inputs

    def _ticket_get_search_domain(self, search_in, search):
        """Return the domain for a typed search.

        :param str search_in: a key of the inputs
        :param str search: the typed text
        :rtype: Domain
        """
        if search_in == "person":
            return Domain("partner_name", "ilike", search)
        domain = Domain("display_name", "ilike", search)
        if search_in == "content":
            domain |= Domain("description", "ilike", search)
        return domain

    @http.route(
        ["/my/tickets", "/my/tickets/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def portal_my_tickets(self, page=1, **kwargs):
        """Show the list of tickets.

        :param int page: number of its page
        :param kwargs: `search`, `search_in`, `sortby`, `filterby`, `groupby`
        :return: the page; the portal's home for users who cannot see any tickets
        """
        if not self.env["helpdesk.ticket"].has_access("read"):
            return request.redirect("/my")
        self._use_timezone()
        values = self._prepare_tickets_values(page, **kwargs)
        return request.render("helpdesk_ticket.portal_my_tickets", values)

    def _prepare_ticket_choices(self, query):
        """Return how the list is searched, filtered, sorted and grouped; unknown values
        are replaced by the first choice.

        :param dict query: of the URL
        :return: dict of values for the search bar
        """
        primary = self.env.user.partner_id.is_primary_contact
        choices = {
            "sortby": self._ticket_get_searchbar_sortings(),
            "filterby": self._ticket_get_searchbar_filters(primary),
            "groupby": self._ticket_get_searchbar_groupby(primary),
            "search_in": self._ticket_get_searchbar_inputs(primary),
        }
        chosen = {
            name: key if (key := query.get(name)) in options else next(iter(options))
            for name, options in choices.items()
        }
        return {
            **chosen,
            "primary": primary,
            "search": (query.get("search") or "").replace("\x00", "").strip(),
            "searchbar_sortings": choices["sortby"],
            "searchbar_filters": choices["filterby"],
            "searchbar_groupby": choices["groupby"],
            "searchbar_inputs": choices["search_in"],
        }

    def _prepare_tickets_values(self, page=1, **query):
        """Return the values of the list.

        :param int page: number of its page
        :param query: of the URL
        :rtype: dict
        """
        Ticket = self.env["helpdesk.ticket"]
        values = self._prepare_ticket_choices(query)
        domain = self._get_ticket_domain()
        domain &= values["searchbar_filters"][values["filterby"]]["domain"]
        if search := values["search"]:
            domain &= self._ticket_get_search_domain(values["search_in"], search)
        total = Ticket.search_count(domain)
        pages = pager(
            url="/my/tickets",
            url_args={name: values[name] for name in LIST_CHOICES},
            total=total,
            page=page,
            step=self._tickets_per_page,
        )
        field = values["searchbar_groupby"][values["groupby"]]["field"]
        order = values["searchbar_sortings"][values["sortby"]]["order"]
        if field and not order.startswith(field):
            order = f"{field}, {order}"
        tickets = Ticket.search(
            domain,
            order=order,
            limit=self._tickets_per_page,
            offset=max(pages["offset"], 0),
        )
        # sudo: found with the user's own rights; customers cannot read stages
        tickets = tickets.sudo()
        stage_names = tickets.stage_id._get_customer_names()
        request.session["my_tickets_history"] = tickets.ids[:100]
        return {
            **self._prepare_portal_layout_values(),
            **values,
            "page_name": "helpdesk_tickets",
            "ticket_groups": self._group_tickets(tickets, field, stage_names),
            "ticket_total": total,
            "stage_names": stage_names,
            "pager": pages,
            "default_url": "/my/tickets",
        }

    def _use_timezone(self):
        """Use the reader's time zone, as mails and the pages behind links do: for
        readers without one, that of our company."""
        user = self.env.user
        # sudo: customers cannot read our calendars
        zone = user.tz or user.company_id.sudo()._get_helpdesk_timezone()
        request.update_context(tz=zone)

    def _group_tickets(self, tickets, field, stage_names):
        """Return the tickets of a page as (title, tickets), in their order.

        :param tickets: `helpdesk.ticket`
        :param field: name of the field that they are grouped by, or None
        :param dict stage_names: customers' names of the stages by id
        """
        if not field:
            return [("", tickets)] if tickets else []
        groups = {}
        for ticket in tickets:
            title = (
                stage_names[ticket.stage_id.id]
                if field == "stage_id"
                else ticket[field].display_name or self.env._("None")
            )
            groups[title] = groups.get(title, tickets.browse()) | ticket
        return list(groups.items())

    # -- the page of a ticket ---------------------------------------------------

    def _get_portal_ticket(self, ticket_id):
        """Return a ticket that the user may see.

        :param int ticket_id: of the URL
        :return: `helpdesk.ticket` as sudo; None both for a ticket of others and for one
            that does not exist (rel-A1)
        """
        try:
            return self._document_check_access("helpdesk.ticket", ticket_id)
        except (AccessError, MissingError):
            return None

    # What is posted to an address of the second kind comes back with its mistakes:
    # whoever loads that page again gets the ticket.
    @http.route(
        [
            "/my/tickets/<int:ticket_id>",
            "/my/tickets/<int:ticket_id>/<any(close,reopen,rate):action>",
        ],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def portal_my_ticket(self, ticket_id, done=None, **kwargs):
        """Show one ticket.

        :param int ticket_id: its id
        :param str done: key of what was just done; nothing else is taken from the URL,
            or a link could put its own text on the page
        :return: the page; the list if the user cannot see the ticket
        """
        ticket = self._get_portal_ticket(ticket_id)
        if not ticket:
            return request.redirect("/my/tickets")
        self._use_timezone()
        values = self._ticket_get_page_view_values(ticket, None, done=done)
        return request.render("helpdesk_ticket.portal_my_ticket", values)

    def _ticket_get_page_view_values(self, ticket, access_token, **kwargs):
        """Return the values of the page of a ticket; a hook.

        :param ticket: `helpdesk.ticket` as sudo
        :param access_token: of readers without an account, or None
        :rtype: dict
        """
        # as the reader sees it, not as superuser
        seen = ticket.with_user(self.env.user)
        values = {
            "page_name": "helpdesk_ticket",
            "ticket": ticket,
            "stage_names": ticket.stage_id._get_customer_names(),
            "messages": ticket._get_portal_messages(),
            "deadlines": ticket._get_portal_deadlines(),
            "successors": seen._get_portal_successors(),
            "may_reopen": seen._may_reopen_from_portal(),
            "reasons": ticket._get_portal_reasons(),
            "rating": seen._get_portal_rating(),
            "done": kwargs.get("done"),
            "post": {},
            "service_orders": ticket._get_document_orders(),
            "files": ticket._get_public_files()[ticket.id],
        }
        return self._get_page_view_values(
            ticket, access_token, values, "my_tickets_history", False, **kwargs
        )
