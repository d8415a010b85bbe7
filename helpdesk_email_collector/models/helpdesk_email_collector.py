import re

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, email_split

from ..collected_mail import header_text
from ..mail_signs import automatic_sign

# A ticket's number as our mails carry it: in brackets (N05).
NUMBER = re.compile(r"\[([^\[\]]{1,64})\]")
MAX_SUBJECT = 998


class HelpdeskEmailCollector(models.Model):
    """A rule: which mails it is about, and what is done with them (E02, E03)."""

    _name = "helpdesk.email.collector"
    _description = "E-mail Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        help="Leave it empty for a rule of all companies.",
    )
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Mailboxes",
        domain="[('is_helpdesk_collector', '=', True)]",
        check_company=True,
        help="Leave it empty for all mailboxes.",
    )
    match = fields.Selection(
        [("all", "All conditions"), ("any", "Any condition")],
        required=True,
        default="all",
    )
    filter_ids = fields.One2many(
        "helpdesk.email.collector.filter", "collector_id", "Conditions", copy=True
    )
    operation_ids = fields.One2many(
        "helpdesk.email.collector.operation", "collector_id", "Operations", copy=True
    )
    summary = fields.Char("What It Does", compute="_compute_summary")

    @api.depends("filter_ids", "operation_ids.code")
    @api.depends_context("lang")
    def _compute_summary(self):
        for rule in self:
            rule.summary = ", ".join(
                operation._get_description() for operation in rule.operation_ids
            )

    # -- the decision about one mail (house 3.5, step 4) -----------------------

    @api.model
    def _decide(self, mail, routes):
        """Say what becomes of a mail and where it goes; writes nothing (E02, E04).

        The operations' `_prepare_<code>` are called here, in the order of the rules:
        they may also decide where the mail goes.

        :param CollectedMail mail: gets decision, reason and values
        :param list routes: those of core: (model, id, values, user id, alias)
        :return: the routes to take, none for a mail that is ignored
        """
        new = [
            route for route in routes if route[0] == "helpdesk.ticket" and not route[1]
        ]
        mail.for_helpdesk = bool(mail.inbox) or any(
            route[0] == "helpdesk.ticket" for route in routes
        )
        if not mail.for_helpdesk:
            return routes
        if not new:
            self._decide_routed(mail, routes)
            return [self._as_gateway_user(route) for route in routes]
        others = [route for route in routes if route not in new]
        # a mail to two of our addresses is still one request
        model, _thread_id, defaults, _user_id, alias = new[0]
        defaults = dict(defaults or {})
        mail.company = self._get_route_company(mail, defaults)
        company_id = defaults.pop("company_id", mail.company.id)
        if ticket := self._find_ticket_by_number(mail):
            address = self._get_sender_address(mail)
            mail.decide("reply", "reply_number", address=address)
            reply = (model, ticket.id, None, 0, None)
            return [*others, self._as_gateway_user(reply)]
        mail.values = {**self._prepare_mailbox_values(mail), **defaults}
        self._decide_new(mail)
        if mail.decision != "create":
            return others
        # `0`, not None: core's guard against floods counts only these
        return [
            *others,
            self._as_gateway_user((model, 0, {"company_id": company_id}, 0, alias)),
        ]

    @api.model
    def _find_ticket_by_number(self, mail):
        """Find the ticket whose number stands in the subject, for its participants.

        Mail programs that drop the headers of a conversation keep the subject. A number
        alone proves nothing, anyone may guess it: only people who take part in the
        ticket join it that way, others get a ticket of their own (E06, reliability D4).

        :param CollectedMail mail: the mail
        :return: `helpdesk.ticket` with at most one record
        """
        # sudo: nothing is shown; the sender's part in the ticket decides
        tickets = self.env["helpdesk.ticket"].sudo()
        numbers = NUMBER.findall(header_text(mail.message, "Subject")[:MAX_SUBJECT])
        if not numbers or automatic_sign(mail.message):
            return tickets
        address = self._get_sender_address(mail)
        found = tickets.search(
            [("number", "in", numbers), ("company_id", "=", mail.company.id)]
        )
        return found.filtered(
            lambda ticket: address in ticket._get_participant_addresses()
        )[:1]

    @api.model
    def _as_gateway_user(self, route):
        """Return a route that acts as the technical user.

        Core would take the internal user whose address stands in From, and anyone
        can write that.
        """
        if route[0] != "helpdesk.ticket":
            return route
        model, thread_id, values, _user_id, alias = route
        return (model, thread_id, values, SUPERUSER_ID, alias)

    @api.model
    def _get_route_company(self, mail, defaults):
        company = self.env["res.company"].browse(defaults.get("company_id"))
        team = self.env["helpdesk.team"].browse(defaults.get("team_id"))
        return company or team.company_id or mail.company

    @api.model
    def _prepare_mailbox_values(self, mail):
        team = mail.server and mail.server.helpdesk_team_id
        return {"team_id": team.id} if team else {}

    @api.model
    def _decide_routed(self, mail, routes):
        """Write down what core decided about a mail that opens no ticket."""
        replies = [route for route in routes if route[0] == "helpdesk.ticket"]
        if replies:
            mail.decide("reply", "reply")
        elif routes:
            model, thread_id = routes[0][:2]
            record = self.env[model].browse(thread_id or [])
            mail.decide(
                "other", "other", document=record.display_name or record._description
            )
        elif mail.msg_dict.get("is_bounce"):
            mail.decide("ignore", "bounce")
        else:
            mail.decide("ignore", "refused")

    @api.model
    def _decide_new(self, mail):
        """Decide about a mail that could open a ticket."""
        if mail.forced:
            user = mail.inbox.forced_by_id.name
            mail.decide("create", "forced", user=user)
            self._run_rules(mail)
            mail.decide("create", "forced", user=user)
            return
        if self._check_guards(mail):
            return
        self._run_rules(mail)
        if not mail.decision:
            mail.decide("ignore", "no_rule")

    @api.model
    def _check_guards(self, mail):
        """Ignore what must not open a ticket, whatever the rules say (C07, C08, E07).

        :return: whether the mail is ignored
        """
        address = self._get_sender_address(mail)
        if address and address in self._get_own_addresses(mail, address):
            mail.decide("ignore", "own_address", address=address)
            return True
        sign = automatic_sign(mail.message)
        if sign:
            mail.decide("ignore", "automatic", sign=sign)
            return True
        contact = self._get_contact(mail)
        if contact.helpdesk_ignore_email:
            mail.decide("ignore", "sender_ignored", contact=contact.display_name)
            return True
        if contact and not contact._helpdesk_may_open_ticket():
            customer = contact.commercial_partner_id
            mail.decide(
                "ignore",
                "held",
                customer=customer.display_name,
                primary=customer.primary_contact_id.name,
            )
            return True
        return False

    @api.model
    def _get_sender_address(self, mail):
        """Return the normalized address of From; an empty text when there is none."""
        email_from = mail.msg_dict.get("email_from") or ""
        first = next(iter(email_split(email_from)), "")
        return email_normalize(first) or first

    @api.model
    def _get_contact(self, mail):
        """Return the contact that sent a mail, as `res.partner` of at most one."""
        return mail.source(
            "contact",
            lambda: self.env["res.partner"]._helpdesk_find_by_email(
                self._get_sender_address(mail), company=mail.company
            ),
        )

    @api.model
    def _get_own_addresses(self, mail, address):
        """Return our own addresses; a mail from one of them is a loop (E07)."""
        env = self.sudo().env  # reads addresses only to compare them with the sender's
        servers = env["fetchmail.server"].search_fetch(
            [("is_helpdesk_collector", "=", True)], ["user"]
        )
        companies = env["res.company"].search_fetch(
            [("helpdesk_sender_address", "!=", False)], ["helpdesk_sender_address"]
        )
        texts = servers.mapped("user") + companies.mapped("helpdesk_sender_address")
        own = {email_normalize(text) or text.lower() for text in texts if text}
        return own | set(env["mail.alias.domain"]._find_aliases([address]))

    @api.model
    def _run_rules(self, mail):
        """Go through the rules in their order until one stops (E02)."""
        for rule in self._get_rules(mail):
            if rule.filter_ids and not rule._matches(mail):
                continue
            mail.rules.append(rule)
            for operation in rule.operation_ids:
                operation._prepare(mail)
                if mail.stopped:
                    return

    @api.model
    def _get_rules(self, mail):
        # sudo: rules are readable by managers, and apply to everybody's mail
        return self.sudo().search(
            Domain("company_id", "in", [False, mail.company.id])
            & (
                Domain("server_ids", "=", False)
                | Domain("server_ids", "in", mail.server.ids if mail.server else [])
            )
        )

    def _matches(self, mail):
        """Test a mail against all or any of the conditions.

        :param CollectedMail mail: the mail
        """
        self.ensure_one()
        verdicts = (condition._test(mail) for condition in self.filter_ids)
        return all(verdicts) if self.match == "all" else any(verdicts)
