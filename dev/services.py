"""What an instance consists of, started and stopped as a whole: mail server, SMTP sink, Odoo."""

from dev import mail_server, odoo_server, ports, python_env, state
from dev.processes import Background
from dev.steps import Problem
from dev.waiting import wait_until


def sink_process(instance):
    """Return the background process of the SMTP sink of ``instance``."""
    return Background(f"{instance.name}-sink")


def start_sink(instance, *, tells_odoo=True):
    """Start the SMTP sink and wait until it answers.

    :param tells_odoo: whether it asks Odoo to look into a mailbox at once; else mails wait for the schedule, as usual
    :raises Problem: it ended or does not answer
    """
    sink = sink_process(instance)
    if sink.pid() is None:
        options = [] if tells_odoo else ["--silent"]
        command = [python_env.python(), "-m", "dev.smtp_sink", instance.name, *options]
        sink.start(command, env={"PYTHONUNBUFFERED": "1"})

    def ready():
        if sink.pid() is None:
            raise Problem(f"The SMTP sink ended while it started (see {sink.log}): {sink.last_line()}")
        return ports.answers(instance.ports["smtp"])

    try:
        wait_until(ready, 20, "the SMTP sink's answer", interval=0.05)
    except TimeoutError as error:
        raise Problem(f"The SMTP sink does not answer (see {sink.log}): {sink.last_line()}") from error


def start_mail(instance, *, tells_odoo=True):
    """Start Dovecot and the SMTP sink.

    :param tells_odoo: as of `start_sink`
    """
    mail_server.start(instance)
    start_sink(instance, tells_odoo=tells_odoo)


def is_running(name, service):
    """Tell whether ``service`` ("odoo", "mail" or "sink") of the instance ``name`` runs."""
    suffix = {"odoo": "odoo", "mail": "dovecot", "sink": "sink"}[service]
    return Background(f"{name}-{suffix}").pid() is not None


def stop(name):
    """Stop what runs of the instance ``name``, the last started first."""
    for suffix in ("odoo", "sink", "dovecot"):
        Background(f"{name}-{suffix}").stop()


def logs():
    """Return the folder of the logs."""
    return state.folder() / "log"


def restart_odoo(instance, env=None):
    """Start Odoo again, with the current files."""
    odoo_server.process(instance).stop()
    odoo_server.start(instance, env)
