import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_normalize
from odoo.tools.sql import escape_psql

DIGIT = re.compile("[0-9]")
# A reference number as in the subjects of mails.
NUMBER = re.compile(r"\[([^\[\]]*[0-9][^\[\]]*)\]")
# Shorter words occur in too many addresses for an index of trigrams to be of help.
MIN_LOCAL_PART = 3
# Number of people whose tickets are searched; with more, more of a name must be typed.
MOST_PEOPLE = 1000


class HelpdeskTicket(models.Model):
    """The search box of tickets.

    A complete number or address is looked up with an index; only parts of them are
    searched in all texts, which takes longer the more tickets there are.
    """

    _inherit = "helpdesk.ticket"

    requester_email = fields.Char(
        "Requester's e-mail",
        compute="_compute_requester_email",
        search="_search_requester_email",
    )

    searched_words = fields.Char(
        "Number, subject, contact, customer, address or phone",
        store=False,
        search="_search_searched_words",
    )

    @api.depends("partner_email")
    def _compute_requester_email(self):
        for ticket in self:
            ticket.requester_email = ticket.partner_email

    @api.model
    def _search_requester_email(self, operator, value):
        """Find tickets by an address or a part of it.

        :return: a domain; a complete address finds the tickets of exactly this address,
            if there are any
        """
        plain = Domain("partner_email", operator, value)
        if operator != "ilike" or not isinstance(value, str) or "@" not in value:
            return plain
        typed = value.strip().lower()
        exact = Domain("partner_email_normalized", "=", email_normalize(typed) or typed)
        if self.search_count(exact, limit=1):
            return exact
        local_part = typed.partition("@")[0]
        if len(local_part) < MIN_LOCAL_PART:
            return plain
        ending = escape_psql(local_part[::-1]) + "%"

        def ends_with(model, alias, query):
            email = model._field_to_sql(alias, "partner_email_normalized", query)
            # as _mailbox_idx has it: the ORM knows no reverse()
            return SQL("reverse(split_part(%s, '@', 1)) LIKE %s", email, ending)

        # Half of all tickets may share a domain, and its trigrams would be looked up
        # for all of them: an index is asked for the end of what stands before the @.
        return Domain.custom(to_sql=ends_with) & Domain(
            "partner_email_normalized", "like", typed
        )

    @api.model
    def _search_searched_words(self, operator, value):
        """Find tickets by number or subject, or by the name, address or telephone
        number of their contact or customer.

        People are searched first, because an index finds the tickets of a few of them,
        while a condition on other tables would read all tickets. Of very many people
        only the first ones are used, and the subject.

        :return: a domain; a complete number finds only its ticket
        """
        if operator != "ilike" or not isinstance(value, str):
            return NotImplemented
        # as it was copied: the subject of a mail, a link of a telephone
        typed = " ".join(value.split()).removeprefix("tel:")
        in_subject = NUMBER.search(typed)
        number = (in_subject[1] if in_subject else typed).strip("[]# ")
        if DIGIT.search(number) and self.search_count(
            [("number", "=", number)], limit=1
        ):
            return Domain("display_name", "ilike", number)
        own = Domain("display_name", "ilike", typed)
        people = self.env["res.partner"].with_context(active_test=False)
        named = Domain.OR(
            Domain(name, "ilike", typed)
            for name in ("complete_name", "email", "helpdesk_phone")
        )
        # Most words are nobody's: only of the others it is asked whom the user may see.
        ids = people._search(
            named, limit=MOST_PEOPLE, bypass_access=True
        ).get_result_ids()
        if ids:
            ids = people._search(named, limit=MOST_PEOPLE).get_result_ids()
        return (
            own
            | Domain("requester_email", "ilike", typed)
            | Domain("partner_id", "in", ids)
            | Domain("customer_id", "in", ids)
        )

    @api.model
    def _search_display_name(self, operator, value):
        """Find tickets by number and subject; a complete number finds only its
        ticket."""
        # each number has a digit, most words have none
        if operator == "ilike" and isinstance(value, str) and DIGIT.search(value):
            number = Domain("number", "=", value.strip())
            if self.search_count(number, limit=1):
                return number
        return super()._search_display_name(operator, value)
