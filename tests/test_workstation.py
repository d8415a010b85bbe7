"""The program of a workstation, as its user sees it: a key, a window, a number (C03, C12)."""

import base64
import io
import json
import os
import shutil
import subprocess
import uuid

import pytest
from PIL import Image

from desktop import SIZE, Desktop
from dev import python_env, state
from dev.lint.tools import files
from dev.waiting import PATIENCE, wait_until
from gate import Gate

NUMBER = "TS[0-9]"
# The window of a ticket for which the key was pressed three times before it had the keyboard;
# it says by its title whether the field of the subject has it then.
IMPATIENT = """
from helpdesk_workstation import app, config, window
root = app.open_display()
ticket = window.TicketWindow(root, None, None, None, None)
ticket.show(config.Settings(helpdesk="Helpdesk"), None)
ticket.raise_up()
ticket.raise_up()
ticket.window.bind("<Key-a>", lambda event: ticket.window.title(f"Typed into {event.widget.winfo_class()}"))
print("ready", flush=True)
root.mainloop()
"""
TICKETS = "/helpdesk/device/v1/tickets"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that pip has installed the program into; nothing is written into the repository."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("program")
    for name in files():
        if name.startswith("workstation/"):
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(state.REPO / name, copy)
    # Without an index: what it needs comes from the development environment.
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--target", target]
    subprocess.run([python_env.python(), "-m", "pip", "install", *options, source / "workstation"], check=True)
    return target


@pytest.fixture(scope="module")
def desktop():
    """A screen for this module."""
    with Desktop() as found:
        yield found


@pytest.fixture
def gate(helpdesk):
    """The way to the helpdesk, which can be closed."""
    with Gate(helpdesk.ports["http"]) as found:
        yield found


@pytest.fixture
def person(api):
    """A contact of a new customer, with the code for a device."""
    name = uuid.uuid4().hex[:8]
    customer = api.create("res.partner", name=f"Huber {name}", is_company=True)
    contact = api.create("res.partner", name="Anna", email=f"{name}@kunde.example", parent_id=customer)
    action = api.call("res.partner", "action_make_device_code", [contact])
    return {"id": contact, "code": action["context"]["default_token"]}


class Program:
    """The installed program with a folder of settings of its own."""

    def __init__(self, installed, environment, folder):
        self.folder = folder
        self.environment = {**environment, "PYTHONPATH": str(installed), "LANGUAGE": "en"}
        self.process = None

    def words(self, *words):
        return [python_env.python(), "-m", "helpdesk_workstation", "--folder", self.folder, *words]

    def run(self, *words):
        """Run one step; return the CompletedProcess."""
        options = {"capture_output": True, "text": True, "cwd": self.folder, "timeout": PATIENCE}
        return subprocess.run(self.words(*words), env=self.environment, check=False, **options)

    def start(self):
        """Start it, and wait until it says that it listens."""
        self.process = subprocess.Popen(
            self.words(), env=self.environment, stdout=subprocess.PIPE, text=True, cwd=self.folder
        )
        assert self.process.stdout.readline() == "Ctrl+F12 opens a ticket.\n"

    def stop(self):
        """Ask it to end; return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def set(self, **values):
        """Change settings, as an administrator does it in the file."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    def unsent(self):
        """Return the files of tickets that are kept."""
        return list((self.folder / "unsent").glob("*.json"))


@pytest.fixture
def program(installed, desktop, tmp_path):
    """The program; it is stopped at the end."""
    found = Program(installed, desktop.environment, tmp_path)
    yield found
    if found.process and found.process.poll() is None:
        found.process.kill()
        found.process.wait(PATIENCE)
    if found.process:
        found.process.stdout.close()


def connect(program, gate, person):
    """Connect the program by the command line; return the name of the helpdesk."""
    done = program.run("enrol", gate.url, person["code"])
    assert done.returncode == 0, done.stderr
    settings = json.loads((program.folder / "config.json").read_text())
    assert f"as {settings['device']}." in done.stdout
    # A second is the shortest; a user would not mind a minute.
    program.set(retry_seconds=1)
    return settings["helpdesk"]


