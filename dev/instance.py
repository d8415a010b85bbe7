"""An instance: one Odoo with its mail server and SMTP sink, and the ports and folders they use."""

import dataclasses
import json
import os

from dev import ports, state
from dev.steps import Problem

# Whatever it sends, the demo never reaches a real mailbox: RFC 2606 reserves this name.
DOMAIN = "helpdesk.example"
SUPPORT = f"support@{DOMAIN}"
# Accepted for every address; the server listens on loopback only.
MAIL_PASSWORD = "demo"
PREFERRED = {"http": 8069, "imap": 10143, "imaps": 10993, "pop3": 10110, "lmtp": 10024, "smtp": 10025}


@dataclasses.dataclass
class Instance:
    """Names, ports and folders of one instance; kept in ``instance.json`` for the processes that need them.

    :param name: ``demo`` (make run) or ``test`` (make test)
    :param database: name of its database
    :param ports: port by name of the service
    """

    name: str
    database: str
    ports: dict

    @property
    def folder(self):
        """The folder with its configuration, mails and attachments."""
        return state.folder() / self.name

    @property
    def url(self):
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.ports['http']}"

    @property
    def key_file(self):
        """The file with the administrator's API key, readable by its owner only."""
        return self.folder / "api-key"

    def save(self):
        """Write ``instance.json``."""
        self.folder.mkdir(exist_ok=True)
        state.write(self.folder / "instance.json", json.dumps(dataclasses.asdict(self), indent=2))


def load(name):
    """Return the saved instance ``name``, or None."""
    path = state.folder() / name / "instance.json"
    return Instance(**json.loads(path.read_text())) if path.exists() else None


def demo(is_running):
    """Return the instance of ``make run``.

    Its web address is a promise (8069, or HTTP_PORT), its mail ports may move.

    :param is_running: function that tells whether a service ("odoo", "mail", "sink") of it runs already
    :raises Problem: another program uses the web port
    """
    found = load("demo") or Instance("demo", "helpdesk", {})
    before = dict(found.ports)
    found.ports["http"] = _web_port(before.get("http") if is_running("odoo") else None)
    taken = {found.ports["http"]}
    for service, preferred in PREFERRED.items():
        if service == "http":
            continue
        owner = "sink" if service == "smtp" else "mail"
        if not (service in before and is_running(owner)):
            found.ports[service] = ports.free_port(before.get(service, preferred), taken)
        taken.add(found.ports[service])
    found.save()
    return found


def _web_port(running):
    chosen = os.environ.get("HTTP_PORT") or str(running or PREFERRED["http"])
    if not chosen.isdigit() or not 1 <= int(chosen) <= 65535:
        raise Problem(f"HTTP_PORT={chosen} is not a port: choose a number from 1024 to 65535.")
    port = int(chosen)
    if port != running and not ports.is_free(port):
        raise Problem(
            f"Port {port} is used by another program: choose a free one, as in make run HTTP_PORT={port + 1}."
        )
    return port


def test():
    """Return a fresh instance for the end-to-end tests, on free ports."""
    chosen = {}
    for service in PREFERRED:
        chosen[service] = ports.free_port(taken=chosen.values())
    # Where the mail server asks whether a token is good; a test answers.
    chosen["oauth"] = ports.free_port(taken=chosen.values())
    return Instance("test", "helpdesk_e2e", chosen)
