import ast

from markupsafe import Markup, escape

from odoo import api, fields, models, modules
from odoo.fields import Domain
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    email_split_tuples,
    formataddr,
    is_html_empty,
)
from odoo.tools.misc import format_datetime, hmac

from ...own_addresses import without_tag
from ...plain_text import to_plain_text

# Why somebody gets a mail of a ticket -> whether the mail leads to the ticket by a link
# of its own: who takes part in it from outside gets one (N05).
REASONS = {
    "contact": True,  # asked, and is a contact
    "requester": True,  # asked, and is an address only (C09)
    "asked_address": False,  # the contact asked for answers to this address (T09)
    "follower": True,  # of the customer's people, follows the ticket
    "copy": True,  # an address in copy (E06)
    "chosen": False,  # chosen by whoever writes
    "address": False,  # written into the message by a notice or a program
    "colleague": False,  # one of us, follows the ticket
    "substitute": False,  # one of us, for an assignee on leave (T10)
}
# A recipient of `_notify_get_recipients` who is no contact.
BARE = {
    "active": True,
    "groups": [],
    "id": False,
    "is_follower": False,
    "lang": False,
    "notif": "email",
    "share": True,
    "type": "customer",
    "uid": False,
    "ushare": False,
}
# Types of messages that nobody wrote -> what their mail says of itself (RFC 3834)
AUTOMATIC_MESSAGES = {"auto_comment": "auto-replied", "notification": "auto-generated"}
# Types of messages that tell of no changed fields.
UNTRACKED_MESSAGES = ("auto_comment", "comment", "email")
# What the signatures of links are made for.
LINK_SCOPE = "helpdesk_ticket.link"
# As much as a reader needs to know what is answered
MAX_QUOTE, MAX_LINES = 2_000, 30
# A customer's message lies so many messages back at most.
MAX_BACK = 20
# What tells a mail in the helpdesk's layout.
LAYOUT_MARK = 'class="hd_card"'


