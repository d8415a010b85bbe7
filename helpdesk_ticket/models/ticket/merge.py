from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.fields import NO_ACCESS, Command
from odoo.tools.mail import email_normalize, email_normalize_all, is_html_empty

from odoo.addons.helpdesk_contact.inside import Inside

# What people wrote moves with a ticket; what Odoo noted about it stays its own history.
SPOKEN = ("comment", "email", "email_outgoing", "auto_comment")


class HelpdeskTicket(models.Model):
    """One request in several tickets: merge them, or mark them as duplicates.

    The history contains the numbers of linked tickets, not their subjects: people who
    may read one of them may not be allowed to read the other (T10).
    """

    _inherit = "helpdesk.ticket"

    merged_into_id = fields.Many2one(
        "helpdesk.ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The ticket that this one was merged into. Mail to this ticket goes "
        "there.",
    )
    merged_into_number = fields.Char(
        "Merged into ticket", related="merged_into_id.number", tracking=True
    )
    merged_ticket_ids = fields.One2many(
        "helpdesk.ticket", "merged_into_id", string="Merged tickets"
    )
    duplicate_of_id = fields.Many2one(
        "helpdesk.ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The ticket about the same matter where the work continues. Messages and "
        "mail of this ticket stay here.",
    )
    duplicate_of_number = fields.Char(
        "Duplicate of ticket", related="duplicate_of_id.number", tracking=True
    )
    duplicate_ids = fields.One2many(
        "helpdesk.ticket", "duplicate_of_id", string="Duplicates"
    )
    brought = fields.Json(
        readonly=True,
        copy=False,
        groups=NO_ACCESS,
        help="What moved to the other ticket with the merge and what that one took "
        "over, to give it back when this ticket is reopened.",
    )

    @api.constrains("merged_into_id", "duplicate_of_id")
    def _check_merged_into_id(self):
        merged = self.filtered("merged_into_id")
        if (
            merged.filtered("merged_into_id.merged_into_id")
            or merged.merged_into_id & merged
            or self._has_cycle("duplicate_of_id")
        ):
            raise ValidationError(
                self.env._(
                    "A ticket cannot be merged with itself or into a ticket that has "
                    "already been merged. Choose a ticket that has not been merged."
                )
            )

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge_into(self, survivor):
        """Move messages and work of these tickets to another one and close them.

        The user must be allowed to write all of them. Nothing is deleted.

        :param survivor: `helpdesk.ticket` that is not among these
        :raise UserError: when the tickets cannot be merged
        """
        self._check_merge(survivor)
        # sudo: messages, hours and orders of colleagues move too; the user may write
        # both sides, which _check_merge made sure of
        tickets, target = self.sudo(), survivor.sudo()
        if any(tickets.mapped("is_open")):  # what is asked there is still to be done
            target.filtered(lambda one: not one.active).active = True
            target._move("reopened")
        self._note_merge(target)
        # Those merged into these before: no chain ever gets longer than one step.
        earlier = tickets.with_context(active_test=False).merged_ticket_ids
        values = tickets._prepare_merge_values(target)
        tickets._remember_brought(target, values)
        tickets._move_messages(target)
        tickets._move_followers(target)
        tickets._move_relations(target)
        target.write(values)
        # for what came here with closed ones nobody waits any more
        every = tickets.with_context(active_test=False)
        ended = every.filtered(lambda ticket: not ticket.is_open).merged_ticket_ids
        (tickets | ended)._log("merged")
        (tickets | earlier).merged_into_id = target
        if target.answered_date:
            target._move("merged")
        self.with_context(helpdesk_closing_quiet=Inside())._move("closed")

    def _check_merge(self, survivor):
        """Check that these tickets can be merged into another one, and lock them.

        Without the lock, two users who merge A into B and B into A at the same moment
        would write different rows, and both tickets would be gone.
        """
        survivor.ensure_one()
        everything = self | survivor
        everything.check_access("write")
        if survivor in self or not self or everything.merged_into_id:
            raise UserError(
                self.env._(
                    "Choose at least two tickets that have not been merged. A merged "
                    "ticket cannot be merged again."
                )
            )
        if len(everything.company_id) > 1:
            raise UserError(
                self.env._("Tickets of different companies cannot be merged.")
            )
        if everything.try_lock_for_update() != everything:
            raise UserError(
                self.env._(
                    "Somebody else is changing one of these tickets right now. Try "
                    "again in a moment."
                )
            )

    def _note_merge(self, target):
        """Log on both sides a reference to the other, and keep contents that are in no
        message."""
        messages = self.env["mail.message"].sudo()  # sudo: of tickets the user may read
        spoken = messages.search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "in", SPOKEN),
            ]
        )
        bodies = {(message.res_id, message.body) for message in spoken}
        for ticket in self.sorted("id"):
            note = self.env._(
                "The ticket %(ticket)s was merged into this one.",
                ticket=ticket._get_html_link(ticket.number),
            )
            content = ticket.description
            if is_html_empty(content) or (ticket.id, content) in bodies:
                content = ""
            target._message_log(body=note + content)
            ticket._message_log(
                body=self.env._(
                    "This ticket was merged into %(ticket)s.",
                    ticket=target._get_html_link(target.number),
                )
            )

    def _move_messages(self, target, messages=None):
        """Move messages with their files. Each remembers the ticket it came from.

        They keep their Message-ID, so that replies find them, and their kind: what was
        internal or private stays so.

        :param target: `helpdesk.ticket`
        :param messages: `mail.message`, all that people wrote when not given, and then
            all files of the tickets too
        """
        Message = self.env["mail.message"].with_context(active_test=False)
        here = [("model", "=", self._name), ("res_id", "in", self.ids)]
        attachments = self.env["ir.attachment"]
        # What was split off belongs here by now; what came with a ticket that was
        # merged into this one goes back to that one.
        earlier = self.with_context(active_test=False).merged_ticket_ids
        if messages is not None:
            earlier = messages.helpdesk_origin_id
        else:
            messages = Message.search([*here, ("message_type", "in", SPOKEN)])
            attachments = attachments.search(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)]
            )
        attachments |= messages.attachment_ids.filtered(
            lambda file: file.res_model == self._name and file.res_id in self.ids
        )
        fresh = messages.filtered(lambda one: one.helpdesk_origin_id not in earlier)
        for ticket_id, group in fresh.grouped("res_id").items():
            group.helpdesk_origin_id = ticket_id
        messages.res_id = target.id
        attachments.res_id = target.id
        # sudo: what the messages meant goes with them
        events = self.env["helpdesk.ticket.event"].sudo()
        events.search([("message_id", "in", messages.ids)])._move_to(target)

    def _move_followers(self, target):
        """Subscribe the followers to the surviving ticket with the same subtypes, but
        not assignees who follow only because the ticket was assigned to them (T10)."""
        known = target.message_partner_ids
        followers = self.message_follower_ids.filtered(
            lambda follower: (
                follower.partner_id not in known and not follower.helpdesk_assigned
            )
        )
        for subtypes, group in followers.grouped("subtype_ids").items():
            target.message_subscribe(group.partner_id.ids, subtypes.ids)

    @api.model
    def _get_moved_fields(self):
        """Return which other records belong to a ticket and move with it; a hook.

        :return: list of (model, its field that names the ticket)
        """
        return []

    def _take_over(self, records, field):
        """Move records of another ticket to this one because tickets are merged or
        separated again; nobody is notified (T09).

        :param records: of a model that `_get_moved_fields` names
        :param str field: of them, which names the ticket
        """
        together = records.with_context(helpdesk_together=Inside())
        together[field] = self.id

    def _move_relations(self, target):
        """Move hours, service orders and activities. Odoo's own activities end."""
        for model, field in self._get_moved_fields():
            records = self.env[model].with_context(active_test=False)
            found = records.search([(field, "in", self.ids)])
            target._take_over(found, field)
        activities = self.env["mail.activity"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        automatic = activities.filtered("automated")
        automatic.unlink()
        moved = activities - automatic
        moved.res_id = target.id
        self._pass_on_activities([("id", "in", moved.ids)])

    def _remember_brought(self, target, values):
        """Store on each of these tickets what the merge moves to another one and what
        that one takes over, so that reopening a ticket that was merged by mistake
        restores it (T17).

        :param target: `helpdesk.ticket` that goes on
        :param dict values: what is written on it
        """
        rows = {ticket.id: [] for ticket in self}
        for model, field, domain in self._get_moved_domains():
            records = self.env[model].with_context(active_test=False)
            found = records.search([(field, "in", self.ids), *domain])
            for id_, some in found.grouped(field).items():
                rows[int(id_)].append([model, field, some.ids])
        taken = {
            name: [target[name].id, values[name]]
            for name in ("user_id", "severity_id")
            if name in values and values[name] != target[name].id
        }
        for ticket in self:
            ticket.brought = {
                "rows": rows[ticket.id],
                "taken": taken,
                "tags": (ticket.tag_ids - target.tag_ids).ids,
                "tickets": ticket.with_context(active_test=False).merged_ticket_ids.ids,
            }

    @api.model
    def _get_moved_domains(self):
        """Return all that moves with a merged ticket, apart from messages.

        :return: list of (model, its field that names the ticket, domain as a list)
        """
        here = ("res_model", "=", self._name)
        return [
            *((model, field, []) for model, field in self._get_moved_fields()),
            ("mail.activity", "res_id", [here, ("automated", "=", False)]),
            ("ir.attachment", "res_id", [here]),
        ]

    def _prepare_merge_values(self, target):
        """Return what the surviving ticket takes over from these.

        :rtype: dict
        """
        values = {"tag_ids": [Command.link(tag.id) for tag in self.tag_ids]}
        agents = self.sorted("id").user_id.filtered(
            lambda user: user._is_helpdesk_agent(target.company_id)
        )
        if not target.user_id and agents:
            values["user_id"] = agents[0].id
        # What is urgent there is here.
        severities = (self | target).severity_id
        if severities and target.can_reclassify:
            values["severity_id"] = severities.sorted()[-1].id
        # Bare addresses take part as copies; contacts do as followers.
        texts = [text for ticket in self for text in ticket._get_bare_addresses()]
        known = target._get_participant_addresses()
        added = []
        for address in texts:
            if email_normalize(address) not in known:
                known.add(email_normalize(address))
                added.append(address)
        if added:
            values["email_cc"] = ", ".join(filter(None, [target.email_cc, *added]))
        return values

    def _get_bare_addresses(self):
        """Return the addresses of this ticket that belong to no follower of it. The
        sender of the first mail is left out if another contact was chosen since."""
        self.ensure_one()
        texts = [self.email_cc]
        if not self.partner_id:
            texts += [self.sender_email, self.partner_email]
        return [address for text in texts for address in email_normalize_all(text)]

    # ------------------------------------------------------------------
    # Duplicates
    # ------------------------------------------------------------------

    def _mark_as_duplicate(self, original):
        """Close these tickets as duplicates of another one; everything stays in place.

        For requests of different customers: neither may see what the other wrote.

        :param original: `helpdesk.ticket` that is not among these
        """
        self._check_merge(original)
        for ticket in self:
            original._message_log(
                body=self.env._(
                    "The ticket %(ticket)s is a duplicate of this one.",
                    ticket=ticket._get_html_link(ticket.number),
                )
            )
        # sudo: a link that nobody writes by hand; the user may write both sides, which
        # _check_merge made sure of
        self.sudo().duplicate_of_id = original
        self.with_context(helpdesk_closing_quiet=Inside())._move("closed")

    # ------------------------------------------------------------------
    # Afterwards
    # ------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_survivor(self):
        """Refuse to delete tickets that others were merged into: their messages and
        files would be deleted without notice."""
        # sudo: tickets of all teams, which are named by their numbers only
        every = self.sudo().with_context(active_test=False)
        if brought := every.merged_ticket_ids - every:
            raise UserError(
                self.env._(
                    "%(numbers)s were merged into this ticket, and their "
                    "conversations would be deleted with it. Archive it instead, or "
                    "delete them too.",
                    numbers=", ".join(brought.mapped("number")),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_others(self):
        """Remove the links of other tickets to deleted ones, and log it: a duplicate
        would otherwise wait for a ticket that no longer exists (T14, T18)."""
        # sudo: tickets of all teams, archived ones too
        others = self.sudo().with_context(active_test=False)
        for name in ("duplicate_of_id", "follow_up_of_id"):
            if named := others.search([(name, "in", self.ids)]) - others:
                named._take_off(name)

    def _get_survivor(self):
        """Return the ticket that this one was merged into, or else itself."""
        self.ensure_one()
        return self.merged_into_id or self

    @api.model
    def _redirect_merged(self, route):
        """Redirect a mail to a merged ticket to the surviving one (E06).

        :param tuple route: of `message_route`, to an existing ticket
        :return: the route to take
        """
        model, thread_id, custom_values, user_id, alias = route
        survivor = self.browse(thread_id)._get_survivor()
        return (model, survivor.id, custom_values, user_id, alias)

    def _check_not_merged(self):
        """Refuse messages on a merged ticket, with a link to the surviving one.

        The gateway redirects mails by itself, and Odoo's superuser may still log here.

        :raise RedirectWarning: with a button that opens the other ticket; UserError
            for who may not see that one
        """
        survivor = self.merged_into_id
        if survivor and self.env.uid != SUPERUSER_ID:
            seen = survivor._filtered_access("read")
            message = self.env._(
                "This ticket was merged into %(ticket)s. Write your message there: "
                "messages here are not read.",
                # sudo: the number names nothing of it
                ticket=seen.display_name or survivor.sudo().number,
            )
            if not seen:
                raise UserError(message)
            raise RedirectWarning(
                message,
                {**survivor.action_open_form(), "views": [[False, "form"]]},
                self.env._("Open that ticket"),
            )

    def action_merge_dialog(self):
        """Ask which ticket survives, then merge or mark as duplicates.

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Tickets"),
            "res_model": "helpdesk.ticket.merge",
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_ids": self.ids},
        }
