from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    formataddr,
    is_html_empty,
)

from odoo.addons.helpdesk_contact.inside import inside
from odoo.addons.mail.tools.discuss import Store

from ... import customer_html

PRIVATE = "helpdesk_ticket.mt_private"
OF_US = [("partner_share", "=", False)]  # people with access from inside


@dataclass(frozen=True)
class Meaning:
    """What a message means for its ticket."""

    is_private: bool = False  # for chosen people alone (T15)
    # in the life cycle, a key of MOVES; None for notes, automatic messages and answers
    event: str | None = None
    is_note: bool = False  # of one of us, who has done something (T26)


class HelpdeskTicket(models.Model):
    """What is said in a ticket: where answers to a message go (N01), what it means for
    the ticket (T13), messages for chosen people alone (T15), and whether the customer
    can be reached. Who may read a message is below, in `mail.message`.

    Private messages have a subtype of their own, which is internal: portal users never
    see it, no follower is subscribed to it, and suggestions of recipients leave it out.
    What chosen people answer by mail is private again. It belongs to the life cycle
    only when the ticket's contact answers: then the customer has answered, whoever
    reads it.
    """

    _inherit = "helpdesk.ticket"

    out_of_reach = fields.Char("Customer unreachable", compute="_compute_out_of_reach")

    # -- a message is posted ---------------------------------------------------------

    def message_post(self, *, message_type="notification", **kwargs):
        """Post a message for those it is meant for.

        :return: `mail.message`
        :raise AccessError: when customers post by another way than the portal (rel-A6)
        :raise RedirectWarning: on a merged ticket
        :raise UserError: when one of us sends nothing
        """
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(
                self.env._("Reply on the page of the ticket in the customer portal.")
            )
        decided = inside(self.env, "helpdesk_audience_decided")
        opens = inside(self.env, "helpdesk_opening_mail")
        if message_type == "email" and not (decided or opens):
            kwargs = self._keep_answer_private(kwargs)
        elif message_type == "comment":
            if self.merged_into_id:
                self._check_not_merged()
            files = kwargs.get("attachment_ids") or kwargs.get("attachments")
            # nothing, or no text, would be mailed, and count as an answer (T25)
            text = isinstance(body := kwargs.get("body"), str) and body
            if not (self.env.su or files) and is_html_empty(text):
                raise UserError(self.env._("Write a message, or attach a file."))
        return super().message_post(message_type=message_type, **kwargs)

    def _notify_get_reply_to_batch(self, defaults=None, author_ids=None):
        addresses = {ticket: ticket._get_sender_address() for ticket in self}
        res = {}
        if not self or not all(addresses.values()):  # else core would look for nothing
            res = super()._notify_get_reply_to_batch(
                defaults=defaults, author_ids=author_ids
            )
        for ticket, address in addresses.items():
            if address:
                res[ticket.id] = formataddr((ticket.company_id.name, address))
        return res

    def _get_sender_address(self):
        """Return the address that ticket mail comes from and goes back to (N01).

        :return: a bare address, or False when none is configured
        """
        self.ensure_one()
        # sudo: the alias of the team is readable by system users only
        team_alias = self.team_id.sudo().alias_email
        return team_alias or self.company_id.helpdesk_sender_address

    def _message_compute_real_author(self, author_id):
        """Return who wrote a message that a technical user posts.

        Odoo's own way asks for each mail whether OdooBot's contact exists: ten mails
        of a batch would ask the database 130 times instead of 120.
        """
        if self.env.user.active or not author_id:
            return super()._message_compute_real_author(author_id)
        author = self.env["res.partner"].browse(author_id)
        bot = self.env["ir.model.data"]._xmlid_to_res_id("base.partner_root")
        return author if author.active and author.id != bot else author.browse()

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Let customers answer the tickets that they see (C07)."""
        res = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create" and not self.env.user._is_internal():
            return dict.fromkeys(res, "read")
        return res

    def _message_post_after_hook(self, message, msg_vals):
        """Apply what a message means for its files, the clock and the life cycle."""
        meaning = self._get_meaning(message)
        if meaning.is_private:
            self._keep_private_files(message)
        elif message.message_type == "comment" and (
            colleagues := message.partner_ids.filtered_domain(OF_US)
        ):
            self._tell_of_unheard(colleagues)
        if meaning.is_note:
            acting = self._begin_action()
            acting._log("noted", message, acting)
        opens = inside(self.env, "helpdesk_opening_mail")
        if message.message_type in ("comment", "email") and not opens:
            self._hold()
        event = None if opens else meaning.event
        if opens is True:
            self._complete_openings(message, self)
        elif event == "customer_answered":
            self._follow_customer(message)
        elif event:
            self._move(event, message)
            if reason := self._get_unreached_reason(answered=True):
                self._tell_out_of_reach(message, reason)
        return super()._message_post_after_hook(message, msg_vals)

    # -- what a message means for the ticket ---------------------------------------

    def _get_meaning(self, message):
        """Return what a posted message means for the ticket (T13, T15, T26).

        :param message: `mail.message`
        :rtype: Meaning
        """
        # sudo: the subtype and the author's users are technical records
        message = message.sudo()
        private = self.env["ir.model.data"]._xmlid_to_res_id(PRIVATE)
        is_private = message.subtype_id.id == private
        if message.message_type not in ("comment", "email"):
            return Meaning(is_private)
        automatic = inside(self.env, "helpdesk_automatic_mail")
        author, internal = message.author_id, message._is_helpdesk_internal()
        by_agent = (internal or not automatic) and self._is_agent(author)
        event = None
        if is_private:
            by_mail = message.message_type == "email" and not automatic
            if by_mail and author and author == self.partner_id:
                event = "customer_answered"
        elif not (internal or automatic):
            event = "customer_answered"
            if by_agent:
                event = "asked" if self.env.context.get("helpdesk_ask") else "answered"
        return Meaning(is_private, event, is_note=internal and by_agent)

    def _is_agent(self, author):
        """Return whether an author answers this ticket for us, not as its contact."""
        self.ensure_one()
        if not author or author == self.partner_id:
            return False
        return any(not user.share for user in author.user_ids)

    def _follow_customer(self, message):
        """Continue the ticket, or a follow-up of it: its customer has answered (T13).

        :param message: `mail.message`, the answer
        """
        if self._needs_follow_up():
            self._open_follow_up(message)
            return
        self._take_out_of_archive()
        if substitutes := self._get_substitutes():
            self._note_substitutes({self: substitutes})
        self._move("customer_answered", message)

    def _take_out_of_archive(self):
        """Unarchive a ticket when its customer answers, and note it there."""
        archived = self.filtered(lambda ticket: not ticket.active)
        archived.active = True
        for ticket in archived:
            ticket._message_log(
                body=self.env._("The customer answered: this ticket was unarchived.")
            )

    # -- whether the customer can be reached ---------------------------------------

    def _tell_out_of_reach(self, message, reason):
        """Note on the ticket that an answer reached nobody outside, and notify those
        who are responsible for the ticket.

        :param message: `mail.message`, an answer to the customer
        :param str reason: why the contact did not get it
        """
        if self._reaches_somebody(message):
            return
        self._message_log(
            body=self.env._(
                "Nobody received the last answer. %(reason)s", reason=reason
            )
        )
        told = self._get_responsible_users()[self].partner_id - message.author_id
        for partner in told:
            ticket = self.with_context(lang=partner.lang)
            ticket.message_notify(
                partner_ids=partner.ids,
                subject=ticket.env._("Nobody received the answer on this ticket"),
                body=ticket.env._(
                    "Nobody received the last answer. %(reason)s",
                    reason=ticket._get_unreached_reason(answered=True),
                ),
            )

    def _tell_of_unheard(self, colleagues):
        """Note on the ticket who was named in a message but not notified: whoever may
        not read a ticket gets no mail of it (T10).

        :param colleagues: `res.partner` of ours, named in a message
        """
        # sudo: only whether they may read this ticket
        users = colleagues.sudo().user_ids.filtered(lambda user: not user.share)
        names = [user.name for user in users if not self._get_readable(user)]
        if names:
            self._message_log(
                body=self.env._(
                    "May not read this ticket, and got no word of the last message: "
                    "%(names)s. Send a private message to reach them.",
                    names=", ".join(names),
                )
            )

    def _get_unreached_reason(self, answered=False):
        """Return the reason, as a sentence, why the contact gets no mail, or False.

        :param bool answered: whether it is an answer, which goes to followers: somebody
            may have taken the contact out of these
        """
        self.ensure_one()
        contact, asked = self.partner_id, email_normalize_all(self.reply_to)
        if contact and not contact.active and not asked:
            return self.env._(
                "%(contact)s is archived, so nobody receives your answers by e-mail. "
                "Choose another contact, or unarchive this one.",
                contact=contact.name,
            )
        if contact and not contact.email_normalized and not asked:
            return self.env._(
                "%(contact)s has no valid e-mail address, so nobody receives your "
                "answers by e-mail. Enter an address on the contact, or call.",
                contact=contact.name,
            )
        if not (contact or asked or email_normalize_all(self.partner_email)):
            return self.env._(
                "This ticket has no contact with an e-mail address, so nobody "
                "receives your answers by e-mail. Choose a contact."
            )
        # sudo: followers are technical records
        followers = self.sudo().message_partner_ids if answered else contact
        if contact and self.notify_partner and contact not in followers:
            return self.env._(
                "%(contact)s does not follow this ticket. Add the contact to the "
                "followers of the ticket, or to the recipients of your answer.",
                contact=contact.name,
            )
        return False

    def _reaches_somebody(self, message):
        """Return whether somebody besides the contact gets an answer by mail.

        :param message: `mail.message`
        """
        # sudo: followers are technical records; only customers among them count
        people = self.sudo().message_partner_ids
        # sudo: whom this message names, as far as they are customers
        message = message.sudo()
        people |= message.partner_ids
        others = people.filtered(
            lambda one: one.active and one.partner_share and one.email_normalized
        )
        return bool(others or self.email_cc or message.outgoing_email_to)

    @api.depends(
        "reply_to",
        "partner_email",
        "partner_id.name",
        "partner_id.active",
        "partner_id.email_normalized",
        "partner_id.message_bounce",
    )
    @api.depends_context("lang")
    def _compute_out_of_reach(self):
        for ticket in self:
            ticket.out_of_reach = (
                ticket._get_unreached_reason() or ticket._get_returned_address()
            )

    def _get_returned_address(self):
        """Return a sentence if mail to the contact bounced, otherwise False."""
        self.ensure_one()
        contact = self.partner_id
        if not contact.message_bounce or email_normalize_all(self.reply_to):
            return False
        return self.env._(
            "Mail to %(address)s bounced. Correct the address, or contact %(contact)s "
            "in another way.",
            address=contact.email,
            contact=contact.name,
        )

    # -- messages for chosen people ------------------------------------------------

    def _get_private_messages(self, *conditions):
        """Return the private messages of this ticket, the latest first, as sudo.

        :param conditions: of a domain, to look for one message
        """
        private = self.env["ir.model.data"]._xmlid_to_res_id(PRIVATE)
        # sudo: for the gateway, and for who answers; both belong to the ticket
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("subtype_id", "=", private),
                *conditions,
            ],
            order="id desc",
        )

    def _keep_private_files(self, message):
        """Give the files of a private message to it: whoever reads the ticket does not
        get them, but who reads the message."""
        # sudo: files that came with this very message
        attachments = message.sudo().attachment_ids.filtered(
            lambda file: (
                (file.res_model, file.res_id) == (self._name, self.id)
                or file.res_model == "helpdesk.private.message"
            )
        )
        attachments.write({"res_model": "mail.message", "res_id": message.id})

    def action_private_message(self, message_id=False):
        """Write a private message (T15).

        :param int message_id: the private message that it answers, or False
        :return: an `ir.actions.act_window` of the composer as a dict
        """
        self.ensure_one()
        self.check_access("write")  # also guards what is read as sudo below
        message = self._get_private_messages(("id", "=", message_id))
        people = message.author_id | message.partner_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Private Message"),
            "res_model": "helpdesk.private.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_ticket_id": self.id,
                "default_partner_ids": (people - self.env.user.partner_id).ids,
            },
        }

    def _post_private_message(self, body, partners, attachments):
        """Post a private message and mail it to the chosen people only.

        :param Markup body: what is written
        :param partners: `res.partner`, the chosen people
        :param attachments: `ir.attachment`, uploaded for this message
        :return: `mail.message`
        """
        self.ensure_one()
        return self.with_context(mail_post_autofollow=False).message_post(
            body=body,
            partner_ids=partners.ids,
            attachment_ids=attachments.ids,
            message_type="comment",
            subtype_xmlid=PRIVATE,
            is_internal=True,
        )

    def _keep_answer_private(self, values):
        """Return the values of a mail that is posted: private like what it answers.

        :param dict values: for `message_post`
        :rtype: dict
        """
        parent = self._find_private_parent(
            values.get("parent_id"), values.get("author_id"), values.get("email_from")
        )
        if not parent:
            return values
        return {
            **{name: values[name] for name in values if name != "subtype_id"},
            "parent_id": parent.id,
            "subtype_xmlid": PRIVATE,
            "is_internal": True,
            "partner_ids": parent.author_id.ids,
        }

    def _find_private_parent(self, parent_id, author_id, email_from, messages=None):
        """Return the private message that a mail answers.

        Programs that drop the headers of a conversation leave the ticket's number
        only. Then the last private message to the sender is meant, unless the sender
        takes part in the ticket otherwise: better private than sent to the customer.

        :param messages: the private messages of the ticket, when they are known
        :return: `mail.message` as sudo, empty for all other mails
        """
        if parent_id:
            return self._get_private_messages(("id", "=", parent_id))
        sender = email_normalize(email_from)
        if not sender or sender in self._get_public_addresses():
            return self.env["mail.message"]
        if messages is None:
            messages = self._get_private_messages()
        return messages.filtered(
            lambda message: (
                author_id in message.partner_ids.ids
                or sender in message.partner_ids.mapped("email_normalized")
            )
        )[:1]


class MailMessage(models.Model):
    """Who may read what is said in a ticket, and what they see of it (T15, rel-C2)."""

    _inherit = "mail.message"

    helpdesk_origin_id = fields.Many2one(
        "helpdesk.ticket",
        string="Written in ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ticket that the message was originally written in, before the "
        "ticket was merged or split.",
    )
    helpdesk_origin = fields.Char(
        string="Original ticket number", related="helpdesk_origin_id.number"
    )

    def _search(self, domain, *args, **kwargs):
        """Leave out the private messages that the user must not see (T15).

        Also where Odoo looks at no rights: in a condition on the messages of a ticket,
        which would tell a right guess from a wrong one.
        """
        if not self.env.su and self._hides_helpdesk_private():
            domain = Domain(domain) & self._get_helpdesk_private_domain()
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        """Hide notes and private messages from customers who see the ticket, however
        they ask: Odoo hides comments only (T15, rel-B1). Customers change what they
        wrote in the portal only, which cleans it and knows who they are (rel-C2); by
        the API Odoo would take another author or kind, too. Hide private messages from
        colleagues who are neither agents nor chosen.

        Odoo lets who wrote a message, or was told of it, change its text and show notes
        to the customer; who follows a record, or was told of the message that is
        answered, post there; and all notify about any record (T10, rel-A6)."""
        refused = super()._check_access(operation)
        # sudo: reads what decides whether it may be read
        others = (self - refused[0] if refused else self).sudo()
        of_tickets = others.filtered(lambda one: one.model == "helpdesk.ticket")
        if not self.env.user._is_internal():
            hidden = of_tickets.filtered(
                lambda one: operation != "read" or one._is_helpdesk_internal()
            )
        else:
            hidden = others.browse()
            if of_tickets and operation != "read":
                needed = "read" if operation == "create" else "write"
                # sudo(False): by the rights of the asker
                tickets = self.env["helpdesk.ticket"].sudo(False)
                tickets = tickets.browse(set(of_tickets.mapped("res_id")))
                reachable = set(tickets._filtered_access(needed).ids)
                hidden = of_tickets.filtered(lambda one: one.res_id not in reachable)
            if others and self._hides_helpdesk_private():
                visible = self._get_helpdesk_private_domain()
                hidden |= others - others.filtered_domain(visible)
        if not hidden:
            return refused
        hidden = hidden.sudo(False)  # sudo: of the asker again
        if refused:
            return refused[0] + hidden, refused[1]
        return hidden, lambda: hidden._make_access_error(operation)

    def _hides_helpdesk_private(self):
        """Return whether the user sees only those private messages that are its own.

        Accountants read the tickets of contracts. They are colleagues, so they read
        notes too; private messages are for agents and those who were chosen. Odoo shows
        nothing internal to customers.
        """
        user = self.env.user
        is_agent = user.has_group("helpdesk_contact.group_helpdesk_user")
        return user._is_internal() and not is_agent

    @api.model
    def _get_helpdesk_private_domain(self):
        """Return which messages are not private, or from or to the user."""
        private = self.env["ir.model.data"]._xmlid_to_res_id(PRIVATE)
        me = self.env.user.partner_id.id
        return (
            Domain("subtype_id", "!=", private)
            | Domain("author_id", "=", me)
            | Domain("partner_ids", "in", me)
        )

    def _is_helpdesk_internal(self):
        """Return whether the message is hidden from customers: a note or a private one.

        :rtype: bool
        """
        # sudo: the subtype is a technical record
        subtype = self.sudo().subtype_id
        return self.is_internal or not subtype or subtype.internal

    def _to_store_defaults(self, target):
        """Tell the chatter which messages are private (T15), where others come from,
        and of what others wrote only what they may show (rel-C2): texts that were kept
        before they were cleaned are still there."""
        private = self.env["ir.model.data"]._xmlid_to_res_id(PRIVATE)
        return [
            *super()._to_store_defaults(target),
            # Most messages come from nowhere else, and Odoo's own get nothing of ours.
            Store.Attr(
                "helpdesk_origin",
                predicate=lambda message: message.helpdesk_origin_id,
            ),
            Store.Attr(
                "body",
                value=lambda message: customer_html.show(message.body),
                predicate=lambda message: message._is_helpdesk_foreign(),
            ),
            Store.Attr(
                "is_helpdesk_private",
                value=True,
                # sudo: the subtype is a technical record
                predicate=lambda message: message.sudo().subtype_id.id == private,
            ),
        ]

    def _is_helpdesk_foreign(self):
        """Return whether the text of a message is shown without what could affect the
        page around it: a customer wrote it, or a customer reads it (rel-C2).

        :rtype: bool
        """
        # sudo: only whether somebody from here wrote it
        message = self.sudo()
        if message.model != "helpdesk.ticket" or not message.body:
            return False
        if not self.env.user._is_internal():
            return True
        if message.author_id and not message.author_id.partner_share:
            return False
        # What we made of a mail names no class; Odoo keeps those of its own gateway.
        return message.message_type == "comment" or bool(
            customer_html.CLASS.search(message.body)
        )

    def portal_message_format(self, options=None):
        """Show in the portal what customers may see of texts (rel-C2).

        :return: list of dict, one for each message
        """
        values = super().portal_message_format(options=options)
        for message, formatted in zip(self, values, strict=True):
            if message.model == "helpdesk.ticket":
                formatted["body"] = ["markup", customer_html.show(message.body)]
        return values
