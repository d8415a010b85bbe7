from odoo import models
from odoo.tools.mail import email_normalize

from .merge import SPOKEN


class HelpdeskTicket(models.Model):
    """What has changed while a ticket was closed, when it is open again (T13)."""

    _inherit = "helpdesk.ticket"

    def _settle_reopened(self):
        """Do for tickets that are open again what would have been done to open ones
        meanwhile: the merge ends, and nobody who has left goes on with them."""
        # sudo: agents' companies and contacts' customers are only compared, and what
        # was said in a merged ticket comes back from one that the user may not see
        tickets = self.sudo()
        tickets._separate_reopened()
        tickets._give_back_of_former()
        tickets._release_former_contacts()
        tickets._tell_of_archived_teams()

    def _separate_reopened(self):
        """Let merged tickets that are open again be tickets of their own again: what
        was said in them comes back, and their people take no part in the other one."""
        for ticket in self.filtered("merged_into_id"):
            survivor = ticket.merged_into_id
            ticket.merged_into_id = False
            # sudo: of both tickets, whoever may read them
            messages = self.env["mail.message"].sudo()
            brought = messages.search(
                [
                    ("model", "=", self._name),
                    ("res_id", "=", survivor.id),
                    ("helpdesk_origin_id", "=", ticket.id),
                ]
            )
            survivor._move_messages(ticket, brought)
            brought.helpdesk_origin_id = False
            survivor._part_with_people_of(ticket)

    def _part_with_people_of(self, ticket):
        """Let those who only take part because another ticket was merged into this one
        do so no longer: they would read what is none of theirs (T08).

        :param ticket: the `helpdesk.ticket` that is one of its own again
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
