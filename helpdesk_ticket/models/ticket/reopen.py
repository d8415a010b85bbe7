from odoo import models
from odoo.fields import Command
from odoo.tools.mail import email_normalize

from .merge import SPOKEN


class HelpdeskTicket(models.Model):
    """What has to be done when a ticket is reopened (T13)."""

    _inherit = "helpdesk.ticket"

    def _settle_reopened(self):
        """Update reopened tickets like open ones: they get the current policy, a merge
        ends, and people who left are removed."""
        # sudo: agents' companies and contacts' customers are only compared, and what
        # was said in a merged ticket comes back from one that the user may not see
        tickets = self.sudo()
        tickets._choose_policies()
        tickets._separate_reopened()
        tickets._give_back_of_former()
        tickets._release_former_contacts()
        tickets._tell_of_archived_teams()

    def _end_duplicates(self):
        """Remove the mark of duplicates that our users reopen, because the work is done
        here. Duplicates that a customer's mail reopens keep it."""
        # sudo: a link that nobody writes by hand; whoever may write the ticket ends it
        duplicates = self.sudo().filtered("duplicate_of_id")
        if duplicates:
            duplicates.duplicate_of_id = False

    def _separate_reopened(self):
        """Separate reopened tickets that were merged: their messages and work are moved
        back, and their people are removed from the other ticket (T17)."""
        for ticket in self.filtered("merged_into_id"):
            survivor = ticket.merged_into_id
            ticket.merged_into_id = False
            earlier = ticket._take_back_merged(survivor)
            # sudo: of both tickets, whoever may read them
            messages = self.env["mail.message"].sudo()
            brought = messages.search(
                [
                    ("model", "=", self._name),
                    ("res_id", "=", survivor.id),
                    ("helpdesk_origin_id", "in", (ticket | earlier).ids),
                ]
            )
            survivor._move_messages(ticket, brought)
            own = brought.filtered(
                lambda one, own=ticket: one.helpdesk_origin_id == own
            )
            own.helpdesk_origin_id = False
            for one in ticket | earlier:
                survivor._part_with_people_of(one)
            ticket._take_back_brought(survivor)
            survivor._message_log(
                body=self.env._(
                    "The ticket %(ticket)s was reopened and is separate again, with "
                    "its messages, files, time and orders.",
                    ticket=ticket._get_html_link(ticket.number),
                )
            )

    def _take_back_merged(self, survivor):
        """Move back the tickets that were merged into this one before it was merged
        itself.

        :param survivor: the `helpdesk.ticket` that this one was merged into
        :return: these `helpdesk.ticket` records
        """
        earlier = self.browse((self.brought or {}).get("tickets", ())).exists()
        earlier = earlier.filtered(lambda one: one.merged_into_id == survivor)
        earlier.merged_into_id = self
        return earlier

    def _take_back_brought(self, survivor):
        """Move back what the merge moved to the other ticket and is still there: time,
        orders, tasks, files, activities; the other ticket gets back its own assignee,
        severity and tags, unless somebody has changed them since.

        :param survivor: the `helpdesk.ticket` that this one was merged into
        """
        brought, self.brought = self.brought or {}, False
        for model, field, ids in brought.get("rows", ()):
            if model not in self.env:  # the addon is gone
                continue
            rows = self.env[model].browse(ids).exists()
            if "res_model" in rows:
                rows = rows.filtered(lambda one: one.res_model == self._name)
            rows = rows.filtered(
                lambda one, field=field: int(one[field]) == survivor.id
            )
            if rows:
                self._take_over(rows, field)
        survivor.write(survivor._prepare_parting_values(brought))

    def _prepare_parting_values(self, brought):
        """Return the values of this ticket without a ticket that was merged into it.

        :param dict brought: by that one, see `_remember_brought`
        :rtype: dict
        """
        still, values = self.merged_ticket_ids, {}
        for name, (was, became) in brought.get("taken", {}).items():
            here = self[name]
            if here.id == became and became not in still[name].ids:
                values[name] = here.browse(was or []).exists().id
        if "severity_id" in values:
            values["severity_id"] = (
                (
                    self.severity_id.browse(values["severity_id"] or [])
                    | still.severity_id
                )
                .sorted()[-1:]
                .id
            )
            if not self.can_reclassify:
                del values["severity_id"]
        tags = self.tag_ids.browse(brought.get("tags", ())) - still.tag_ids
        values["tag_ids"] = [Command.unlink(tag.id) for tag in tags & self.tag_ids]
        return values

    def _part_with_people_of(self, ticket):
        """Remove people who take part only because another ticket was merged into this
        one (T08).

        :param ticket: the separated `helpdesk.ticket`
        """
        spoken = self._get_spoken()
        here = spoken.author_id | self.partner_id | self.merged_ticket_ids.partner_id
        guests = ticket.message_partner_ids.filtered("partner_share") - here
        self.message_unsubscribe(guests.ids)
        words = {email_normalize(text) for text in spoken.mapped("email_from") if text}
        self._take_out_of_copy(set(ticket._get_participant_addresses()) - words)

    def _get_spoken(self):
        """Return the messages that people wrote here, as sudo."""
        # sudo: only who wrote them and when
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "in", SPOKEN),
            ]
        )
