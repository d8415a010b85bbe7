from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# How many tickets at the head of the queue are tried when others take some at once.
HEAD = 50


class HelpdeskTicket(models.Model):
    """The team and the assignee of a ticket (T10)."""

    _inherit = "helpdesk.ticket"

    user_id = fields.Many2one(
        "res.users",
        string="Assigned to",
        default=lambda self: self._default_user_id(self.env.company),
        index=True,
        check_company=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    team_id = fields.Many2one(
        "helpdesk.team",
        default=lambda self: self.env["helpdesk.team"]._get_default(
            self.env.company, self.env.user
        ),
        index=True,
        check_company=True,
        tracking=True,
    )

    def _get_moves(self, vals):
        """Return how tickets move to another company without the assignee who does not
        work there, and without what only the old one has (T10, rel-G1).

        :param dict vals: what is written, with a company
        :return: list of (`helpdesk.ticket` records, their values as a dict), empty when
            nothing has to stay behind
        :raise AccessError: the user does not work in the new company either
        """
        company = self.env["res.company"].browse(vals["company_id"])
        # Odoo looks at the rights to a record before it changes alone.
        own = list(self.env.user._get_company_ids())
        company.with_context(allowed_company_ids=own).check_access("read")
        # sudo: an agent need not be allowed to read where colleagues work, nor what
        # the old company keeps to itself
        tickets = self.sudo()
        tags = tickets.tag_ids.filtered(lambda tag: tag.company_id - company)
        stays = tags and "tag_ids" not in vals
        if stays:
            vals = {**vals, "tag_ids": [Command.unlink(tag.id) for tag in tags]}
        fallback = self.env["helpdesk.team"]._get_default(company, self.env.user)
        moves = defaultdict(self.browse)
        for mine, ticket in zip(self, tickets, strict=True):
            changes = {
                name: False
                for name in self._get_fields_left_behind()
                if ticket[name].company_id - company
            }
            if ticket.user_id and company not in ticket.user_id.company_ids:
                changes["user_id"] = False
            if ticket.channel_id.company_id - company:
                changes["channel_id"] = self._default_channel_id().id
            homeless = "team_id" in changes or not ticket.team_id
            if homeless and fallback and ticket.company_id != company:
                # a queue that somebody there looks after
                changes["team_id"] = fallback.id
            stage, team = ticket.stage_id, ticket.team_id
            # with a team, the stage follows that
            arrives = vals.get("team_id", changes.get("team_id"))
            if stage.company_id - company and not (team or arrives):
                changes["stage_id"] = stage._get_for(stage.state, team, company).id
            moves[tuple(one for one in changes.items() if one[0] not in vals)] += mine
        if not any(moves) and not stays:
            return []
        return [(tickets, {**vals, **dict(done)}) for done, tickets in moves.items()]

    @api.model
    def _get_fields_left_behind(self):
        """Return what a ticket leaves behind when it moves to another company, where
        it is that of the old one; a hook.

        :return: names of fields
        :rtype: list[str]
        """
        own = ["team_id", "project_id", "type_id", "topic_id", "severity_id"]
        # The messages say which ticket it was.
        return [*own, "split_from_id", "follow_up_of_id", "duplicate_of_id"]

    def _tell_of_arrival(self):
        """Notify somebody of open tickets that were moved here from another company and
        have neither an assignee nor a team: no queue shows them (T10)."""
        # sudo: who moves it need not be allowed to read it there
        lost = self.sudo().filtered(
            lambda one: one.is_open and not one.user_id and not one.team_id
        )
        lost._notify_responsible_users(
            lambda ticket: ticket.env._(
                "This ticket was moved to %(company)s and has neither a team "
                "nor an assignee there. Choose who takes it over.",
                company=ticket.company_id.name,
            )
        )

    @api.onchange("company_id")
    def _onchange_company_id(self):
        """Show what is removed when the company changes, and the team of the new
        company."""
        company = self.company_id
        # sudo: only whose it is
        known = self.sudo()
        for name in self._get_fields_left_behind():
            if known[name].company_id - company:
                self[name] = False
                if name == "team_id":
                    self.team_id = self.team_id._get_default(company, self.env.user)
        if known.user_id and company not in known.user_id.company_ids:
            self.user_id = False

    def _leaves_sight(self, vals):
        """Return whether these values assign tickets to a team whose tickets the user
        cannot see."""
        if self.env.su or not vals.get("team_id"):
            return False
        return vals["team_id"] in self.env.user._get_hidden_helpdesk_team_ids()

    def _hand_over(self, vals):
        """Write values after which the user can no longer see the tickets."""
        self.check_access("write")
        for name in vals:
            self._check_field_access(self._fields[name], "write")
        # sudo: the user may write the tickets now, and does not see them afterwards
        return self.sudo().write(vals)

    def web_save(self, vals, specification, next_id=None):
        """Save a form. If the user can no longer see the ticket because of its new
        team, nothing is returned, and the form closes (T10)."""
        handed_over = bool(self) and not next_id and self._leaves_sight(vals)
        if handed_over:
            self.write(vals)
            if not self.has_access("read"):
                return []
            vals = {}
        return super().web_save(vals, specification, next_id=next_id)

    def _follow_assignee(self, vals, unassigned, reassigned, acting):
        """Do what another assignee, or none, brings in the life cycle (T13).

        :param dict vals: what was written
        :param unassigned: the `helpdesk.ticket` records that had no assignee
        :param reassigned: those that had another one
        :param acting: those of the tickets on which one of us acts by it
        """
        if vals["user_id"]:
            unassigned._move("assigned", acting=acting & unassigned)
            reassigned._log("assigned", acting=acting & reassigned)
        else:
            taken_off = self - unassigned
            taken_off._move("unassigned", acting=acting & taken_off)

    def _assign_by_team(self):
        """Assign tickets without an assignee to members, by the settings of their
        teams.

        An assignee keeps a ticket that changes its team, member or not: they know the
        case, and handing it over is a separate decision.
        """
        unassigned = self.filtered(
            lambda ticket: (
                ticket.team_id
                and not ticket.user_id
                and ticket.team_id.assignment != "manual"
            )
        )
        for team, tickets in unassigned.grouped("team_id").items():
            chosen = {}
            picks = team._pick_assignees(len(tickets))
            for ticket, user in zip(tickets, picks, strict=True):
                chosen[user] = chosen.get(user, self.browse()) | ticket
            for user, user_tickets in chosen.items():
                if user:
                    user_tickets.user_id = user

    def action_assign_to_me(self):
        """Take the tickets: the user becomes their assignee (T10)."""
        self.user_id = self.env.user

    # -- tickets that wait for somebody to take them (T10, T13) ----------------------

    def _get_queue_domain(self):
        """Return a domain of the tickets that the user may take next.

        :rtype: Domain
        """
        # a ticket of an archived team may be open again: its members know it
        teams = self.env["helpdesk.team"].with_context(active_test=False)
        teams = teams.search([("member_ids", "in", self.env.uid)])
        return (
            Domain("is_open", "=", True)
            & Domain("user_id", "=", False)
            & Domain("state", "!=", "waiting")
            & Domain("team_id", "in", [*teams.ids, False])
        )

    def _get_queue_order(self):
        """Return the order of the queue: what is due first, then the most severe, then
        the oldest."""
        return "due_date nulls last, severity_id desc nulls last, id"

    def action_take_next(self):
        """Assign the next waiting ticket of the user's teams to the user and open it.

        Two agents who do so at once get two tickets: a ticket that somebody else is
        about to take is skipped.

        :return: the ticket's form, an `ir.actions.act_window` as a dict
        :raise UserError: when no ticket waits
        """
        Ticket = self.browse()
        head = Ticket.search(
            self._get_queue_domain(), order=self._get_queue_order(), limit=HEAD
        )
        ticket = head.try_lock_for_update(limit=1)
        if not ticket:
            raise UserError(
                self.env._(
                    "There is nothing to take: your teams have no unassigned tickets."
                )
            )
        ticket.user_id = self.env.user
        return ticket.action_open_form()
