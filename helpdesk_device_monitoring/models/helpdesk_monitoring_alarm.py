from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.mail import formataddr, plaintext2html

from odoo.addons.helpdesk_contact.cleaning import delete_expired
from odoo.addons.helpdesk_ticket.incoming import (
    NOTE,
    IncomingMessage,
    IncomingRequest,
    Person,
)

from ..alarm import END, PROBLEM

CHANNEL = "helpdesk_device_monitoring.channel_monitoring"
KEPT_DAYS = 90


class HelpdeskMonitoringAlarm(models.Model):
    """An alarm of a monitoring program: one row however often it is delivered."""

    _name = "helpdesk.monitoring.alarm"
    _description = "Alarm"
    _order = "last_date desc, id desc"

    name = fields.Char(string="Subject", readonly=True)
    source_id = fields.Many2one(
        "helpdesk.monitoring.source",
        string="Monitoring program",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="source_id.company_id", store=True, index=True)
    fingerprint = fields.Char(required=True, readonly=True)
    host = fields.Char(readonly=True)
    text = fields.Text(string="Content", readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("held", "Held"), ("ended", "Ended")],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    reason = fields.Char(readonly=True)
    count = fields.Integer(string="Deliveries", readonly=True)
    create_date = fields.Datetime(string="First seen", readonly=True)
    last_date = fields.Datetime(string="Last seen", readonly=True)
    end_date = fields.Datetime(string="Ended on", readonly=True)
    device_id = fields.Many2one(
        "fsm.equipment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _fingerprint_uniq = models.Constraint(
        "UNIQUE(source_id, fingerprint)", "This alarm is already known."
    )

    # -- in ---------------------------------------------------------------------------

    @api.model
    def _receive(self, source, alarms):
        """Process the alarms of a delivery.

        :param source: `helpdesk.monitoring.source` as the technical user
        :param list alarms: of `Alarm`, each once
        :return: the rows of these alarms
        """
        rows = self._lock_rows(source, alarms)
        for alarm in alarms:
            if row := rows.get(alarm.fingerprint):
                row._take(alarm)
        return self.concat(*rows.values())

    @api.model
    def _lock_rows(self, source, alarms):
        """Return the locked rows of alarms by their fingerprints, new ones for
        problems.

        :param source: `helpdesk.monitoring.source`
        :param list alarms: of `Alarm`
        :rtype: dict
        """
        self._insert(source, [one for one in alarms if one.status == PROBLEM])
        known = self.search(
            [
                ("source_id", "=", source.id),
                ("fingerprint", "in", [one.fingerprint for one in alarms]),
            ]
        )
        known._lock()
        return {row.fingerprint: row for row in known}

    @api.model
    def _keep_unreadable(self, source, alarm, reason):
        """Hold what cannot be parsed, so that nothing is lost, up to a limit per hour.

        :param source: `helpdesk.monitoring.source` as the technical user
        :param Alarm alarm: of `read_unreadable`
        :param str reason: what is wrong with it
        """
        throttle = self.env["helpdesk.throttle"]
        if throttle._take("monitoring_unreadable", str(source.id)):
            row = self._lock_rows(source, [alarm])[alarm.fingerprint]
            row._note(alarm)
            row._hold(reason)

    @api.model
    def _insert(self, source, alarms):
        """Insert the alarms that are new.

        A unique index decides which ones, because two workers may receive an alarm at
        the same moment: one waits for the other, then Odoo retries its request, which
        finds the ticket. Nothing of it is logged (I1).

        :param source: `helpdesk.monitoring.source`
        :param list alarms: of `Alarm`, in the order of their fingerprints
        """
        if not alarms:
            return
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s, 'open', 0, %s, %s, now() AT TIME ZONE 'UTC')",
                source.id,
                source.company_id.id,
                alarm.fingerprint,
                self.env.uid,
                self.env.uid,
            )
            for alarm in alarms
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO helpdesk_monitoring_alarm (source_id, company_id, "
                "fingerprint, state, count, create_uid, write_uid, create_date) "
                "VALUES %s ON CONFLICT (source_id, fingerprint) DO NOTHING",
                values,
            ),
            log_exceptions=False,
        )

    def _lock(self):
        """Wait for another worker that processes one of these alarms; Odoo then retries
        this request, which sees the result. Nothing of it is logged (I1)."""
        if self:
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM helpdesk_monitoring_alarm WHERE id IN %s "
                    "ORDER BY fingerprint FOR UPDATE",
                    self._ids,
                ),
                log_exceptions=False,
            )

    def _take(self, alarm):
        """Process an event: open a ticket, add to it, or end the alarm.

        :param Alarm alarm: the event
        """
        self._note(alarm)
        if alarm.status == END:
            self._end(alarm)
        elif self.ticket_id.is_open:
            self._join(alarm.subject, alarm.text)
            self.state = "open"
        elif alarm.status == PROBLEM:
            self._open_ticket()

    def _note(self, alarm):
        """Store that the alarm was delivered, and its content.

        :param Alarm alarm: the event
        """
        now = fields.Datetime.now()
        values = {"count": self.count + 1, "last_date": now}
        if alarm.status == PROBLEM:
            values["end_date"] = False
            values |= {"name": alarm.subject, "host": alarm.host, "text": alarm.text}
        elif alarm.status == END:
            values["end_date"] = now
        self.write(values)

    # -- a ticket ---------------------------------------------------------------------

    def _open_ticket(self):
        """Open the ticket of this alarm, or hold it with the reason."""
        source = self.source_id
        self.device_id = self.device_id._find_monitored(
            self.host, source.company_id, source.customer_id
        )
        person = self.device_id._get_person() if self.device_id else source.customer_id
        if not person:
            self._hold(
                self.env._(
                    "No device is called “%(host)s”, and the monitoring program has no "
                    "customer. Enter this name as the device's name in the monitoring.",
                    host=self.host or "-",
                )
            )
            return
        throttle = self.env["helpdesk.throttle"]
        if not throttle._take("monitoring_ticket", str(source.id)):
            self._hold(self.env._("The monitoring program opened many tickets."))
            return
        try:
            with self.env.cr.savepoint():
                intake = self.env["helpdesk.intake"]
                outcome = intake._open(self._prepare_request(person))
        except UserError as error:  # refused by a constraint of another addon
            self._hold(str(error))
            return
        self.write({"state": "open", "reason": False, "ticket_id": outcome.ticket_id})

    def _hold(self, reason):
        self.write({"state": "held", "reason": reason, "ticket_id": False})
        self.source_id._note_held()

    def _prepare_request(self, person):
        """Return this alarm as an `IncomingRequest`.

        :param person: `res.partner` whose ticket it is
        """
        source = self.source_id
        values = {"device_id": self.device_id.id}
        if source.team_id:
            values["team_id"] = source.team_id.id
        address = person.email_normalized or ""
        return IncomingRequest(
            channel=CHANNEL,
            company_id=source.company_id.id,
            person=Person(person.name or "", address, person.id),
            message=IncomingMessage(
                subject=self.name,
                body=plaintext2html(self.text or self.name),
                text=self.text or self.name,
                kind="comment",
                email_from=formataddr((person.name, address)) if address else "",
            ),
            acknowledges=source.acknowledges,
            decided=True,
            values=values,
        )

    def _join(self, subject, text):
        """Add a note to the ticket; if there are too many, they are only counted.

        :param str subject: what happened, one line
        :param str text: the rest
        """
        throttle = self.env["helpdesk.throttle"]
        if not throttle._take("monitoring_note", str(self.id)):
            return
        source, words = self.source_id, f"{subject}\n\n{text}".strip()
        address = source.company_id.partner_id.email_normalized
        self.env["helpdesk.intake"]._join(
            self.ticket_id,
            IncomingMessage(
                body=plaintext2html(words),
                text=words,
                kind="comment",
                email_from=formataddr((source.name, address)) if address else "",
                audience=NOTE,
                automatic=True,
            ),
        )

    def _end(self, alarm):
        """Log that the alarm ended, or close its ticket, depending on its source.

        A held alarm stays held, so that somebody decides about it.

        :param Alarm alarm: the event
        """
        if self.state != "held":
            self.state = "ended"
        ticket = self.ticket_id
        if not ticket.is_open:
            return
        self._join(self.env._("The alarm ended."), alarm.text)
        if self.source_id.end_action == "close":
            try:
                with self.env.cr.savepoint():
                    ticket.action_close()
            except UserError as error:  # for example because work is still open
                self._join(self.env._("The ticket stays open."), str(error))

    # -- people, time -----------------------------------------------------------------

    def action_open_ticket(self):
        """Open tickets for held alarms, or update the reason why not.

        :raise AccessError: when the user may not read them
        """
        self.check_access("read")
        # sudo: alarms are read-only for users; their content is not changed
        held = self.sudo().filtered(lambda alarm: alarm.state == "held")
        for alarm in held:
            alarm.with_company(alarm.company_id)._open_ticket()
        held.source_id._forget_held()

    def action_discard(self):
        """Discard held alarms.

        :raise AccessError: when the user may not read them
        """
        self.check_access("read")
        # sudo: the same
        held = self.sudo().filtered(lambda alarm: alarm.state == "held")
        held.state = "ended"
        held.source_id._forget_held()

    @api.autovacuum
    def _gc_alarms(self):
        """Delete alarms that ended long ago: their content is in the tickets (I2)."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(self, [("state", "=", "ended"), ("last_date", "<", last)])
