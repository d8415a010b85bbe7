from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Tickets whose mails are written in one transaction
BATCH = 100


class HelpdeskTicketNotice(models.Model):
    """A pending update for a customer about a ticket (T09).

    Rows are added only by `_note`; nobody has write access. A scheduled action sends
    one mail for all rows of a ticket, and deletes them in the transaction of that mail:
    after a crash it is repeated. The mail describes the state of the ticket at that
    moment (`bundle.py`); a row only says what may have changed, and what the customer
    knew before.
    """

    _name = "helpdesk.ticket.notice"
    _description = "Pending Notice"
    _order = "due, id"
    _rec_name = "kind"
    _log_access = False

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("stage", "Stage"), ("promise", "Promise")], required=True, readonly=True
    )
    due = fields.Datetime(
        string="Sent from",
        required=True,
        readonly=True,
        help="When it is sent, together with all other updates of the ticket.",
    )
    stage_id = fields.Many2one(
        "helpdesk.ticket.stage",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    former_stage_id = fields.Many2one(
        "helpdesk.ticket.stage",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    moment = fields.Datetime(
        string="Date before",
        readonly=True,
        help="The date that the customer was told.",
    )

    _due_idx = models.Index("(due)")
    _ticket_due_idx = models.Index("(ticket_id, due, id)")

    @api.model
    def _note(self, vals_list):
        """Store updates for customers, to be sent some minutes later.

        :param list vals_list: values of the rows, without `due`
        """
        if not vals_list:
            return
        now = fields.Datetime.now()
        # sudo: a setting, and technical rows
        rows = self.sudo()
        tickets = rows.env["helpdesk.ticket"].browse(
            [vals["ticket_id"] for vals in vals_list]
        )
        dues = {}
        for company, own in tickets.grouped("company_id").items():
            due = now + timedelta(minutes=company.helpdesk_notice_minutes)
            dues |= dict.fromkeys(own.ids, due)
        rows.create([{**vals, "due": dues[vals["ticket_id"]]} for vals in vals_list])
        self._set_alarm(set(dues.values()))

    @api.model
    def _set_alarm(self, moments):
        """Trigger the sending of notices at these moments.

        :param moments: datetimes
        """
        cron = self.env.ref(
            "helpdesk_ticket.ir_cron_send_notices", raise_if_not_found=False
        )
        if cron:
            cron._trigger(moments)

    @api.model
    def _cron_send(self):
        """Send all due notices, one mail per ticket."""
        now = fields.Datetime.now()
        due = [("due", "<=", now)]
        progress = self.env["ir.cron"]
        # In a scheduled action Odoo only queues mails: the queue is triggered.
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        progress._commit_progress(remaining=self.search_count(due))
        while tickets := self._lock_due(now):
            number = tickets._send_news()
            queue._trigger()
            if not progress._commit_progress(number):
                return
        if self.search_count(due, limit=1):
            # Another worker has locked them: search again.
            self._set_alarm([fields.Datetime.now() + timedelta(minutes=1)])
        progress._commit_progress(remaining=0)

    @api.model
    def _lock_due(self, now):
        """Return the next tickets with due notices, locked for this worker.

        SQL, because the ORM cannot lock the rows that a condition finds. The worker
        that locks the first notice of a ticket processes the ticket.

        :param datetime now: notices up to this moment are due
        :return: `helpdesk.ticket`
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT n.ticket_id
                  FROM %(table)s n
                 WHERE n.due <= %(now)s
                   AND NOT EXISTS (
                       SELECT FROM %(table)s earlier
                        WHERE earlier.ticket_id = n.ticket_id
                          AND (earlier.due, earlier.id) < (n.due, n.id))
                 ORDER BY n.due, n.id
                 LIMIT %(batch)s
                   FOR UPDATE OF n SKIP LOCKED
                """,
                table=SQL.identifier(self._table),
                now=now,
                batch=BATCH,
            )
        )
        return self.env["helpdesk.ticket"].browse([ticket_id for (ticket_id,) in rows])
