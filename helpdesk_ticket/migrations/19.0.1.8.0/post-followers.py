# Who follows a ticket for being its assignee, or for having been it, as its history
# says. Before the mark was there, nobody could tell them from who follows by choice.
ASSIGNED = """
    UPDATE mail_followers f
       SET helpdesk_assigned = TRUE
      FROM res_users u, helpdesk_ticket t
     WHERE u.partner_id = f.partner_id
       AND f.res_model = 'helpdesk.ticket'
       AND t.id = f.res_id
       AND f.helpdesk_assigned IS NOT TRUE
       AND (u.id = t.user_id OR EXISTS (
           SELECT FROM mail_message m
             JOIN mail_tracking_value v ON v.mail_message_id = m.id
             JOIN ir_model_fields field ON field.id = v.field_id
            WHERE m.model = 'helpdesk.ticket' AND m.res_id = t.id
              AND field.model = 'helpdesk.ticket' AND field.name = 'user_id'
              AND u.id IN (v.old_value_integer, v.new_value_integer)))
"""


def migrate(cr, version):
    """Mark assignees among the followers: they stop when the ticket is somebody
    else's (T10)."""
    cr.execute(ASSIGNED)
