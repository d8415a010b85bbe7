from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, date_utils

# How long before it begins a period's counter is made.
LEAD = timedelta(days=40)


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
        """Find or make the counter of a mask, and let it begin where the mask says.

        :param NumberMask mask: the mask
        :param str reset: when the counter starts again
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
        """Say what a mask's next counter will be, without taking it.

        :param NumberMask mask: the mask
        :param str reset: when the counter starts again
        :param date day: the day that the number is for
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

    def _helpdesk_draw(self, count, day):
        """Take the next counters; nobody else ever gets them, nobody waits for them.

        :param int count: how many
        :param date day: the day they are for
        :return: a list of integers
        """
        # SQL: Odoo draws one number per query, and only as a text with prefix
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                self._helpdesk_get_postgres_name(day),
                count,
            )
        )
        return [counter for (counter,) in rows]

    def _helpdesk_skip(self, count, day):
        """Leave out the next counters, without returning them; see `_helpdesk_draw`."""
        # SQL: moves the counter forward without locking it, unlike ALTER SEQUENCE
        self.env.execute_query(
            SQL(
                "SELECT max(nextval(%s)) FROM generate_series(1, %s)",
                self._helpdesk_get_postgres_name(day),
                count,
            )
        )

    def _helpdesk_get_postgres_name(self, day):
        """Return the name of the PostgreSQL sequence that counts on a day."""
        self.ensure_one()
        name = f"ir_sequence_{self.id:03d}"
        if self.use_date_range:
            name += f"_{self._helpdesk_get_range(day).id:03d}"
        return name

    def _helpdesk_get_range(self, day):
        """Return the year or month of a day, made when the cron has not come to it.

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
        """Make the ranges of today and of the time to come."""
        today = date.today()
        for sequence in self.filtered("use_date_range"):
            sequence._helpdesk_get_range(today)
            sequence._helpdesk_get_range(today + LEAD)

    @api.model
    def _cron_helpdesk_prepare_ranges(self):
        """Make the counters of the next year or month before its first ticket comes, so
        that the first tickets of a year do not have to agree on one (T20)."""
        self.search(
            [("helpdesk_mask", "!=", False), ("use_date_range", "=", True)]
        )._helpdesk_prepare_ranges()
