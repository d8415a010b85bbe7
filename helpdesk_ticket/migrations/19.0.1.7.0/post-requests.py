"""What was written in the public form is a request as the others (C07): its rows come
over with their files, names and saved filters, and their own table goes."""

from odoo import SUPERUSER_ID, api

OLD, NEW = "helpdesk.form.entry", "helpdesk.ticket.request"
# What refers to a row by the name of its model
REFERENCES = (
    ("ir_attachment", "res_model", "res_id"),
    ("ir_model_data", "model", "res_id"),
    ("mail_activity", "res_model", "res_id"),
    ("mail_followers", "res_model", "res_id"),
    ("mail_message", "model", "res_id"),
)


def migrate(cr, version):
    """Carry the entries of the public form over."""
    cr.execute("SELECT to_regclass('helpdesk_form_entry')")
    if not cr.fetchone()[0]:
        return
    add_to_held_requests(cr)
    copy_entries(cr)
    move_references(cr)
    move_filters(cr)
    move_cron(cr)
    env = api.Environment(cr, SUPERUSER_ID, {})
    name = "helpdesk_ticket.helpdesk_form_entry_rule_company"
    if rule := env.ref(name, raise_if_not_found=False):
        rule.unlink()
    cr.execute("DROP TABLE helpdesk_form_entry")
    cr.execute("ALTER TABLE helpdesk_ticket_request DROP COLUMN form_entry_id")


def add_to_held_requests(cr):
    """Join an entry with the request on hold that was made of it."""
    cr.execute("ALTER TABLE helpdesk_ticket_request ADD COLUMN form_entry_id integer")
    cr.execute(
        """
        UPDATE helpdesk_ticket_request request
           SET form_entry_id = entry.id, email = entry.email,
               sender_name = entry.sender_name, lang = entry.lang
          FROM helpdesk_form_entry entry
         WHERE entry.request_id = request.id
        """
    )


def copy_entries(cr):
    """Make a request of each other entry, in the order in which they came."""
    cr.execute(
        """
        INSERT INTO helpdesk_ticket_request (
            form_entry_id, name, text, sender_name, email, lang, company_id, channel_id,
            state, reason, ticket_id, create_uid, create_date, write_uid, write_date
        )
        SELECT entry.id, entry.name, entry.text, entry.sender_name, entry.email,
               entry.lang, entry.company_id, channel.id,
               CASE entry.state WHEN 'done' THEN 'accepted'
                                WHEN 'ignored' THEN 'discarded'
                                ELSE entry.state END,
               entry.reason, entry.ticket_id, entry.create_uid, entry.create_date,
               entry.write_uid, entry.write_date
          FROM helpdesk_form_entry entry
          LEFT JOIN ir_model_data data
                 ON data.module = 'helpdesk_ticket' AND data.name = 'channel_form'
          LEFT JOIN helpdesk_channel channel ON channel.id = data.res_id
         WHERE entry.request_id IS NULL
         ORDER BY entry.id
        """
    )


def move_references(cr):
    """Let files, external names, activities and messages follow their entry."""
    for table, model, row in REFERENCES:
        cr.execute(
            f"""
            UPDATE {table} reference
               SET {model} = %s, {row} = request.id
              FROM helpdesk_ticket_request request
             WHERE reference.{model} = %s AND reference.{row} = request.form_entry_id
            """,
            [NEW, OLD],
        )
    cr.execute(
        """
        UPDATE mail_activity SET res_model_id = model.id
          FROM ir_model model
         WHERE model.model = %s AND res_model = %s
        """,
        [NEW, NEW],
    )


def move_filters(cr):
    """Let saved filters go on, with the states as they are called now."""
    cr.execute(
        """
        UPDATE ir_filters
           SET model_id = %s,
               action_id = CASE WHEN action_id IS NULL THEN NULL ELSE (
                   SELECT res_id FROM ir_model_data
                    WHERE module = 'helpdesk_ticket'
                      AND name = 'action_helpdesk_ticket_request') END,
               domain = replace(replace(replace(replace(domain,
                   '''done''', '''accepted'''), '"done"', '"accepted"'),
                   '''ignored''', '''discarded'''), '"ignored"', '"discarded"')
         WHERE model_id = %s
        """,
        [NEW, OLD],
    )


def move_cron(cr):
    """Let the scheduled action, whoever changed it, and its copies go on."""
    cr.execute(
        """
        UPDATE ir_act_server action
           SET model_id = new.id
          FROM ir_model new, ir_model old
         WHERE action.model_id = old.id AND old.model = %s AND new.model = %s
        """,
        [OLD, NEW],
    )
