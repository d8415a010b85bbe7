"""The picture of the screen: taken, made small enough, shown in small."""

import base64
import io
import logging
import sys

from PIL import Image, ImageGrab

_logger = logging.getLogger(__name__)
# The helpdesk takes 8 MB.
MAX_BYTES = 8_000_000


def take():
    """Return a picture of all screens, None where the system gives none."""
    try:
        # Only Windows tells its screens apart.
        picture = ImageGrab.grab(all_screens=sys.platform == "win32")
    except (OSError, ValueError) as error:
        _logger.warning("No screenshot: %s", error)
        return None
    return picture.convert("RGB")


def encode(picture, limit=MAX_BYTES):
    """Return a picture in base64 that the helpdesk takes.

    As PNG, in which letters stay sharp; where that is too large as JPEG, and smaller
    until it fits.

    :param int limit: how many bytes it may have
    """
    content = _save(picture, "PNG", optimize=False)
    while len(content) > limit and min(picture.size) > 1:
        content = _save(picture, "JPEG", quality=85)
        picture = picture.reduce(2)
    return base64.b64encode(content).decode()


def decode(text):
    """Return the picture of ``encode``."""
    return Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")


def shrink(picture, width, height):
    """Return a picture as PNG in base64 for Tk, at most so large."""
    small = picture.copy()
    small.thumbnail((width, height))
    return base64.b64encode(_save(small, "PNG"))


def _save(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
