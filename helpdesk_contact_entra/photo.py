"""A photo of a user, made anew. Plain Python."""

import io
import struct
import zlib

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG")
# A picture of this size takes some 50 MB of memory while it is made smaller.
MOST_PIXELS = 16_000_000
SIDE = 512
QUALITY = 90
# What the library raises at bytes that only claim to be a picture
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
    """Return a photo made anew from what a directory sent: a JPEG of bounded size.

    Nothing but the picture itself gets in: no places, no hidden files.

    :param bytes content: a JPEG or a PNG
    :raise ValueError: it is no picture that can be read, or too large a one
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
