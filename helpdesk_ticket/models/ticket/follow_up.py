from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.helpdesk_contact.inside import inside

from ... import customer_html

DAY = timedelta(days=1)


class HelpdeskTicket(models.Model):
    """Follow-up tickets, which continue closed ones (T13)."""

    _inherit = "helpdesk.ticket"

    follow_up_of_id = fields.Many2one(
        "helpdesk.ticket",
        string="Follow-up of",
        index="btree_not_null",
        check_company=True,
        copy=False,
        help="The closed ticket that this one continues.",
    )
    follow_up_of_number = fields.Char(  # as in `merge.py`
        "Follow-up of ticket", related="follow_up_of_id.number", tracking=True
    )
    follow_up_ids = fields.One2many(
        "helpdesk.ticket", "follow_up_of_id", string="Follow-up tickets"
    )
    follow_up_count = fields.Integer(
        string="Number of follow-up tickets", compute="_compute_follow_up_count"
    )

    def _compute_follow_up_count(self):
        counts = dict(
            self._read_group(
                [("follow_up_of_id", "in", self.ids)], ["follow_up_of_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.follow_up_count = counts.get(ticket._origin, 0)

    @api.constrains("follow_up_of_id")
    def _check_follow_up_of_id(self):
        if self._has_cycle("follow_up_of_id"):
            raise ValidationError(
                self.env._(
                    "A ticket cannot be a follow-up of itself. Choose another ticket."
                )
            )

    def _needs_follow_up(self):
        """Return whether an answer to this ticket is too late to reopen it."""
        self.ensure_one()
        company = self.company_id
        if (
            self.is_open
            or not self.closed_date
            or company.helpdesk_answer_to_closed != "follow_up"
        ):
            return False
        since = fields.Datetime.now() - self.closed_date
        return since / DAY > company.helpdesk_reopen_days

    def _get_last_of_chain(self):
        """Return the ticket that continues this one: itself as long as it can be
        reopened, otherwise its latest follow-up, and so on; for a merged one, the
        ticket it was merged into."""
        ticket = self._get_survivor()
        seen = self.browse()
        while ticket not in seen and ticket._needs_follow_up() and ticket.follow_up_ids:
            seen |= ticket
            ticket = ticket.follow_up_ids.sorted("id")[-1:]._get_survivor()
        return ticket

    @api.model
    def _redirect_answer(self, route, message_dict):
        """Send a customer's answer to a ticket closed long ago to its follow-up.

        Notes, what our agents write and automatic answers stay on the closed ticket:
        none of them asks for anything.

        :param tuple route: of `message_route`, to an existing ticket
        :param dict message_dict: the mail, with its author
        :return: the route to take; with thread id 0 a new ticket is opened
        """
        model, thread_id, custom_values, user_id, alias = route
        ticket = self.browse(thread_id)
        author = self.env["res.partner"].browse(message_dict.get("author_id"))
        if (
            message_dict.get("is_internal")
            or inside(self.env, "helpdesk_automatic_mail")
            or ticket._is_agent(author)
        ):
            return route
        ticket = ticket._get_last_of_chain()
        if not ticket._needs_follow_up():
            return (model, ticket.id, custom_values, user_id, alias)
        return (model, 0, ticket._prepare_answer_values(), user_id, alias)

    def _prepare_answer_values(self):
        """Return the values of a follow-up that a mail opens.

        The sender is known from the mail, and its contract is chosen for it.

        :rtype: dict
        """
        values = self._prepare_follow_up_values()
        chosen = ("partner_id", "customer_id", "contract_id", "channel_id")
        return {name: values[name] for name in values if name not in chosen}

    def _prepare_follow_up_values(self):
        """Return the values that a follow-up takes over from this ticket.

        :rtype: dict
        """
        self.ensure_one()
        values = {
            "follow_up_of_id": self.id,
            "name": self.name,
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "customer_id": self.customer_id.id,
            "contract_id": self.contract_id.id,
            "project_id": self.project_id.id,
            "type_id": self.type_id.id,
            "topic_id": self.topic_id.id,
            "severity_id": self.severity_id.id,
            "channel_id": self.channel_id.id,
            "tag_ids": [Command.set(self.tag_ids.ids)],
            "notify_partner": self.notify_partner,
        }
        return self._leave_out_gone(values)

    def _leave_out_gone(self, values):
        """Return values of a new ticket that continues this one, without what no longer
        exists: an assignee or contact who has left, an archived team, an expired
        contract (T08, T10, T12).

        :param dict values: of `create`
        :rtype: dict
        """
        self.ensure_one()
        names = {"user_id", "team_id", "partner_id", "contract_id"} & values.keys()
        kept = {name for name in names if self[name] and values[name] == self[name].id}
        gone = {}
        if "user_id" in kept and not self.user_id._is_helpdesk_agent(self.company_id):
            gone["user_id"] = False
        if "team_id" in kept and not self.team_id.active:
            gone["team_id"] = self.team_id._get_default(self.company_id).id
        if "partner_id" in kept and self._has_former_contact():
            asked = {"partner_id", "partner_email", "partner_name"} & values.keys()
            gone.update(dict.fromkeys(asked, False))
        if "contract_id" in kept and self._get_end_of_contract():
            # one that runs is chosen, if there is only one
            values = {name: values[name] for name in values if name != "contract_id"}
        return {**values, **gone}

    def copy_data(self, default=None):
        """Return the values of copies, without what no longer exists."""
        copies = super().copy_data(default)
        return [
            {**ticket._leave_out_gone(values), **(default or {})}
            for ticket, values in zip(self, copies, strict=True)
        ]

    def _open_follow_up(self, message):
        """Open a follow-up for a customer's message on the closed ticket, or add it to
        an existing follow-up.

        :param message: `mail.message`, of a channel other than mail
        :return: the follow-up, a `helpdesk.ticket`
        """
        # sudo: the customer who wrote may not create tickets; its answer opens one
        ticket, message = self.sudo(), message.sudo()
        last = ticket._get_last_of_chain()
        if not last._needs_follow_up():
            last.message_post(
                author_id=message.author_id.id,
                body=message.body,
                attachment_ids=[
                    file.copy({"res_model": self._name, "res_id": last.id}).id
                    for file in message.attachment_ids
                ],
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
            return last
        follow_up = ticket.create(
            {
                **ticket._prepare_follow_up_values(),
                "description": customer_html.show_mail(message.body),
            }
        )
        for attachment in message.attachment_ids:
            attachment.copy({"res_model": self._name, "res_id": follow_up.id})
        return follow_up

    def _note_follow_ups(self):
        """Log on closed tickets that they are continued in these new ones."""
        follow_ups = self.filtered("follow_up_of_id")
        if follow_ups:
            # of two answers at once only one opens a follow-up
            follow_ups.follow_up_of_id._hold()
        for ticket in follow_ups:
            ticket.follow_up_of_id._message_log(
                body=self.env._(
                    "It continues in the follow-up ticket %(ticket)s.",
                    ticket=ticket._get_html_link(ticket.number),
                )
            )

    def action_create_follow_up(self):
        """Open the form of a new ticket that goes on for this closed one (T13).

        :return: an `ir.actions.act_window` as a dict
        :raise UserError: when the ticket is open
        :raise RedirectWarning: when it was merged: the other ticket goes on for it
        """
        self.ensure_one()
        self._check_not_merged()
        if self.is_open:
            raise UserError(
                self.env._(
                    "This ticket is still open: continue in it, or close it first."
                )
            )
        values = self._prepare_follow_up_values()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Follow-up of %(number)s", number=self.number),
            "res_model": self._name,
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def action_view_follow_ups(self):
        """Open the follow-up tickets of this one.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Follow-up tickets"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("follow_up_of_id", "=", self.id)],
            "context": {"create": False},
        }
        if len(self.follow_up_ids) == 1:
            action.update(view_mode="form", res_id=self.follow_up_ids.id)
        return action
