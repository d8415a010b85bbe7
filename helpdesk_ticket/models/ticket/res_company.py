import itertools

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import escape_psql

from ...number_mask import MaskError, NumberMask

SIMPLE_COUNTER = "{00000}"
DEFAULT_MASK = "TS{yy}{mm}-{0000}"
# Numbers in use that stand closer together than this are passed over at once.
ROOM = 1000


class ResCompany(models.Model):
    """How a company numbers its tickets (T20)."""

    _inherit = "res.company"

    helpdesk_number_kind = fields.Selection(
        [("counter", "Simple counter"), ("mask", "Mask")],
        string="Ticket number",
        default="mask",
        required=True,
    )
    helpdesk_number_mask = fields.Char(
        string="Mask", default=DEFAULT_MASK, required=True
    )
    helpdesk_number_reset = fields.Selection(
        [("never", "Never"), ("year", "Every year"), ("month", "Every month")],
        string="Counter starts again",
        default="never",
        required=True,
    )
    helpdesk_number_sequence_id = fields.Many2one(
        "ir.sequence",
        string="Counter of ticket numbers",
        compute="_compute_helpdesk_number_sequence_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Companies whose masks would give the same numbers share one counter.",
    )

    @api.depends(
        "helpdesk_number_kind", "helpdesk_number_mask", "helpdesk_number_reset"
    )
    def _compute_helpdesk_number_sequence_id(self):
        # sudo: a technical record, made by whoever may write the company
        sequences = self.env["ir.sequence"].sudo()
        for company in self:
            try:
                mask, reset = company._get_helpdesk_number_mask()
            except MaskError:
                company.helpdesk_number_sequence_id = False
                continue
            company.helpdesk_number_sequence_id = sequences._helpdesk_get_for(
                mask, reset
            )

    def _get_helpdesk_number_mask(self):
        """Return the company's mask and when its counter starts again.

        :return: `NumberMask`, one of its RESETS
        :raise MaskError: when the mask is to be refused
        """
        self.ensure_one()
        if self.helpdesk_number_kind == "counter":
            return NumberMask(SIMPLE_COUNTER), "never"
        mask = NumberMask(self.helpdesk_number_mask)
        mask.check_reset(self.helpdesk_number_reset)
        return mask, self.helpdesk_number_reset

    @api.constrains(
        "helpdesk_number_kind", "helpdesk_number_mask", "helpdesk_number_reset"
    )
    def _check_helpdesk_number_mask(self):
        for company in self:
            if error := company._get_helpdesk_number_error():
                raise ValidationError(error)

    def _get_helpdesk_number_error(self):
        """Say why a company's tickets cannot be numbered as configured.

        :return: one sentence, or None
        """
        self.ensure_one()
        try:
            mask, reset = self._get_helpdesk_number_mask()
        except MaskError as error:
            return error.get_text(self.env)
        # sudo: also companies that the user does not belong to give numbers
        for other in self.sudo().search([("id", "not in", self._origin.ids)]):
            other_mask, other_reset = other._get_helpdesk_number_mask()
            if (mask.key, reset) == (other_mask.key, other_reset):
                continue
            if mask.overlaps(other_mask):
                return self.env._(
                    "Tickets of %(company)s could get the same numbers, its mask is "
                    "%(mask)s. Take exactly this mask to share its counter, or add "
                    "letters that tell the two apart.",
                    company=other.name,
                    mask=other_mask.text,
                )
        return None

    def _get_helpdesk_number_date(self):
        """Return the day that a number made now stands for."""
        company = self.with_context(tz=self._get_helpdesk_timezone())
        return fields.Datetime.context_timestamp(company, fields.Datetime.now()).date()

    def _next_helpdesk_numbers(self, codes):
        """Return new numbers for tickets of this company.

        :param list codes: the customer's and the topic group's code of each ticket
        :return: a list of texts
        :raise UserError: when no free number is found
        """
        self.ensure_one()
        # sudo: the counter is a technical record
        company = self.sudo()
        sequence = company.helpdesk_number_sequence_id
        mask, _reset = company._get_helpdesk_number_mask()
        date = company._get_helpdesk_number_date()
        for _attempt in range(5):
            counters = sequence._helpdesk_draw(len(codes), date)
            numbers = [
                mask.render(counter, date, *code)
                for counter, code in zip(counters, codes, strict=True)
            ]
            if not company._are_helpdesk_numbers_used(numbers):
                return numbers
            # Tickets from the time of another mask have them: go on behind these.
            last = company._get_last_used_counter(mask, date, codes, counters[-1])
            sequence._helpdesk_skip(last - counters[-1], date)
        raise UserError(
            self.env._(
                "No free ticket number was found. Ask an administrator to change the "
                "mask in Settings > Helpdesk."
            )
        )

    @api.model
    def _are_helpdesk_numbers_used(self, numbers):
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        return bool(tickets.search_count([("number", "in", numbers)], limit=1))

    @api.model
    def _get_last_used_counter(self, mask, date, codes, counter):
        """Return the last of a run of counters that tickets already have.

        :param int counter: where the run begins
        """
        used = {counter}
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        around = {mask.around(date, *code) for code in codes}
        patterns = [
            [("number", "=like", f"{escape_psql(before)}%{escape_psql(after)}")]
            for before, after in around
        ]
        found = tickets.search_fetch(Domain.OR(patterns), ["number"])
        numbers = found.mapped("number")
        for number, (before, after) in itertools.product(numbers, around):
            middle = number[len(before) : len(number) - len(after)]
            if number.startswith(before) and middle.isdecimal():
                used.add(int(middle))
        for candidate in sorted(used):
            if candidate > counter + ROOM:
                break
            counter = max(counter, candidate)
        return counter
