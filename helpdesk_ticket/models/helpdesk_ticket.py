from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.mail import is_html_empty


class HelpdeskTicket(models.Model):
    """What a customer asked, what we promised and what we do about it."""

    _name = "helpdesk.ticket"
    _inherit = [
        "helpdesk.portal.mixin",
        "helpdesk.portal.action.mixin",
        "helpdesk.rating.mixin",
        "helpdesk.private.mixin",
        "helpdesk.assignment.mixin",
        "helpdesk.escalation.mixin",
        "helpdesk.sla.explain.mixin",
        "helpdesk.contract.mixin",
        "helpdesk.document.mixin",
        "helpdesk.lifecycle.mixin",
        "helpdesk.closing.mixin",
        "helpdesk.correspondence.mixin",
        "helpdesk.follow.up.mixin",
        "helpdesk.merge.mixin",
        "helpdesk.split.mixin",
        "helpdesk.link.mixin",
        "helpdesk.mail.mixin",
        "helpdesk.notice.mixin",
        "helpdesk.number.mixin",
        "helpdesk.queue.mixin",
        "helpdesk.project.mixin",
        "helpdesk.requester.mixin",
        "helpdesk.search.mixin",
        "helpdesk.service.order.mixin",
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
    tag_ids = fields.Many2many("helpdesk.ticket.tag", string="Tags", tracking=True)
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
    def _compute_display_name(self):
        for ticket in self:
            if ticket.number == "/":
                ticket.display_name = self.env._("New ticket")
            else:
                ticket.display_name = f"[{ticket.number}] {ticket.name or ''}".strip()

    @api.depends("merged_into_id", "duplicate_of_id")
    def _compute_results(self):
        return super()._compute_results()

    def _is_solved(self):
        """A ticket that was merged is answered and solved elsewhere (T25)."""
        elsewhere = self.merged_into_id or self.duplicate_of_id
        return super()._is_solved() and not elsewhere

    @api.model_create_multi
    def create(self, vals_list):
        numbers = self._next_numbers(vals_list)
        tickets = super().create(
            [
                {**self._prepare_new_values(vals), "number": number}
                for vals, number in zip(
                    self._link_known_addresses(vals_list), numbers, strict=True
                )
            ]
        )
        if not self._subscribes_with_team():
            tickets._update_partner_subscription()
        tickets.filtered("user_id")._move("assigned")
        if not self.env.su and self.env.user._is_internal():
            tickets.filtered("company_id.helpdesk_auto_read")._move("opened")
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
        """Complete the values of a new ticket that names its company (T23)."""
        if vals.get("company_id") and "user_id" not in vals:
            company = self.env["res.company"].browse(vals["company_id"])
            vals = {"user_id": self._default_user_id(company).id, **vals}
        # A new ticket has no rating: nothing to look up and write for it.
        return self._clean_sender_values({"rating_last_value": 0.0, **vals})

    def write(self, vals):
        if self._leaves_sight(vals):
            return self._hand_over(vals)
        if vals.get("partner_email") and not any(self.mapped("partner_id")):
            [vals] = self._link_known_addresses([vals])
        elif not self.env.su:
            self._check_typed(vals)
        unassigned = self.filtered(lambda ticket: not ticket.user_id)
        partners = {ticket: ticket.partner_id for ticket in self}
        texts = {
            name: {ticket: ticket[name] for ticket in self}
            for name in ("description", "solution")
            if name in vals
        }
        res = super().write(self._clean_sender_values(vals))
        for name, before in texts.items():
            self._note_rewritten(name, before)
        if vals.get("user_id"):
            unassigned._move("assigned")
        elif "user_id" in vals:
            (self - unassigned)._move("unassigned")
        if {"partner_id", "notify_partner"} & vals.keys():
            self._update_partner_subscription(partners)
        return res

    def _note_rewritten(self, name, before):
        """Keep what a rich text was before: Odoo does not track those (T14).

        :param str name: `description` or `solution`
        :param dict before: the former text by ticket
        """
        if not self._may_notify():
            return
        captions = {
            "description": self.env._("This was the content before:"),
            "solution": self.env._("This was the solution before:"),
        }
        caption = Markup("<p><em>%s</em></p>") % captions[name]
        changed = self.filtered(
            lambda ticket: (
                not is_html_empty(before[ticket]) and before[ticket] != ticket[name]
            )
        )
        changed._message_log_batch(
            bodies={ticket.id: caption + before[ticket] for ticket in changed}
        )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for ticket, vals in zip(self, vals_list, strict=True):
            vals.setdefault("name", ticket.name)
        return vals_list

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
