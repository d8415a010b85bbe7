"""The key that opens the window wherever the user is."""

import logging

from .errors import Trouble
from .texts import translate as _

_logger = logging.getLogger(__name__)


def listen(keys, pressed):
    """Call a function whenever keys are pressed in any program.

    :param str keys: in the words of pynput, as in ``<ctrl>+<f12>``
    :param pressed: function without arguments; it is called in another thread
    :return: what listens; its ``stop`` ends that
    :raises Trouble: these are no keys, or this system lets nobody listen
    """
    try:
        # Only now: where there is no display, pynput cannot even be imported.
        from pynput import keyboard
    except ImportError as error:
        _logger.warning("%s", error)
        message = _(
            "This system does not allow programs to listen to {keys}.", keys=name(keys)
        )
        raise Trouble(message) from error
    try:
        listener = keyboard.GlobalHotKeys({keys: pressed})
    except ValueError as error:
        message = _(
            "“{keys}” in the settings is not a valid key combination.", keys=keys
        )
        raise Trouble(message) from error
    listener.start()
    return listener


def name(keys):
    """Return ``<ctrl>+<f12>`` as people write it: Ctrl+F12."""
    return "+".join(key.strip("<>").capitalize() for key in keys.split("+"))
