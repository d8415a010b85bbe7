import ast
import heapq

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...in_use import check_company_fits, check_unused

VISIBILITIES = [
    ("everybody", "Everybody in the helpdesk"),
    ("members", "Members only"),
]
ASSIGNMENTS = [
    ("manual", "By hand"),
    ("turn", "In turn"),
    ("load", "Least loaded"),
]
# Number of tickets named in a mail: nobody reads a list of hundreds.
LISTED = 20
CACHED_FIELDS = {
    "active",
    "company_id",
    "leader_id",
    "member_ids",
    "sequence",
    "visibility",
}


class HelpdeskTeam(models.Model):
    _name = "helpdesk.team"
    _inherit = ["mail.alias.mixin.optional", "mail.thread"]
    _description = "Helpdesk Team"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    member_ids = fields.Many2many(
        "res.users",
        string="Members",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    leader_id = fields.Many2one(
        "res.users",
        string="Team leader",
        index="btree_not_null",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Responsible for the team. Sees its tickets, but is only assigned "
        "tickets automatically if also a member.",
    )
    visibility = fields.Selection(
        VISIBILITIES,
        string="Visible to",
        required=True,
        default="everybody",
        tracking=True,
        help="Members only: besides the members, the team leader, the assignee of a "
        "ticket and helpdesk managers see it.",
    )
    own_team_only = fields.Boolean(related="company_id.helpdesk_own_team_only")
    assignment = fields.Selection(
        ASSIGNMENTS,
        string="New tickets are assigned",
        required=True,
        default="manual",
        tracking=True,
        help="In turn: members receive new tickets one after another. Least loaded: "
        "the member with the fewest open tickets receives the ticket. Members on "
        "leave are skipped.",
    )
    turn_sequence_id = fields.Many2one(
        "ir.sequence",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Remembers whose turn it is.",
    )
    alias_id = fields.Many2one(
        index="btree_not_null",
        help="Mail to this address becomes a ticket of this team.",
    )
    open_ticket_count = fields.Integer(
        string="Open tickets", compute="_compute_ticket_counts"
    )
    unassigned_ticket_count = fields.Integer(
        string="Unassigned tickets", compute="_compute_ticket_counts"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ticket_counts(self):
        counts = {}
        for team, user, count in self.env["helpdesk.ticket"]._read_group(
            [("team_id", "in", self.ids), ("is_open", "=", True)],
            ["team_id", "user_id"],
            ["__count"],
        ):
            total, unassigned = counts.get(team.id, (0, 0))
            counts[team.id] = (total + count, unassigned + (0 if user else count))
        for team in self:
            team.open_ticket_count, team.unassigned_ticket_count = counts.get(
                team.id, (0, 0)
            )

    @api.model
    def _get_default(self, company, user=None):
        """Return the default team of a new ticket.

        :param company: `res.company` of the ticket
        :param user: `res.users` whose own team is preferred, and who must be able to
            see the tickets of any other
        :return: `helpdesk.team`, empty if the company has none
        """
        teams = self.browse(self._get_ids_of(company.id))
        if not self.env.su:
            teams = teams._filtered_access("read")
        own = teams.filtered(lambda team: user and user in team.member_ids)
        if user and not own:
            hidden = set(user._get_hidden_helpdesk_team_ids())
            teams = teams.filtered(lambda team: team.id not in hidden)
        return (own or teams)[:1]

    @api.model
    @tools.ormcache("company_id")
    def _get_ids_of(self, company_id):
        """Return the ids of a company's teams in their order; cached, because each mail
        needs them."""
        # sudo: the caller checks access
        teams = self.sudo().with_context(active_test=True)
        return teams.search([("company_id", "=", company_id)])._ids

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        teams._ensure_turn_sequence()
        self.env.registry.clear_cache()
        return teams

    def write(self, vals):
        if vals.get("active") is False:
            self._check_nothing_waits()
        res = super().write(vals)
        if vals.get("assignment"):
            self._ensure_turn_sequence()
        if vals.get("active"):
            # sudo: the alias of the team is readable by system users only
            for team in self.sudo().filtered("alias_id"):
                # mail to it went to the team that took over
                team.alias_id.write(team._alias_get_creation_values())
        if CACHED_FIELDS & vals.keys():
            # Who sees which tickets is in the cache of the record rules, and which
            # teams there are in ours.
            self.env.registry.clear_cache()
        if {"leader_id", "member_ids", "visibility"} & vals.keys():
            # sudo: only which tickets are the team's
            tickets = self.env["helpdesk.ticket"].sudo()
            of_teams = tickets._search([("team_id", "in", self.ids)])
            tickets._pass_on_activities([("res_id", "in", of_teams)])
        return res

    def unlink(self):
        # sudo: sequences belong to administrators; this one counted for the team only
        sequences = self.sudo().turn_sequence_id
        res = super().unlink()
        self.env.registry.clear_cache()
        sequences.unlink()
        return res

    def action_archive(self):
        """Archive teams, or ask who takes over their work (T10).

        :return: an `ir.actions.act_window` of the dialog if tickets or mails would keep
            waiting in them; the teams are not archived then
        """
        if not self._get_waiting_tickets() and not self._get_addresses():
            return super().action_archive()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Archive teams"),
            "res_model": "helpdesk.team.archive",
            "view_mode": "form",
            "target": "new",
            "context": {"default_team_ids": self.ids},
        }

    def _get_waiting_tickets(self):
        """Return the open tickets of these teams, also archived ones, which an answer
        of the customer reactivates."""
        # sudo: also open tickets that the user may not see
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        return tickets.search([("team_id", "in", self.ids), ("is_open", "=", True)])

    def _get_addresses(self):
        """Return how mail reaches these teams, in words; a hook.

        :rtype: list[str]
        """
        return [
            team.alias_email
            # sudo: the alias of the team is readable by system users only
            for team in self.sudo()
            if team.alias_email
            and ast.literal_eval(team.alias_defaults).get("team_id") == team.id
        ]

    def _hand_over_work(self, target, keep_addresses):
        """Transfer the open tickets and the addresses of these teams to another; a
        hook.

        :param target: `helpdesk.team`
        :param bool keep_addresses: whether mail opens tickets of that team; otherwise
            the addresses are removed
        """
        # sudo: tickets that the manager may not see go along. And their own context:
        # `active_test` must not follow them
        tickets = self.env["helpdesk.ticket"].sudo()
        tickets.browse(self._get_waiting_tickets().ids).team_id = target
        # sudo: the alias of the team is readable by system users only
        for team in self.sudo().filtered("alias_id"):
            if keep_addresses:
                defaults = ast.literal_eval(team.alias_defaults)
                team.alias_id.alias_defaults = repr({**defaults, "team_id": target.id})
            else:
                team.alias_name = False

    def _tell_of_left_teams(self):
        """Notify leaders or managers of teams without any member left, if unassigned
        tickets wait there that no queue shows (T10)."""
        unassigned = self._get_waiting_tickets().filtered(lambda one: not one.user_id)
        told = {}
        for ticket, people in unassigned._get_responsible_users().items():
            for one in people:
                told.setdefault((one, ticket.team_id), []).append(ticket._get_label())
        for (one, team), names in told.items():
            listed = names[:LISTED] + ["…"] * (len(names) > LISTED)
            thread = self.env["mail.thread"].with_context(lang=one.lang)
            thread.message_notify(
                partner_ids=one.partner_id.ids,
                subject=thread.env._(
                    "Nobody is left in the team %(team)s", team=team.name
                ),
                body=thread.env._(
                    "Nobody is left in the team %(team)s. These tickets are waiting "
                    "there: %(tickets)s",
                    team=team.name,
                    tickets=", ".join(listed),
                ),
            )

    def _check_nothing_waits(self):
        """Refuse to archive a team in which tickets or mails would keep waiting.

        :raise UserError: when it has open tickets or an address
        """
        waiting = self._get_waiting_tickets()
        addresses = self._get_addresses()
        if waiting or addresses:
            raise UserError(
                self.env._(
                    "%(teams)s: there are still %(count)s open tickets, and these "
                    "addresses: %(addresses)s. Archive it in the list of teams, where "
                    "you can choose who takes over, or move the tickets and the "
                    "addresses first.",
                    teams=", ".join(self.mapped("name")),
                    count=len(waiting),
                    addresses=", ".join(addresses) or "–",
                )
            )

    @api.constrains("company_id")
    def _check_company_id(self):
        check_company_fits(self)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Refuse to delete teams in use: everybody would see their tickets, and what
        applies to one team only would apply to all (T10)."""
        check_unused(self)

    def _ensure_turn_sequence(self):
        """Create a counter of turns for teams that assign automatically."""
        for team in self:
            if team.assignment != "manual" and not team.turn_sequence_id:
                # sudo: sequences belong to administrators, this one to the team
                team.turn_sequence_id = team.turn_sequence_id.sudo().create(
                    {
                        "name": f"Helpdesk: turns of {team.name}",
                        "company_id": team.company_id.id,
                    }
                )

    def _draw_turns(self, count):
        """Return the next numbers of the team's counter.

        It is a sequence of PostgreSQL: mails that arrive at the same moment get
        different numbers without waiting for each other. A counter in a row would make
        the later one fail.

        :param int count: how many
        :rtype: list[int]
        """
        self.ensure_one()
        # sudo: only the name of this team's counter
        name = f"ir_sequence_{self.sudo().turn_sequence_id.id:03d}"
        # SQL: the ORM draws one number per query
        rows = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, count)
        )
        return [number for (number,) in rows]

    def _get_available_members(self):
        """Return the members who can take a ticket now, in a fixed order (T10).

        :return: `res.users`: agents of the company who are not on leave
        """
        self.ensure_one()
        # sudo: any agent or mail may open a ticket; members and leaves are only counted
        team = self.sudo()
        members = team.member_ids.filtered(
            lambda user: user._is_helpdesk_agent(team.company_id)
        ).sorted("id")
        return self.env["res.users"].browse(
            (members - members._get_on_helpdesk_leave()).ids
        )

    def _pick_assignees(self, count):
        """Choose who gets the next tickets of this team, as its setting says (T10).

        Members with equal loads take turns, so that mails of the same moment, which do
        not see each other's tickets yet, go to different members.

        :param int count: number of tickets
        :return: list of `res.users`, empty ones if nobody is available
        """
        self.ensure_one()
        members = self._get_available_members()
        if not members:
            return [members] * count
        turns = self._draw_turns(count)
        if self.assignment == "turn":
            return [members[turn % len(members)] for turn in turns]
        # sudo: the whole load, also tickets that the user may not see
        all_tickets = self.env["helpdesk.ticket"].sudo()
        groups = all_tickets._read_group(
            [("user_id", "in", members.ids), ("is_open", "=", True)],
            ["user_id"],
            ["__count"],
        )
        loads = {user.id: count for user, count in groups}
        first = turns[0]
        queue = [
            (loads.get(member.id, 0), (place - first) % len(members), member.id)
            for place, member in enumerate(members)
        ]
        heapq.heapify(queue)
        picks = []
        for _turn in turns:
            load, place, member_id = queue[0]
            heapq.heapreplace(queue, (load + 1, place, member_id))
            picks.append(members.browse(member_id))
        return picks

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("helpdesk.ticket")
        if self.id:
            values["alias_defaults"] = defaults = ast.literal_eval(
                self.alias_defaults or "{}"
            )
            defaults["team_id"] = self.id
        return values

    def action_view_open_tickets(self):
        """Open the list of this team's tickets, filtered by open ones.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["display_name"] = self.name
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {
            "default_team_id": self.id,
            "search_default_open": 1,
        }
        return action
