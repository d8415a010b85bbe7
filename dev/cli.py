"""The commands, and how their errors are told."""

import importlib
import sys

from dev.steps import Problem, say

# name: (module, function, needs the running demo, explanation)
COMMANDS = {
    "run": ("dev.demo", "run", "start the demo: Odoo, its database and a mail server [HTTP_PORT=8070] [ODOO_SRC=…]"),
    "mail": ("dev.demo", "mail", "send a mail to the demo [FROM=…] [TO=…] [SUBJECT=…] [BODY=…] [FILE=x.eml]"),
    "inbox": ("dev.demo", "inbox", "show the mails that an address received [WHO=…]"),
    "test": ("dev.testing", "run", "run all tests [ADDON=…] [FILE=…] [TEST=…] [DURATIONS=30] [REPEAT=5] [SEED=…]"),
    "test-core": (
        "dev.core_tests",
        "main",
        "run Odoo's own tests with and without the addons and compare [MODULES=…]",
    ),
    "check": ("dev.checking", "run", "lint and quick tests of what was changed, within two minutes"),
    "shell": ("dev.demo", "shell", "open Odoo's Python shell on the demo's database"),
    "bench": ("dev.bench", "main", "measure speed"),
    "lint": ("dev.lint", "main", "check the source"),
    "audit": ("dev.auditing", "main", "list known holes of the installed packages [OSV=url of a database]"),
    "stop": ("dev.demo", "stop", "stop all that was started here"),
    "clean": ("dev.demo", "clean", "stop all and remove what was fetched, built and stored"),
}


def main(arguments):
    """Run the command that ``arguments`` name and return the exit code."""
    name = arguments[0] if arguments else "help"
    if name in ("help", "-h", "--help"):
        return show_help()
    if name not in COMMANDS:
        sys.stderr.write(f"There is no command {name}: make help lists them.\n")
        return 2
    module, function, _explanation = COMMANDS[name]
    try:
        return getattr(importlib.import_module(module), function)() or 0
    except Problem as problem:
        sys.stdout.flush()
        sys.stderr.write(f"\n{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command goes on from here.\n")
        return 130
    except PermissionError as error:
        sys.stderr.write(
            f"\n{error.filename} cannot be written: run the command as the user that ran it before (or as root).\n"
        )
        return 1
    except OSError as error:
        sys.stderr.write(
            f"\n{error.strerror or error}: {error.filename or 'no file'}; fix that and run the same command again.\n"
        )
        return 1


def show_help():
    """Print the commands."""
    say("make run, then make mail, is the shortest way to see a mail become a ticket.\n")
    for name, (_module, _function, explanation) in COMMANDS.items():
        say(f"  make {name:9} {explanation}")
    return 0
