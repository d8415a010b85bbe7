"""Thousands of rows by SQL: copies of one record that Odoo itself made, with a few columns changed.

Partners, tickets and tasks get the same texts, customers and dates, so that both models have the same to find:
one in twenty is open, and one customer has one percent of all.
"""

import contextlib
import hashlib

from odoo.tools import SQL

from dev.bench.mails import customer_address

# i is the number of the copy; md5 scatters values over the rows, the same in every run.
SCATTERED = "('x' || substr(md5(i::text), 1, 7))::bit(28)::int"
WORDS = "ARRAY['Printer','Invoice','Login','Delivery','Display','Update','Network','Order','Backup','Keyboard']"
# A word that no other copy has; of letters, for a digit makes a text look like a number.
DIGITS, LETTERS = "0123456789", "ghijklmnop"
WORD = f"translate(md5('{{}}' || i), '{DIGITS}', '{LETTERS}')"
DESCRIPTION = f"'<p>Something does not work: ' || {WORD.format('d')} || '</p>'"
TITLE = f"({WORDS})[1 + {SCATTERED} % 10] || ' ' || ({WORDS})[1 + {SCATTERED} / 10 % 10] || ' ' || {WORD.format('t')}"
# One in twenty is open; and enough of the first thousand for a full page in any state.
IS_OPEN = "(i % 20 = 0 OR i < 1000 AND i % 10 = 0)"
# Every hundredth is the big customer's; and enough of the first thousand for a full page of its list in any state.
IS_BIG = "(i % 100 = 0 OR i < 1000 AND i % 2 = 0)"
CREATED = "now() at time zone 'UTC' - interval '1 minute' * i"
DEADLINE = "(now() at time zone 'UTC' + interval '1 day' + interval '1 second' * i)"


def load(session, count):
    """Fill the database up to ``count`` partners of customers, tickets and tasks each."""
    with session.environment() as env:
        _load_partners(env, count)
        customer = _customer(env)
        _load_tickets(env, count, customer)
        _load_tasks(env, count, customer, session)
    vacuum(session, "res_partner", "helpdesk_ticket", "helpdesk_deadline", "project_task", "project_task_user_rel")


def load_helpdesk(database, count):
    """Fill the database up to ``count`` partners of customers and tickets each, without tasks."""
    with database.environment() as env:
        _load_partners(env, count)
        _load_tickets(env, count, _customer(env))
    vacuum(database, "res_partner", "helpdesk_ticket", "helpdesk_deadline")


def load_peer(database, count):
    """Fill the peer's database up to ``count`` partners of customers and tickets each."""
    with database.environment() as env:
        _load_partners(env, count)
        _load_peer_tickets(env, count, _customer(env))
    vacuum(database, "res_partner", "helpdesk_ticket")


def word(kind, number):
    """Return the begin of the word that only the copy ``number`` has: in its title ("t") or its description ("d")."""
    return hashlib.md5(f"{kind}{number}".encode()).hexdigest().translate(str.maketrans(DIGITS, LETTERS))[:9]


def _customer(env):
    """Return an SQL expression for the customer of copy ``i``: the big one, or any of the others."""
    partners = env["res.partner"].search([("ref", "=", "bench")], order="id")
    return f"({partners[0].id} + CASE WHEN {IS_BIG} THEN 0 ELSE {SCATTERED} % {len(partners)} END)"


def _email(customer):
    """Return an SQL expression for the address of the customer that the expression ``customer`` gives."""
    return f"(SELECT p.email FROM res_partner p WHERE p.id = {customer})"


def vacuum(database, *tables):
    """Do what PostgreSQL does by itself soon after rows were written."""
    with database.registry.cursor() as cr:
        cr._cnx.autocommit = True
        for table in tables:
            cr.execute(SQL("VACUUM ANALYZE %s", SQL.identifier(table)))
        cr._cnx.autocommit = False


def _load_partners(env, count):
    Partner = env["res.partner"]
    first = Partner.search([("ref", "=", "bench")], order="id", limit=1)
    first = first or Partner.create({"name": "Customer 0", "email": customer_address(0), "ref": "bench"})
    changes = {
        "name": "'Customer ' || i",
        "complete_name": "'Customer ' || i",
        "lastname": "'Customer ' || i",
        "email": "'customer' || i || '@customers.example'",
        "email_normalized": "'customer' || i || '@customers.example'",
        "phone": "'+49 30 ' || i",
        "commercial_partner_id": "new_id",
    }
    copy(env, first, count, changes)


def _load_tickets(env, count, customer):
    Ticket = env["helpdesk.ticket"].with_context(tracking_disable=True)
    first = Ticket.search([("number", "=", "bench-0")])
    if not first:
        first = Ticket.create({"name": "Bench", "description": "<p>Something does not work.</p>"})
        env.cr.execute(SQL("UPDATE helpdesk_ticket SET number = 'bench-0' WHERE id = %s", first.id))
    stages = env["helpdesk.ticket.stage"].search([])
    unread, closed = (stages.filtered(lambda s, state=state: s.state == state)[:1] for state in ("unread", "closed"))
    changes = {
        "number": "'bench-' || i",
        "name": TITLE,
        "description": DESCRIPTION,
        "partner_id": customer,
        "customer_id": customer,
        "partner_email": _email(customer),
        "partner_email_normalized": _email(customer),
        "stage_id": f"CASE WHEN {IS_OPEN} THEN {unread.id} ELSE {closed.id} END",
        "state": f"CASE WHEN {IS_OPEN} THEN 'unread' ELSE 'closed' END",
        "is_open": IS_OPEN,
        "closed_date": f"CASE WHEN {IS_OPEN} THEN NULL ELSE {CREATED} END",
        "user_id": f"CASE WHEN i % 2 = 0 THEN {env.uid} END",
        "create_date": CREATED,
        "due_date": f"CASE WHEN {IS_OPEN} THEN {DEADLINE} END",
    }
    copy(env, first, count, changes)
    _load_deadlines(env)


