from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import is_html_empty

# What may be typed wrongly
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
CHECKED = {*LINES, *LINKS, *FORMER, "channel_id"}

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

    @api.model
    def _default_channel_id(self):
        """Return the channel of what agents type in: somebody is on the phone."""
        phone = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.channel_phone"
        )
        by_hand = not self.env.su and self.env.user._is_internal()
        return self.env["helpdesk.channel"].browse(phone if by_hand and phone else [])

    @api.model
    def _default_user_id(self, company):
        """Return the agent who creates tickets, if they become its own (T23).

        :param company: `res.company` of the tickets
        :return: `res.users`, empty for mails, customers and other users
        """
        user = self.env.user
        is_agent = not self.env.su and user.has_group(
            "helpdesk_contact.group_helpdesk_user"
        )
        return user if is_agent and company.helpdesk_auto_assign else user.browse()

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

    # -- steps of what happens to a ticket (see `lifecycle.py`) ------------------------

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

    # -- buttons of the life cycle (T13) -----------------------------------------------

    def action_mark_read(self):
        """Mark unread tickets as read: an agent has opened them (T13).

        :return: whether any ticket was unread
        :rtype: bool
        """
        self.check_access("write")
        return bool(self._move("read"))

    def action_ask_customer(self):
        """Write a question to the customer; sending it makes the ticket wait (T13).

        :return: an `ir.actions.act_window` of the mail composer as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask the Customer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": self.partner_id.ids,
                "default_subtype_xmlid": "mail.mt_comment",
                "helpdesk_ask": True,
            },
        }

    def action_close(self):
        """Close the open tickets among these."""
        self.check_access("write")
        self._move("closed")

    def action_cancel(self):
        """Cancel the open tickets among these: given up, not solved."""
        self.check_access("write")
        self._move("cancelled")

    def action_reopen(self):
        """Open the closed and cancelled tickets among these again."""
        self.check_access("write")
        self._move("reopened")._end_duplicates()
