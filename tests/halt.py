"""Odoo is halted in the middle of its work, for as long as a test wants."""

import contextlib

from dev.waiting import PATIENCE, wait_until

# A key of PostgreSQL's advisory locks; Odoo takes none with so small a number.
KEY = 1


class Halt:
    """A context manager: who comes to what is locked waits until `go_on`, or until the end.

    :param helpdesk: the `Helpdesk`
    :param lock: statement that takes the lock
    """

    def __init__(self, helpdesk, lock):
        self.helpdesk, self.lock = helpdesk, lock

    def __enter__(self):
        self.connection = self.helpdesk.connect()
        with self.connection.cursor() as cursor:
            cursor.execute(self.lock)
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def number(self):
        """Return how many of Odoo's connections have come to it."""
        waiting = """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        return self.helpdesk.query(waiting)[0][0]

    def wait_for(self, number):
        """Wait until so many of Odoo's connections have come to it."""
        wait_until(lambda: self.number() >= number, PATIENCE, f"the halt of {number} connections")

    def go_on(self):
        """Let them go on."""
        self.connection.rollback()


def halt_at_table(helpdesk, table):
    """Return a `Halt` of everybody who writes into ``table``."""
    return Halt(helpdesk, f"LOCK TABLE {table} IN SHARE MODE")


@contextlib.contextmanager
def halt_at_ticket(helpdesk, subject):
    """Yield a `Halt` of whoever makes a ticket with this subject, with % for any text, and of nobody else."""
    helpdesk.query(
        f"""CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN
                IF NEW.name LIKE '{subject}' THEN PERFORM pg_advisory_xact_lock_shared({KEY}); END IF;
                RETURN NEW;
            END$$;
            CREATE TRIGGER halt BEFORE INSERT ON helpdesk_ticket FOR EACH ROW EXECUTE FUNCTION halt()"""
    )
    try:
        with Halt(helpdesk, f"SELECT pg_advisory_xact_lock({KEY})") as halt:
            yield halt
    finally:
        helpdesk.query("DROP TRIGGER halt ON helpdesk_ticket; DROP FUNCTION halt()")
