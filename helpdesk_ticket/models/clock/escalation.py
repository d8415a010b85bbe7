from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .helpdesk_sla import PROMISES

# Tickets of one transaction.
BATCH = 5000
# An alarm that is nearer could ring before the transaction that relies on it ends.
SOON = timedelta(minutes=10)


class HelpdeskTicket(models.Model):
    """Passed deadlines are raised with those responsible, each once (T25, T26).

    A scheduled action sleeps until the next deadline. It finds what is due by an
    index, marks it in one statement, and tells people in the same transaction: after
    a crash the batch is as if it had never begun.
    """

    _inherit = "helpdesk.ticket"

    # For which deadline people were told: another deadline is raised again.
    answer_raised = fields.Datetime(readonly=True, copy=False)
    action_raised = fields.Datetime(readonly=True, copy=False)
    solution_raised = fields.Datetime(readonly=True, copy=False)
    escalation_date = fields.Datetime(
        compute="_compute_escalation_date",
        store=True,
        copy=False,
        index="btree_not_null",
        help="The next deadline of which nobody has been told yet.",
    )

    # ------------------------------------------------------------------
    # The alarm
    # ------------------------------------------------------------------

    @api.depends(
        "active",
        "is_open",
        "answered_date",
        "answer_deadline",
        "action_deadline",
        "solution_deadline",
        "answer_raised",
        "action_raised",
        "solution_raised",
    )
    def _compute_escalation_date(self):
        for ticket in self:
            pending = ticket._get_pending().items() if ticket.active else ()
            ticket.escalation_date = min(
                (
                    moment
                    for promise, moment in pending
                    if ticket[f"{promise}_raised"] != moment
                ),
                default=False,
            )
        moments = [t.escalation_date for t in self if t.id and t.escalation_date]
        if moments:
            self._announce_escalation(min(moments))

    @api.model
    def _announce_escalation(self, moment):
        """Set the alarm for a deadline when the transaction ends, once for all."""
        precommit = self.env.cr.precommit
        known = precommit.data.get("helpdesk_escalation")
        precommit.data["helpdesk_escalation"] = min(moment, known or moment)
        if not known:
            model = self.env[self._name]

            def announce():
                model._set_alarm(precommit.data.pop("helpdesk_escalation"))

            precommit.add(announce)

    @api.model
    def _set_alarm(self, moment):
        """Let the escalation run at a moment, unless it will run before anyway: each
        run sets the alarm for the next deadline."""
        cron = self.env.ref(
            "helpdesk_ticket.ir_cron_escalate", raise_if_not_found=False
        )
        if not cron:
            return
        # sudo: alarms are technical records
        alarms = self.env["ir.cron.trigger"].sudo()
        now = fields.Datetime.now()
        earlier = [
            ("cron_id", "=", cron.id),
            ("call_at", ">", now + SOON),
            ("call_at", "<=", moment),
        ]
        if moment <= now + SOON or not alarms.search_count(earlier, limit=1):
            cron._trigger(max(moment, now))

    # ------------------------------------------------------------------
    # Raising
    # ------------------------------------------------------------------

    @api.model
    def _cron_escalate(self):
        """Raise all deadlines that have passed, then sleep until the next one."""
        now = fields.Datetime.now()
        due = [("escalation_date", "<=", now)]
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=self.search_count(due))
        told = set()
        while raised := self._mark_due(now):
            told |= self._tell(raised, told)
            if not progress._commit_progress(len(raised)):
                return
        coming = self.search(
            [("escalation_date", "!=", False)], order="escalation_date", limit=1
        )
        if coming:
            # What is due still was locked by somebody who edits it.
            soonest = fields.Datetime.now() + timedelta(minutes=1)
            self._set_alarm(max(coming.escalation_date, soonest))
        progress._commit_progress(remaining=0)

    @api.model
    def _prepare_marks(self, now):
        """Return the parts of the marking statement, in SQL: what is set, the
        deadlines that are still to come, and whether a promise is newly raised."""
        sets, coming, changed = [], [], []
        for promise in PROMISES:
            mark = SQL.identifier(f"{promise}_raised")
            moment = SQL.identifier("t", f"{promise}_deadline")
            if promise == "answer":
                moment = SQL("CASE WHEN t.answered_date IS NULL THEN %s END", moment)
            words = {"mark": mark, "moment": moment, "now": now}
            sets.append(
                SQL(
                    "%(mark)s = CASE WHEN %(moment)s <= %(now)s "
                    "THEN %(moment)s ELSE t.%(mark)s END",
                    **words,
                )
            )
            coming.append(
                SQL("CASE WHEN %(moment)s > %(now)s THEN %(moment)s END", **words)
            )
            changed.append(SQL("t.%(mark)s IS DISTINCT FROM due.%(mark)s", **words))
        return sets, coming, changed

    @api.model
    def _mark_due(self, now):
        """Mark the next tickets with passed deadlines as raised.

        SQL, because each row keeps its own deadline as the mark, which one ORM write
        cannot say, and there may be a million rows.

        :param datetime now: deadlines up to this moment have passed
        :return: dict of the promises to raise, by id of the ticket
        """
        self.flush_model()
        sets, coming, changed = self._prepare_marks(now)
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT id, answer_raised, action_raised, solution_raised
                      FROM %(table)s
                     WHERE escalation_date <= %(now)s
                     ORDER BY escalation_date
                     LIMIT %(batch)s
                       FOR UPDATE SKIP LOCKED
                )
                UPDATE %(table)s t
                   SET %(sets)s, escalation_date = LEAST(%(coming)s)
                  FROM due
                 WHERE t.id = due.id
             RETURNING t.id, %(changed)s
                """,
                table=SQL.identifier(self._table),
                now=now,
                batch=BATCH,
                sets=SQL(", ").join(sets),
                coming=SQL(", ").join(coming),
                changed=SQL(", ").join(changed),
            )
        )
        raised = {
            ticket_id: [p for p, is_new in zip(PROMISES, news, strict=True) if is_new]
            for ticket_id, *news in rows
        }
        self.browse(raised).invalidate_recordset(
            ["escalation_date", *(f"{promise}_raised" for promise in PROMISES)]
        )
        return raised

    @api.model
    def _tell(self, raised, told):
        """Give those responsible an activity on each ticket and one e-mail.

        :param dict raised: the promises by id of the ticket
        :param set told: ids of the users who had their e-mail in this run
        :return: ids of the users who have it now
        """
        tickets = self.browse(raised)
        users = tickets._get_responsible_users()
        tickets._note_substitutes(users)
        self._schedule_overdue_activities(raised, users)
        tickets_by_user = {}
        for ticket, responsible in users.items():
            for user in responsible:
                if user.id not in told:
                    tickets_by_user.setdefault(user, []).append(ticket)
        self._mail_overdue(raised, tickets_by_user)
        return {user.id for user in tickets_by_user}

    def _get_responsible_users(self):
        """Return who is to be told about each ticket; a hook for other addons.

        Only who may read it counts, and who is on leave does not alone.

        :return: `res.users` by ticket: the assignee, else the leader of the team, else
            its members, else the managers of the company's helpdesk
        """
        by_company = self._get_helpdesk_managers()
        chains = {
            ticket: (
                ticket.user_id,
                ticket.team_id.leader_id,
                ticket.team_id.member_ids,
                by_company[ticket.company_id],
            )
            for ticket in self
        }
        readable = self._get_readable_of(chains)
        away = self.env["res.users"].union(*readable)._get_on_helpdesk_leave()
        return {
            ticket: self._choose_responsible(
                [
                    people.filtered(lambda u, id_=ticket.id: id_ in readable[u])
                    for people in chain
                ],
                away,
            )
            or self.env.user
            for ticket, chain in chains.items()
        }

    @api.model
    def _get_readable_of(self, chains):
        """Return the ids of the tickets that each of these people may read, looking
        only at tickets that could be theirs.

        :param dict chains: lists of `res.users` by ticket
        """
        ids = {}
        for ticket, chain in chains.items():
            for user in self.env["res.users"].union(*chain):
                ids.setdefault(user, []).append(ticket.id)
        return {user: self.browse(of)._get_readable(user) for user, of in ids.items()}

    @api.model
    def _choose_responsible(self, chain, away):
        """Return the first people of a chain, and who stands in for them: those who
        are there come first, as the first one gets the activity.

        :param list chain: `res.users`: the assignee, then those who come next
        :param away: `res.users` on leave
        """
        told = chain[0]
        for people in [told, *chain[1:]]:
            told |= people - away
            if people - away:
                return (told - away) | told
        return told or self.env["res.users"].union(*chain)

    @api.model
    def _get_summary(self, promises):
        """Return what an activity says, in the language of the context."""
        labels = dict(self._fields["due_promise"]._description_selection(self.env))
        return self.env._(
            "Overdue: %(promises)s", promises=", ".join(labels[p] for p in promises)
        )

    @api.model
    def _schedule_overdue_activities(self, raised, users):
        """Put an activity on the tickets for the first of those responsible; one
        that is still open there gets the new words."""
        activity_type = self.env.ref(
            "helpdesk_ticket.mail_activity_type_overdue", raise_if_not_found=False
        )
        if not activity_type:
            return
        # E-mails about the single activities would say the same again.
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        known = activities.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", list(raised)),
                ("activity_type_id", "=", activity_type.id),
            ]
        )
        words = self._get_overdue_summaries(raised, users)
        for summary, same in known.grouped(lambda a: words[a.res_id]).items():
            same.summary = summary
        told = set(known.mapped("res_id"))
        activities.create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": ticket.id,
                    "activity_type_id": activity_type.id,
                    "summary": words[ticket.id],
                    "user_id": responsible[0].id,
                    "date_deadline": fields.Date.today(),
                    "automated": True,
                }
                for ticket, responsible in users.items()
                if ticket.id not in told
            ]
        )

    @api.model
    def _get_overdue_summaries(self, raised, users):
        """Return what the activities say by id of the ticket, in the language of
        those who get them."""
        keys = {
            ticket.id: (responsible[0].lang, *raised[ticket.id])
            for ticket, responsible in users.items()
        }
        texts = {
            (lang, *promises): self.with_context(lang=lang)._get_summary(promises)
            for lang, *promises in set(keys.values())
        }
        return {ticket_id: texts[key] for ticket_id, key in keys.items()}

    # ------------------------------------------------------------------
    # Settling
    # ------------------------------------------------------------------

    def _get_raised(self):
        """Return the promises that people were told of and that are still to keep."""
        self.ensure_one()
        pending = self._get_pending()
        return {p for p, moment in pending.items() if self[f"{p}_raised"] == moment}

    def _settle_moved(self):
        """Take the activity off tickets that were closed or wait now."""
        # sudo: what is done is done, whoever has closed the ticket
        self.sudo().filtered(
            lambda t: t.answer_raised or t.action_raised or t.solution_raised
        )._drop_settled_activities()

    def _drop_settled_activities(self):
        """Take the activity off tickets that are late with nothing any more."""
        self.filtered(lambda ticket: not ticket._get_raised()).activity_unlink(
            ["helpdesk_ticket.mail_activity_type_overdue"]
        )
