import re
from email.utils import getaddresses

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.mail import email_normalize, parse_contact_from_email

from odoo.addons.helpdesk_contact.inside import inside
from odoo.addons.helpdesk_contact.models.partner.identity import is_address

from ...typed_text import MAX_LINE, VISIBLE
from .helpdesk_ticket import FORMER, KEPT, LINES, LINKS

# What counts as typed, too, when the context brings it.
TYPED = {
    *FORMER,
    *LINES,
    *LINKS,
    "channel_id",
    "company_id",
    "customer_id",
    "partner_id",
    "stage_id",
    "team_id",
    "user_id",
}
# No list and no mail program shows a longer subject.
MAX_NAME = 500
# More people in copy than anybody would type: each gets every answer. A mail that is
# split off keeps those that it had.
MAX_COPIES = 50
# The kinds of fields that hold a text
TEXTS = ("char", "html", "text")
# The kinds of fields that hold several records
LISTS = ("many2many", "one2many")
# What of a ticket is one customer's, and the field of it that says whose
OWNERS = {"fsm_location_id": "owner_id", "project_id": "partner_id"}
# What would end or break a header of a mail
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def is_list_of_records(value):
    """Return whether a value names records, by their ids or by commands of Odoo.

    :param value: for a field that holds several
    """
    if not value or isinstance(value, models.BaseModel):
        return True
    if not isinstance(value, list | tuple):
        return False
    ids = []
    for one in value:
        if isinstance(one, list | tuple) and one:
            code, id_, more = (*one, 0, 0)[:3]
            # a new record has a name of the screen, or none
            ids += [code, *([id_] if code in (1, 2, 3, 4) else [])]
            ids += more if code == 6 and isinstance(more, list | tuple) else []
        else:
            ids.append(one)
    return all(isinstance(id_, int) for id_ in ids)


