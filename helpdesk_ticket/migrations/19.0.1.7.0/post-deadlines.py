from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import column_exists

# The clocks stood still when the tickets say so. Where their logs, many of them made of
# an old history, say something else, the states of the log give way.
PAUSES = """
    CREATE TEMPORARY TABLE helpdesk_log_differs ON COMMIT DROP AS
      WITH said AS (
           SELECT ticket_id, moment, id,
                  CASE state WHEN 'waiting' THEN 'waiting'
                             WHEN 'closed' THEN 'closed'
                             WHEN 'cancelled' THEN 'closed' END AS reason
             FROM helpdesk_ticket_event
            WHERE state IS NOT NULL
           ), compared AS (
           SELECT *, lag(reason) OVER log AS former
             FROM said
           WINDOW log AS (PARTITION BY ticket_id ORDER BY moment, id)
           ), spans AS (
           SELECT ticket_id, reason, moment AS begin_at,
                  lead(moment) OVER log AS end_at
             FROM compared
            WHERE reason IS DISTINCT FROM former
           WINDOW log AS (PARTITION BY ticket_id ORDER BY moment, id)
           ), logged AS (
           SELECT ticket_id,
                  jsonb_agg(jsonb_build_array(
                      to_char(begin_at, 'YYYY-MM-DD HH24:MI:SS'),
                      to_char(end_at, 'YYYY-MM-DD HH24:MI:SS'), reason
                  ) ORDER BY begin_at) AS pauses
             FROM spans
            WHERE reason IS NOT NULL AND begin_at IS DISTINCT FROM end_at
            GROUP BY ticket_id)
    SELECT t.id, CASE jsonb_typeof(t.sla_pauses) WHEN 'array'
                      THEN t.sla_pauses ELSE '[]' END AS pauses
      FROM helpdesk_ticket t
      LEFT JOIN logged l ON l.ticket_id = t.id
     WHERE COALESCE(l.pauses, '[]') <> CASE jsonb_typeof(t.sla_pauses)
           WHEN 'array' THEN t.sla_pauses ELSE '[]' END
"""
FORGET = """
    UPDATE helpdesk_ticket_event e SET state = NULL
      FROM helpdesk_log_differs d
     WHERE d.id = e.ticket_id AND e.state IS NOT NULL
"""
# A pause that another one follows at once does not end by a move of its own.
LOG = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment, state)
    SELECT t.id, 'moved', step.moment, step.state
      FROM helpdesk_log_differs d
      JOIN helpdesk_ticket t ON t.id = d.id
     CROSS JOIN LATERAL (
           SELECT number, (pause ->> 0)::timestamp AS begin_at,
                  (pause ->> 1)::timestamp AS end_at, pause ->> 2 AS reason,
                  lead(pause ->> 0) OVER (ORDER BY number) = pause ->> 1 AS goes_on
             FROM jsonb_array_elements(d.pauses) WITH ORDINALITY p (pause, number)
           ) p
     CROSS JOIN LATERAL (VALUES
           (1, p.begin_at,
            CASE WHEN p.reason = 'closed' AND t.state = 'cancelled' AND p.end_at IS NULL
                 THEN 'cancelled' ELSE p.reason END),
           (2, CASE WHEN p.goes_on THEN NULL ELSE p.end_at END, 'in_progress')
           ) step (half, moment, state)
     WHERE step.moment IS NOT NULL
     ORDER BY t.id, p.number, step.half
"""
# One row for each promise of which a ticket knows anything.
ROWS = """
    INSERT INTO helpdesk_deadline
           (ticket_id, promise, start, due, result, late_count, raised, alarm)
    SELECT t.id, p.promise, p.start, p.due, p.result, p.late_count, p.raised,
           CASE WHEN t.active AND t.is_open AND p.awaited
                 AND p.due IS DISTINCT FROM p.raised
                THEN p.due END
      FROM helpdesk_ticket t
     CROSS JOIN LATERAL (
           SELECT date_trunc('second', COALESCE(t.asked_date, t.create_date)) AS opened,
                  (SELECT max((pause ->> 1)::timestamp)
                     FROM jsonb_array_elements(
                          CASE jsonb_typeof(t.sla_pauses) WHEN 'array'
                               THEN t.sla_pauses ELSE '[]' END) pause) AS resumed
           ) since
      LEFT JOIN helpdesk_sla s ON s.id = t.sla_id
      JOIN res_company c ON c.id = t.company_id
     CROSS JOIN LATERAL (VALUES
           ('answer', since.opened, t.answer_deadline, t.answer_result, 0,
            t.answer_raised, t.answered_date IS NULL,
            CASE WHEN t.sla_id IS NULL THEN c.helpdesk_answer_hours
                 ELSE s.answer_hours END),
           ('action', GREATEST(since.opened, t.last_action_date, since.resumed),
            t.action_deadline, t.action_result, COALESCE(t.action_missed_count, 0),
            t.action_raised, TRUE,
            CASE WHEN t.sla_id IS NULL THEN c.helpdesk_action_hours
                 ELSE s.action_hours END),
           ('solution', since.opened, t.solution_deadline, t.solution_result, 0,
            t.solution_raised, TRUE, s.solution_hours)
           ) p (promise, start, due, result, late_count, raised, awaited, hours)
     WHERE p.due IS NOT NULL
        OR p.result IS NOT NULL
        OR p.late_count > 0
        OR p.raised IS NOT NULL
        OR (t.is_open AND p.hours > 0)
     ORDER BY t.id, array_position(ARRAY['answer', 'action', 'solution'], p.promise)
    ON CONFLICT (ticket_id, promise) DO NOTHING
"""
COLUMNS = (
    "answer_deadline",
    "answer_result",
    "answer_raised",
    "action_deadline",
    "action_result",
    "action_raised",
    "action_missed_count",
    "solution_deadline",
    "solution_result",
    "solution_raised",
    "escalation_date",
    "sla_pauses",
)


def migrate(cr, version):
    """Make rows of the deadlines and lines in the log of the pauses, which were columns
    of the tickets (T25, T26)."""
    if not column_exists(cr, "helpdesk_ticket", "answer_deadline"):
        return
    for statement in (PAUSES, FORGET, LOG, ROWS):
        cr.execute(statement)
    for name in COLUMNS:
        cr.execute(
            SQL(
                "ALTER TABLE helpdesk_ticket DROP COLUMN IF EXISTS %s",
                SQL.identifier(name),
            )
        )
    move_escalation(api.Environment(cr, SUPERUSER_ID, {}))


def move_escalation(env):
    """Let the scheduled action ask the rows, unless somebody has written it anew."""
    cron = env.ref("helpdesk_ticket.ir_cron_escalate", raise_if_not_found=False)
    if cron and cron.code.strip() == "model._cron_escalate()":
        cron.model_id = env["ir.model"]._get("helpdesk.deadline")
