from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

# Rows of one transaction of the escalation.
BATCH = 5000
# Tickets that an e-mail lists one by one.
LISTED = 50
# An earlier alarm could be triggered before the transaction that needs it ends.
SOON = timedelta(minutes=10)


class HelpdeskTicket(models.Model):
    """Who is notified of passed deadlines, and how (T25, T26): an activity on each
    ticket, and one e-mail for each responsible person."""

    _inherit = "helpdesk.ticket"

    @api.model
    def _tell(self, raised, told):
        """Give the responsible people an activity on each ticket and one e-mail.

        :param dict raised: the promises by id of the ticket
        :param set told: ids of the users who got their e-mail in this run
        :return: ids of the users who have got it now
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
        """Return who is responsible for each ticket; a hook for other addons.

        Only users who may read the ticket are returned, and not only users on leave.

        :return: `res.users` by ticket: the assignee, otherwise the leader of the team,
            otherwise its members, otherwise the managers of the company's helpdesk
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
        """Return the ids of the tickets that each of these people may read.

        :param dict chains: lists of `res.users` by ticket
        """
        ids = {}
        for ticket, chain in chains.items():
            for user in self.env["res.users"].union(*chain):
                ids.setdefault(user, []).append(ticket.id)
        return {user: self.browse(of)._get_readable(user) for user, of in ids.items()}

    @api.model
    def _choose_responsible(self, chain, away):
        """Return the first people of a chain, and their substitutes: those who are
        present come first, as the first one gets the activity.

        :param list chain: `res.users`: the assignee, then the next ones
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
        """Return the summary of an activity, in the language of the context."""
        labels = dict(self.env["helpdesk.deadline"]._get_labels())
        return self.env._(
            "Overdue: %(promises)s", promises=", ".join(labels[p] for p in promises)
        )

    @api.model
    def _schedule_overdue_activities(self, raised, users):
        """Create an activity on each ticket for the first responsible person, or update
        an open one."""
        activity_type = self.env.ref(
            "helpdesk_ticket.mail_activity_type_overdue", raise_if_not_found=False
        )
        if not activity_type:
            return
        # E-mails about the single activities would repeat the same.
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
        """Return the summaries of the activities by id of the ticket, in the languages
        of their users."""
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
    # The e-mail
    # ------------------------------------------------------------------

    @api.model
    def _mail_overdue(self, raised, tickets_by_user):
        """Send each user one e-mail, in the user's language, about these tickets."""
        template = self.env.ref(
            "helpdesk_ticket.mail_template_overdue", raise_if_not_found=False
        )
        if not template or not tickets_by_user:
            return
        overdue = self._prepare_overdue(raised, tickets_by_user)
        errors, left = {}, [list(overdue)]
        while left:
            user_ids = left.pop()
            # what waits to be written is none of the template's, and stays
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    self._send_overdue(template, user_ids, overdue)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise  # the whole run is repeated
            except Exception as error:  # noqa: BLE001 - a template raises anything
                self.env.transaction.clear()
                if len(user_ids) > 1:  # for whom it is, is known by trying only
                    left = [[user_id] for user_id in user_ids]
                else:
                    lines = overdue[user_ids[0]]["lines"]
                    errors.update({ticket: error for ticket, *_late in lines})
        if errors:
            late = self.browse([ticket.id for ticket in errors])
            late._tell_of_broken_template(template, errors)

    @api.model
    def _prepare_overdue(self, raised, tickets_by_user):
        """Return the content of the e-mails by id of the user: the number of tickets,
        how many `more` than are listed, and `lines`: a ticket and its promises with
        their names and dates, also those of other addons.

        :rtype: dict
        """
        rows = self.env["helpdesk.deadline"]
        labels = {
            lang: dict(rows.with_context(lang=lang)._get_labels())
            for lang in {user.lang for user in tickets_by_user}
        }
        overdue = {}
        for user, tickets in tickets_by_user.items():
            lines = []
            for ticket in tickets[:LISTED]:
                due = {row.promise: row.due for row in ticket.deadline_ids}
                promises = raised[ticket.id]
                said = [(labels[user.lang][name], due[name]) for name in promises]
                lines.append((ticket, promises, said))
            more = len(tickets[LISTED:])
            overdue[user.id] = {"count": len(tickets), "more": more, "lines": lines}
        return overdue

    @api.model
    def _send_overdue(self, template, user_ids, overdue):
        """Send the e-mail about overdue tickets to some users.

        :param template: `mail.template` for users
        :param list user_ids: recipients
        :param dict overdue: its content by id of the user
        """
        # RFC 3834 section 5: an automatic mail says so, and programs don't answer.
        headers = {"headers": repr({"Auto-Submitted": "auto-generated"})}
        template.with_context(helpdesk_overdue=overdue).send_mail_batch(
            user_ids,
            email_values=headers,
            email_layout_xmlid="helpdesk_ticket.mail_layout",
        )


class HelpdeskDeadline(models.Model):
    """The scheduled action that finds passed deadlines (T25, T26)."""

    _inherit = "helpdesk.deadline"

    @api.model
    def _cron_escalate(self):
        """Process all passed deadlines, each once, then sleep until the next one.

        They are found with an index and marked in one statement, and people are
        notified in the same transaction: after a crash the whole batch is repeated.
        """
        now = fields.Datetime.now()
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=self.search_count([("alarm", "<=", now)]))
        told = set()
        while raised := self._mark_due(now):
            told |= self.env["helpdesk.ticket"]._tell(raised, told)
            if not progress._commit_progress(sum(map(len, raised.values()))):
                return
        coming = self.search([("alarm", "!=", False)], order="alarm", limit=1)
        if coming:
            # Deadlines that are still due are locked by somebody who edits the ticket.
            soonest = fields.Datetime.now() + timedelta(minutes=1)
            self._set_alarm(max(coming.alarm, soonest))
        progress._commit_progress(remaining=0)

    @api.model
    def _set_alarm(self, moment):
        """Trigger the escalation at a moment, unless it will run earlier anyway: each
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

    @api.model
    def _mark_due(self, now):
        """Mark the next passed deadlines as raised, with all others of their tickets.

        SQL, because each row stores its own deadline as the mark, which a single ORM
        write cannot do, and there may be a million rows.

        :param datetime now: deadlines up to this moment have passed
        :return: dict of the promises to raise, by id of the ticket
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH next AS (
                    SELECT ticket_id
                      FROM helpdesk_deadline
                     WHERE alarm <= %(now)s
                     ORDER BY alarm
                     LIMIT %(batch)s
                ), passed AS (
                    SELECT id
                      FROM helpdesk_deadline
                     WHERE alarm <= %(now)s
                       AND ticket_id IN (SELECT ticket_id FROM next)
                       FOR NO KEY UPDATE SKIP LOCKED
                )
                UPDATE helpdesk_deadline d
                   SET raised = d.due, alarm = NULL
                  FROM passed
                 WHERE d.id = passed.id
             RETURNING d.ticket_id, d.promise, d.id
                """,
                now=now,
                batch=BATCH,
            )
        )
        self.browse(id_ for *_row, id_ in rows).invalidate_recordset(
            ["raised", "alarm"]
        )
        found = {}
        for ticket_id, promise, _id in rows:
            found.setdefault(ticket_id, set()).add(promise)
        return {
            ticket_id: [name for name in self._get_promises() if name in promises]
            for ticket_id, promises in found.items()
        }
