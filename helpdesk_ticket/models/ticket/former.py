from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.helpdesk_contact.inside import Inside, inside

from .helpdesk_ticket import FORMER, KEPT


class HelpdeskTicket(models.Model):
    """Tickets that another helpdesk has had: a manager's import keeps their number,
    dates and author (T01)."""

    _inherit = "helpdesk.ticket"

    @api.model
    def load(self, fields, data):
        """Import tickets. No customer is told of what was done elsewhere (T09, T24).

        :param list fields: names of the columns
        :param list data: the rows, lists of str
        :return: as Odoo's own `load`
        """
        tickets = self.with_context(import_file=True)
        if self.env.user.has_group("helpdesk_contact.group_helpdesk_manager"):
            tickets = tickets.with_context(**{KEPT: Inside()})
        return super(HelpdeskTicket, tickets).load(fields, data)

    def _check_former(self, vals):
        """Refuse what only a manager's import may set; Odoo would leave out most of it
        without a word.

        :param dict vals: for `create` or `write`
        :raise UserError: when something is given that the tickets do not have already
        """
        if inside(self.env, KEPT):
            return
        for name in FORMER & vals.keys():
            field, value = self._fields[name], vals[name]
            if not self and (not value or value == "/"):
                continue
            same = [
                field.convert_to_cache(value, ticket)
                == field.convert_to_cache(ticket[name], ticket)
                for ticket in self
            ]
            # another number of a ticket that is there is refused for its own reason
            if not (same and all(same)) and not (self and name == "number"):
                raise UserError(
                    self.env._(
                        "“%(field)s” is set by the helpdesk itself. Only an import by "
                        "a helpdesk manager keeps what a file says.",
                        field=field._description_string(self.env),
                    )
                )

    def _settle_imported(self, vals_list):
        """Do for new tickets what is done for those of an import alone.

        :param list vals_list: the values of each ticket
        :return: the `helpdesk.ticket` records whose rows name no stage, which may move
        """
        ended = self.filtered(lambda ticket: not ticket.is_open)
        for state, tickets in ended.grouped("state").items():
            tickets._log(state)
        if inside(self.env, KEPT):
            self._keep_former(vals_list)
        rows = zip(self, vals_list, strict=True)
        return self.browse(row.id for row, vals in rows if not vals.get("stage_id"))

    def _keep_former(self, vals_list):
        """Give tickets the dates and the author of an import.

        :param list vals_list: the values of each ticket
        :raise UserError: for a date in future, or of closing what is open or what was
            opened later
        """
        rows = [
            (
                ticket.id,
                vals.get("create_date") or None,
                vals.get("create_uid") or None,
                vals.get("closed_date") or None,
            )
            for ticket, vals in zip(self, vals_list, strict=True)
            if (FORMER - {"number"}) & vals.keys()
        ]
        if not rows:
            return
        open_ids = set(self.filtered("is_open").ids)
        if any(closed and id_ in open_ids for id_, _opened, _author, closed in rows):
            raise UserError(
                self.env._("A ticket with a closing date needs a stage that is closed.")
            )
        now = fields.Datetime.now()
        dates = [row[place] for row in rows for place in (1, 3) if row[place]]
        if any(fields.Datetime.to_datetime(date) > now for date in dates):
            raise UserError(
                self.env._("A ticket cannot be opened or closed in the future.")
            )
        to_datetime = fields.Datetime.to_datetime
        if any(
            opened and closed and to_datetime(closed) < to_datetime(opened)
            for _id, opened, _author, closed in rows
        ):
            raise UserError(
                self.env._("A ticket cannot be closed before it was opened.")
            )
        kept = self.browse(row[0] for row in rows)
        kept._write_former(rows)
        kept._date_log()
        kept.invalidate_recordset()
        kept.modified(["create_date", "closed_date"])
        self.env.add_to_compute(self._fields["deadline_ids"], kept)

    def _write_former(self, rows):
        """Write what Odoo lets nobody write.

        :param list rows: id, moment of opening, id of the author, moment of closing
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE helpdesk_ticket t
                      SET create_date = COALESCE(v.opened, t.create_date),
                          create_uid = COALESCE(v.author, t.create_uid),
                          closed_date = COALESCE(v.closed, t.closed_date)
                     FROM UNNEST(%s::int[], %s::timestamp[], %s::int[], %s::timestamp[])
                       AS v(id, opened, author, closed)
                    WHERE t.id = v.id""",
                *map(list, zip(*rows, strict=True)),
            )
        )

    def _date_log(self):
        """Give what the log says of opening and closing the dates of the tickets."""
        # The log has no right to be written: it stays as it is but for an import.
        self.env["helpdesk.ticket.event"].invalidate_model()
        self.env.cr.execute(
            SQL(
                """UPDATE helpdesk_ticket_event e
                      SET moment = CASE e.kind WHEN 'opened' THEN t.create_date
                                               ELSE t.closed_date END
                     FROM helpdesk_ticket t
                    WHERE t.id = e.ticket_id AND t.id = ANY(%s)
                      AND (e.kind = 'opened' OR (e.kind = t.state
                                                 AND t.closed_date IS NOT NULL))""",
                self.ids,
            )
        )
