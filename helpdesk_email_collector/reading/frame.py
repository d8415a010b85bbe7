"""The frames sent through the pipes: the lengths of a JSON text and of bytes, and
both."""

import struct

FRAME = struct.Struct(">II")
