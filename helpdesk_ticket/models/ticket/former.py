from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

from odoo.addons.helpdesk_contact.inside import Inside, inside

from .helpdesk_ticket import FORMER, KEPT


def read_value(field, value, record):
    """Return a value in Odoo's format for a field, or unchanged if it is invalid: it
    then equals no stored value."""
    try:
        return field.convert_to_cache(value, record)
    except (TypeError, ValueError):
        return value


class HelpdeskTicket(models.Model):
    """Tickets from another helpdesk: when managers import them, they keep number, dates
    and author (T01)."""

    _inherit = "helpdesk.ticket"

    @api.model
    def load(self, fields, data):
        """Import tickets. Customers are not notified of what was done elsewhere (T09,
        T24).

        :param list fields: names of the columns
        :param list data: the rows, lists of str
        :return: as Odoo's own `load`
        """
        tickets = self.with_context(import_file=True)
        if self.env.user.has_group("helpdesk_contact.group_helpdesk_manager"):
            tickets = tickets.with_context(**{KEPT: Inside()})
        return super(HelpdeskTicket, tickets).load(fields, data)

    @api.model
    @ormcache()
    def _get_kept_fields(self):
        """Return the names of the fields that only the helpdesk itself may write:
        dates, links and states of all addons that no screen lets people change.

        :rtype: frozenset
        """
        by_import = {*FORMER, *models.MAGIC_COLUMNS}
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.store
            and field.readonly
            and field.column_type  # rows of other models have rights of their own
            and name not in by_import
        )

    def _check_kept(self, vals):
        """Refuse values that only the helpdesk itself may write: a program could forge
        a timely answer, a merge, or the author.

        :param dict vals: of `create` or `write`
        :raise UserError: for a value that the tickets do not have already
        """
        if inside(self.env, "helpdesk_own_values"):
            return
        for name in self._get_kept_fields() & vals.keys():
            field, value = self._fields[name], vals[name]
            values = [ticket[name] for ticket in self] or [False]
            if any(
                read_value(field, value, ticket) != field.convert_to_cache(own, ticket)
                for ticket, own in zip(self or [self], values, strict=True)
            ):
                raise UserError(
                    self.env._(
                        "“%(field)s” is set by the helpdesk itself and cannot be "
                        "written.",
                        field=field._description_string(self.env),
                    )
                )

    def _check_former(self, vals):
        """Refuse values that only a manager's import may set; Odoo would silently
        ignore most of them.

        :param dict vals: of `create` or `write`
        :raise UserError: for a value that the tickets do not have already
        """
        if inside(self.env, KEPT):
            return
        for name in FORMER & vals.keys():
            field, value = self._fields[name], vals[name]
            if not self and (not value or value == "/"):
                continue
            same = [
                read_value(field, value, ticket)
                == field.convert_to_cache(ticket[name], ticket)
                for ticket in self
            ]
            # another number of a ticket that is there is refused for its own reason
            if not (same and all(same)) and not (self and name == "number"):
                raise UserError(
                    self.env._(
                        "“%(field)s” is set by the helpdesk itself. Only a helpdesk "
                        "manager can import its value from a file.",
                        field=field._description_string(self.env),
                    )
                )

    def _settle_imported(self, vals_list):
        """Complete new tickets as needed, those of an import in their own way.

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
                self.env._("A ticket with a closing date must be in a closed stage.")
            )
        now, to_datetime = fields.Datetime.now(), fields.Datetime.to_datetime
        dates = [row[place] for row in rows for place in (1, 3) if row[place]]
        if any(to_datetime(date) > now for date in dates):
            raise UserError(
                self.env._("A ticket cannot be opened or closed in the future.")
            )
        if any(
            opened and closed and to_datetime(closed) < to_datetime(opened)
            for _id, opened, _author, closed in rows
        ):
            raise UserError(
                self.env._("A ticket cannot be closed before it was opened.")
            )
        self.env.flush_all()
        self._write_former(rows)
        self._date_log(rows)
        self.env["helpdesk.ticket.event"].invalidate_model()
        kept = self.browse(row[0] for row in rows)
        kept.invalidate_recordset()
        kept.modified(["create_date"])
        kept.event_ids.modified(["moment", "state"])
        self.env.add_to_compute(self._fields["deadline_ids"], kept)

    @api.model
    def _write_former(self, rows):
        """Write values that Odoo does not allow to be written.

        :param list rows: id, moment of opening, id of the author, moment of closing
        """
        self.env.cr.execute(
            SQL(
                """UPDATE helpdesk_ticket t
                      SET create_date = COALESCE(v.opened, t.create_date),
                          create_uid = COALESCE(v.author, t.create_uid)
                     FROM UNNEST(%s::int[], %s::timestamp[], %s::int[])
                       AS v(id, opened, author)
                    WHERE t.id = v.id""",
                *map(list, zip(*(row[:3] for row in rows), strict=True)),
            )
        )

    @api.model
    def _date_log(self, rows):
        """Set the dates of opening and closing in the log to those of an import.

        :param list rows: see `_write_former`
        """
        # The log has no right to be written: it stays as it is but for an import.
        self.env.cr.execute(
            SQL(
                """UPDATE helpdesk_ticket_event e
                      SET moment = CASE WHEN e.kind = 'opened' THEN t.create_date
                                        WHEN e.kind = t.state
                                        THEN COALESCE(v.closed, e.moment)
                                        ELSE e.moment END,
                          state = CASE WHEN v.closed IS NULL OR e.kind = t.state
                                       THEN e.state END
                     FROM helpdesk_ticket t,
                          UNNEST(%s::int[], %s::timestamp[]) AS v(id, closed)
                    WHERE t.id = e.ticket_id AND t.id = v.id
                      AND (e.kind IN ('opened', t.state) OR e.moment >= v.closed)""",
                [row[0] for row in rows],
                [row[3] for row in rows],
            )
        )