class HelpdeskTicket(models.Model):
    """What a mail of a ticket is made of, in the order in which Odoo asks for it when a
    message is posted: who gets it and why, the link, header, footer and quotation, the
    reference (T09, T15, N01, N03, N04, N05). Sender, subject and what the queue sends
    of it are below, in `mail.mail`."""

    _inherit = "helpdesk.ticket"

    # -- who gets it, and why ------------------------------------------------------

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Mail private messages to their recipients, whatever else was asked for: to
        no follower, and as a mail also to users who read in Odoo (T15). Others go to
        people who may read the ticket, where the contact asked for them. Each
        recipient has a `helpdesk_reason`, one of REASONS. Whoever is reached in
        another way is told there (`_leave_to_mail`)."""
        if not self:
            return super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        meaning = self._get_meaning(message)
        private, event = meaning.is_private, meaning.event
        substitutes = self.env["res.partner"]
        if private:
            kwargs["notify_skip_followers"] = True
        elif event == "customer_answered" and self.user_id:
            substitutes = self._get_substitutes().partner_id
            chosen = (msg_vals or {}).get("partner_ids") or message.partner_ids.ids
            people = list({*chosen, *substitutes.ids})
            msg_vals = {**(msg_vals or {}), "partner_ids": people}
        recipients = super()._notify_get_recipients(
            message, msg_vals=msg_vals, **kwargs
        )
        if recipients:
            recipients = self._leave_out_strangers(recipients, chosen=private)
            if (msg_vals or {}).get("message_type", "email") == "email":
                recipients = self._leave_out_writer(recipients, message)
        if private:
            recipients = [{**one, "notif": "email"} for one in recipients]
        elif self.partner_id and self.reply_to:
            recipients = self._answer_where_asked(recipients)
        elif (
            event in ("answered", "asked")
            and self.notify_partner
            and not self.partner_id
        ):
            recipients = self._add_bare_requester(message, recipients)
        if not recipients:
            return []
        recipients = self._give_reasons(recipients, substitutes)
        return self._leave_to_mail(message, recipients)

    def _leave_out_strangers(self, recipients, chosen):
        """Return recipients of a mail without colleagues who may not read the ticket,
        and without people who do not work here any more. The contact always stays.

        :param list recipients: of `_notify_get_recipients`
        :param bool chosen: whether the colleagues were chosen by hand for this message
        :rtype: list
        """
        former = self.env["res.users"]._get_former_colleague_ids()
        users = self.env["res.users"]
        return [
            one
            for one in recipients
            if one["id"] == self.partner_id.id
            or (
                one["id"] not in former
                if not one["uid"]
                else one["ushare"]
                or chosen
                or self._get_readable(users.browse(one["uid"]))
            )
        ]

    def _leave_out_writer(self, recipients, message):
        """Return recipients of what came by mail without whoever wrote it from another
        spelling of the address: `anna+shop@…` reads the mailbox of `anna@…` (E06).

        :param list recipients: of `_notify_get_recipients`
        :param message: `mail.message`
        :rtype: list
        """
        if message.message_type != "email":
            return recipients
        mailboxes = set(map(without_tag, email_normalize_all(message.email_from)))
        return [
            one
            for one in recipients
            if without_tag(one["email_normalized"] or "") not in mailboxes
        ]

    def _answer_where_asked(self, recipients):
        """Return recipients of a mail with the address that the contact asked for in
        the contact's place.

        :param list recipients: of `_notify_get_recipients`
        :rtype: list
        """
        asked = email_normalize_all(self.reply_to)
        mine = [
            one
            for one in recipients
            if one["id"] == self.partner_id.id and one["notif"] == "email"
        ]
        if not mine or not asked:
            return recipients
        unasked = self._get_unasked_contact()
        others = [one for one in recipients if not unasked or one not in mine]
        reached = {one["email_normalized"] for one in others}
        lang = mine[0]["lang"]
        return others + [
            {**BARE, "email_normalized": address, "lang": lang, "name": address}
            for address in asked
            if address not in reached
        ]

    def _add_bare_requester(self, message, recipients):
        """Return recipients of our answer with the bare address that asked: who is no
        contact cannot follow, and would not get what is sent by API (T09, C09).

        :param message: `mail.message`
        :param list recipients: of `_notify_get_recipients`
        :rtype: list
        """
        asked = email_normalize_all(self.reply_to or self.partner_email)
        # sudo: to whom else a colleague's own mail went
        mail = message.sudo()
        reached = {one["email_normalized"] for one in recipients}
        reached.update(email_normalize_all(mail.incoming_email_to))
        reached.update(email_normalize_all(mail.incoming_email_cc))
        own = self.env["helpdesk.own.address"]._get_own(asked)
        return recipients + [
            {**BARE, "email_normalized": address, "name": address}
            for address in asked
            if address not in reached and address not in own
        ]

    def _give_reasons(self, recipients, substitutes):
        """Return recipients of a mail, each with the reason why it gets the mail.

        :param list recipients: of `_notify_get_recipients`
        :param substitutes: `res.partner`, told for an assignee on leave
        :rtype: list
        """
        has_bare = any(not one["id"] for one in recipients)
        bare = self._get_bare_names() if has_bare else {}
        asked = email_normalize_all(self.reply_to)
        told = []
        for one in recipients:
            address = one["email_normalized"]
            if one["id"] and one["id"] == self.partner_id.id:
                reason = "contact"
            elif one["id"] in substitutes.ids:
                reason = "substitute"
            elif one["is_follower"]:
                reason = "follower" if one["share"] else "colleague"
            elif one["id"]:
                reason = "chosen"
            elif address in bare:
                reason = "copy" if bare[address] else "requester"
            else:
                reason = "asked_address" if address in asked else "address"
            told.append({**one, "helpdesk_reason": reason})
        return told

    def _leave_to_mail(self, message, people):
        """Return who gets a message by mail; a hook for other ways to reach people.

        :param message: `mail.message`
        :param list people: of `_notify_get_recipients`; a mail is for those whose
            `notif` is "email"
        """
        return people

    # -- by which link -------------------------------------------------------------

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Give each recipient who takes part a link of its own, and leave out Odoo's
        link of the customer: it has the access token, and a key to sign up that nobody
        asked for."""
        # as for a record without a page of its own, which Odoo makes no link for
        groups = self.env["mail.thread"]._notify_get_recipients_groups(
            message,
            model_description,
            msg_vals={"model": self._name, "res_id": self.id, **(msg_vals or {})},
        )
        for name, _is_in, values in groups:
            if name == "portal":
                values.update(active=True, has_button_access=True)
        # sudo: a setting, whoever writes
        linked = self.company_id.sudo().helpdesk_link
        if linked and not self._get_meaning(message).is_private:
            groups = self._prepare_linked_groups() + groups
        return groups

    def _prepare_linked_groups(self):
        """Return the groups of those who get a link, each a group of its own: whoever
        the link opens the ticket to (`_get_link_recipient`).

        :return: a list as of `_notify_get_recipients_groups`
        """
        # sudo: followers are technical records; each reads its own link only
        ticket = self.sudo()
        people = (ticket.partner_id | ticket.message_partner_ids).filtered(
            lambda one: one.partner_share and one.email_normalized
        )
        names = {(one.id, one.email_normalized): one.id for one in people}
        for address, name in self._get_bare_names().items():
            if address:
                names[False, address] = name
        base_url = self.get_base_url()
        groups = []
        for (partner_id, address), name in names.items():
            url = base_url + self._get_link_path(name, address)
            shown = {
                "active": True,
                "has_button_access": True,
                "button_access": {"url": url},
                "helpdesk_link": url,
            }
            groups.append(
                [
                    f"helpdesk_link_{name}",
                    lambda one, who=(partner_id, address): (
                        (one["id"] or False, one["email_normalized"]) == who
                        and one["share"]
                        and REASONS.get(one.get("helpdesk_reason"), False)
                    ),
                    shown,
                ]
            )
        return groups

    def _get_link_path(self, recipient_id, address):
        """Return the link of one recipient to this ticket (`link/signed_link.py`).

        :param recipient_id: id of a `res.partner`, or what names a bare address
        :param str address: the recipient's normalised address
        :return: the path of the page
        """
        self.ensure_one()
        # sudo: the counter is nobody's to read
        generation = self.sudo().link_generation
        signature = self._sign_link(self.id, recipient_id, address, generation)
        return f"/helpdesk/link/{self.id}/{recipient_id}/{signature}"

    @api.model
    def _sign_link(self, *parts):
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, LINK_SCOPE, parts)

    def _get_bare_names(self):
        """Return what names the people in their links who are addresses only: 0 for who
        asked, and a keyed hash, which tells nobody the address, for those in copy.

        :return: dict of name by normalised address
        """
        addresses = set(email_normalize_all(self.email_cc))
        # sudo: only whether an address is one of ours
        ours = self.env["res.users"].sudo()
        if addresses:
            ours = ours.search(
                [
                    ("partner_id.email_normalized", "in", list(addresses)),
                    ("share", "=", False),
                ]
            )
        names = {
            address: f"c{self._sign_link('copy', self.id, address)[:16]}"
            for address in addresses.difference(ours.mapped("email_normalized"))
        }
        return {**names, email_normalize(self.partner_email): 0}

    # -- what stands around the text -----------------------------------------------

    def _notify_by_email_prepare_rendering_context(
        self, message, msg_vals=False, **kwargs
    ):
        """Put the company's header and footer around the mail (N03, N04), in the
        language that this mail is written in, below it what it answers (N05), and the
        reference in the last line (E06); the number makes it look like all mails of
        the helpdesk."""
        if msg_vals and message.message_type in UNTRACKED_MESSAGES:
            msg_vals = {**msg_vals, "tracking_value_ids": False}  # not looked for
        # Odoo would ask for it as superuser, who looks whether the writer may read it
        kwargs["force_record_name"] = kwargs.get("force_record_name") or (
            self.display_name
        )
        values = super()._notify_by_email_prepare_rendering_context(
            message, msg_vals=msg_vals, **kwargs
        )
        # sudo: the texts stand in every mail of this ticket
        company = self.company_id.sudo().with_context(lang=values["lang"])
        values["helpdesk_number"] = self.number
        for name in ("helpdesk_mail_header", "helpdesk_mail_footer"):
            values[name] = False if is_html_empty(company[name]) else company[name]
        if company.helpdesk_quote:
            values["helpdesk_quote"] = self._prepare_quote(message, values["lang"])
        if reference := self._get_mail_reference(message):
            ticket = self.with_context(lang=values["lang"])
            values["helpdesk_reference"] = ticket.env._(
                "Reference: %(reference)s", reference=reference
            )
        return values

    def _prepare_quote(self, message, lang):
        """Return what the mail of an answer quotes: words that everybody who takes part
        has read, and no other ones (N05).

        :param message: `mail.message` that is mailed
        :param str lang: code of the language of the mail
        :return: dict of `author`, `date` and `text`, or None
        """
        meaning = self._get_meaning(message)
        if meaning.is_private or meaning.event not in ("answered", "asked"):
            return None
        author, date, body = self._get_last_words(message)
        shown = self._show_text(body, quotes=False) if body else ""
        if is_html_empty(shown):
            return None
        whole = to_plain_text(str(shown))
        text = "\n".join(whole[:MAX_QUOTE].split("\n")[:MAX_LINES]).strip()
        if len(text) != len(whole):
            text = f"{text} …"
        zone = self._get_document_timezone()
        return {
            "author": author,
            "date": format_datetime(
                self.env, date, tz=zone, dt_format="short", lang_code=lang
            ),
            "text": Markup("<br/>").join(map(escape, text.split("\n"))),
        }

    def _get_last_words(self, message):
        """Return what the customer wrote last before a message.

        :param message: `mail.message`
        :return: name of the author, date, and HTML, which is empty when there is none
        """
        # sudo: who wrote it is decided here, and only what is public is read
        messages = self.env["mail.message"].sudo()
        found = messages.search(
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("id", "<", message.id)
            & Domain("message_type", "in", ("comment", "email"))
            & Domain("is_internal", "=", False)
            & Domain("subtype_id.internal", "=", False),
            order="id desc",
            limit=MAX_BACK,
        )
        for one in self._filter_public(found):
            if not self._is_agent(one.author_id) and not is_html_empty(one.body):
                sender = email_split_tuples(one.email_from or "") or [("", "")]
                name = one.author_id.name or " ".join(sender[0]).strip()
                return name, one.date, one.body
        # A ticket of the portal begins without a message.
        portal = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.channel_portal", raise_if_not_found=False
        )
        if portal and self.channel_id.id == portal and self.description:
            return self.partner_name, self.create_date, self.description
        return "", False, ""

    def _get_mail_reference(self, message):
        """Return what leads an answer to this mail back to the ticket when a program
        drops all else; a hook for what reads it in the answers (E06).

        :param message: `mail.message` that is mailed
        :rtype: str
        """
        return ""


