"""A whole helpdesk for the end-to-end tests: its own database, mail server, SMTP sink and Odoo."""

import contextlib
import dataclasses
import datetime
import shutil

import psycopg2

from dev import demo, instance, mail_server, odoo_api, odoo_server, ports, postgres, services, state, templates
from dev.waiting import PATIENCE, wait_until

# The database that each run begins with; made anew when the addons, the ports or the settings have changed.
TEMPLATE = "helpdesk_e2e_template"
# The scheduled actions by which mails come in and go out, and their copies.
MAIL_ACTIONS = """SELECT cron.id FROM ir_cron cron JOIN ir_act_server action ON action.id = cron.ir_actions_server_id
    WHERE action.code IN ('model._cron_collect()', 'model._cron_process()')
    OR cron.id = (SELECT res_id FROM ir_model_data WHERE module = 'mail' AND name = 'ir_cron_mail_scheduler_action')"""


class Helpdesk:
    """Starts, breaks and stops it, and gives access to it from the outside."""

    def __init__(self):
        self.instance = None
        self.api = None

    @property
    def url(self):
        """Where a browser finds it."""
        return self.instance.url

    @property
    def ports(self):
        """Port by name of the service."""
        return self.instance.ports

    def start(self):
        """Make a fresh database with empty mailboxes and start everything.

        :raises Problem: something does not start
        """
        services.stop("test")
        self.instance = self._choose_ports()
        self.instance.save()
        self._make_database()
        odoo_server.write_config(self.instance)
        shutil.rmtree(mail_server.folder(self.instance) / "users", ignore_errors=True)
        self.start_mail()
        self.start_odoo()
        self.api = odoo_api.for_instance(self.instance)

    def _choose_ports(self):
        """Return the instance with the ports of the last time, which stand in the template, or free ones."""
        last, new = instance.load("test"), instance.test()
        if last and last.ports.keys() == new.ports.keys() and all(map(ports.is_free, last.ports.values())):
            return last
        return new

    def _make_database(self):
        """Copy the template, which has the settings already: to make them, Odoo starts once more."""
        target = self.instance
        source = templates.with_addons()
        # A copy of the addons' template has the bundles of the web client only if that had them then.
        key = state.digest([source, state.is_done("bundles", source), target.ports, demo.SEED.read_text()])
        is_made = TEMPLATE in postgres.databases() and target.key_file.exists()
        if not (is_made and state.is_done("test-template", key)):
            state.forget(f"{target.name}-seed")
            template = dataclasses.replace(target, database=TEMPLATE)
            odoo_server.write_config(template)
            templates.clone(source, TEMPLATE)
            demo.seed(template)
            # Odoo's digests for users would be sent as soon as the template is some hours old, into any test.
            postgres.query("UPDATE digest_digest SET state = 'deactivated'", TEMPLATE)
            state.mark_done("test-template", key)
        templates.clone(TEMPLATE, target.database)

    def start_mail(self):
        """Start the mail server and the SMTP sink."""
        services.start_mail(self.instance)

    def start_odoo(self, options=()):
        """Start Odoo unless it runs, and wait for its answer; it trusts our mail server's authority as a public one.

        :param options: more options of its command line
        """
        odoo_server.start(self.instance, self.variables(), options)

    def variables(self):
        """Return the environment variables of its Odoo."""
        return {
            "SSL_CERT_FILE": str(mail_server.authority(self.instance)),
            # A scheduled action that is switched on again runs at once and not within a minute.
            "ODOO_NOTIFY_CRON_CHANGES": "1",
        }

    def kill_odoo(self):
        """End Odoo at once, as a power cut would."""
        odoo_server.kill(self.instance)

    def stop_odoo(self):
        """Stop Odoo alone."""
        odoo_server.process(self.instance).stop()

    def stop(self):
        """Stop everything."""
        services.stop("test")

    def find(self, xmlid):
        """Return the id of the record with the external identifier ``xmlid``."""
        module, name = xmlid.split(".")
        (found,) = self.api.search_read("ir.model.data", [["module", "=", module], ["name", "=", name]], ["res_id"])
        return found["res_id"]

    @contextlib.contextmanager
    def switched_off(self, xmlid):
        """Switch a scheduled action off for a while.

        :param xmlid: its external identifier
        """
        cron = self.find(xmlid)
        self.switch([cron], active=False)
        try:
            yield
        finally:
            self.start_odoo()
            self.switch([cron], active=True)

    @contextlib.contextmanager
    def nothing_sent(self):
        """Let what is to be sent wait, and throw it away at the end: for those who look at no mail that goes out."""
        with self.switched_off("mail.ir_cron_mail_scheduler_action"):
            try:
                yield
            finally:
                self.start_odoo()
                queued = self.api.search_read("mail.mail", [["state", "=", "outgoing"]], ["id"])
                # Not deleted: Odoo refuses that to everybody for a mail that belongs to no record, as its digests do.
                self.api.call("mail.mail", "cancel", [mail["id"] for mail in queued])

    @contextlib.contextmanager
    def put_off(self):
        """Let the schedule of the actions for mails rest for a while: they run when something wakes them."""
        crons = [cron for (cron,) in self.query(MAIL_ACTIONS)]
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
        try:
            self._change(crons, nextcall=str(now + datetime.timedelta(days=1)))
            yield
        finally:
            self.start_odoo()
            self._change(crons, nextcall=str(now))

    def switch(self, crons, *, active):
        """Switch the scheduled actions with the ids ``crons`` on or off; running ones end first."""
        self._change(crons, active=active)

    def _change(self, crons, **values):
        def changed():
            try:
                self.api.write("ir.cron", crons, **values)
            except odoo_api.ApiError as error:
                # Odoo refuses while the action runs.
                if "currently being executed" not in str(error):
                    raise
                return False
            return True

        wait_until(changed, PATIENCE, f"a change of the scheduled actions {crons}")

    @contextlib.contextmanager
    def copied(self, xmlid, number):
        """Copy a scheduled action, as an administrator adds workers; yields the ids of the copies, which are off."""
        copies, cron = [], self.find(xmlid)
        try:
            for _number in range(number):
                copies += self.api.call("ir.cron", "copy", [cron], default={"active": False})
            yield copies
        finally:
            self.start_odoo()
            self.switch(copies, active=False)
            self.api.call("ir.cron", "unlink", copies)

    def connect(self, database=None):
        """Return a connection to the database of Odoo, or to another one."""
        server = {name[2:].lower(): value for name, value in postgres.environment().items()}
        return psycopg2.connect(dbname=database or self.instance.database, **server)

    def query(self, sql, database=None):
        """Run ``sql`` in the database of Odoo or in another one, and return the rows, if it gives any.

        Without a program of its own, unlike `postgres.query`: tests ask again and again while Odoo works beside them.
        """
        with contextlib.closing(self.connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []

    def wake(self):
        """Let Odoo's scheduled actions for mails, and their copies, run now, wherever it runs."""
        self.query(
            f"""INSERT INTO ir_cron_trigger (cron_id, call_at)
            SELECT mails.id, now() AT TIME ZONE 'UTC' FROM ({MAIL_ACTIONS}) mails WHERE NOT EXISTS (
                SELECT FROM ir_cron_trigger WHERE cron_id = mails.id AND call_at <= now() AT TIME ZONE 'UTC'
            )"""
        )
        # Odoo listens in this database, whichever its own is.
        self.query(f"NOTIFY cron_trigger, '{self.instance.database}'", "postgres")

    def wait_for_work(self, found, what, timeout=PATIENCE):
        """Wait until ``found`` returns something true, and wake the scheduled actions for mails meanwhile.

        :return: that
        :raises TimeoutError: it never did
        """

        def look():
            result = found()
            if not result:
                # Once is not enough: an Odoo that has just started may not listen yet.
                self.wake()
            return result

        return wait_until(look, timeout, what, interval=0.5)

    def waiting(self):
        """Return how many mails wait to be processed, and how many to be sent."""
        ((received, queued),) = self.query(
            """SELECT (SELECT count(*) FROM helpdesk_inbox_mail WHERE state = 'waiting'),
                (SELECT count(*) FROM mail_mail WHERE state = 'outgoing')"""
        )
        return {"mails to be processed": received, "mails to be sent": queued}

    @contextlib.contextmanager
    def parameters(self, values):
        """Give system parameters other values for a while."""
        before = {name: self.api.call("ir.config_parameter", "get_param", key=name) for name in values}
        try:
            self.set_parameters(values)
            yield
        finally:
            self.start_odoo()
            self.set_parameters(before)

    def set_parameters(self, values):
        """Give system parameters values; False removes one."""
        for name, value in values.items():
            self.api.call("ir.config_parameter", "set_param", key=name, value=value)

    @contextlib.contextmanager
    def company(self, **values):
        """Give the company other settings for a while; yields its id."""
        (before,) = self.api.search_read("res.company", [], list(values), limit=1)
        company = before.pop("id")
        try:
            self.api.write("res.company", [company], **values)
            yield company
        finally:
            self.start_odoo()
            self.api.write("res.company", [company], **before)


@contextlib.contextmanager
def another(name, modules=(), folders=()):
    """Run another Odoo on a database of its own, which collects and sends nothing; yields its instance.

    :param name: of the instance; the database is called after it
    :param modules: technical names of addons that are installed too
    :param folders: where these are
    """
    other = dataclasses.replace(instance.test(), name=name, database=f"helpdesk_{name}")
    other.save()
    odoo_server.write_config(other, folders)
    try:
        templates.clone(templates.with_addons(), other.database)
        if modules:
            odoo_server.install(other, modules)
        state.forget(f"{name}-seed")
        demo.seed(other)
        # The mail server is that of other tests.
        odoo_server.start(other, options=["--max-cron-threads=0"])
        yield other
    finally:
        # Also when one of the steps above fails half-way.
        odoo_server.process(other).stop()
        postgres.drop(other.database)
        templates.drop_files(other.database)
