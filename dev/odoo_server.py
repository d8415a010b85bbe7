"""Odoo as a program: its configuration, installing and updating addons, starting and stopping it."""

import os
import shutil
import signal
import urllib.error
import urllib.request

from dev import odoo_source, postgres, python_env, state
from dev.processes import Background
from dev.steps import Problem, read_from, run
from dev.waiting import wait_until

# Seconds that Odoo may take until it answers: it compiles stylesheets on the first page.
START_TIMEOUT = 180
# Of one Odoo to PostgreSQL, which takes more: a request needs one or two, so that 120 at once are served.
MAX_CONNECTIONS = 250
# A server that starts itself again runs the file that it was started with.
LAUNCHER = state.REPO / "dev/launcher/odoo_program.py"


def data_folder():
    """Return the folder of attachments and sessions; Odoo keeps the databases apart in it."""
    return state.folder() / "data"


def write_config(instance, more_addons=()):
    """Write the configuration file of ``instance`` and return its path.

    :param more_addons: paths of further folders with addons
    """
    paths = [str(path) for path in [state.REPO, *more_addons, *odoo_source.addons_paths()]]
    options = {
        "addons_path": ",".join(paths),
        "data_dir": str(data_folder()),
        "http_interface": "127.0.0.1",
        "http_port": str(instance.ports["http"]),
        "list_db": "False",
        # Two: a mail becomes a ticket also while a long queue of mails is being sent.
        "max_cron_threads": "2",
        # With Odoo's own 64, a burst of requests ends with "The Connection Pool Is Full".
        "db_maxconn": str(MAX_CONNECTIONS),
        # One database: web pages and the API then need no choice.
        "db_name": instance.database,
        "dbfilter": f"^{instance.database}$",
        **{f"db_{key[2:].lower()}": value for key, value in postgres.environment().items()},
    }
    instance.folder.mkdir(exist_ok=True)
    path = instance.folder / "odoo.conf"
    # 0600: with a user's own server it may come to hold a password.
    state.write(path, "[options]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()), mode=0o600)
    return path


def command(instance, *words, tool="server", program=LAUNCHER):
    """Return the command line of Odoo's ``tool`` with the configuration of ``instance``.

    :param program: file that a server is started with
    """
    # What is run in the shell imports from the repository, which "-m" puts on the path.
    start = [program] if tool == "server" else ["-m", "odoo"]
    return [python_env.python(), *start, tool, "-c", instance.folder / "odoo.conf", *words]


def install(instance, modules, *, database=None, demo=False, languages=(), update=False, env=None):
    """Install (or update) ``modules`` in the database of ``instance`` or in ``database``.

    :param env: more variables for Odoo
    :raises Problem: Odoo failed, or said that something is wrong while it went on
    """
    names = ",".join(modules)
    words = ["-d", database or instance.database, "--no-http", "--stop-after-init", "--log-level=warn"]
    # An update names both: an addon that is new since the last time must be installed.
    words += ["-i", names, "-u", names] if update else ["-i", names]
    if demo:
        words.append("--with-demo")
    if languages:
        words.append(f"--load-language={','.join(languages)}")
    log = state.log(f"{instance.name}-install")
    offset = log.stat().st_size if log.exists() else 0
    env = {**environment(), **(env or {})}
    run(command(instance, *words), "Odoo could not install the addons.", log=log, env=env)
    errors = [line for line in read_from(log, offset).splitlines() if " ERROR " in line or " CRITICAL " in line]
    if errors:
        raise Problem(f"Odoo reported an error while it installed the addons (see {log}): {errors[0][:300]}")
    _check_installed(modules, database or instance.database)


def environment():
    """Return the variables that every run of Odoo gets."""
    return {
        # Odoo must not take its settings from a file in the user's home.
        "ODOO_RC": os.devnull,
        "PYTHONUNBUFFERED": "1",
        # A server that starts itself again names Python without its folder, and Python then looks for itself here.
        "PATH": f"{python_env.python().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        **postgres.environment(),
    }


def _check_installed(modules, database):
    rows = postgres.query("SELECT name FROM ir_module_module WHERE state = 'installed'", database)
    missing = sorted(set(modules) - {row[0] for row in rows})
    if missing:
        raise Problem(f"Odoo did not install {', '.join(missing)}: look into {state.folder() / 'log'}.")


def run_script(instance, script, variables, problem, database=None):
    """Run the Python file ``script`` in Odoo's shell on the database of ``instance`` or on ``database``.

    :param variables: environment variables for the script
    :raises Problem: the script failed
    """
    run(
        command(instance, "-d", database or instance.database, "--no-http", "--log-level=warn", tool="shell"),
        problem,
        log=state.log(f"{instance.name}-install"),
        env={**environment(), **variables},
        stdin=script.read_text(),
    )


def process(instance):
    """Return the background process of ``instance``."""
    return Background(f"{instance.name}-odoo")


def start(instance, env=None, options=()):
    """Start Odoo and wait until it serves its login page.

    :param env: more variables for the server
    :param options: more options of its command line
    :raises Problem: it ended, or did not answer in time
    """
    server = process(instance)
    if server.pid() is None:
        server.start(command(instance, *options), env={**environment(), **(env or {})})
    page = f"{instance.url}/web/login"

    def ready():
        if server.pid() is None:
            raise Problem(f"Odoo ended while it started (see {server.log}): {server.last_line()}")
        return _answers(page)

    try:
        wait_until(ready, START_TIMEOUT, "Odoo's login page")
    except TimeoutError as error:
        raise Problem(f"Odoo does not answer on {page} (see {server.log}): {server.last_line()}") from error


def _answers(page):
    try:
        with urllib.request.urlopen(page, timeout=60) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def kill(instance):
    """End Odoo at once, as a power cut would."""
    process(instance).kill(signal.SIGKILL)


def copy_filestore(source, target):
    """Give the database ``target`` the attachments of ``source``.

    Links are enough: Odoo names these files after their content and never changes one.
    """
    base = data_folder() / "filestore"
    shutil.rmtree(base / target, ignore_errors=True)
    if (base / source).is_dir():
        shutil.copytree(base / source, base / target, copy_function=os.link)
