"""``make run``: a usable instance with sample data, and ``make stop``, ``make shell``, ``make clean``."""

import contextlib
import os
import subprocess

from dev import (
    addons,
    debian,
    instance,
    mail_server,
    mailing,
    odoo_server,
    odoo_source,
    postgres,
    python_env,
    services,
    state,
)
from dev.steps import Problem, say, step

# The first one becomes the language of everybody who has chosen none.
LANGUAGES = ("en_US", "de_DE", "fr_FR", "es_ES")
SEED = state.REPO / "dev/seed.py"
LOGO = state.REPO / "dev/demo_logo.png"
SAMPLES = state.REPO / "dev/demo_mails"


def prepare(*, tests=False):
    """Install and fetch everything that a running Odoo needs; what is there already costs nothing.

    :param tests: whether the browser is needed too
    :raises Problem: something is missing that we cannot get
    """
    if not (state.folder() / "stamps/pip").exists():
        state.check_disk()
    debian.install(own_postgres=postgres.is_own(), tests=tests)
    odoo_source.prepare()
    python_env.prepare()
    postgres.start()


def run():
    """Start the demo, which goes on in the background, and say what to do with it."""
    with state.only_one():
        say("Helpdesk demo")
        demo = instance.demo(lambda service: services.is_running("demo", service))
        prepare()
        odoo_server.write_config(demo)
        changed = _prepare_database(demo)
        if not (services.is_running("demo", "mail") and services.is_running("demo", "sink")):
            with step("Mail server"):
                services.start_mail(demo)
        changed = seed(demo) or changed
        if changed or _moved(demo):
            odoo_server.process(demo).stop()
        if odoo_server.process(demo).pid() is None:
            with step("Odoo"):
                odoo_server.start(demo)
        state.mark_done("demo-port", str(demo.ports["http"]))
        _drop_samples(demo)
    _welcome(demo)


def _moved(demo):
    return not state.is_done("demo-port", str(demo.ports["http"]))


def _prepare_database(demo):
    """Make the demo database, or update the addons that changed; tell whether anything was done."""
    made, key = f"made {demo.database}", addons.installed_hash()
    exists = demo.database in postgres.databases()
    if not (exists and state.is_done("demo-database", made)):
        odoo_server.process(demo).stop()
        with step("Database with sample data (takes some minutes)"):
            postgres.create(demo.database)
            odoo_server.install(demo, addons.ADDONS, demo=True, languages=LANGUAGES)
        for name in ("demo-seed", "demo-samples"):
            state.forget(name)
        state.mark_done("demo-addons", key)
        state.mark_done("demo-database", made)
        return True
    if state.is_done("demo-addons", key):
        return False
    odoo_server.process(demo).stop()
    with step("Database: update of the changed addons"):
        odoo_server.install(demo, addons.ADDONS, update=True)
    state.mark_done("demo-addons", key)
    return True


def seed(target):
    """Set up users, mailbox and mail server in the database of ``target``; tell whether anything was done."""
    name = f"{target.name}-seed"
    key = state.digest([target.ports, SEED.read_text()])
    if state.is_done(name, key) and target.key_file.exists():
        return False
    with step("Users, mailbox and outgoing mail"):
        variables = {
            "HELPDESK_INSTANCE": str(target.folder / "instance.json"),
            "HELPDESK_KEY_FILE": str(target.key_file),
            "HELPDESK_URL": target.url,
            "HELPDESK_MAIL_PASSWORD": instance.MAIL_PASSWORD,
            "HELPDESK_SUPPORT": instance.SUPPORT,
            "HELPDESK_LOGO": str(LOGO),
        }
        odoo_server.run_script(target, SEED, variables, "The sample settings cannot be made.")
    state.mark_done(name, key)
    return True


def _drop_samples(demo):
    """Send the sample mails, once in the life of the database."""
    done = f"sent {demo.database}"
    if state.is_done("demo-samples", done):
        return
    with step("Sample mails to the support address"):
        for path in sorted(SAMPLES.glob("*.eml")):
            mailing.send_file(demo, path)
    state.mark_done("demo-samples", done)


def _welcome(demo):
    say(f"""
Odoo runs at {demo.url}

  an agent               log-in lena    password lena
  the helpdesk manager   log-in martin  password martin
  the administrator      log-in admin   password admin

Mail to {instance.SUPPORT} becomes a ticket. Try next:

  make mail SUBJECT="The printer is broken"    a customer writes; a ticket comes of it
  answer in the ticket with "Send message"
  make inbox                                   what that customer received
  make help                                    all commands

IMAP: 127.0.0.1 port {demo.ports["imap"]}, any address, password {instance.MAIL_PASSWORD}. Logs: {services.logs()}""")


def stop():
    """Stop all that runs, and PostgreSQL last."""
    with state.only_one():
        for name in ("demo", "test"):
            services.stop(name)
        postgres.stop()
    say("Stopped.")


def clean():
    """Stop all that runs and remove the state folder."""
    with state.only_one():
        for name in ("demo", "test"):
            services.stop(name)
        if postgres.is_own():
            # What cannot be stopped because its programs are gone does not run either.
            with contextlib.suppress(Problem):
                postgres.stop()
        else:
            for name in sorted(postgres.databases()):
                postgres.drop(name)
    state.remove()
    say("Removed the state folder.")


def shell():
    """Open Odoo's Python shell on the demo database."""
    demo = running()
    return subprocess.run(
        [str(word) for word in odoo_server.command(demo, "--no-http", tool="shell")],
        env={**os.environ, **odoo_server.environment()},
        check=False,
    ).returncode


def running():
    """Return the demo instance.

    :raises Problem: it does not run
    """
    demo = instance.load("demo")
    if demo is None or not services.is_running("demo", "odoo") or mail_server.process(demo).pid() is None:
        raise Problem("The demo is not running: start it with make run.")
    return demo


def mail():
    """Send a mail to the demo and say which ticket it became; return the exit code."""
    return mailing.mail_command(running())


def inbox():
    """Show what an address received."""
    mailing.inbox_command(running())