class OwnChar(fields.Char):
    """A text of the message that is sent, which a mail may have of its own.

    A mail and its message are one record to Odoo: what is written into the mail stands
    in the message from then on, and the customer's own words would get our address.
    """

    own = None

    def _compute_related(self, records):
        res = super()._compute_related(records)
        for mail in records:
            if mail[self.own]:
                mail[self.name] = mail[self.own]
        return res


class MailMail(models.Model):
    """What the queue sends: sender and subject of the ticket, and the text part."""

    _inherit = "mail.mail"

    email_from = OwnChar(
        related="mail_message_id.email_from",
        inherited=True,
        own="helpdesk_email_from",
        depends=["mail_message_id.email_from", "helpdesk_email_from"],
    )
    subject = OwnChar(
        related="mail_message_id.subject",
        inherited=True,
        own="helpdesk_subject",
        depends=["mail_message_id.subject", "helpdesk_subject"],
    )
    helpdesk_email_from = fields.Char("Sent from the ticket's address", readonly=True)
    helpdesk_subject = fields.Char("Subject with the ticket's number", readonly=True)
    helpdesk_is_alone = fields.Boolean(
        "Sent by the helpdesk without a record", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create mails; what tells of a ticket's message has the number in the subject,
        the ticket's sender, and says of itself whether nobody wrote it (N01, N05)."""
        # sudo: the message that is mailed, and its ticket, whoever mails it
        env = self.sudo().env
        prepared = []
        for vals in vals_list:
            message = env["mail.message"].browse(vals.get("mail_message_id"))
            if message.model != "helpdesk.ticket":
                prepared.append(vals)
                continue
            ticket = env["helpdesk.ticket"].browse(message.res_id)
            values = {**vals}
            subject = values.pop("subject", None) or message.subject or ""
            if f"[{ticket.number}]" not in subject:
                subject = f"[{ticket.number}] {subject}".strip()
            values["helpdesk_subject"] = subject
            automatic = AUTOMATIC_MESSAGES.get(message.message_type)
            if automatic:
                # RFC 3834 section 5: automatic mail says so, and programs don't reply.
                headers = ast.literal_eval(values.get("headers") or "{}")
                values["headers"] = repr({**headers, "Auto-Submitted": automatic})
            if address := ticket._get_sender_address():
                author = ticket.company_id if automatic else message.author_id
                name = author.name or ticket.company_id.name
                values["helpdesk_email_from"] = formataddr((name, address))
            prepared.append(values)
        return super().create(prepared)

    def send_after_commit(self):
        """Leave the mails of tickets to the queue, and wake it (N01).

        Odoo would send them itself before it answers the page that posted the message:
        whoever answers waits for the mail server, and the queue, which sees the same
        mails, stops at one that is sent and deleted before it gets there.
        """
        queued = self.browse()
        if not modules.module.current_test:  # as in Odoo's own method
            queued = self.filtered(lambda mail: mail.model == "helpdesk.ticket")
        if queued:
            # sudo: people who write messages may not wake scheduled actions
            queue = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
            queue._trigger()
        others = self - queued
        return super(MailMail, others).send_after_commit() if others else None

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give the helpdesk's mails a text part that reads like a letter."""
        found = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        for one in found:
            if LAYOUT_MARK in one["body"]:
                one["body_alternative"] = to_plain_text(one["body"])
        return found

    def unlink(self):
        """Delete mails, and their messages as well.

        Odoo wants the right to change what those are about, and lets nobody delete one
        that is about no record: for the mails that the helpdesk sends without one, the
        right to delete mails is enough.
        """
        if self.env.su:
            return super().unlink()
        self.check_access("unlink")
        alone = self.filtered(lambda mail: mail.helpdesk_is_alone and not mail.res_id)
        # sudo: whoever may delete these mails, which was just asked
        super(MailMail, alone.sudo()).unlink()
        return super(MailMail, self - alone).unlink()
