from dataclasses import dataclass

from markupsafe import Markup

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import is_html_empty

from odoo.addons.helpdesk_contact.inside import inside

from ...sla_scope import SCOPE

# What a change of a ticket may be about: the steps of `write` that it concerns.
LINES = {"name", "partner_name", "partner_email"}  # stand in headers of mails
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
CHECKED = {*LINES, *LINKS, *FORMER, "channel_id"}  # may be typed wrongly
PEOPLE = {"partner_id", "customer_id", "notify_partner"}
CHARGE = {"user_id", "team_id", "company_id"}  # who takes care
RECLASSIFIED = ("type_id", "topic_id", "severity_id")
TEXTS = ("description", "solution")


@dataclass(frozen=True)
class Before:
    """What tickets were before a change, as far as the change concerns it: each a dict
    by ticket, or `helpdesk.ticket` records."""

    stages: dict  # `helpdesk.ticket.stage`
    classes: dict  # of closed tickets: type, topic group and severity
    promised: dict  # until when a solution is promised
    texts: dict  # rich texts by ticket, by the name of the field
    people: dict  # contact and customer
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
    _customer_idx = models.Index(
        "(customer_id, id) INCLUDE (is_open, active, team_id, user_id) "
        "WHERE customer_id IS NOT NULL"
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
        hidden = self._get_unnamed_ids()
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

    def _get_unnamed_ids(self):
        """Return those of these tickets whose names are asked for as superuser, by
        somebody who may not read them. The public user follows signed links and sees
        no link between records.

        :return: a set of ids
        """
        user = self.env.user
        if not self.env.su or user.id == SUPERUSER_ID or user._is_public():
            return set()
        real = self.filtered(lambda ticket: isinstance(ticket.id, int))
        return set(real.ids) - real._get_readable(user)

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

    # -- what happens when tickets are made, change, and are spoken in ---------------

    @api.model_create_multi
    def create(self, vals_list):
        """Open tickets. All steps of all concerns are here, in their order.

        :return: the new `helpdesk.ticket` records
        :raise UserError: for an address that is none, an empty subject, a team whose
            tickets the user must not see, or a link to such a ticket
        """
        vals_list = self._link_known_addresses(self._complete_typed(vals_list))
        numbers = self._next_numbers(vals_list)
        vals_list = [
            {**self._prepare_new_values(vals), "number": number}
            for vals, number in zip(vals_list, numbers, strict=True)
        ]
        self._check_team_is_visible(vals_list)
        tickets = super().create(vals_list)
        if with_team := self._subscribes_with_team():
            tickets._subscribe_together(vals_list)
        tickets._log("opened")
        if tickets.follow_up_of_id:
            tickets._note_follow_ups()
        loading = self.env.context.get("import_file")
        fresh = tickets._settle_imported(vals_list) if loading else tickets
        people = tickets.partner_id | tickets.customer_id
        if not (loading or all(people.mapped("active"))):
            people._helpdesk_reactivate(tickets[0].number)
        assigned = fresh.filtered("user_id")
        fresh._assign_by_team()
        if not with_team:
            tickets._update_partner_subscription()
        assigned._move("assigned")
        if not self.env.su and self.env.user._is_internal():
            fresh.filtered("company_id.helpdesk_auto_read")._move("read")
        if self._may_acknowledge():
            tickets._acknowledge_opening()
            tickets._announce_creation()
        return tickets

    @api.model
    def _default_channel_id(self):
        """Return the channel of what agents type in: somebody is on the phone."""
        phone = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.channel_phone"
        )
        by_hand = not self.env.su and self.env.user._is_internal()
        return self.env["helpdesk.channel"].browse(phone if by_hand and phone else [])

    @api.model
    def _prepare_new_values(self, vals):
        """Complete the values of a new ticket that names its company (T23). Agents'
        tickets have a channel, also when a form or a program sends none."""
        if vals.get("company_id") and "user_id" not in vals:
            company = self.env["res.company"].browse(vals["company_id"])
            vals = {"user_id": self._default_user_id(company).id, **vals}
        if not vals.get("channel_id", True):
            vals = {**vals, "channel_id": self._default_channel_id().id}
        # A new ticket has no rating: nothing to look up and write for it.
        return self._clean_sender_values({"rating_last_value": 0.0, **vals})

    def write(self, vals):
        """Change tickets: all steps of all concerns, in their order.

        :raise UserError: for what must not change, nonsense, a link to a hidden ticket
        """
        if "team_id" in vals and self._leaves_sight(vals):
            return self._hand_over(vals)
        if vals.get("company_id") and (moves := self._get_moves(vals)):
            return all(tickets.write(values) for tickets, values in moves)
        if CHECKED & vals.keys():
            vals = self._clean_sender_values(self._link_written_address(vals))
        if "number" in vals:
            self._check_number_stays(vals)
        if {"stage_id", "user_id"} & vals.keys() and self._is_done_by_hand():
            self._record_action()
        before = self._get_before(vals)
        res = super().write(vals)
        self._follow_change(vals, before)
        return res

    def _get_before(self, vals):
        """Return what these tickets are before values are written.

        :rtype: Before
        """
        keys, nobody = vals.keys(), self.browse()
        charge = CHARGE & keys
        unassigned = self.filtered(lambda t: not t.user_id) if charge else nobody
        known = self - unassigned if charge == {"user_id"} else self
        return Before(
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
            contacts={
                ticket: ticket._get_contact_of_links()
                for ticket in self
                if {"partner_id", "partner_email"} & keys
            },
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
        if before.classes:
            self._check_reclassified(before.classes)
        if before.contacts:
            self._end_links_of_others(before.contacts)
        if before.stages:
            self._follow_stage(before.stages)
        if before.promised:
            self._note_promises(before.promised)
        if before.arriving:
            before.arriving._log("moved")
            before.arriving.filtered("is_open")._assign_by_team()
        if before.texts:
            self._note_rewritten(before.texts)
        if "user_id" in vals:
            self._follow_assignee(vals, before.unassigned, before.reassigned)
        if before.people:
            self._follow_people(vals, before.people)
        if before.former:
            self._part_with(before.former)

    def message_post(self, *, message_type="notification", **kwargs):
        """Post a message, on the ticket that goes on, for whom it is meant.

        :return: `mail.message`
        :raise AccessError: when customers post by another way than the portal: its
            routes take what they may say and who says it from nobody (rel-A6)
        :raise RedirectWarning: on a merged ticket
        """
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(
                self.env._("Answer the ticket on its page in the customer portal.")
            )
        if message_type == "email":
            kwargs = self._keep_answer_private(kwargs)
        elif message_type == "comment" and self.merged_into_id:
            self._check_not_merged()
        return super().message_post(message_type=message_type, **kwargs)

    def _message_post_after_hook(self, message, msg_vals):
        """Do what a message means: for its files, the clock, the life cycle."""
        opens = inside(self.env, "helpdesk_opening_mail")
        event = None if opens else self._get_message_event(message)
        if self._is_private(message):
            self._keep_private_files(message)
        if not event:
            self._record_note(message)
        if opens is True:
            self._complete_openings(message, self)
        elif event:
            self._follow_message(message, event)
        return super()._message_post_after_hook(message, msg_vals)

    def _message_compute_parent_id(self, parent_id):
        """The first mail of a ticket answers no message, and what the ticket sends at
        once answers that mail: nothing to look for."""
        if not parent_id and inside(self.env, "helpdesk_opening_mail"):
            return False
        first = (inside(self.env, "helpdesk_first_message") or {}).get(self.id)
        return first or super()._message_compute_parent_id(parent_id)

    def _message_compute_real_author(self, author_id):
        """Return who wrote a message that a technical user posts.

        Odoo's own way asks three times a mail whether OdooBot's contact exists.
        """
        if self.env.user.active or not author_id:
            return super()._message_compute_real_author(author_id)
        author = self.env["res.partner"].browse(author_id)
        bot = self.env["ir.model.data"]._xmlid_to_res_id("base.partner_root")
        return author if author.active and author.id != bot else author.browse()

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        """Remember who follows for being assigned: they stop when they are not. Of a
        new ticket nobody follows by choice (T10)."""
        kwargs = {"followers_existing_policy": followers_existing_policy}
        user_id = updated_values.get("user_id")
        is_new = followers_existing_policy == "update"
        if not user_id:
            if is_new and self._subscribes_with_team():
                return True  # `create` does it for all new tickets together
            return super()._message_auto_subscribe(updated_values, **kwargs)
        by_choice = self._get_followers_of(not is_new and user_id)
        res = super()._message_auto_subscribe(updated_values, **kwargs)
        (self._get_followers_of(user_id) - by_choice).helpdesk_assigned = True
        return res

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

    @api.model
    def _subscribes_with_team(self):
        """Say whether contacts of new tickets follow in one step with the followers of
        the team: for what mail opens, as no message is posted at its creation."""
        quiet = self.env.context.get("tracking_disable")
        return inside(self.env, "helpdesk_from_mail") and not quiet

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

    def _is_done_by_hand(self):
        """Say whether one of us writes on the tickets: no mail, no program, and no move
        of the life cycle, which says itself what it is (T26)."""
        internal = self.env.user._is_internal() and not self.env.su
        return internal and not inside(self.env, "helpdesk_move")

    def _link_written_address(self, vals):
        """Return values for `write` with the contact whose address somebody typed."""
        if vals.get("partner_email") and not any(self.mapped("partner_id")):
            [vals] = self._link_known_addresses([vals])
        elif not self.env.su:
            self._check_typed(vals)
        return vals

    def _follow_stage(self, stages):
        """Do what another stage brings: a line in the log and something to tell,
        unless a move does that, what has changed while it was closed, a notice, no
        alarm.

        :param dict stages: the `helpdesk.ticket.stage` of each ticket before
        """
        states = {ticket: stage.state for ticket, stage in stages.items()}
        if not inside(self.env, "helpdesk_move"):
            self._log_stages(states)
            self._note_stages(stages)
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
        self._settle_moved()

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
