"""One program for each user: two would both open a window for one key."""

import os
import sys

from .errors import Trouble
from .texts import translate as _


class OnlyOne:
    """Holds a lock while it is entered; it ends with the program, however that ends.

    :param folder: path of the program's own folder
    :raises Trouble: on entering, when another program holds it
    """

    def __init__(self, folder):
        self.path = folder / "lock"
        self.handle = None

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self.handle)
        except OSError as error:
            os.close(self.handle)
            raise Trouble(_("The program is already running.")) from error
        return self

    def __exit__(self, *_exception):
        os.close(self.handle)


def _lock(handle):
    """Lock an open file, or fail at once.

    :raises OSError: another process holds it
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
