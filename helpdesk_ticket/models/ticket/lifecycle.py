from collections import defaultdict
from dataclasses import dataclass

from odoo import Command, api, fields, models
from odoo.tools import SQL

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ...sla_scope import SCOPE
from .helpdesk_ticket import CHECKED, FORMER, KEPT

STATES = [
    ("unread", "Unread"),
    ("read", "Read"),
    ("assigned", "Assigned"),
    ("in_progress", "In progress"),
    ("waiting", "Waiting for feedback"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
CLOSED_STATES = ("closed", "cancelled")
# Nobody waits for us.
QUIET_STATES = ("waiting", *CLOSED_STATES)
OPEN_STATES = tuple(state for state, _label in STATES if state not in CLOSED_STATES)

# The life cycle (T13): what happens to a ticket -> the state it moves to, by the
# state it is in. An event leaves a ticket alone in the states it does not name.
MOVES = {
    "read": {"unread": "read"},
    "assigned": {"unread": "assigned", "read": "assigned"},
    "unassigned": {"assigned": "read"},
    "answered": dict.fromkeys(("unread", "read", "assigned", "waiting"), "in_progress"),
    "time_logged": dict.fromkeys(("unread", "read", "assigned"), "in_progress"),
    "asked": dict.fromkeys(OPEN_STATES, "waiting"),
    "customer_answered": dict.fromkeys(("waiting", *CLOSED_STATES), "in_progress"),
    "closed": dict.fromkeys(OPEN_STATES, "closed"),
    "cancelled": dict.fromkeys(OPEN_STATES, "cancelled"),
    "reopened": dict.fromkeys(CLOSED_STATES, "in_progress"),
    # an answered ticket was merged into this one
    "merged": dict.fromkeys(("unread", "read", "assigned", "waiting"), "in_progress"),
}
# What happens to a ticket only when it moves by it; all else is said by somebody.
STEPS = ("read", "closed", "cancelled", "reopened")
# What of it is an action of ours (T26): opening a ticket to read it is none.
ACTIONS = (
    "answered",
    "asked",
    "cancelled",
    "closed",
    "merged",
    "reopened",
    "time_logged",
)
# Who has the last word (A02), by what was said last
LAST_ANSWERS = {
    "answered": "us",
    "asked": "us",
    "solution_told": "us",
    "customer_answered": "customer",
}
# What customers know of a move: they read or wrote what moved the ticket (T09).
KNOWN_MOVES = (*LAST_ANSWERS, "merged")
# What a change of a ticket may be about: the steps of `write` that it concerns.
CONTACT = {"partner_id", "partner_email"}
PEOPLE = {"partner_id", "customer_id", "notify_partner"}
CHARGE = {"user_id", "team_id", "company_id"}  # who takes care
RECLASSIFIED = ("type_id", "topic_id", "severity_id")
TEXTS = ("description", "solution")


@dataclass(frozen=True)
class Before:
    """What tickets were before a change, as far as the change concerns it: each a dict
    by ticket, or `helpdesk.ticket` records."""

    acting: dict  # state and assignee of those on which one of us acts by it (T26)
    stages: dict  # `helpdesk.ticket.stage`
    classes: dict  # of closed tickets: type, topic group and severity
    promised: dict  # until when a solution is promised
    texts: dict  # rich texts by ticket, by the name of the field
    people: dict  # contact and customer
    following: models.BaseModel  # `mail.followers` of who is assigned now, or None
    contracts: dict  # of those that get another contract by hand
    contacts: dict  # who may open the ticket by a link: contact and address
    former: dict  # `res.users` who took care
    unassigned: models.BaseModel  # had no assignee
    reassigned: models.BaseModel  # had another assignee
    arriving: models.BaseModel  # had another team


class HelpdeskTicket(models.Model):
    """What happens to a ticket, step by step: it is made and changed, people follow it,
    it moves from status to status, and all of it is logged (T13, T14)."""

    _inherit = "helpdesk.ticket"

    stage_id = fields.Many2one(
        "helpdesk.ticket.stage",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        group_expand="_group_expand_stage_id",
        domain="[('team_ids', 'in', [team_id, False])]",
    )
    state = fields.Selection(
        related="stage_id.state", string="Status", store=True, precompute=True
    )
    # Stored, because every screen of the daily work asks for open tickets only.
    is_open = fields.Boolean(
        string="Still open", compute="_compute_is_open", store=True, precompute=True
    )
    # The overview counts those whose customers wait for us, the list shows them.
    _customer_answered_idx = models.Index(
        "(team_id, user_id) WHERE last_answer = 'customer' "
        "AND is_open IS TRUE AND active IS TRUE"
    )

    @api.depends("team_id")
    def _compute_stage_id(self):
        """Give new tickets their first stage, and another team's ticket a stage of
        that team with the same state."""
        Stage = self.env["helpdesk.ticket.stage"]
        for (team, stage, company), tickets in self.grouped(
            lambda ticket: (ticket.team_id, ticket.stage_id, ticket.company_id)
        ).items():
            strange = stage.company_id - company or (
                stage.team_ids and team not in stage.team_ids
            )
            if not stage or strange:
                state = stage.state or "unread"
                tickets.stage_id = Stage._get_id_for(state, team.id, company.id)

    @api.depends("state")
    def _compute_is_open(self):
        for ticket in self:
            ticket.is_open = ticket.state not in CLOSED_STATES

    @api.model
    def _group_expand_stage_id(self, stages, domain):
        """Show the empty columns too: the shared ones, and those of the team."""
        team_id = self.env.context.get("default_team_id")
        shown = stages | stages.search([("team_ids", "in", [team_id, False])])
        return shown.sorted()

    # -- what happens when tickets are made and change ---------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Open tickets. All steps of all concerns are here, in their order.

        :return: the new `helpdesk.ticket` records
        :raise UserError: for an address that is none, an empty subject, a team whose
            tickets the user must not see, or a link to such a ticket
        """
        vals_list = self._complete_new(vals_list)
        tickets = super().create(vals_list)
        quiet = self.env.context.get("tracking_disable")
        if tickets.user_id and not quiet:
            tickets._mark_assigned(vals_list)
        loading = self.env.context.get("import_file")
        people = tickets.partner_id | tickets.customer_id
        if not (loading or all(people.mapped("active"))):
            people._helpdesk_reactivate(tickets[0].number)
        if inside(self.env, "helpdesk_from_mail") and not quiet:
            tickets._subscribe_together(vals_list)
        else:
            tickets._update_partner_subscription()
        tickets._log("opened")
        if tickets.follow_up_of_id:
            tickets._note_follow_ups()
        fresh = tickets._settle_imported(vals_list) if loading else tickets
        assigned = fresh.filtered("user_id")
        if any("stage_id" in vals for vals in vals_list):
            tickets._check_stage_is_used()
        if set(fresh.team_id.mapped("assignment")) - {"manual"}:
            fresh._assign_by_team()
        if assigned:
            assigned._move("assigned")
        if not self.env.su and self.env.user._is_internal():
            fresh.filtered("company_id.helpdesk_auto_read")._move("read")
        # one that is made of a mail is acknowledged when it holds the mail
        if self._may_notify("helpdesk_from_mail", "helpdesk_automatic_mail"):
            if told := tickets.filtered("notify_partner"):
                # those who asked are told the number (T09)
                told._post_notice("helpdesk_ticket.mail_template_ticket_opened")
            if any(tickets.company_id.mapped("helpdesk_creation_address")):
                tickets._announce_creation()
        return tickets

    def write(self, vals):
        """Change tickets: all steps of all concerns, in their order.

        :raise UserError: for what must not change, nonsense, a link to a hidden ticket
        """
        moved_to = inside(self.env, "helpdesk_move")
        if moved_to and vals == {"stage_id": moved_to}:
            return super().write(vals)  # what else it brings is said in `_move`
        if not self.env.su:
            if any(
                type(value) is not (int if name[-3:] == "_id" else str)
                or name.endswith("_ids")
                for name, value in vals.items()
            ):
                self._check_kinds(vals)
            if self._get_kept_fields() & vals.keys():
                self._check_kept(vals)
        if "team_id" in vals and self._leaves_sight(vals):
            return self._hand_over(vals)
        if vals.get("company_id") and (moves := self._get_moves(vals)):
            moving = {"helpdesk_own_values": Inside()}
            return all(
                tickets.with_context(**moving).write(values)
                for tickets, values in moves
            )
        if CHECKED & vals.keys():
            vals = self._complete_written(vals)
        if "number" in vals:
            self._check_number_stays(vals)
        before = self._get_before(vals)
        company = vals.get("company_id")
        moving = company and self.filtered(lambda one: one.company_id.id != company)
        res = super().write(vals)
        self._follow_change(vals, before)
        if before.contracts:
            self._follow_contracts(before.contracts)
        if moving:
            moving._tell_of_arrival()
        return res

    def _get_before(self, vals):
        """Return what these tickets are before values are written. What is late until
        one of us acts by it is counted.

        :rtype: Before
        """
        keys, nobody = vals.keys(), self.browse()
        charge = CHARGE & keys
        unassigned = self.filtered(lambda t: not t.user_id) if charge else nobody
        known = self - unassigned if charge == {"user_id"} else self
        # by one of us (T26); moves of the life cycle say themselves what they are
        acting, by_hand = nobody, not self.env.su and self.env.user._is_internal()
        if {"stage_id", "user_id"} & keys and by_hand:
            acting = (
                nobody if inside(self.env, "helpdesk_move") else self._begin_action()
            )
        return Before(
            acting={ticket: (ticket.state, ticket.user_id) for ticket in acting},
            stages={ticket: ticket.stage_id for ticket in self if "stage_id" in keys},
            classes={
                ticket: [ticket[name] for name in RECLASSIFIED]
                for ticket in (self if {"stage_id", *RECLASSIFIED} & keys else nobody)
                if not ticket.is_open
            },
            promised=self._get_promised() if SCOPE.keys() & keys else {},
            texts={
                name: {ticket: ticket[name] for ticket in self}
                for name in TEXTS
                if name in keys
            },
            people={t: (t.partner_id, t.customer_id) for t in self if PEOPLE & keys},
            following=self._get_followers_of(vals["user_id"])
            if vals.get("user_id") and not self.env.context.get("tracking_disable")
            else None,
            contracts={t: t.contract_id for t in self if "contract_id" in keys},
            contacts={t: t._get_contact_of_links() for t in self if CONTACT & keys},
            former={ticket: ticket.user_id for ticket in known if charge},
            unassigned=unassigned,
            reassigned=(self - unassigned).filtered(
                lambda t: vals.get("user_id") and t.user_id.id != vals["user_id"]
            ),
            arriving=self.filtered(
                lambda t: vals.get("team_id") and t.team_id.id != vals["team_id"]
            ),
        )

    def _follow_change(self, vals, before):
        """Apply the effects of a change, step by step.

        :param dict vals: what was written
        :param Before before: what was before
        """
        if before.following is not None:
            followers = self._get_followers_of(vals["user_id"]) - before.following
            followers.helpdesk_assigned = True
        if before.classes:
            self._check_reclassified(before.classes)
        if before.contacts:
            self._end_links_of_others(before.contacts)
        acting = self.browse().union(*before.acting)
        if before.stages:
            states = {ticket: stage.state for ticket, stage in before.stages.items()}
            self._check_stage_is_used()
            self._log_stages(states, acting)
            self._note_stages(before.stages)
            self._follow_stage(before.stages)
        if before.promised:
            self._note_promises(before.promised)
        if before.arriving:
            before.arriving._log("moved")
            before.arriving.filtered("is_open")._assign_by_team()
        if before.texts:
            self._note_rewritten(before.texts)
        if "user_id" in vals:
            self._follow_assignee(vals, before.unassigned, before.reassigned, acting)
        same = acting.filtered(lambda t: (t.state, t.user_id) == before.acting[t])
        same._log("changed", acting=same)
        if before.people:
            self._follow_people(vals, before.people)
        if before.former:
            self._part_with(before.former)
        if FORMER & vals.keys() and inside(self.env, KEPT):
            self._keep_former([vals] * len(self))

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        """Leave new tickets of mails to `create`: people follow all of them at once."""
        is_new = followers_existing_policy == "update"
        together = is_new and inside(self.env, "helpdesk_from_mail")
        if together and not updated_values.get("user_id"):
            return True
        return super()._message_auto_subscribe(
            updated_values, followers_existing_policy=followers_existing_policy
        )

    def _subscribe_together(self, vals_list):
        """Subscribe the followers of the teams to their new tickets, and those who open
        a ticket by mail (T09).

        :param list vals_list: the values with which each was made
        """
        *_ids, relation = self.env[
            "mail.message.subtype"
        ]._get_auto_subscription_subtypes(self._name)
        names = sorted({name for names in relation.values() for name in names})
        groups = {}
        for ticket, vals in zip(self, vals_list, strict=True):
            if not vals.get("user_id"):
                key = tuple((name, vals.get(name)) for name in names)
                groups[key] = groups.get(key, self.browse()) + ticket
        for key, tickets in groups.items():
            # here it is Odoo's turn
            tickets.with_context(helpdesk_from_mail=False)._message_auto_subscribe(
                dict(key), followers_existing_policy="update"
            )
        told = self.filtered(lambda one: one.notify_partner and one.partner_id.active)
        # sudo: followers are technical records
        followers = self.env["mail.followers"].sudo()
        known = told and followers._get_subscription_data(
            [(self._name, told.ids)], told.partner_id.ids
        )
        known = {(ticket_id, partner_id) for _id, ticket_id, partner_id, _ids in known}
        subtypes = self.env["mail.message.subtype"].default_subtypes(self._name)
        followers.create(
            [
                {
                    "res_model": self._name,
                    "res_id": ticket.id,
                    "partner_id": partner.id,
                    "subtype_ids": [
                        Command.set(subtypes[2 if partner.partner_share else 0].ids)
                    ],
                }
                for ticket in told
                if (ticket.id, (partner := ticket.partner_id).id) not in known
            ]
        )

    def _update_partner_subscription(self, previous=None):
        """Let the contact follow the ticket as far as it is to be notified (T09), and
        nobody of a former customer.

        :param dict previous: contact and customer of each ticket before the change
        """
        for ticket in self:
            before = previous[ticket][0] if previous else ticket.partner_id
            leaving = before if before != ticket.partner_id else before.browse()
            if not ticket.notify_partner:
                leaving |= ticket.partner_id
            ticket.message_unsubscribe(leaving.ids)
            if ticket.notify_partner and ticket.partner_id:
                ticket.message_subscribe(ticket.partner_id.ids)
        if previous:
            self._part_with_customers(
                {ticket: customer for ticket, (_contact, customer) in previous.items()}
            )

    def _get_followers_of(self, user_id):
        """Return how a user follows these tickets.

        :param user_id: of `res.users`, nobody when it is false
        :return: `mail.followers` as sudo
        """
        # sudo: followers are technical records, and whose contact the user is
        user = self.env["res.users"].sudo().browse(user_id or [])
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        followers = user.env["mail.followers"]
        if not user:
            return followers
        return followers.search([*domain, ("partner_id", "=", user.partner_id.id)])

    def _mark_assigned(self, vals_list):
        """Remember who follows new tickets for being assigned: they stop when they are
        not, as nobody follows those by choice (T10).

        :param list vals_list: the values of the tickets
        """
        assigned = defaultdict(self.browse)
        for ticket, vals in zip(self, vals_list, strict=True):
            default = self.env.context.get("default_user_id")
            assigned[vals.get("user_id", default)] += ticket
        for user_id, tickets in assigned.items():
            tickets._get_followers_of(user_id).helpdesk_assigned = True

    def _creation_subtype(self):
        # by its identifier: `ref` asks in the database whether it exists
        return self.env["mail.message.subtype"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id("helpdesk_ticket.mt_ticket_new")
        )

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" in init_values:
            return self.env.ref("helpdesk_ticket.mt_ticket_stage")
        return super()._track_subtype(init_values)

    @api.model
    def _may_notify(self, *quiet):
        """Return whether people are notified of what happens to tickets: not while
        tickets are loaded from somewhere.

        :param quiet: our own keys of the context with which they are not told either
        """
        loading = ("import_file", "install_mode", "tracking_disable")
        return not (
            any(self.env.context.get(key) for key in loading)
            or any(inside(self.env, key) for key in quiet)
        )

    # -- what moves a ticket, and the log of it ----------------------------------------

    def _move(self, event, message=None, acting=None):
        """Move each ticket as MOVES says after something has happened, and log it.

        :param str event: a key of MOVES
        :param message: the `mail.message` by which it happened, if it did by one
        :param acting: those of the tickets on which one of us acted by it
        :return: the `helpdesk.ticket` records that moved
        """
        if event in ACTIONS:
            acting = self._begin_action()
        moves = MOVES[event]
        states = {ticket: moves.get(ticket.state, ticket.state) for ticket in self}
        moved = self.filtered(lambda ticket: states[ticket] != ticket.state)
        former = {ticket: ticket.stage_id for ticket in moved}
        # the log says first what the stages say then
        (moved if event in STEPS else self)._log(event, message, acting, states)
        Stage = self.env["helpdesk.ticket.stage"]
        for (state, team, company), alike in moved.grouped(
            lambda ticket: (states[ticket], ticket.team_id, ticket.company_id)
        ).items():
            stage_id = Stage._get_id_for(state, team.id, company.id)
            # What the move itself writes is no second action, and a customer's none.
            alike = alike.with_context(helpdesk_move=Inside(stage_id))
            alike.stage_id = stage_id
            if state in QUIET_STATES or any(
                former[ticket].state in CLOSED_STATES for ticket in alike
            ):
                alike._follow_stage(former)
        if event not in KNOWN_MOVES and (told := moved.filtered("notify_partner")):
            told._note_stages(former)
        return moved

    def _begin_action(self):
        """Count what is late before one of us does something for these tickets (T26).

        :return: those of them that are open, as sudo: their deadlines depend on it
        """
        # sudo: the clock counts whoever acts, also who may not edit tickets
        tickets, now = self.sudo(), fields.Datetime.now()
        passed = tickets.deadline_ids.filtered(lambda row: row.due and row.due < now)
        promises = passed._get_promises() if passed else {}
        late = passed.filtered(lambda row: promises[row.promise].repeats)
        for count, alike in late.grouped("late_count").items():
            alike.write({"late_count": count + 1, "result": "broken"})
        return tickets.filtered("is_open")

    def _follow_stage(self, stages):
        """Apply the effects of a new stage, whoever wrote it: catch up on what changed
        while the ticket was closed, send a notice, clear alarms.

        :param dict stages: the `helpdesk.ticket.stage` of each ticket before
        """
        states = {ticket: stage.state for ticket, stage in stages.items()}
        reopened = self.filtered(
            lambda ticket: ticket.is_open and states[ticket] in ("closed", "cancelled")
        )
        if reopened:
            reopened._settle_reopened()
        closed = self.filtered(
            lambda ticket: (
                ticket.state == "closed"
                and states[ticket] not in ("closed", "cancelled")
            )
        )
        if closed:
            closed._tell_of_closing()
        if any(ticket.state in QUIET_STATES for ticket in self):
            self._settle_raised()

    def _hold(self):
        """Write the rows of these tickets, without a change: of two transactions at the
        same moment the slower one begins again, and sees what the other did. Else a
        ticket would be closed over an answer, be merged and leave one behind, or tell
        those who may not read it any more (E06, T10, T13)."""
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                self.ids,
            )
        )

    def _log(self, kind, message=None, acting=None, states=None):
        """Add to the log what happened to these tickets.

        :param str kind: of `helpdesk.ticket.event`
        :param message: the `mail.message` by which it happened, if it did by one
        :param acting: those of the tickets on which one of us acted by it
        :param dict states: their states from then on, when it is not the one they have
        """
        acting, states = acting or self.browse(), states or {}
        values = {"kind": kind, "moment": fields.Datetime.now()}
        if message:
            # sudo: the author is a technical record
            values["partner_id"] = message.sudo().author_id.id
            values["message_id"] = message.id
            by_mail = message.message_type == "email"
            if by_mail or kind == "customer_answered":
                channel = f"helpdesk_ticket.channel_{'email' if by_mail else 'portal'}"
                channel_id = self.env["ir.model.data"]._xmlid_to_res_id(channel)
                values["channel_id"] = channel_id
        elif self.env.user.active:  # no technical user
            values["partner_id"] = self.env.user.partner_id.id
        action = "answer" if kind in ("answered", "asked") else "other"
        # sudo: it happened, whoever did it
        self.env["helpdesk.ticket.event"].sudo().create(
            [
                {
                    **values,
                    **(
                        {"partner_id": ticket.partner_id.id} if kind == "opened" else {}
                    ),
                    "ticket_id": ticket.id,
                    "state": states.get(ticket, ticket.state),
                    "action": action if ticket in acting else False,
                }
                for ticket in self
            ]
        )
        if acting:
            acting._settle_raised()

    def _settle_raised(self):
        """Take the activity off tickets that are late with nothing any more, once
        somebody has done something for them, closed them or waits."""
        # sudo: what is done is done, whoever has closed the ticket
        rows = self.env["helpdesk.deadline"].sudo()
        raised = rows.search([("ticket_id", "in", self.ids), ("raised", "!=", False)])
        # of which people were told that it is late, and which is so still
        late = raised.filtered(lambda row: row.raised == row.due and row._is_pending())
        if settled := raised.ticket_id - late.ticket_id:
            settled.activity_unlink(["helpdesk_ticket.mail_activity_type_overdue"])

    def _log_stages(self, states, acting=None):
        """Add to the log that somebody gave tickets a stage of another state.

        :param dict states: the state of each ticket before
        :param acting: those of the tickets on which one of us acted by it
        """

        def get_kind(ticket):
            if ticket.state in ("read", *QUIET_STATES):
                return ticket.state
            return "reopened" if states[ticket] in CLOSED_STATES else "moved"

        changed = self.filtered(lambda ticket: ticket.state != states[ticket])
        for kind, tickets in changed.grouped(get_kind).items():
            tickets._log(kind, acting=acting and acting & tickets)
