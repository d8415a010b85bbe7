from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

from odoo.addons.helpdesk_contact.inside import Inside

from ...exceptions import TooManyRequestsError
from ...file_name import base_name
from ...file_size import kilobytes
from ...incoming import (
    LIMITED,
    REPEATED,
    IncomingMessage,
    IncomingRequest,
    Person,
)
from ...typed_text import MAX_TEXT, VISIBLE, many_lines, read_id

# Fields whose values customers choose from a list
CHOICES = ("type_id", "topic_id", "severity_id")
MAX_SUBJECT = 200
MAX_FILES = 20
# Files that were uploaded and belong to nothing yet: so many of one user at a time.
# Odoo deletes them later.
MAX_PENDING = 3 * MAX_FILES
PENDING = {"res_model": "mail.compose.message", "res_id": 0}
# The deadlines shown to customers; that for the next action is internal.
PORTAL_PROMISES = ("answer", "solution")
# The number of messages that the portal's chatter begins with.
FIRST_MESSAGES = 10


class HelpdeskTicket(models.Model):
    """What customers can do in the portal: open, close and reopen tickets (C03, C07,
    T13), and what its pages show of a ticket.

    Customers have no write access to tickets. Each method accepts the values that
    customers may enter, decides everything else itself, and raises a UserError that
    says what to correct.
    """

    _inherit = "helpdesk.ticket"

    # -- open -------------------------------------------------------------------

    @api.model
    def _get_portal_choices(self):
        """Return the lists that customers choose from when they open a ticket.

        :return: dict of records as sudo by field of the ticket
        """
        company = self.env.company
        domain = [("company_id", "in", [company.id, False])]
        # sudo: customers cannot read our lists; these are shown to them
        env = self.sudo().env
        choices = {
            "type_id": env["helpdesk.ticket.type"].search(domain),
            "topic_id": env["helpdesk.ticket.topic"].search(domain),
        }
        if company.helpdesk_portal_severity:
            choices["severity_id"] = env["helpdesk.ticket.severity"].search(domain)
        return choices

    @api.model
    def _open_from_portal(self, post, files):
        """Open a ticket from the user's form (C03).

        :param dict post: `name`, `description` and the choices, as strings; anything
            else is ignored (rel-A6)
        :param files: `ir.attachment` as sudo that the user uploaded
        :return: `helpdesk.ticket` as sudo
        :raise UserError: when something is missing or wrong
        """
        partner = self.env.user.partner_id
        if not partner.email and partner._get_unconfirmed_addresses():
            raise UserError(
                self.env._(
                    "Confirm your e-mail address first: use the link in the e-mail "
                    "that we sent you."
                )
            )
        if not partner._helpdesk_may_open_ticket():
            raise UserError(
                self.env._("Only your company's primary contact may open tickets.")
            )
        values = self._prepare_portal_values(post)
        name, text = values.pop("name"), values.pop("description")
        user = str(self.env.uid)
        request = IncomingRequest(
            channel="helpdesk_ticket.channel_portal",
            company_id=self.env.company.id,
            person=Person(partner.name, partner.email or "", partner.id),
            message=IncomingMessage(subject=name, body=plaintext2html(text), text=text),
            posts=False,
            file_ids=tuple(files.ids),
            proven=True,
            limit=("portal_ticket", user),
            once=("ticket", user, name, text),
            values={"sender_email": False, **values},
        )
        outcome = self.env["helpdesk.intake"]._open(request)
        if outcome.kind == LIMITED:
            raise self._say_too_many()
        if outcome.kind == REPEATED:
            return self._find_same_ticket(partner, name)
        # sudo: the customer's own ticket, which was just opened
        return self.sudo().browse(outcome.ticket_id)

    @api.model
    def _find_same_ticket(self, partner, name):
        """Return the ticket that was just opened by the same form, if it was sent
        twice.

        :param partner: `res.partner` of the customer
        :param str name: its subject
        :return: `helpdesk.ticket` as sudo, possibly invisible to this transaction
        """
        domain = [("partner_id", "=", partner.id), ("name", "=", name)]
        # sudo: the customer's own ticket, opened by another request
        tickets = self.sudo()
        with self.env.registry.cursor() as cr:
            found = tickets.with_env(tickets.env(cr=cr)).search(
                domain, order="id desc", limit=1
            )
            return tickets.browse(found.id)

    @api.model
    def _limit_portal(self, scope):
        """Count an action of a customer, and refuse it above the limit (rel-H4).

        :param str scope: of `helpdesk.throttle`
        :raise TooManyRequestsError: above the limit
        """
        throttle = self.env["helpdesk.throttle"]
        if not throttle._take_at_once((scope, str(self.env.uid), 1)):
            raise self._say_too_many()

    @api.model
    def _say_too_many(self):
        return TooManyRequestsError(
            self.env._(
                "You have written many requests in a short time. Wait a few minutes, "
                "then try again."
            )
        )

    @api.model
    def _prepare_portal_values(self, post):
        """Return the values of a ticket from the user's form; a hook.

        :rtype: dict
        :raise UserError: when something is missing or wrong
        """
        words = " ".join(self._clean_portal_text(post.get("name")).split())
        # Direction marks would reverse text on agents' screens (C5).
        name = "".join(sign for sign in words if sign.isprintable())
        text = self._clean_portal_text(post.get("description"))
        if not VISIBLE.search(name):
            raise UserError(self.env._("Write a subject: what is it about?"))
        if len(name) > MAX_SUBJECT:
            raise UserError(
                self.env._(
                    "The subject is too long: use at most %(count)s characters, and "
                    "put the rest in the text below.",
                    count=MAX_SUBJECT,
                )
            )
        if not VISIBLE.search(text):
            raise UserError(self.env._("Describe in a few words what you need."))
        values = {"name": name, "description": text}
        is_chosen = any(post.get(field) for field in CHOICES)
        choices = self._get_portal_choices() if is_chosen else {}
        for field, records in choices.items():
            chosen = post.get(field) or ""
            record = records.filtered(
                lambda entry, chosen=chosen: str(entry.id) == chosen
            )
            if chosen and not record:
                raise UserError(self.env._("Choose one of the values in the lists."))
            values[field] = record.id
        return values

    @api.model
    def _clean_portal_text(self, text):
        """Return a typed text without characters that the database or mails refuse.

        :rtype: str
        :raise UserError: when it is too long
        """
        text = many_lines(text)
        if len(text) > MAX_TEXT:
            raise UserError(
                self.env._("The text is too long: attach the rest of it as a file.")
            )
        return text

    # -- files ------------------------------------------------------------------

    @api.model
    def _upload_from_portal(self, name, raw):
        """Store a file until its ticket is opened (T07).

        :return: `ir.attachment` as sudo
        :raise UserError: above the limits
        """
        self._limit_uploads(raw)
        # sudo: customers have no access to files except with their tokens
        files = self.env["ir.attachment"].sudo()
        return files.create({"name": base_name(name), "raw": raw, **PENDING})

    @api.model
    def _limit_uploads(self, raw):
        """Refuse a customer's file above the limits for number and size (rel-H4).

        Uploads of the same user are processed one after the other: others wait here
        until this transaction ends, and then count its file.

        :param bytes raw: the file, which this transaction stores
        :raise UserError: above the limits
        """
        throttle, user = self.env["helpdesk.throttle"], str(self.env.uid)
        throttle._wait_for_others("upload", user)
        size = ("upload_size", user, kilobytes([raw]))
        is_full = self._count_pending_files() >= MAX_PENDING
        if is_full or not throttle._take_at_once(size):
            raise UserError(
                self.env._("There are too many files. Open the ticket without them.")
            )

    @api.model
    def _count_pending_files(self):
        """Return the number of the user's files without a ticket, both those committed
        by others since this transaction began and those of this one."""
        mine = [(key, "=", value) for key, value in PENDING.items()]
        mine.append(("create_uid", "=", self.env.uid))
        # sudo: files are only counted
        found = set(self.env["ir.attachment"].sudo().search(mine).ids)
        with self.env.registry.cursor() as cr:
            # sudo: as above
            files = self.env(cr=cr)["ir.attachment"].sudo()
            found.update(files.search(mine, limit=MAX_PENDING).ids)
        return len(found)

    @api.model
    def _get_uploaded_files(self, tokens):
        """Return the files that the user uploaded for a ticket to be opened.

        :param list tokens: strings of the form: id and token of each file
        :return: `ir.attachment` as sudo, without files of others
        """
        parts = [text.partition(":") for text in tokens[:MAX_FILES]]
        owned = {read_id(number): token for number, _colon, token in parts}
        # sudo: the tokens of the files are checked here
        files = self.env["ir.attachment"].sudo().browse(owned).exists()
        return files.filtered(
            lambda file: (
                {name: file[name] for name in PENDING} == PENDING
                and file._has_attachments_ownership([owned[file.id]])
            )
        )

    # -- answer, close, reopen --------------------------------------------------

    def _post_from_portal(self, body):
        """Post the user's text like Odoo's portal does: as an answer of the customer,
        with its effect on the life cycle (T13).

        :param Markup body: the text
        :return: `mail.message`
        """
        self.ensure_one()
        self.check_access("read")
        self._limit_portal("portal_answer")
        # sudo: users who can see a ticket may answer it
        ticket = self.sudo().with_context(mail_post_autofollow_author_skip=True)
        return ticket.message_post(
            body=body, message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    @api.model
    def _get_portal_reasons(self):
        """Return the reasons for which customers can close tickets.

        :return: dict of labels by event of the life cycle
        """
        return {
            "closed": self.env._("It is solved"),
            "cancelled": self.env._("It is no longer needed"),
        }

    def _close_from_portal(self, reason, comment):
        """Close or cancel the ticket on behalf of its customer (T13, T17).

        :param str reason: a key of the reasons
        :param str comment: the customer's comment, may be empty
        :raise UserError: when it is closed, or without a reason
        """
        self.ensure_one()
        reasons = self._get_portal_reasons()
        if not self.is_open:
            raise UserError(self.env._("This ticket is already closed."))
        if reason not in reasons:
            raise UserError(self.env._("Choose a reason for closing the ticket."))
        body = Markup("<p>%s</p>") % self.env._(
            "I am closing this ticket: %(reason)s.", reason=reasons[reason]
        )
        if comment := self._clean_portal_text(comment):
            body += plaintext2html(comment)
        self._post_from_portal(body)
        # The person who closes a ticket gets no mail about it.
        own = self.partner_id == self.env.user.partner_id
        # sudo: customers cannot write; this is how they close tickets
        self.sudo().with_context(helpdesk_closing_quiet=Inside(own))._move(reason)

    def _may_reopen_from_portal(self):
        """Return whether the customer can still reopen this ticket (T13).

        :rtype: bool
        """
        self.ensure_one()
        # sudo: only reads what decides, which customers cannot read
        ticket = self.sudo()
        elsewhere = ticket.merged_into_id or ticket.duplicate_of_id
        return not (ticket.is_open or elsewhere or ticket._needs_follow_up())

    def _reopen_from_portal(self, text):
        """Reopen a closed ticket on behalf of its customer (T13).

        :param str text: what is still to be done
        :raise UserError: when it cannot be reopened, or without a text
        """
        self.ensure_one()
        if not self._may_reopen_from_portal():
            raise UserError(
                self.env._("This ticket cannot be reopened. Please open a new one.")
            )
        text = self._clean_portal_text(text)
        if not text:
            raise UserError(self.env._("Describe what still needs to be done."))
        self._post_from_portal(plaintext2html(text))

    # -- what is shown ----------------------------------------------------------

    def _get_portal_deadlines(self):
        """Return the promised deadlines that are still ahead; passed ones are not
        shown.

        :return: list of (label, moment), the next one first
        """
        self.ensure_one()
        labels = {
            "answer": self.env._("First answer by"),
            "solution": self.env._("Solution by"),
        }
        pending = self._get_pending()
        now = fields.Datetime.now()
        due = [
            (pending[name], name)
            for name in PORTAL_PROMISES
            if name in pending and pending[name] > now
        ]
        return [(labels[name], moment) for moment, name in sorted(due)]

    def _get_portal_messages(self):
        """Return the first messages on the page of the ticket, newest first: the same
        ones that the portal's chatter would load (C07, T15).

        :return: `mail.message`, at most FIRST_MESSAGES
        """
        self.ensure_one()
        field = self._fields["website_message_ids"]
        return self.env["mail.message"].search(
            Domain(field.get_comodel_domain(self))
            & Domain("res_id", "=", self.id)
            & Domain("subtype_id", "=", self.env.ref("mail.mt_comment").id)
            & Domain("is_internal", "=", False)
            & Domain("body", "not in", (False, "", "<p></p>", "<p><br></p>")),
            order="id desc",
            limit=FIRST_MESSAGES,
        )

    def _get_portal_successors(self):
        """Return the tickets that continue this one, as far as the reader may see them:
        the one it was merged into, or its follow-up tickets.

        :return: `helpdesk.ticket` as sudo
        """
        self.ensure_one()
        # sudo: only finds their ids; the reader's access is checked below
        ticket = self.sudo()
        others = ticket.merged_into_id or ticket.duplicate_of_id or ticket.follow_up_ids
        others = others.browse({one._get_survivor().id for one in others})
        # sudo: off again, so that the reader's access is checked
        seen = others.sudo(False)._filtered_access("read")
        return seen.sudo()  # sudo: just checked
