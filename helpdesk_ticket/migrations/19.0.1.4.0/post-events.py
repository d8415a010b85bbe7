# What a ticket was, read off its history: it was opened, written on, given another
# stage, assignee or team. Odoo writes a mail that opens a ticket in the transaction of
# the ticket: it is no answer. What was asked cannot be told from what was answered.
OPENED = """
    INSERT INTO helpdesk_ticket_event
           (ticket_id, kind, moment, partner_id, channel_id)
    SELECT t.id, 'opened', COALESCE(t.create_date, t.write_date, LOCALTIMESTAMP),
           t.partner_id, t.channel_id
      FROM helpdesk_ticket t
     WHERE NOT EXISTS (SELECT FROM helpdesk_ticket_event)
"""
SAID = """
    INSERT INTO helpdesk_ticket_event
           (ticket_id, kind, moment, partner_id, message_id, channel_id)
    SELECT t.id,
           CASE WHEN by_us.is THEN 'answered' ELSE 'customer_answered' END,
           COALESCE(m.date, m.create_date), m.author_id, m.id,
           CASE WHEN m.message_type = 'email' THEN %(email)s
                WHEN NOT by_us.is THEN %(portal)s END
      FROM mail_message m
      JOIN helpdesk_ticket t ON t.id = m.res_id
      LEFT JOIN mail_message_subtype s ON s.id = m.subtype_id
     CROSS JOIN LATERAL (
           SELECT m.author_id IS DISTINCT FROM t.partner_id AND EXISTS (
               SELECT FROM res_users u
                WHERE u.partner_id = m.author_id AND u.share IS NOT TRUE
           ) AS is) by_us
     WHERE m.model = 'helpdesk.ticket'
       AND m.message_type IN ('comment', 'email')
       AND m.is_internal IS NOT TRUE
       AND s.internal IS NOT TRUE
       AND m.create_date > t.create_date
     ORDER BY m.id
"""
CHANGED = """
    INSERT INTO helpdesk_ticket_event
           (ticket_id, kind, moment, partner_id, state)
    SELECT t.id,
           CASE WHEN f.name = 'user_id' THEN
                     CASE WHEN v.new_value_integer > 0 THEN 'assigned'
                          ELSE 'unassigned' END
                WHEN new.state IN ('read', 'waiting', 'closed', 'cancelled')
                     THEN new.state
                WHEN old.state IN ('closed', 'cancelled') THEN 'reopened'
                ELSE 'moved' END,
           COALESCE(m.date, m.create_date), m.author_id, new.state
      FROM mail_tracking_value v
      JOIN ir_model_fields f ON f.id = v.field_id
                            AND f.model = 'helpdesk.ticket'
                            AND f.name IN ('stage_id', 'user_id', 'team_id')
      JOIN mail_message m ON m.id = v.mail_message_id
                         AND m.model = 'helpdesk.ticket'
      JOIN helpdesk_ticket t ON t.id = m.res_id
      LEFT JOIN helpdesk_ticket_stage old
             ON f.name = 'stage_id' AND old.id = v.old_value_integer
      LEFT JOIN helpdesk_ticket_stage new
             ON f.name = 'stage_id' AND new.id = v.new_value_integer
     WHERE f.name <> 'stage_id' OR new.state IS DISTINCT FROM old.state
"""
# Some were closed without a line in their history.
CLOSED = """
    INSERT INTO helpdesk_ticket_event (ticket_id, kind, moment, state)
    SELECT t.id, t.state, t.closed_date, t.state
      FROM helpdesk_ticket t
     WHERE t.closed_date IS NOT NULL
       AND t.state IN ('closed', 'cancelled')
       AND NOT EXISTS (
           SELECT FROM helpdesk_ticket_event e
            WHERE e.ticket_id = t.id AND e.kind = t.state)
"""
LAST_ANSWER = """
    UPDATE helpdesk_ticket t
       SET last_answer = last.answer
      FROM (SELECT DISTINCT ON (ticket_id) ticket_id,
                   CASE kind WHEN 'customer_answered' THEN 'customer'
                             ELSE 'us' END AS answer
              FROM helpdesk_ticket_event
             WHERE kind IN ('answered', 'asked', 'customer_answered')
             ORDER BY ticket_id, moment DESC, id DESC) last
     WHERE last.ticket_id = t.id
       AND t.last_answer IS DISTINCT FROM last.answer
"""
CHANNEL = """
    SELECT res_id FROM ir_model_data
     WHERE module = 'helpdesk_ticket' AND name = %s
"""


def migrate(cr, version):
    """Write the log of the tickets that are there, and who answered them last (A02)."""
    cr.execute(OPENED)
    if not cr.rowcount:
        return  # no tickets, or they have their log
    channels = {}
    for name in ("email", "portal"):
        cr.execute(CHANNEL, [f"channel_{name}"])
        channels[name] = (cr.fetchone() or [None])[0]
    cr.execute(SAID, channels)
    cr.execute(CHANGED)
    cr.execute(CLOSED)
    cr.execute(LAST_ANSWER)
