from odoo import api, fields, models
from odoo.tools import SQL

from ..models.clock.helpdesk_deadline import RESULTS
from ..models.ticket.lifecycle import STATES

# Columns about a promise: which one, and its result, or the share that
# was kept, in percent.
PROMISED = {
    "answer_result": ("answer", "result"),
    "action_result": ("action", "result"),
    "solution_result": ("solution", "result"),
    "answer_kept_rate": ("answer", "rate"),
    "solution_kept_rate": ("solution", "rate"),
}


class HelpdeskTicketReport(models.Model):
    """The analysis of tickets: one row per ticket, for pivot tables and graphs."""

    _name = "helpdesk.ticket.report"
    _description = "Ticket Analysis"
    _auto = False
    _order = "create_date desc, id desc"
    _rec_name = "number"

    number = fields.Char(string="Ref. no.", readonly=True)
    name = fields.Char(string="Subject", readonly=True)
    active = fields.Boolean(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("helpdesk.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned to", readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True)
    type_id = fields.Many2one(
        "helpdesk.ticket.type", string="Request type", readonly=True
    )
    topic_id = fields.Many2one(
        "helpdesk.ticket.topic", string="Topic group", readonly=True
    )
    severity_id = fields.Many2one("helpdesk.ticket.severity", readonly=True)
    channel_id = fields.Many2one("helpdesk.channel", readonly=True)
    sla_id = fields.Many2one("helpdesk.sla", string="Service level", readonly=True)
    stage_id = fields.Many2one("helpdesk.ticket.stage", readonly=True)
    state = fields.Selection(STATES, string="Status", readonly=True)
    is_open = fields.Boolean(string="Still open", readonly=True)
    is_merged = fields.Boolean(string="Merged", readonly=True)
    create_date = fields.Datetime(string="Opened on", readonly=True)
    closed_date = fields.Datetime(string="Closed on", readonly=True)

    # Measures
    hours_to_answer = fields.Float(
        string="Hours to first answer", readonly=True, aggregator="avg"
    )
    hours_to_close = fields.Float(
        string="Hours to solution",
        readonly=True,
        aggregator="avg",
        help="From opening to closing. Cancelled tickets have no solution.",
    )
    answer_result = fields.Selection(RESULTS, "First answer", readonly=True)
    action_result = fields.Selection(RESULTS, "Actions", readonly=True)
    solution_result = fields.Selection(RESULTS, "Solution", readonly=True)
    kept_count = fields.Integer(string="Deadlines met", readonly=True)
    broken_count = fields.Integer(string="Deadlines missed", readonly=True)
    answer_kept_rate = fields.Float(
        "First answers on time (%)", aggregator="avg", readonly=True
    )
    solution_kept_rate = fields.Float(
        "Solutions on time (%)", aggregator="avg", readonly=True
    )

    rating = fields.Float(
        string="Rating (1 to 5)",
        readonly=True,
        aggregator="avg",
        help="Average satisfaction of customers. Tickets without a rating are not "
        "counted.",
    )

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s", self._select(), self._from())

    def _from(self):
        """Return the tables: tickets with their deadlines. As a ticket has at most one
        row of each deadline, PostgreSQL skips those that a query does not need.

        :rtype: SQL
        """
        return SQL(" ").join(
            [
                SQL("helpdesk_ticket t"),
                *(
                    SQL(
                        """LEFT JOIN helpdesk_deadline %(row)s
                               ON %(row)s.ticket_id = t.id
                              AND %(row)s.promise = %(promise)s""",
                        row=SQL.identifier(promise),
                        promise=promise,
                    )
                    for promise in self._get_promises()
                ),
            ]
        )

    @api.model
    def _get_promises(self):
        return self.env["helpdesk.deadline"]._get_promises()

    def _select(self):
        """Return the columns; other addons add theirs.

        :rtype: SQL
        """
        columns = self.env["helpdesk.ticket"]._fields
        same = SQL(", ").join(
            SQL.identifier("t", name)
            for name, field in self._fields.items()
            if field.store and getattr(columns.get(name), "store", False)
        )
        answer = self._select_hours("answered_date")
        close = self._select_hours("closed_date")
        return SQL(
            """
            %s,
            t.merged_into_id IS NOT NULL AS is_merged,
            %s AS hours_to_answer,
            CASE WHEN t.state = 'closed' THEN %s END AS hours_to_close,
            %s AS kept_count,
            %s AS broken_count,
            %s,
            NULLIF(t.rating_last_value, 0) AS rating
            """,
            same,
            answer,
            close,
            self._select_count("kept"),
            self._select_count("broken"),
            SQL(", ").join(self._select_promises()),
        )

    def _select_promises(self):
        """Return the columns about promised deadlines. A rate is 100 for kept, 0 for
        broken, and NULL without a promise, so that its average is the share of kept
        ones.

        :rtype: list
        """
        columns = {
            "result": "%(row)s.result AS %(name)s",
            "rate": """CASE %(row)s.result WHEN 'kept' THEN 100.0
                                           WHEN 'broken' THEN 0.0 END AS %(name)s""",
        }
        return [
            SQL(columns[what], row=SQL.identifier(promise), name=SQL.identifier(name))
            for name, (promise, what) in PROMISED.items()
        ]

    def _select_hours(self, column):
        """Return the SQL for the hours between the creation and another date of the
        ticket."""
        return SQL(
            "EXTRACT(EPOCH FROM %s - t.create_date) / 3600.0",
            SQL.identifier("t", column),
        )

    def _select_count(self, result):
        """Return the SQL for the number of promises with this result."""
        return SQL(" + ").join(
            SQL(
                "CASE WHEN %s = %s THEN 1 ELSE 0 END",
                SQL.identifier(promise, "result"),
                result,
            )
            for promise in self._get_promises()
        )

    def action_open_ticket(self):
        """Open the ticket behind a row of the analysis.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return self.env["helpdesk.ticket"].browse(self.id).action_open_form()