class HelpdeskTicket(models.Model):
    """What somebody types or a program sends: completed, checked and cleaned before a
    ticket is made of it or changed (T01, T08, T10, T23, C09, K03, rel-A7, rel-C5)."""

    _inherit = "helpdesk.ticket"

    # -- before a ticket is made ------------------------------------------------------

    @api.model
    def _complete_new(self, vals_list):
        """Return values of new tickets as they are kept, each with its number.

        :param list vals_list: of dicts for `create`
        :raise UserError: for what nobody can use, see `_check_typed`, and for a team
            whose tickets the user must not see
        :rtype: list
        """
        by_somebody = not self.env.su
        if by_somebody:
            vals_list = self._complete_typed(vals_list)
        vals_list = [self._prepare_new_values(vals) for vals in vals_list]
        if by_somebody and any(vals.get("team_id") for vals in vals_list):
            self._check_team_is_visible(vals_list)
        numbers = self._next_numbers(vals_list, keeps=inside(self.env, KEPT))
        return [
            {**vals, "number": number}
            for vals, number in zip(vals_list, numbers, strict=True)
        ]

    @api.model
    def _complete_typed(self, vals_list):
        """Return values of new tickets with what a program sends in the context beside
        them, with a company and a team that fit: where only one of them is named, it
        brings the other (T10, rel-G1), and with the contacts whose addresses it names.

        :param list vals_list: of dicts for `create`
        :raise UserError: for what nobody can use, see `_check_typed`, and for what only
            the helpdesk writes (T14)
        :rtype: list
        """
        context, own = self.env.context, self.env.company
        kept = self._get_kept_fields()
        given = {
            name: context[f"default_{name}"]
            for name in TYPED | kept
            if f"default_{name}" in context
        }
        vals_list = [{**given, **vals} for vals in vals_list]
        Team = self.env["helpdesk.team"]
        for vals in vals_list:
            if any(
                (value and type(value) is not (int if name[-3:] == "_id" else str))
                or name.endswith("_ids")
                for name, value in vals.items()
            ):
                self._check_kinds(vals)
            # sudo: only whose team it is; the rules decide about the ticket
            of_team = Team.browse(vals.get("team_id")).sudo().company_id
            company = own.browse(vals.get("company_id"))
            if of_team - own and not company:
                vals["company_id"] = of_team.id
            elif company - own and "team_id" not in vals:
                vals["team_id"] = Team._get_default(company, self.env.user).id
            if kept & vals.keys():
                self._check_kept(vals)
            self._check_typed({"name": False, **vals})
        if any(vals.get("partner_email") for vals in vals_list):
            vals_list = self._link_known_addresses(vals_list)
        return vals_list

    @api.model
    def _link_known_addresses(self, vals_list):
        """Name the contacts whose addresses somebody typed or sent by API (C09, K03).

        What comes in by mail, form and link is looked up by `helpdesk.intake`, which
        knows whether the sender is who it says.

        :param list vals_list: of dicts for `create` or `write`
        :rtype: list
        """
        here, wanted, keys = (self.company_id or self.env.company)[:1].id, {}, []
        for vals in vals_list:
            address = email_normalize((vals.get("partner_email") or "").strip())
            keys.append((vals.get("company_id") or here, address))
            if address and not vals.get("partner_id"):
                wanted.setdefault(keys[-1][0], []).append(address)
        Partner = self.env["res.partner"]
        found = {
            (company_id, address): person
            for company_id, addresses in wanted.items()
            for address, person in Partner._helpdesk_find_by_emails(
                addresses, company_id
            ).items()
        }
        return [
            {**vals, "partner_id": found[key].id}
            if key in found and not vals.get("partner_id")
            else vals
            for vals, key in zip(vals_list, keys, strict=True)
        ]

    @api.model
    def _prepare_new_values(self, vals):
        """Complete the values of a new ticket that names its company (T23). Agents'
        tickets have a channel, also when a form or a program sends none."""
        if vals.get("company_id") and "user_id" not in vals and not self.env.su:
            company = self.env["res.company"].browse(vals["company_id"])
            vals = {"user_id": self._default_user_id(company).id, **vals}
        if not vals.get("channel_id", True):
            vals = {**vals, "channel_id": self._default_channel_id().id}
        if vals.get("follow_up_of_id") or vals.get("split_from_id"):
            vals = self._leave_project(vals)
        # A new ticket has no rating: nothing to look up and write for it.
        return self._clean_sender_values({"rating_last_value": 0.0, **vals})

    @api.model
    def _check_team_is_visible(self, vals_list):
        """Refuse to open a ticket that its author could not see any more.

        :param list vals_list: of dicts for `create`, as they are kept
        """
        hidden = set(self.env.user._get_hidden_helpdesk_team_ids())
        for vals in vals_list:
            if vals.get("team_id") in hidden and vals.get("user_id") != self.env.uid:
                raise UserError(
                    self.env._(
                        "Only the members of the team “%(team)s” see its tickets. Save "
                        "the ticket with another team, then hand it over.",
                        team=self.env["helpdesk.team"].browse(vals["team_id"]).name,
                    )
                )

    # -- before a ticket is made or changed --------------------------------------------

    def _complete_written(self, vals):
        """Return values for `write`, with the contact whose address somebody typed."""
        if not self.env.su:
            self._check_typed(vals)
            if vals.get("partner_email") and not any(self.mapped("partner_id")):
                [vals] = self._link_known_addresses([vals])
        return self._clean_sender_values(vals)

    @api.model
    def _check_typed(self, vals):
        """Refuse what an agent or a program typed and nobody can use.

        :param dict vals: for `create` or `write`
        :raise UserError: when an address is none, a subject or the channel is empty,
            a number, date or author of another helpdesk comes by no import (T01), or
            the ticket to link to must not be seen: the link would name it (rel-A7)
        """
        if {"partner_email", "email_cc", "reply_to"} & vals.keys():
            self._check_addresses(vals)
        if FORMER & vals.keys():
            self._check_former(vals)
        if not vals.get("channel_id", True) and any(self.mapped("channel_id")):
            raise UserError(self.env._("Choose how the request reached the helpdesk."))
        name = vals.get("name") or ""
        if "name" in vals and not VISIBLE.search(name):
            raise UserError(self.env._("Enter a subject: what is it about?"))
        if len(name) > MAX_NAME:
            raise UserError(
                self.env._(
                    "The subject is too long: use at most %(count)s characters, and "
                    "put the rest in the text below.",
                    count=MAX_NAME,
                )
            )
        if linked := {vals[name] for name in LINKS & vals.keys() if vals[name]}:
            self.browse(linked)._check_is_seen()

    def _check_is_seen(self):
        """Refuse to link a record to tickets that the user must not see: the link would
        name them, and work on it would count there (rel-A7).

        :raise UserError: the same as for a ticket that does not exist
        """
        if not self.env.su and set(self.ids) - self._get_readable(self.env.user):
            raise UserError(
                self.env._("The ticket to link to does not exist. Choose another one.")
            )

    @api.model
    def _check_named(self, ids):
        """Refuse to make another record one of a ticket that the user must not see.

        :param ids: of tickets as they were given, with nothing where there is none
        :raise UserError: as above
        """
        self.browse(
            {id_ for id_ in ids if id_ and isinstance(id_, int)}
        )._check_is_seen()

    @api.model
    def _check_kinds(self, vals):
        """Refuse what is no text where one belongs, what is no record where one
        belongs, for which Odoo would empty the field without a word, and none where a
        ticket needs one.

        :param dict vals: for `create` or `write`
        :raise UserError: in words
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            kind = field and field.type
            if kind in LISTS and not is_list_of_records(value):
                raise UserError(
                    self.env._(
                        "“%(value)s” cannot be used for “%(field)s”. Enter a list of "
                        "the IDs of records, which are numbers.",
                        value=str(value)[:MAX_LINE],
                        field=field._description_string(self.env),
                    )
                )
            if kind in TEXTS and value and not isinstance(value, str):
                raise UserError(
                    self.env._(
                        "“%(value)s” cannot be used for “%(field)s”. Enter a text.",
                        value=str(value)[:MAX_LINE],
                        field=field._description_string(self.env),
                    )
                )
            if kind != "many2one" or type(value) is int:
                continue
            if value and not isinstance(value, models.BaseModel):
                raise UserError(
                    self.env._(
                        "“%(value)s” cannot be used for “%(field)s”. Enter the ID of "
                        "a record, which is a number.",
                        value=str(value)[:MAX_LINE],
                        field=field._description_string(self.env),
                    )
                )
            needed = field.required or name == "stage_id"
            if self and needed and not value:
                raise UserError(
                    self.env._(
                        "“%(field)s” cannot be empty. Choose a value.",
                        field=field._description_string(self.env),
                    )
                )

    @api.model
    def _check_addresses(self, vals):
        """Refuse addresses that are none, or one of our own.

        :param dict vals: for `create` or `write`
        :raise UserError: in words
        """
        address = vals.get("partner_email")
        if address and not is_address(address.strip()):
            raise UserError(
                self.env._(
                    "“%(address)s” is not an e-mail address. Enter one address, for "
                    "example anna@example.com.",
                    address=address,
                )
            )
        if address and self.env["helpdesk.own.address"]._is_own(
            email_normalize(address)
        ):
            raise UserError(
                self.env._(
                    "%(address)s is one of our own addresses: mail to it would come "
                    "back. Enter the customer's address.",
                    address=address,
                )
            )
        for name in ("email_cc", "reply_to"):
            typed = getaddresses([(vals.get(name) or "").replace(";", ",")])
            if len(typed) > MAX_COPIES and not inside(self.env, "helpdesk_own_values"):
                raise UserError(
                    self.env._(
                        "%(count)s addresses are too many: at most %(maximum)s people "
                        "can be in copy of a ticket.",
                        count=len(typed),
                        maximum=MAX_COPIES,
                    )
                )
            for _name, one in typed:
                if not is_address(one):
                    raise UserError(
                        self.env._(
                            "“%(address)s” is not an e-mail address. Enter addresses "
                            "with commas between them, for example anna@example.com.",
                            address=one or vals[name],
                        )
                    )

    @api.model
    def _clean_sender_values(self, vals):
        """Split `Anna <anna@example.com>` into name and bare address, and make one line
        of what stands in headers of mails (rel-C5)."""
        vals = {
            name: CONTROL.sub(" ", value).strip()
            if name in LINES and isinstance(value, str)
            else value
            for name, value in vals.items()
        }
        email = vals.get("partner_email")
        if email and email_normalize(email):
            name, email = parse_contact_from_email(email)
            vals = {**vals, "partner_email": email}
            if name and not vals.get("partner_name") and not vals.get("partner_id"):
                vals["partner_name"] = name
        return vals

    # -- however it was written --------------------------------------------------------

    @api.constrains("partner_id", "customer_id", *OWNERS)
    def _check_same_customer(self):
        """Refuse what is another customer's than the ticket: a contact, who would read
        what the other one wrote (T08); a project, on which the time would be invoiced
        to that one (T11); a place where nobody waits for us (T16)."""
        for ticket in self.filtered("customer_id"):
            # sudo: only compares whose contact, project and place it is
            known = ticket.sudo()
            contact, customer = known.partner_id, known.customer_id
            company = contact.commercial_partner_id
            another = contact and customer.commercial_partner_id != company
            if another and not contact._helpdesk_may_be_of(customer):
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s, but the ticket "
                        "belongs to %(customer)s. Choose a contact of this customer, "
                        "or leave the customer empty to take it from the contact.",
                        contact=contact.name,
                        company=company.name,
                        customer=customer.name,
                    )
                )
            for name, owned_by in OWNERS.items():
                owner = known[name][owned_by]
                if owner and not known._is_of_customer(owner):
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” belongs to %(owner)s, the ticket to "
                            "%(customer)s. Choose one of this customer.",
                            field=self._fields[name]._description_string(self.env),
                            owner=owner.commercial_partner_id.display_name,
                            customer=customer.name,
                        )
                    )

    def _check_stage_is_used(self):
        """Refuse a stage that only other teams use: no column of this team would show
        the ticket (T13). The life cycle chooses those that fit.

        :raise ValidationError: in words
        """
        # an archived team keeps its stages for itself, too
        for ticket in self.with_context(active_test=False):
            # sudo: only which teams those are
            stage, teams = ticket.stage_id, ticket.sudo().stage_id.team_ids
            if teams and ticket.team_id not in teams:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is a stage of other teams. Choose a stage that "
                        "the team of the ticket uses.",
                        stage=stage.display_name,
                    )
                )

    @api.constrains("user_id")
    def _check_user_id(self):
        """Refuse an assignee who cannot work on the ticket (T10)."""
        for user, tickets in self.filtered("is_open").grouped("user_id").items():
            if user and not user._is_helpdesk_agent():
                raise ValidationError(
                    self.env._(
                        "%(user)s is not, or no longer, a helpdesk user and cannot be "
                        "assigned to %(ticket)s. Choose one of the agents.",
                        user=user.name,
                        ticket=tickets[0].display_name,
                    )
                )
