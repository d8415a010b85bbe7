"""What goes through the pipes: the lengths of a JSON text and of bytes."""

import struct

FRAME = struct.Struct(">II")
