"""The command line: the program with its key and icon, or one step of it."""

import argparse
import importlib
import logging
import sys
from pathlib import Path

from . import VERSION, config, enrolment, texts
from .errors import Trouble
from .sender import send_all
from .single import OnlyOne
from .texts import translate as _


def main(argv=None):
    """Do what the command line says; return the exit code.

    What the user can do something about is one sentence and the code 1.

    :param argv: the words after the program's name
    """
    logging.basicConfig(format="%(levelname)s: %(message)s")
    # Its own words are needed before the settings are read.
    texts.use()
    arguments = _parser().parse_args(argv)
    folder = Path(arguments.folder)
    try:
        texts.use(arguments.language or _chosen_language(folder))
        return arguments.run(folder, arguments)
    except Trouble as error:
        print(error, file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog=config.NAME, description=__doc__)
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("--folder", default=config.usual_folder(), help="of settings")
    parser.add_argument("--language", default="", help=", ".join(texts.LANGUAGES))
    parser.set_defaults(run=_run)
    steps = parser.add_subparsers(metavar="step", title="steps in place of the whole")
    enrol = steps.add_parser("enrol", help="connect this computer with a helpdesk")
    enrol.add_argument("server", help="its address, as in https://helpdesk.example")
    enrol.add_argument("code", help="the code that an agent has made")
    enrol.add_argument("--database", default="", help="where the server has several")
    enrol.set_defaults(run=_enrol)
    ticket = steps.add_parser("ticket", help="open the window, without key and icon")
    ticket.set_defaults(run=_ticket)
    send = steps.add_parser("send", help="send what is kept; needs no display")
    send.set_defaults(run=_send)
    return parser


def _chosen_language(folder):
    try:
        return config.load(folder).language
    except Trouble:
        # Said in the language of the system, by what needs the settings.
        return ""


def _load_app():
    """Return the module of the windows.

    :raises Trouble: this Python has no Tk
    """
    try:
        return importlib.import_module(".app", __package__)
    except ModuleNotFoundError as error:
        if error.name not in ("tkinter", "_tkinter"):
            raise
        message = _("This Python has no Tk: on Debian and Ubuntu install python3-tk.")
        raise Trouble(message) from error


def _run(folder, _arguments):
    app = _load_app()
    with OnlyOne(folder):
        # Whoever starts it may read from a pipe.
        app.App(folder).run(lambda sentence: print(sentence, flush=True))
    return 0


def _ticket(folder, _arguments):
    _load_app().App(folder, is_single=True).run(print)
    return 0


def _enrol(folder, arguments):
    settings = enrolment.connect(
        folder, arguments.server, arguments.code, arguments.database
    )
    print(enrolment.connected_sentence(settings))
    return 0


def _send(folder, _arguments):
    outcomes = send_all(folder, config.load(folder))
    for outcome in outcomes:
        print(outcome.message)
    return 0 if all(outcome.state == "sent" for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
