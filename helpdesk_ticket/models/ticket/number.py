import itertools
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, escape_psql

from ...number_mask import MaskError, read_mask

SIMPLE_COUNTER = "{00000}"
DEFAULT_MASK = "TS{yy}{mm}-{0000}"
# Numbers in use that stand closer together than this are passed over at once.
ROOM = 1000
# How long before it begins a period's counter is made.
LEAD = timedelta(days=40)


class HelpdeskTicket(models.Model):
    """The reference number of a ticket (T01, T20)."""

    _inherit = "helpdesk.ticket"

    number = fields.Char(
        string="Ref. no.",
        required=True,
        readonly=True,
        copy=False,
        default="/",
        index="trigram",
    )

    @api.model
    def _next_numbers(self, vals_list, keeps=False):
        """Return reference numbers, one for each ticket that is to be created: a new
        one, or that of a manager's import.

        :param list vals_list: the values of the tickets
        :param bool keeps: whether it is such an import
        :return: a list of texts
        """
        context, own = self.env.context, self.env.company
        given, wanted = [], {}
        for vals in vals_list:
            company = own.browse(
                vals.get("company_id", context.get("default_company_id"))
            )
            number = keeps and (vals.get("number") or "").strip(" /")
            given.append((company or own, number))
            if not number:
                wanted.setdefault(company or own, []).append(vals)
        numbers = {
            company: iter(company._next_helpdesk_numbers(some))
            for company, some in wanted.items()
        }
        return [number or next(numbers[company]) for company, number in given]

    @api.model
    def _get_number_codes(self, vals):
        """Return the customer's and the topic group's code for a mask.

        :param dict vals: the values of a ticket
        :return: two texts, empty where there is no code
        """
        names = ("customer_id", "partner_id", "topic_id")
        customer_id, partner_id, topic_id = (
            vals.get(name, self.env.context.get(f"default_{name}")) for name in names
        )
        # sudo: codes only, also for tickets that come by mail or from the portal
        env = self.sudo().env
        partner = env["res.partner"].browse(customer_id or partner_id)
        topic = env["helpdesk.ticket.topic"].browse(topic_id)
        while topic and not topic.code:  # one from above (T20)
            topic = topic.parent_id
        return partner.commercial_partner_id.ref or "", topic.code or ""

    def _check_number_stays(self, vals):
        """Refuse to change the number of a ticket (T01).

        :param dict vals: of `write`
        :raise UserError: when it would change
        """
        if "number" in vals and any(t.number != vals["number"] for t in self):
            raise UserError(
                self.env._(
                    "The reference number of a ticket cannot be changed: mails and "
                    "documents refer to it."
                )
            )


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
        help="Companies with masks that produce the same numbers share one counter.",
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
            return read_mask(SIMPLE_COUNTER, "never"), "never"
        reset = self.helpdesk_number_reset
        return read_mask(self.helpdesk_number_mask, reset), reset

    @api.constrains(
        "helpdesk_number_kind", "helpdesk_number_mask", "helpdesk_number_reset"
    )
    def _check_helpdesk_number_mask(self):
        for company in self:
            if error := company._get_helpdesk_number_error():
                raise ValidationError(error)

    def _get_helpdesk_number_error(self):
        """Return why a company's tickets cannot be numbered as configured.

        :return: a sentence, or None
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
                    "Tickets of %(company)s could get the same numbers: its mask is "
                    "%(mask)s. Use exactly this mask to share its counter, or add "
                    "letters that tell the two apart.",
                    company=other.name,
                    mask=other_mask.text,
                )
        return None

    def _get_helpdesk_timezone(self):
        """Return the name of the time zone in which the helpdesk shows times to people
        without one."""
        self.ensure_one()
        return self.partner_id.tz or self.resource_calendar_id.tz or "UTC"

    def _next_helpdesk_numbers(self, vals_list):
        """Return new numbers for tickets of this company.

        :param list vals_list: the values of the tickets
        :return: a list of texts
        :raise UserError: when no free number is found
        """
        self.ensure_one()
        # sudo: the counter is a technical record, and a number that the user must not
        # see is taken all the same
        company = self.sudo()
        sequence = company.helpdesk_number_sequence_id
        mask, _reset = company._get_helpdesk_number_mask()
        zone = company._get_helpdesk_timezone()
        day = fields.Date.context_today(company.with_context(tz=zone))
        tickets = company.env["helpdesk.ticket"].with_context(active_test=False)
        codes, taken = [("", "")] * len(vals_list), 0
        if mask.has_codes:
            codes = [tickets._get_number_codes(vals) for vals in vals_list]
        for _attempt in range(5):
            counters = sequence._helpdesk_draw(len(codes), day, taken)
            numbers = [
                mask.render(counter, day, *code)
                for counter, code in zip(counters, codes, strict=True)
            ]
            if not tickets.search_count([("number", "in", numbers)], limit=1):
                return numbers
            # Tickets from the time of another mask have them: go on behind these.
            last = company._get_last_used_counter(mask, day, codes, counters[-1])
            taken = last - counters[-1]
        raise UserError(
            self.env._(
                "No free ticket number was found. Ask an administrator to change the "
                "mask in Settings > Helpdesk."
            )
        )

    @api.model
    def _get_last_used_counter(self, mask, day, codes, counter):
        """Return the last of a run of counters that tickets already have.

        :param int counter: where the run begins
        """
        used = {counter}
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        around = {mask.around(day, *code) for code in codes}
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


class IrSequence(models.Model):
    """Counters of ticket numbers (T20): of the standard kind, which never makes one
    agent wait for another, with a range for each year or month that starts again."""

    _inherit = "ir.sequence"

    helpdesk_mask = fields.Char(
        string="Mask of ticket numbers", index="btree_not_null", readonly=True
    )
    helpdesk_reset = fields.Selection(
        [("never", "Never"), ("year", "Every year"), ("month", "Every month")],
        string="Counter starts again",
        readonly=True,
    )

    helpdesk_prepared_until = fields.Date(
        string="Counters are ready until", readonly=True
    )

    @api.constrains("implementation")
    def _check_helpdesk_implementation(self):
        for sequence in self.filtered("helpdesk_mask"):
            if sequence.implementation != "standard":
                raise ValidationError(
                    self.env._(
                        "The counter of ticket numbers must stay “Standard”: with “No "
                        "gap” agents would wait for each other."
                    )
                )

    @api.model
    def _helpdesk_get_for(self, mask, reset):
        """Return the counter of a mask; it is created with the start value of the mask.

        :param NumberMask mask: the mask
        :param str reset: when the counter restarts
        :return: `ir.sequence`
        """
        sequence = self.search(
            [("helpdesk_mask", "=", mask.key), ("helpdesk_reset", "=", reset)], limit=1
        )
        if not sequence:
            sequence = self.create(
                {
                    "name": f"Helpdesk Ticket {mask.key}",
                    "helpdesk_mask": mask.key,
                    "helpdesk_reset": reset,
                    "use_date_range": reset != "never",
                    "number_next": mask.offset + 1,
                    "company_id": False,
                }
            )
        elif sequence.number_next_actual <= mask.offset:
            sequence.number_next = mask.offset + 1
        sequence._helpdesk_prepare_ranges()
        late = sequence.date_range_ids.filtered(
            lambda dates: dates.number_next_actual <= mask.offset
        )
        late.number_next = mask.offset + 1
        return sequence

    @api.model
    def _helpdesk_foretell(self, mask, reset, day):
        """Return the next value of a mask's counter, without drawing it.

        :param NumberMask mask: the mask
        :param str reset: when the counter restarts
        :param date day: of the number
        :rtype: int
        """
        counter = self.search(
            [("helpdesk_mask", "=", mask.key), ("helpdesk_reset", "=", reset)], limit=1
        )
        if counter.use_date_range:
            counter = counter.date_range_ids.filtered_domain(
                [("date_from", "<=", day), ("date_to", ">=", day)]
            )
        return max(counter.number_next_actual, mask.offset + 1)

    def _helpdesk_draw(self, count, day, taken=0):
        """Draw the next values of the counter: nobody else gets them, and nobody waits.

        :param int count: how many
        :param date day: of the numbers
        :param int taken: number of values to skip before
        :return: list of int
        """
        self.ensure_one()
        name = f"ir_sequence_{self.id:03d}"
        if self.use_date_range:
            name += f"_{self._helpdesk_get_range(day).id:03d}"
        # SQL: Odoo draws one number per query, and only as a text with prefix; moving
        # the counter forward by ALTER SEQUENCE would lock it
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s) OFFSET %s",
                name,
                taken + count,
                taken,
            )
        )
        return [counter for (counter,) in rows]

    def _helpdesk_get_range(self, day):
        """Return the range of a day's year or month; it is created if the cron has not
        done so.

        :param date day: the day
        :return: `ir.sequence.date_range`
        """
        self.ensure_one()
        ranges = self.env["ir.sequence.date_range"]
        found = ranges.search(
            [
                ("sequence_id", "=", self.id),
                ("date_from", "<=", day),
                ("date_to", ">=", day),
            ],
            limit=1,
        )
        if found:
            return found
        end = date_utils.end_of(day, self.helpdesk_reset)
        # Another connection may be making the same range. Writing on the sequence
        # makes the slower one fail with a conflict, which Odoo answers by trying again.
        self.helpdesk_prepared_until = end
        self.flush_recordset()
        return ranges.create(
            {
                "sequence_id": self.id,
                "date_from": date_utils.start_of(day, self.helpdesk_reset),
                "date_to": end,
                "number_next_actual": self.number_next,
            }
        )

    def _helpdesk_prepare_ranges(self):
        """Create the ranges for today and for the near future."""
        today = date.today()
        for sequence in self.filtered("use_date_range"):
            sequence._helpdesk_get_range(today)
            sequence._helpdesk_get_range(today + LEAD)

    @api.model
    def _cron_helpdesk_prepare_ranges(self):
        """Create the counters of the next year or month in advance, so that its first
        tickets do not have to wait for each other (T20)."""
        self.search(
            [("helpdesk_mask", "!=", False), ("use_date_range", "=", True)]
        )._helpdesk_prepare_ranges()
