# Since when customers wait is read from the logs from now on. What the logs say must be
# what the tickets said until now.

# What was merged into a ticket, and since when somebody waited there if that was open
# then: as the logs say it.
WAITING = """
    CREATE TEMPORARY TABLE helpdesk_waiting ON COMMIT DROP AS
    SELECT m.id, m.merged_into_id,
           date_trunc('second', LEAST(m.create_date, opened.moment)) AS since
      FROM helpdesk_ticket m
      JOIN LATERAL (
           SELECT e.state
             FROM helpdesk_ticket_event e
            WHERE e.ticket_id = m.id AND e.kind = 'merged'
            ORDER BY e.moment DESC, e.id DESC
            LIMIT 1) last ON last.state NOT IN ('closed', 'cancelled')
      LEFT JOIN LATERAL (
           SELECT MIN(e.moment) AS moment
             FROM helpdesk_ticket_event e
            WHERE e.ticket_id = m.id AND e.kind = 'opened') opened ON TRUE
     WHERE m.merged_into_id IS NOT NULL
"""
# The survivor did not wait for these: its deadlines would change.
FORGET = """
    UPDATE helpdesk_ticket_event e
       SET state = NULL
      FROM helpdesk_waiting w
      JOIN helpdesk_ticket t ON t.id = w.merged_into_id
     WHERE e.ticket_id = w.id
       AND e.kind = 'merged'
       AND w.since < date_trunc('second', COALESCE(t.asked_date, t.create_date))
"""
# Tickets that were split off, and those that wait for what no log says.
DIFFERS = """
    CREATE TEMPORARY TABLE helpdesk_asked_differs ON COMMIT DROP AS
    SELECT t.id, t.asked_date AS asked
      FROM helpdesk_ticket t
     WHERE t.asked_date < date_trunc('second', t.create_date)
       AND NOT EXISTS (
           SELECT FROM helpdesk_waiting w
            WHERE w.merged_into_id = t.id
              AND w.since = date_trunc('second', t.asked_date))
"""
ASKED = """
    UPDATE helpdesk_ticket_event e
       SET moment = d.asked
      FROM helpdesk_asked_differs d
     WHERE e.ticket_id = d.id AND e.kind = 'opened'
"""
MISSING = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment)
    SELECT d.id, 'opened', d.asked
      FROM helpdesk_asked_differs d
     WHERE NOT EXISTS (
           SELECT FROM helpdesk_ticket_event e
            WHERE e.ticket_id = d.id AND e.kind = 'opened')
"""
DONE = "DROP TABLE helpdesk_waiting, helpdesk_asked_differs"


def migrate(cr, version):
    """Let the log say what the dates of the tickets said (T25)."""
    for statement in (WAITING, FORGET, DIFFERS, ASKED, MISSING, DONE):
        cr.execute(statement)
