from odoo import api, models


class HelpdeskTicket(models.Model):
    """Which of our users are notified of a ticket: internal users who are present
    (T10)."""

    _inherit = "helpdesk.ticket"

    def _get_helpdesk_managers(self, companies=None):
        """Return the managers of the helpdesk.

        :param companies: `res.company`, those of these tickets when not given
        :return: dict of `res.users` by company
        """
        # sudo: only who they are; not shown to customers and agents
        group = self.env.ref("helpdesk_contact.group_helpdesk_manager").sudo()
        managers = group.all_user_ids.filtered(lambda u: u.active and not u.share)
        return {
            company: managers.filtered(lambda u, c=company: c in u.company_ids)
            for company in companies or self.company_id
        }

    # -- responsible people ----------------------------------------------------------

    def _give_back_of_former(self):
        """Unassign tickets from users who cannot work on them any more (T10)."""
        for user, theirs in self.filtered("user_id").grouped("user_id").items():
            left = theirs.filtered(
                lambda ticket, user=user: not user._is_helpdesk_agent(ticket.company_id)
            )
            if left:
                left._give_back(user)

    def _give_back(self, user):
        """Unassign open tickets of a user who has left, and notify those who are
        present (T10).

        :param user: `res.users` who was their assignee
        """
        self.user_id = False
        self._assign_by_team()
        self._message_log_batch(
            bodies=dict.fromkeys(
                self.ids,
                self.env._(
                    "%(user)s no longer works in the helpdesk: the ticket was "
                    "returned to its team.",
                    user=user.name,
                ),
            )
        )
        told = {}
        for ticket, people in self._get_responsible_users().items():
            for one in people:
                told.setdefault(one, []).append(ticket._get_label())
        for one, names in told.items():
            thread = self.env["mail.thread"].with_context(lang=one.lang)
            thread.message_notify(
                partner_ids=one.partner_id.ids,
                subject=thread.env._("Tickets of %(user)s", user=user.name),
                body=thread.env._(
                    "%(user)s no longer works in the helpdesk. These tickets are now "
                    "yours or your team's: %(tickets)s",
                    user=user.name,
                    tickets=", ".join(names),
                ),
            )

    def _tell_of_archived_teams(self):
        """Notify somebody of reopened tickets without an assignee and an active team,
        which no queue shows (T10)."""
        lost = self.filtered(
            lambda ticket: (
                not ticket.user_id and ticket.team_id and not ticket.team_id.active
            )
        )
        lost._notify_responsible_users(
            lambda ticket: ticket.env._(
                "This ticket was reopened, but its team %(team)s is archived. "
                "Choose who takes it over.",
                team=ticket.team_id.name,
            )
        )

    def _notify_responsible_users(self, get_body):
        """Notify the responsible people of each ticket, in their languages (T10).

        :param get_body: callable that gets a ticket in a language, and returns the text
        """
        for ticket, people in self._get_responsible_users().items():
            for lang, some in people.grouped("lang").items():
                thread = ticket.with_context(lang=lang)
                thread.message_notify(
                    partner_ids=some.partner_id.ids,
                    subject=ticket._get_label(),
                    body=get_body(thread),
                )

    # -- people who were responsible before --------------------------------------------

    def _part_with(self, former):
        """Remove former assignees from the followers, unless they chose to follow, and
        pass on activities of users who may not read the ticket any more (T10).

        :param dict former: the previous assignee of each ticket
        """
        left = {
            (ticket.id, user.partner_id.id)
            for ticket, user in former.items()
            if user and user != ticket.user_id
        }
        if left:
            # sudo: followers are technical records
            followers = self.env["mail.followers"].sudo()
            followers.search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("helpdesk_assigned", "=", True),
                ]
            ).filtered(lambda one: (one.res_id, one.partner_id.id) in left).unlink()
        self._pass_on_activities([("res_id", "in", self.ids)])

    def _part_with_customers(self, former):
        """Remove all people of a former customer, whether followers, in copy or with a
        link: they could read messages to the next one (T08).

        :param dict former: the previous customer of each ticket
        """
        for customer, tickets in self.grouped(
            lambda ticket: former[ticket].commercial_partner_id
        ).items():
            moved = tickets.filtered(
                lambda ticket, customer=customer: (
                    customer != ticket.customer_id.commercial_partner_id
                )
            )
            if customer and moved:
                moved._take_out_people_of(customer)

    def _take_out_people_of(self, customer):
        """Remove people of a customer from the followers and the copies.

        :param customer: `res.partner`, a commercial partner
        """
        # sudo: followers and whose addresses they are; nothing of it is shown
        tickets = self.sudo().with_context(active_test=False)
        people = tickets.env["res.partner"].search(
            [("commercial_partner_id", "=", customer.id)]
        )
        addresses = set(people.mapped("email_normalized"))
        addresses.update(people.helpdesk_address_ids.mapped("email_normalized"))
        domains = set(people.helpdesk_domain_ids.mapped("name"))
        for ticket in tickets:
            theirs = (ticket.message_partner_ids & people) - ticket.partner_id
            ticket.message_unsubscribe(theirs.filtered("partner_share").ids)
            ticket._take_out_of_copy(addresses, domains)

    def _take_out_of_copy(self, addresses, domains=()):
        """Remove addresses, and all of some domains, from the copies."""
        in_copy = self._mail_cc_sanitized_raw_dict(self.email_cc)
        left = [
            text
            for address, text in in_copy.items()
            if address not in addresses and address.rpartition("@")[2] not in domains
        ]
        if len(left) < len(in_copy):
            self.email_cc = ", ".join(left)

    @api.model
    def _part_with_movers(self, before):
        """Remove people who have left a customer from its tickets: new messages are not
        for their next employer (K11).

        :param dict before: the previous commercial partner of each changed contact
        """
        people = self.env["res.partner"].union(*before)
        movers = people.filtered(
            lambda one: (
                one.partner_share
                and before[one] not in (one, one.commercial_partner_id)
            )
        )
        if not movers:
            return
        # sudo: followers are technical records
        followers = self.env["mail.followers"].sudo()
        following = followers.search(
            [("res_model", "=", self._name), ("partner_id", "in", movers.ids)]
        )
        tickets = self.browse(set(following.mapped("res_id")))
        customers = {ticket.id: ticket.customer_id for ticket in tickets}
        following.filtered(
            lambda one: customers[one.res_id] == before[one.partner_id]
        ).unlink()
        left = self.env["res.partner"].union(*(before[mover] for mover in movers))
        for ticket in self.search(
            [("customer_id", "in", left.ids), ("email_cc", "!=", False)]
        ):
            gone = movers.filtered(
                lambda one, ticket=ticket: before[one] == ticket.customer_id
            )
            addresses = set(gone.mapped("email_normalized"))
            addresses.update(gone.helpdesk_address_ids.mapped("email_normalized"))
            ticket._take_out_of_copy(addresses)

    @api.model
    def _pass_on_activities(self, domain):
        """Pass on activities on tickets that their users may not read to the
        responsible people: the names alone would reveal something (T10).

        :param list domain: of activities
        """
        # sudo: activities of colleagues, on tickets of all teams
        activities = self.env["mail.activity"].sudo()
        found = activities.search([("res_model", "=", self._name), *domain])
        # sudo: tickets that neither the user nor the others need to see
        tickets = self.sudo().with_context(active_test=False)
        lost = activities
        for user, theirs in found.grouped("user_id").items():
            readable = tickets.browse(theirs.mapped("res_id"))._get_readable(user)
            lost |= theirs.filtered(lambda one, ids=readable: one.res_id not in ids)
        responsible = tickets.browse(lost.mapped("res_id"))._get_responsible_users()
        for activity in lost:
            activity.user_id = responsible[tickets.browse(activity.res_id)][:1]

    # -- substitutes -----------------------------------------------------------------

    def _get_substitutes(self):
        """Return the substitutes of an assignee on leave: the leader of the team, or
        its present members, or the managers if the ticket has no team.

        :return: `res.users`, empty while the assignee is present
        """
        self.ensure_one()
        # sudo: anybody's answer may need it; members and leaves are only compared
        user = self.sudo().user_id
        if not user or not self.is_open or not user._get_on_helpdesk_leave():
            return user.browse()
        told = self._get_responsible_users()[self] - user
        return self.env["res.users"].browse(told.ids)

    def _note_substitutes(self, told):
        """Log on tickets who was notified because the assignee is on leave, or the
        leader of the team while nobody is assigned (T10).

        :param dict told: `res.users` by ticket
        """
        # sudo: leaders and their leaves are only compared
        tickets = self.sudo()
        expected = {
            ticket.id: ticket.user_id or ticket.team_id.leader_id for ticket in tickets
        }
        users = self.env["res.users"].union(*expected.values())
        away = users._get_on_helpdesk_leave()
        notes = {
            ticket.id: self.env._(
                "%(user)s is on leave. Also notified: %(substitutes)s.",
                user=expected[ticket.id].name,
                substitutes=", ".join(others.mapped("name")),
            )
            for ticket, people in told.items()
            if expected[ticket.id] & away and (others := people - expected[ticket.id])
        }
        self.browse(notes)._message_log_batch(bodies=notes)
