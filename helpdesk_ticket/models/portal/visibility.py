from odoo import fields, models
from odoo.fields import Domain

from ..clock.deadlines import PROMISE_PARAMETER

# What customers may read of the tickets that they see; all else is ours. They write
# nothing: what they may do are methods and routes of their own.
PORTAL_FIELDS = frozenset(
    {
        "id",
        "access_url",
        "active",
        "answer_deadline",
        "closed_date",
        "company_id",
        "create_date",
        "customer_id",
        "description",
        "display_name",
        "is_open",
        "name",
        "number",
        "partner_id",
        "partner_name",
        "severity_id",
        "solution",
        "solution_deadline",
        "stage_id",
        "state",
        "topic_id",
        "type_id",
    }
)
# With this parameter, a field of another addon is one of them.
PORTAL_PARAMETER = "helpdesk_portal"
# The deadlines that a customer was promised; the next action is a matter of ours.
PORTAL_PROMISES = ("answer", "solution")
# As many messages as the portal's own conversation begins with.
FIRST_MESSAGES = 10


class HelpdeskTicket(models.Model):
    """What customers see of their tickets in the portal, and what they do there (C03,
    C07)."""

    _inherit = "helpdesk.ticket"

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for ticket in self:
            ticket.access_url = f"/my/tickets/{ticket.id}"
        return res

    # -- access -----------------------------------------------------------------

    def _valid_field_parameter(self, field, name):
        """Let fields say that customers read them, or what of a promise they say."""
        own = name in (PORTAL_PARAMETER, PROMISE_PARAMETER)
        return own or super()._valid_field_parameter(field, name)

    def _has_field_access(self, field, operation):
        """Let customers read what concerns them, and write nothing (rel-A6)."""
        if not super()._has_field_access(field, operation):
            return False
        # a list asks this some thousand times: what tells without the user comes
        # first, and `share` is at hand where groups would have to be looked up
        added = getattr(field, PORTAL_PARAMETER, False)
        concerns = added or field.name in PORTAL_FIELDS
        if self.env.su or (operation == "read" and concerns):
            return True
        return not self.env.user.share

    # -- what is shown ----------------------------------------------------------

    def _get_portal_deadlines(self):
        """Return until when the customer was promised something that is still due: a
        moment that has passed promises nothing any more.

        :return: list of (label, moment), the next one first; empty without a promise
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
        """Return the messages that the page of the ticket begins with, the newest
        first: those that the portal's own conversation loads after it (C07, T15).

        :return: `mail.message`, as many as FIRST_MESSAGES at most
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
        """Return the tickets in which this one goes on: the one it was merged into, or
        its follow-ups, as far as the reader may see them.

        :return: `helpdesk.ticket` as sudo
        """
        self.ensure_one()
        # sudo: only to look up which they are; the reader's rights count below
        ticket = self.sudo()
        others = ticket.merged_into_id or ticket.duplicate_of_id or ticket.follow_up_ids
        others = others.browse({one._get_survivor().id for one in others})
        # sudo: no more of it, so that it is the reader who must see them
        seen = others.sudo(False)._filtered_access("read")
        return seen.sudo()  # sudo: just checked