def _load_deadlines(env):
    """Give each ticket that has none a next action to come.

    It has an alarm, as if all were open: what has to be found in time.
    """
    due = DEADLINE.replace("i)", "t.id)")
    env.cr.execute(
        f"""INSERT INTO helpdesk_deadline (ticket_id, promise, start, due, late_count, alarm)
            SELECT t.id, 'action', t.create_date, {due}, 0, {due} FROM helpdesk_ticket t
            ON CONFLICT (ticket_id, promise) DO NOTHING"""
    )


def _load_peer_tickets(env, count, customer):
    Ticket = env["helpdesk.ticket"].with_context(tracking_disable=True)
    first = Ticket.search([("number", "=", "bench-0")])
    first = first or Ticket.create(
        {"name": "Bench", "number": "bench-0", "description": "<p>Something does not work.</p>"}
    )
    stages = env["helpdesk.ticket.stage"].search([], order="sequence")
    opened, closed = stages.filtered(lambda s: not s.closed)[:1], stages.filtered("closed")[:1]
    changes = {
        "number": "'bench-' || i",
        "name": TITLE,
        "description": DESCRIPTION,
        "partner_id": customer,
        "commercial_partner_id": customer,
        "partner_email": _email(customer),
        "stage_id": f"CASE WHEN {IS_OPEN} THEN {opened.id} ELSE {closed.id} END",
        "user_id": f"CASE WHEN i % 2 = 0 THEN {env.uid} END",
        "create_date": CREATED,
    }
    copy(env, first, count, changes)


def _load_tasks(env, count, customer, session):
    Task = env["project.task"].with_context(tracking_disable=True)
    first = Task.search([("project_id", "=", session.project_id), ("email_cc", "=", "bench")], order="id", limit=1)
    values = {"name": "Bench", "project_id": session.project_id, "email_cc": "bench", "user_ids": [(5,)]}
    first = first or Task.create({**values, "description": "<p>Something does not work.</p>"})
    stages = env["project.project"].browse(session.project_id).type_ids.sorted("sequence")
    changes = {
        "name": TITLE,
        "description": DESCRIPTION,
        "partner_id": customer,
        "stage_id": f"CASE WHEN {IS_OPEN} THEN {stages[0].id} ELSE {stages[-1].id} END",
        "state": f"CASE WHEN {IS_OPEN} THEN '01_in_progress' ELSE '1_done' END",
        "create_date": CREATED,
    }
    copy(env, first, count, changes)
    env.cr.execute(
        SQL(
            """INSERT INTO project_task_user_rel (task_id, user_id)
               SELECT id, %s FROM project_task WHERE project_id = %s AND email_cc = 'bench' AND id %% 2 = 0
               ON CONFLICT DO NOTHING""",
            env.uid,
            session.project_id,
        )
    )


def copy(env, record, count, changes):
    """Copy the row of ``record`` until there are ``count`` rows of its table made so.

    :param changes: SQL expression by column; in it ``i`` is the number of the copy and ``new_id`` its id
    """
    env.flush_all()
    env.cr.execute(SQL("CREATE TABLE IF NOT EXISTS bench_copies (model varchar PRIMARY KEY, number int)"))
    rows = env.execute_query(SQL("SELECT number FROM bench_copies WHERE model = %s", record._name))
    done = rows[0][0] if rows else 1
    columns = [
        name
        for (name,) in env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name != 'id'",
                record._table,
            )
        )
    ]
    values = [
        SQL(changes[name].replace("%", "%%")) if name in changes else SQL.identifier("t", name) for name in columns
    ]
    with _without_indexes(env, record._table):
        env.cr.execute(
            SQL(
                """INSERT INTO %s (id, %s) SELECT new_id, %s FROM %s t,
                   (SELECT i, nextval(%s) AS new_id FROM generate_series(%s, %s) i) numbers WHERE t.id = %s""",
                SQL.identifier(record._table),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(values),
                SQL.identifier(record._table),
                f"{record._table}_id_seq",
                done,
                count - 1,
                record.id,
            )
        )
    env.cr.execute(
        SQL(
            "INSERT INTO bench_copies VALUES (%s, %s) ON CONFLICT (model) DO UPDATE SET number = EXCLUDED.number",
            record._name,
            count,
        )
    )
    env.invalidate_all()


@contextlib.contextmanager
def _without_indexes(env, table):
    """Drop the indexes of ``table`` and make them anew afterwards: several times as fast for a million rows.

    Unique ones stay, they are used to look for the copied row and by constraints.  A superuser also leaves out the
    checks of foreign keys: all values are ids that were read a moment ago.
    """
    definitions = env.execute_query(
        SQL(
            """SELECT i.indexname, i.indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname
               JOIN pg_index x ON x.indexrelid = c.oid WHERE i.tablename = %s AND NOT x.indisunique""",
            table,
        )
    )
    (is_superuser,) = env.execute_query(SQL("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))[0]
    if is_superuser:
        env.cr.execute("SET LOCAL session_replication_role = replica")
    env.cr.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for name, _definition in definitions:
        env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    yield
    for _name, definition in definitions:
        env.cr.execute(SQL(definition.replace("%", "%%")))
    if is_superuser:
        env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
