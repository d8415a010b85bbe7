# When tickets were answered first, worked on last and closed is read from their logs
# from now on. What the logs say must be what the tickets said until now.

# What is done by one of us, as far as the tickets know of it. What came from another
# ticket with its message was done there.
ACTIONS = """
    UPDATE helpdesk_ticket_event e
       SET action = CASE WHEN e.kind IN ('answered', 'asked')
                          AND e.moment >= t.answered_date
                         THEN 'answer' ELSE 'other' END
      FROM helpdesk_ticket t, helpdesk_ticket_event own
      LEFT JOIN mail_message m ON m.id = own.message_id
     WHERE own.id = e.id
       AND t.id = e.ticket_id
       AND e.action IS NULL
       AND e.kind IN ('answered', 'asked', 'cancelled', 'closed', 'reopened',
                      'time_logged')
       AND e.moment <= t.last_action_date
       AND (m.helpdesk_origin_id IS NULL OR m.helpdesk_origin_id = t.id)
"""
ANSWERED = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment, action)
    SELECT t.id, 'moved', t.answered_date, 'answer'
      FROM helpdesk_ticket t
     WHERE t.answered_date IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM helpdesk_ticket_event e
             JOIN helpdesk_ticket o ON o.id = e.ticket_id
            WHERE (o.id = t.id OR o.merged_into_id = t.id)
              AND e.action = 'answer'
              AND e.moment = t.answered_date)
"""
ACTED = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment, action)
    SELECT t.id, 'changed', t.last_action_date, 'other'
      FROM helpdesk_ticket t
     WHERE t.last_action_date IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM helpdesk_ticket_event e
            WHERE e.ticket_id = t.id AND e.action IS NOT NULL
              AND e.moment = t.last_action_date)
"""
# Since when the log says that a ticket is closed: the first row of that state after the
# last row of another one.
CLOSED = """
    CREATE TEMPORARY TABLE helpdesk_closed_differs ON COMMIT DROP AS
      WITH closed AS (
           SELECT t.id, t.state, t.closed_date AS closed
             FROM helpdesk_ticket t
            WHERE t.closed_date IS NOT NULL AND t.state IN ('closed', 'cancelled')
           ), said AS (
           SELECT c.id, c.state, c.closed, last.moment AS last_moment,
                  (SELECT e.moment
                     FROM helpdesk_ticket_event e
                    WHERE e.ticket_id = c.id AND e.state IN ('closed', 'cancelled')
                      AND (last.id IS NULL
                           OR (e.moment, e.id) > (last.moment, last.id))
                    ORDER BY e.moment, e.id
                    LIMIT 1) AS logged
             FROM closed c
             LEFT JOIN LATERAL (
                  SELECT e.moment, e.id
                    FROM helpdesk_ticket_event e
                   WHERE e.ticket_id = c.id
                     AND e.state NOT IN ('closed', 'cancelled')
                   ORDER BY e.moment DESC, e.id DESC
                   LIMIT 1) last ON TRUE)
    SELECT id, state, closed, last_moment
      FROM said
     WHERE logged IS DISTINCT FROM closed
"""
FORGET = """
    UPDATE helpdesk_ticket_event e
       SET state = NULL
      FROM helpdesk_closed_differs d
     WHERE d.id = e.ticket_id
       AND (e.moment > d.closed
            OR (e.state IN ('closed', 'cancelled')
                AND (d.last_moment IS NULL OR e.moment >= d.last_moment)))
"""
CLOSING = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment, state)
    SELECT id, 'moved', closed, state FROM helpdesk_closed_differs
"""


DONE = "DROP TABLE helpdesk_closed_differs"


def migrate(cr, version):
    """Let the log say what the dates of the tickets said (T25, T26)."""
    for statement in (ACTIONS, ANSWERED, ACTED, CLOSED, FORGET, CLOSING, DONE):
        cr.execute(statement)