def open_window(desktop, title):
    """Press the key until the window is there: what is pressed before the program listens is heard by nobody."""
    desktop.wait_for(title, lambda: desktop.press("ctrl+F12"))
    desktop.wait_for_keyboard(title)


def tickets_of(api, person):
    fields = ["number", "name", "description", "device_id"]
    return api.search_read("helpdesk.ticket", [["partner_id", "=", person["id"]]], fields)


def files_of(api, ticket):
    domain = [["res_model", "=", "helpdesk.ticket"], ["res_id", "=", ticket["id"]]]
    return api.search_read("ir.attachment", domain, ["mimetype", "datas"])


def test_from_the_key_to_the_number(api, desktop, gate, person, program):
    """Ctrl+F12, subject, text, and the number of a ticket with a picture of the screen as it was before."""
    helpdesk_name = connect(program, gate, person)
    program.start()
    open_window(desktop, helpdesk_name)
    desktop.type("Printer")
    desktop.press("Tab")
    desktop.type("It is on fire.")
    desktop.press("ctrl+Return")
    title = desktop.wait_for(NUMBER)
    (ticket,) = tickets_of(api, person)
    assert title == f"{ticket['number']} – {helpdesk_name}"
    assert ticket["name"] == "Printer"
    assert "It is on fire." in ticket["description"]
    assert ticket["device_id"]
    (file,) = files_of(api, ticket)
    assert file["mimetype"] == "image/png"
    picture = Image.open(io.BytesIO(base64.b64decode(file["datas"]))).convert("RGB")
    assert picture.size == SIZE
    # All white: the window itself is not on it.
    assert picture.getcolors() == [(SIZE[0] * SIZE[1], (255, 255, 255))]
    assert program.unsent() == []
    desktop.press("Escape")
    wait_until(lambda: not desktop.find(NUMBER), PATIENCE, "the end of the window")
    assert program.stop() == 0


def test_key_pressed_again(desktop, program):
    """Who presses the key again while the window opens still types into the subject."""
    command = [python_env.python(), "-c", IMPATIENT]
    with subprocess.Popen(command, env=program.environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            desktop.wait_for("Helpdesk")
            desktop.wait_for_keyboard("Helpdesk")
            desktop.wait_for("Typed into TEntry", lambda: desktop.press("a"))
        finally:
            process.terminate()


def test_kept_while_offline_and_sent_once(api, desktop, gate, person, program):
    """Nothing is lost without a network, and an answer that got lost makes no second ticket."""
    helpdesk_name = connect(program, gate, person)
    program.start()
    open_window(desktop, helpdesk_name)
    gate.mode = "closed"
    desktop.type("Mouse")
    desktop.press("Tab")
    desktop.type("It ran away.")
    # To the box of the screenshot, which is left out.
    desktop.press("Tab", "space", "ctrl+Return")
    desktop.wait_for("Not sent yet")
    assert gate.turned_away
    assert len(program.unsent()) == 1
    assert tickets_of(api, person) == []

    # What is kept survives the program, also one that is killed.
    program.process.kill()
    program.process.wait(PATIENCE)
    program.process.stdout.close()
    gate.mode = "deaf"
    program.start()
    wait_until(lambda: any(path == TICKETS for _mode, path, _body in gate.passed), PATIENCE, "a lost answer")
    gate.mode = "open"
    title = desktop.wait_for(NUMBER)
    (ticket,) = tickets_of(api, person)
    assert title == ticket["number"]
    assert ticket["name"] == "Mouse"
    assert files_of(api, ticket) == []
    assert program.unsent() == []
    sent = [(mode, body["request_id"]) for mode, path, body in gate.passed if path == TICKETS]
    assert {mode for mode, _request_id in sent} == {"deaf", "open"}
    assert len({request_id for _mode, request_id in sent}) == 1
    assert program.stop() == 0


def test_without_a_display(installed, tmp_path):
    """One sentence and no traceback: on a server, or over a line without windows."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    program = Program(installed, environment, tmp_path)
    for words in ([], ["ticket"]):
        done = program.run(*words)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr == "There is no display here, so no window can be opened.\n"
    # What needs no window works there.
    assert program.run("send").returncode == 0
