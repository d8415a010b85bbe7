from dataclasses import dataclass

from markupsafe import Markup

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import is_html_empty

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ...sla_scope import SCOPE

# What a change of a ticket may be about: the steps of `write` that it concerns.
# stand in headers of mails
LINES = {"email_cc", "name", "partner_email", "partner_name", "reply_to"}
LINKS = {  # from one ticket to another
    "duplicate_of_id",
    "follow_up_of_id",
    "merged_into_id",
    "quoted_ticket_id",
    "split_from_id",
}
FORMER = {  # happened in another helpdesk: a manager's import keeps it
    "number",
    "create_date",
    "create_uid",
    "closed_date",
}
KEPT = "helpdesk_import_kept"  # the key of the context by which it does
CHECKED = {*LINES, *LINKS, *FORMER, "channel_id"}  # may be typed wrongly
CONTACT = {"partner_id", "partner_email"}
PEOPLE = {"partner_id", "customer_id", "notify_partner"}
CHARGE = {"user_id", "team_id", "company_id"}  # who takes care
RECLASSIFIED = ("type_id", "topic_id", "severity_id")
TEXTS = ("description", "solution")

# What customers may read of the tickets that they see; all else is ours. They write
# nothing: what they may do are methods and routes of their own.
PORTAL_FIELDS = frozenset(
    {
        "id",
        "access_url",
        "active",
        "answer_deadline",
        "closed_date",
        "company_id",
        "create_date",
        "customer_id",
        "description",
        "display_name",
        "is_open",
        "name",
        "number",
        "partner_id",
        "partner_name",
        "severity_id",
        "solution",
        "solution_deadline",
        "stage_id",
        "state",
        "topic_id",
        "type_id",
    }
)
# With this parameter, a field of another addon is one of them.
PORTAL_PARAMETER = "helpdesk_portal"
# The parameter of fields that says of which promise they say what.
PROMISE_PARAMETER = "helpdesk_promise"


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
    """What a customer asked, what we promised and what we do about it."""

    _name = "helpdesk.ticket"
    _inherit = [
        "portal.mixin",
        "mail.thread.cc",
        "mail.activity.mixin",
        "rating.mixin",
        "mail.tracking.duration.mixin",
    ]
    _description = "Helpdesk Ticket"
    _order = "id desc"
    _rec_names_search = ["number", "name"]
    _check_company_auto = True
    _primary_email = "partner_email"
    _track_duration_field = "stage_id"

    name = fields.Char(string="Subject", required=True, tracking=True, index="trigram")
    description = fields.Html(string="Content", sanitize_style=True, index="trigram")
    active = fields.Boolean(default=True, tracking=True)
    create_date = fields.Datetime(string="Opened on", readonly=True, index=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env.company,
    )

    # What it is about (T02, T03, T04, C03)
    type_id = fields.Many2one(
        "helpdesk.ticket.type",
        string="Request type",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    topic_id = fields.Many2one(
        "helpdesk.ticket.topic",
        string="Topic group",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    severity_id = fields.Many2one(
        "helpdesk.ticket.severity",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    severity_color = fields.Integer(related="severity_id.color")
    tag_ids = fields.Many2many(
        "helpdesk.ticket.tag", string="Tags", check_company=True, tracking=True
    )
    channel_id = fields.Many2one(
        "helpdesk.channel",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        default=lambda self: self._default_channel_id(),
        help="How the request reached the helpdesk.",
    )

    # Loads, dashboard and lists ask for open tickets; most of a database are closed.
    _open_idx = models.Index(
        "(team_id, user_id, state) WHERE is_open IS TRUE AND active IS TRUE"
    )

    # The lists of the daily work show and count the open tickets, the last ones first.
    # With what record rules and columns ask for in it, counting them reads no ticket.
    _open_last_idx = models.Index(
        "(id) INCLUDE "
        "(company_id, team_id, user_id, stage_id, partner_id, customer_id) "
        "WHERE is_open IS TRUE AND active IS TRUE"
    )

    # A contact's and a customer's tickets are listed and counted from these alone: the
    # customer portal costs the same with ten thousand of them.
    _partner_idx = models.Index(
        "(partner_id, id) INCLUDE (is_open, active, team_id, user_id) "
        "WHERE partner_id IS NOT NULL"
    )
    # Those without a customer are in it, too: the portal asks for them with the others
    # (`helpdesk_ticket_rule_portal`), and would read all tickets without it.
    _customer_idx = models.Index(
        "(customer_id, id) INCLUDE (is_open, active, team_id, user_id)"
    )

    # What is typed of an address is the end of what stands before the @, if anything
    # does (see `_search_requester_email`).
    _mailbox_idx = models.Index(
        "(reverse(split_part(partner_email_normalized, '@', 1)) text_pattern_ops) "
        "WHERE partner_email_normalized IS NOT NULL"
    )
    _number_uniq = models.Constraint(
        "UNIQUE(number)", "Another ticket already has this reference number."
    )

    @api.depends("number", "name")
    @api.depends_context("uid", "su")
    def _compute_display_name(self):
        """Name a ticket to those who may read it. Odoo takes the names of links as
        superuser: whoever reads a task would read what its hidden ticket is about
        (rel-A7)."""
        hidden, user = set(), self.env.user
        # The public user follows signed links and sees no link between records.
        if self.env.su and user.id != SUPERUSER_ID and not user._is_public():
            real = self.filtered(lambda ticket: isinstance(ticket.id, int))
            hidden = set(real.ids) - real._get_readable(user)
        for ticket in self:
            if ticket.id in hidden:
                ticket.display_name = self.env._("Hidden ticket")
            elif ticket.number == "/":
                ticket.display_name = self.env._("New ticket")
            else:
                ticket.display_name = f"[{ticket.number}] {ticket.name or ''}".strip()

    def _get_label(self):
        """Return number and subject, for those who may read the ticket."""
        return self.with_user(SUPERUSER_ID).display_name

    def _get_readable(self, user):
        """Return those of these tickets that a user may read, in whichever company.

        :param user: `res.users`
        :return: a set of ids
        """
        if not user.active:
            return set()
        tickets = self.with_user(user).with_context(
            allowed_company_ids=list(user._get_company_ids())
        )
        return set(tickets._filtered_access("read").ids)

    @api.model
    def _get_readable_domain(self, model_field):
        """Return what the user may see of rows that name a model and a record, in its
        companies: those of other models, and those of tickets that it may read.

        :param str model_field: the field with the model's name; the id is in `res_id`
        :rtype: Domain
        """
        # sudo(False): by the rights of the user, also where rules ask for it
        tickets = self.sudo(False).with_context(active_test=False)
        of_others = Domain(model_field, "!=", self._name)
        if not tickets.has_access("read"):
            return of_others

        def is_readable(model, alias, query):
            readable = tickets._search([])
            # one row by its id, where the ORM would make a list of all tickets
            readable.add_where(
                SQL(
                    "%s = %s",
                    SQL.identifier(readable.table, "id"),
                    model._field_to_sql(alias, "res_id", query),
                )
            )
            return SQL("EXISTS %s", readable.subselect())

        return of_others | Domain.custom(to_sql=is_readable)

    # -- what customers see (C03, C07) ------------------------------------------------

    def _valid_field_parameter(self, field, name):
        """Let fields say that customers read them, or what of a promise they say."""
        own = name in (PORTAL_PARAMETER, PROMISE_PARAMETER)
        return own or super()._valid_field_parameter(field, name)

    def _has_field_access(self, field, operation):
        """Let customers read what concerns them, and write nothing (rel-A6)."""
        if not super()._has_field_access(field, operation):
            return False
        # a list asks this some thousand times: what tells without the user comes
        # first, and `share` is at hand where groups would have to be looked up
        added = getattr(field, PORTAL_PARAMETER, False)
        concerns = added or field.name in PORTAL_FIELDS
        if self.env.su or (operation == "read" and concerns):
            return True
        return not self.env.user.share

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for ticket in self:
            ticket.access_url = f"/my/tickets/{ticket.id}"
        return res

    # -- what happens when tickets are made, change, and are spoken in ---------------

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
        """Do what a change brings, step by step.

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
            self._follow_stage(before.stages, acting)
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
        """Let who follows the teams of new tickets follow these, and who opens a ticket
        by mail (T09).

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

    # -- steps ------------------------------------------------------------------------

    @api.model
    def _may_notify(self, *quiet):
        """Say whether people are told of what happens to tickets: these are changed one
        by one, not loaded from somewhere.

        :param quiet: our own keys of the context with which they are not told either
        """
        loading = ("import_file", "install_mode", "tracking_disable")
        return not (
            any(self.env.context.get(key) for key in loading)
            or any(inside(self.env, key) for key in quiet)
        )

    def _note_rewritten(self, texts):
        """Keep what rich texts were before: Odoo does not track those (T14).

        :param dict texts: the former text by ticket, by field
        """
        if not self._may_notify():
            return
        captions = {
            "description": self.env._("This was the content before:"),
            "solution": self.env._("This was the solution before:"),
        }
        for name, before in texts.items():
            caption = Markup("<p><em>%s</em></p>") % captions[name]
            bodies = {
                ticket.id: caption + text
                for ticket, text in before.items()
                if not is_html_empty(text) and text != ticket[name]
            }
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def action_open_form(self):
        """Open the whole form of a ticket that was made in a dialog.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
