import logging
from itertools import chain

from markupsafe import escape

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import clean_context, split_every
from odoo.tools.mail import email_normalize, email_split_and_format_normalize

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ... import customer_html

_logger = logging.getLogger(__name__)

SHOWN = 20  # so many tickets are named in one message
# What is asked of the template of an automatic mail
NOTICE = ("subject", "body_html", "attachment_ids", "report_template_ids")
# How it is posted
POSTED = {
    "message_type": "auto_comment",
    "email_layout_xmlid": "mail.mail_notification_light",
    "email_add_signature": False,
}


class HelpdeskTicket(models.Model):
    """The automatic mails of a ticket: the acknowledgement (T09), the notice that it is
    closed (T17, T24) and that it was created (N02). They, and the mails that opened
    tickets, are posted on several tickets in one batch."""

    _inherit = "helpdesk.ticket"

    def _complete_openings(self, messages, told):
        """Finish tickets that were opened by mail, and notify people (T09).

        :param messages: `mail.message`, one for each of these tickets
        :param told: those of these tickets whose contacts may be notified
        """
        tickets = self.with_context(
            helpdesk_opening_mail=False,
            helpdesk_from_mail=False,
            helpdesk_first_message=Inside(
                dict(zip(self.ids, messages.ids, strict=True))
            ),
        )
        for ticket, message in zip(tickets, messages, strict=True):
            if message.body and not ticket.description:
                # the first mail, with its inline pictures
                ticket.description = customer_html.show_mail(message.body)
        tickets._note_ambiguous_domains()
        if tickets._may_notify("helpdesk_automatic_mail"):
            told = told.with_env(tickets.env).filtered("notify_partner")
            told._post_notice("helpdesk_ticket.mail_template_ticket_opened")
        if any(tickets.company_id.mapped("helpdesk_creation_address")):
            tickets._announce_creation()

    def _note_ambiguous_domains(self):
        """Log for agents why senders were assigned to no customer (C09)."""
        tickets = self.filtered(lambda t: t.sender_email and not t.partner_id.parent_id)
        for company, alone in tickets.grouped("company_id").items():
            addresses = alone.mapped("sender_email")
            owners = self.env["res.partner"]._helpdesk_find_owners(addresses, company)
            for ticket in alone:
                if len(owners[ticket.sender_email]) < 2:
                    continue
                ticket._message_log(
                    body=self.env._(
                        "The mail domain of %(address)s belongs to several customers: "
                        "%(customers)s. Choose the right one for this contact.",
                        address=ticket.sender_email,
                        customers=", ".join(
                            owners[ticket.sender_email].mapped("display_name")
                        ),
                    )
                )

    def _announce_creation(self):
        """Notify the address set by the company that tickets were created (N02).

        No contact is created for it. An address that has become one of our own since
        gets nothing: its mail would open tickets forever.
        """
        template = self._get_template("helpdesk_ticket.mail_template_ticket_created")
        if not template or not self._may_notify():
            return
        first = inside(self.env, "helpdesk_first_message") or {}
        for company, tickets in self.grouped("company_id").items():
            address = company.helpdesk_creation_address
            if not address or self.env["helpdesk.own.address"]._is_own(address):
                continue
            contents = tickets._generate_notices(template, ("subject", "body_html"))
            # nobody's language is known by the address: what is around the text is in
            # that of the text
            lang = company.partner_id.lang or self.env.lang
            for ticket in tickets.browse(contents).with_context(lang=lang):
                ticket.message_post(
                    subject=contents[ticket.id]["subject"],
                    body=contents[ticket.id]["body_html"],
                    parent_id=first.get(ticket.id, False),
                    outgoing_email_to=address,
                    message_type="notification",
                    subtype_xmlid="mail.mt_note",
                    email_layout_xmlid="mail.mail_notification_light",
                )

    @api.model
    def _get_template(self, xmlid):
        """Return a `mail.template`, empty if it was deleted.

        Its external id is deleted along with it, so no query for its existence is
        needed.
        """
        return self.env["mail.template"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id(xmlid) or []
        )

    def _post_notice(self, template, everybody=False, event=None, **kwargs):
        """Send an automatic mail to the contacts of the tickets, in their language.

        It is posted to an address rather than sent by the template, which would create
        contacts for bare addresses (C09).

        :param template: `mail.template` for tickets, or the name of one of ours, of
            which nothing is sent when it was deleted or is archived
        :param bool everybody: to all customers who take part too, not the contact only
        :param str event: of `helpdesk.ticket.event`, what the mail means
        :param kwargs: further parameters of `_post_together`
        :return: the `helpdesk.ticket` records whose template failed
        """
        if isinstance(template, str):
            template = self._get_template(template)
            if not template.active:
                return self.browse()
        recipients = self._get_told(everybody)
        tickets = self.filtered(lambda ticket: any(recipients[ticket]))
        parts = {one: one._split_by_language(*recipients[one]) for one in tickets}
        contents = {}
        for name, some in tickets.grouped(lambda one: parts[one][0][3]).items():
            contents |= some._generate_notices(template, NOTICE, name)
        failed = tickets.filtered(lambda one: one.id not in contents)
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        posted, values_list = self.browse(), []
        for ticket in tickets - failed:
            for lang, people, others, name in parts[ticket]:
                content = contents[ticket.id]
                if lang:
                    speaking = template.with_context(template_preview_lang=lang)
                    found = ticket._generate_notices(speaking, NOTICE, name)
                    content = found.get(ticket.id)
                if content and (people or others):
                    posted += ticket
                    values_list.append(
                        {
                            "subject": content["subject"],
                            "body": content["body_html"],
                            "attachment_ids": content.get("attachment_ids"),
                            "attachments": content.get("attachments"),
                            "partner_ids": people.ids,
                            "outgoing_email_to": ", ".join(others),
                            "subtype_id": note,
                            **POSTED,
                        }
                    )
        messages = posted._post_together(values_list, **kwargs)
        if event:
            for ticket, message in zip(posted, messages, strict=True):
                ticket._log(event, message)
        return failed

    def _split_by_language(self, partners, addresses):
        """Return the recipients by language, as some may speak another one than the
        contact (K05), and the name in the greeting: nobody is greeted by the name of
        another recipient of the same mail (T24).

        :param partners: `res.partner`
        :param list addresses: of people who are no contacts
        :return: list of (language, `res.partner`, addresses, name); the first ones are
            told in that of the template, which is the contact's. The name is that of
            the only reader, empty for several, None for the contact
        """
        spoken = (False, self.partner_id.lang)
        strangers = partners.filtered_domain([("lang", "not in", spoken)])
        groups = [
            (False, partners - strangers, addresses),
            *((lang, some, []) for lang, some in strangers.grouped("lang").items()),
        ]
        parts = []
        for lang, people, others in groups:
            is_contact = people == self.partner_id if people else not self.partner_id
            name = None if is_contact else people[:1].name or ""
            if len(people) + len(others) > 1:
                name = ""
            parts.append((lang, people, others, name))
        return parts

    def _get_greeted(self):
        """Return the name in the greeting of an automatic mail, for templates.

        :return: that of the contact, or of its only reader; empty for several readers
        """
        name = inside(self.env, "helpdesk_greeted")
        if name is None:
            name = self.partner_id.name or self.partner_name or ""
        return name

    def _generate_notices(self, template, names, greeted=None):
        """Render a template for these tickets. If that fails with any error, the notice
        is left out and its changes are rolled back: a badly edited template must not
        block work (T09).

        :param template: `mail.template` for tickets
        :param names: of the template's fields that are asked for
        :param str greeted: whom the text greets, the contact for None
        :return: dict of dicts by id of the tickets that it works for
        """
        if greeted is not None:
            template = template.with_context(helpdesk_greeted=Inside(greeted))
        contents, errors, left = {}, {}, [self] if self else []
        while left:
            tickets = left.pop()
            # what waits to be written is none of the template's, and stays
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    contents |= template._generate_template(tickets.ids, names)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise  # the whole request is repeated
            except Exception as error:  # noqa: BLE001 - a template raises anything
                self.env.transaction.clear()
                if len(tickets) > 1:  # which of them it is, is known by trying only
                    left = list(tickets)
                else:
                    errors[tickets] = error
        if errors:
            self._tell_of_broken_template(template, errors)
        return contents

    def _tell_of_broken_template(self, template, errors):
        """Log on tickets that a notice was left out, and notify the managers once until
        somebody changes the template. Only they see the error.

        :param template: the `mail.template` that failed
        :param dict errors: what was raised for each ticket
        """
        tickets = self.browse([ticket.id for ticket in errors])
        _logger.warning("Notice %s of tickets %s fails", template.id, tickets.ids)
        note = self.env._(
            "The notification “%(template)s” was not sent: its template has an error "
            "for this ticket. Correct the template.",
            template=template.name,
        )
        tickets._message_log_batch(bodies=dict.fromkeys(tickets.ids, note))
        self._tell_of_template(
            template,
            errors[tickets[0]],
            tickets.company_id,
            ", ".join(ticket._get_label() for ticket in tickets[:SHOWN]),
        )

    @api.model
    def _tell_of_template(self, template, error, companies, names):
        """Notify the managers of the helpdesk once that a template fails, until
        somebody changes it.

        :param template: the `mail.template` that failed
        :param Exception error: what it raised
        :param companies: `res.company` whose managers are told
        :param str names: what it failed for
        """
        # sudo: whether somebody was told already, whoever works on the ticket
        told = self.env["mail.message"].sudo()
        if told.search_count(
            [
                ("model", "=", template._name),
                ("res_id", "=", template.id),
                ("message_type", "=", "user_notification"),
                ("date", ">=", template.write_date),
            ],
            limit=1,
        ):
            return
        while error.__cause__:  # what the template did, not where Odoo noticed it
            error = error.__cause__
        managers = self._get_helpdesk_managers(companies)
        people = [users.partner_id for users in managers.values()]
        # sudo: the notice is about a template, which agents may not change
        self.env["mail.thread"].sudo().message_notify(
            model=template._name,
            res_id=template.id,
            partner_ids=self.env["res.partner"].union(*people).ids,
            subject=self.env._("A template has an error: %(name)s", name=template.name),
            body=self.env._(
                "The template “%(name)s” has an error for %(tickets)s, and maybe for "
                "others: they are not notified. Correct the template. %(reason)s",
                name=template.name,
                tickets=names,
                reason=f"{type(error).__name__}: {error}",
            ),
        )

    def _get_told(self, everybody=False):
        """Return who gets an automatic mail of each of these tickets, never ourselves.

        :param bool everybody: as of `_get_notice_recipients`
        :return: dict by ticket of `res.partner`, and a list of further addresses
        """
        told = {ticket: ticket._get_notice_recipients(everybody) for ticket in self}
        normal = {
            text: email_normalize(text)
            for _partners, addresses in told.values()
            for text in addresses
        }
        known = [
            partners.mapped("email_normalized") for partners, _other in told.values()
        ]
        asked = {*normal.values(), *chain.from_iterable(known)}
        own = self.env["helpdesk.own.address"]._get_own(asked) if asked else asked
        return {
            ticket: (
                partners.filtered(lambda one: one.email_normalized not in own),
                [text for text in addresses if normal[text] not in own],
            )
            for ticket, (partners, addresses) in told.items()
        }

    def _get_notice_recipients(self, everybody=False):
        """Return who is to get an automatic mail of this ticket; a hook.

        :param bool everybody: the followers outside our company and those in copy too
        :return: `res.partner`, and a list of addresses that belong to none of them
        """
        self.ensure_one()
        # sudo: who asked in a ticket that was merged into this one asked here
        merged = self.sudo().with_context(active_test=False).merged_ticket_ids
        merged = merged.filtered(
            lambda one: one.notify_partner and not one._has_former_contact()
        )
        others = merged.partner_id.filtered("active")
        partners = self.partner_id | self.env["res.partner"].browse(others.ids)
        partners = partners.filtered("email_normalized")
        texts = [
            one.reply_to or one.partner_email
            for one in [self, *merged]
            if not one.partner_id
        ]
        if everybody:
            # sudo: followers are technical records; only customers among them are told
            followers = self.sudo().message_partner_ids.filtered("partner_share")
            reachable = followers.filtered("email_normalized")
            partners |= self.env["res.partner"].browse(reachable.ids)
            texts += self._get_addresses_in_copy()
        known = set(partners.mapped("email_normalized"))
        addresses = {
            email_normalize(address): address
            for text in texts
            for address in email_split_and_format_normalize(text or "")
        }
        return partners, [
            text for address, text in addresses.items() if address not in known
        ]

    def _get_addresses_in_copy(self):
        """Return the addresses in copy, without colleagues who may not read the ticket
        or no longer may: a customer may have added them.

        :return: a list of addresses with names
        """
        copies = self._mail_cc_sanitized_raw_dict(self.email_cc)
        if not copies:
            return []
        # sudo: whose addresses these are, of people who have left, too
        users = self.env["res.users"].sudo().with_context(active_test=False)
        ours = users.search(
            [
                ("partner_id.email_normalized", "in", list(copies)),
                ("share", "=", False),
            ]
        )
        may_read = ours.filtered(lambda user: self._get_readable(user))
        hidden = set((ours - may_read).mapped("email_normalized"))
        hidden -= set(may_read.mapped("email_normalized"))
        return [text for address, text in copies.items() if address not in hidden]

    # -- the same on several tickets ---------------------------------------------

    def _post_together(self, values_list, **kwargs):
        """Post a message on each of these tickets, notify people, and queue the mails,
        which are sent at once where Odoo would do so. It takes the same steps as
        `message_post`, in the same order, but reads and writes once for all tickets.

        :param list values_list: of parameters of `message_post`, one for each ticket
        :param kwargs: further parameters of how the mails are rendered
        :return: `mail.message`
        """
        tickets = self._fallback_lang()
        prepared = [
            ticket._prepare_post(**values)
            for ticket, values in zip(tickets, values_list, strict=True)
        ]
        messages = tickets._message_create(prepared) if prepared else ()
        for ticket, message, values in zip(tickets, messages, prepared, strict=True):
            ticket._message_post_after_hook(message, values)
        mails = [
            ticket._tell_of_message(message, values, **kwargs)
            for ticket, message, values in zip(tickets, messages, prepared, strict=True)
        ]
        new = [one for of_message in mails for one in of_message]
        if new:
            # sudo: outgoing mails and notifications are technical records
            env = self.sudo().env(context=clean_context(self.env.context))
            queued = env["mail.mail"].create([mail for mail, _notifications in new])
            env["mail.notification"].create(
                [
                    {**values, "mail_mail_id": mail.id}
                    for mail, (_values, notifications) in zip(queued, new, strict=True)
                    for values in notifications
                ]
            )
            limit = env["ir.config_parameter"].get_param("mail.mail.force.send.limit")
            at_once = self.env.context.get("mail_notify_force_send", True)
            if at_once and max(map(len, mails)) < int(limit or 100):
                # sudo: as above, in the context of whoever posts
                queued.with_env(self.sudo().env).send_after_commit()
        return messages or self.env["mail.message"]

    def _prepare_post(self, body="", author_id=None, email_from=None, **values):
        """Return the values of a message that is posted on this ticket.

        :param values: as of `message_post`
        :rtype: dict
        """
        author_id, email_from = self._message_compute_author(author_id, email_from)
        company = self.env.company
        # sudo: the address by which answers come, whoever posts
        domains = self.sudo()._mail_get_alias_domains(default_company=company)
        companies = self._mail_get_companies(default=company)
        reply_to = self._notify_get_reply_to(default=email_from, author_id=author_id)
        files = values.pop("attachments", None), values.pop("attachment_ids", None)
        # The first mail of a ticket answers nothing, and what the ticket sends at once
        # answers that mail: nothing to look for.
        first = inside(self.env, "helpdesk_first_message") or {}
        parent_id, asked = first.get(self.id, False), values.get("parent_id")
        if not parent_id and (asked or not inside(self.env, "helpdesk_opening_mail")):
            parent_id = self._message_compute_parent_id(asked)
        values = {
            "email_add_signature": True,
            "incoming_email_to": False,
            "incoming_email_cc": False,
            "outgoing_email_to": False,
            **values,
            "author_id": author_id,
            "author_guest_id": False,
            "email_from": email_from,
            "model": self._name,
            "res_id": self.id,
            "body": escape(body),
            "parent_id": parent_id,
            "partner_ids": list(values.get("partner_ids") or ()),
            "record_alias_domain_id": domains[self.id].id,
            "record_company_id": companies[self.id].id,
            "reply_to": reply_to[self.id],
        }
        attachments, attachment_ids = files
        return values | self._process_attachments_for_post(
            attachments, list(attachment_ids or ()), values
        )

    def _tell_of_message(self, message, values, **kwargs):
        """Notify people of a message; those who read in Odoo at once.

        :param message: `mail.message` of this ticket
        :param dict values: of the message
        :param kwargs: as of `_post_together`
        :return: list of the values of a mail, and of its notifications without it
        """
        told = self._notify_get_recipients(message, msg_vals=values)
        self._notify_thread_with_out_of_office(message, told, msg_vals=values)
        if not told:
            return []
        self._notify_thread_by_inbox(message, told, msg_vals=values)
        self._notify_thread_by_web_push(message, told, msg_vals=values)
        people = [one for one in told if one["notif"] == "email"]
        if not people:
            return []
        base = self._notify_by_email_get_base_mail_values(
            message, people, additional_values={"auto_delete": True}
        )
        about = self._notify_by_email_get_base_notification_values(message)
        # sudo: Odoo's own parameter of how many get one mail
        size = self.env["ir.config_parameter"].sudo().get_param("mail.batch_size")
        mails = []
        for _lang, shown, group in self._notify_get_classified_recipients_iterator(
            message, people, msg_vals=values, **kwargs
        ):
            body = self._notify_by_email_render_layout(
                message, group, msg_vals=values, render_values=shown
            )
            fill = self._notify_by_email_get_final_mail_values
            content = {"body_html": body}
            for ids in split_every(int(size or 0) or 50, group["recipients_ids"]):
                mail = fill(ids, base, additional_values=content)
                mails.append((mail, [{**about, "res_partner_id": one} for one in ids]))
            if texts := group["recipients_emails"]:
                mail = fill([], base, additional_values=content)
                named = [{**about, "mail_email_address": one} for one in texts]
                mails.append(({**mail, "email_to": ",".join(texts)}, named))
        return mails
