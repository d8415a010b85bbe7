from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools.mail import email_normalize


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_hidden_helpdesk_team_ids(self):
        """Return the ids of the teams whose tickets this user may not see (T10).

        These are teams of others that show their tickets to members only, or whose
        company shows users only the tickets of their own teams. The record rule of
        tickets calls this. Record rules are cached, so tickets are filtered by plain
        ids and not by a subquery; changes of teams and companies clear that cache.

        :rtype: list[int]
        """
        self.ensure_one()
        manager = self.has_group("helpdesk_contact.group_helpdesk_manager")
        if manager or not self._is_internal():
            return []
        domain = Domain("visibility", "=", "members")
        if self.has_group("helpdesk_contact.group_helpdesk_user"):
            domain |= Domain("company_id.helpdesk_own_team_only", "=", True)
        # sudo: only ids, also of other companies; archived teams keep their tickets
        teams = self.env["helpdesk.team"].sudo().with_context(active_test=False)
        return (
            teams.search(domain)
            .filtered(lambda team: self not in team.member_ids | team.leader_id)
            .ids
        )

    def _get_helpdesk_primary_customer_ids(self):
        """Return the ids of the customers whose primary contact this user is, and all
        of whose tickets it may see (C07).

        The record rule of portal users calls it; PostgreSQL can use an index for plain
        ids, and needs no subquery.

        :rtype: list[int]
        """
        self.ensure_one()
        # sudo: only whether the user's own customer names it
        partner = self.sudo().partner_id
        return partner.commercial_partner_id.ids if partner.is_primary_contact else []

    def _get_helpdesk_customer_ids(self):
        """Return the ids of the customers of this user: itself and its employer.
        Requests for a former employer are not shown (K11).

        The record rule of portal users calls it, see above.

        :rtype: list
        """
        self.ensure_one()
        # sudo: only the ids of the user's own contact and customer
        partner = self.sudo().partner_id
        return [False, *(partner | partner.commercial_partner_id).ids]

    # -- coming and going ------------------------------------------------------------

    def _is_helpdesk_agent(self, company=None):
        """Return whether tickets can be assigned to this user: an internal user with
        access to the helpdesk.

        :param company: `res.company` that the user must have access to, if given
        :rtype: bool
        """
        self.ensure_one()
        # sudo: users who assign tickets may be unable to read users
        user = self.sudo()
        return bool(
            user.active
            and user.has_group("helpdesk_contact.group_helpdesk_user")
            and (not company or company in user.company_ids)
        )

    @tools.ormcache()
    def _get_former_colleague_ids(self):
        """Return the ids of the contacts of archived internal users without another
        user. Cached, because each mail needs them; Odoo clears the cache when users
        change.

        :rtype: frozenset
        """
        # sudo: only the ids of their contacts
        users = self.sudo().with_context(active_test=False)
        former = users.search([("active", "=", False), ("share", "=", False)])
        here = users.search(
            [("active", "=", True), ("partner_id", "in", former.partner_id.ids)]
        )
        return frozenset((former.partner_id - here.partner_id).ids)

    def _get_on_helpdesk_leave(self):
        """Return those of these users who are on leave now.

        :return: `res.users`
        """
        if not self:
            return self
        now = fields.Datetime.now()
        # sudo: only whether they are present
        leaves = self.env["resource.calendar.leaves"].sudo()
        found = leaves.search_fetch(
            [
                ("resource_id.user_id", "in", self.ids),
                ("time_type", "=", "leave"),
                ("date_from", "<=", now),
                ("date_to", ">=", now),
            ],
            ["resource_id"],
        )
        return self.browse(found.resource_id.user_id.ids) & self

    @api.model
    def _signup_create_user(self, values):
        """Create the account of somebody who signs up; the entered address is used once
        it is confirmed, like any other (K03).

        :raise UserError: the address is ours, or that of another account
        """
        invited = self.env["res.partner"].browse(values.get("partner_id"))
        address = values.get("email")
        if invited.email_normalized == email_normalize(address or ""):
            return super()._signup_create_user(values)
        with self.env.cr.savepoint():
            user = super()._signup_create_user({**values, "email": invited.email})
            user.partner_id._ask_confirmation(address, signs_up=not invited)
        return user

    def write(self, vals):
        if "email" in vals and self == self.env.user:
            # sudo: users may change their own address, which has to be confirmed; Odoo
            # only notifies the old one
            vals = self.sudo().partner_id._hold_back_address(vals)
        res = super().write(vals)
        if {"active", "company_ids", "group_ids"} & vals.keys():
            self._give_back_helpdesk_tickets()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_give_back_helpdesk_tickets(self):
        """Unassign the tickets of deleted users like those of archived ones; closed
        tickets get a note saying who had them (T10)."""
        # sudo: tickets of all teams and companies; archived ones may come back
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        held = tickets.search([("user_id", "in", self.ids)])
        for user, theirs in held.grouped("user_id").items():
            still_open = theirs.filtered("is_open")
            (theirs - still_open)._take_off("user_id")
            if still_open:
                still_open._give_back(user)

    def _give_back_helpdesk_tickets(self):
        """Unassign open tickets from users who cannot work on them any more (T10)."""
        # sudo: tickets of all teams and companies; archived ones may come back
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        held = tickets.search([("user_id", "in", self.ids), ("is_open", "=", True)])
        held._give_back_of_former()
        self._find_left_helpdesk_teams()._tell_of_left_teams()
        tickets._pass_on_activities([("user_id", "in", self.ids)])

    def _find_left_helpdesk_teams(self):
        """Return the teams of these users that have no agent left."""
        # sudo: members of teams are only counted
        teams = self.env["helpdesk.team"].sudo().with_context(active_test=False)
        teams = teams.search([("member_ids", "in", self.ids), ("active", "=", True)])
        return teams.filtered(
            lambda team: (
                not any(
                    one._is_helpdesk_agent(team.company_id) for one in team.member_ids
                )
            )
        )
