"""Re-encodes a user's photo. Plain Python."""

import io
import struct
import zlib

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG")
# An image of this size needs some 50 MB of memory while it is scaled down.
MOST_PIXELS = 16_000_000
SIDE = 512
QUALITY = 90
# Errors of the library for invalid images
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def make_photo(content):
    """Return a re-encoded photo: a JPEG of limited size.

    Only the pixels are kept: no metadata such as the location, no embedded files.

    :param bytes content: a JPEG or a PNG, as the directory sent it
    :rtype: bytes
    :raise ValueError: if it cannot be read or is too large
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("too many pixels")
            photo = ImageOps.exif_transpose(picture).convert("RGB")
        photo.thumbnail((SIDE, SIDE))
        result = io.BytesIO()
        photo.save(result, "JPEG", quality=QUALITY)
    except UNREADABLE as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return result.getvalue()
