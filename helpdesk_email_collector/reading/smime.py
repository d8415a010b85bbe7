"""The text inside of an opaque S/MIME signature (RFC 8551, 3.5.2).

The signature is not checked: what is wanted is the text. Only the few rules of BER that
lead to it are followed (X.690).
"""

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
MAX_PIECES = 100_000


def signed_content(data):
    """Return the mail inside of a signature, None when there is none to be found.

    :param bytes data: a PKCS #7 file
    """
    try:
        # ContentInfo: type, [0] SignedData: version, algorithms, encapsulated content
        content_info = _children(data, *_read(data, 0)[1:3])
        if data[slice(*content_info[0][1:3])] != SIGNED_DATA:
            return None
        signed = _children(data, *content_info[1][1:3])[0]
        encapsulated = _children(data, *signed[1:3])[2]
        wrapper = _children(data, *encapsulated[1:3])[1]
        octets = _children(data, *wrapper[1:3])[0]
        return _octets(data, octets)
    except (IndexError, RecursionError):
        return None


def _read(data, position):
    """Return (tag, begin, end, next) of the element at a position."""
    tag, length, begin = data[position], data[position + 1], position + 2
    if length == 0x80:  # indefinite: ends with two zeros
        end = begin
        while data[end : end + 2] != b"\0\0":
            end = _read(data, end)[3]
        return tag, begin, end, end + 2
    if length > 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[begin : begin + count], "big")
        begin += count
    end = begin + length
    if end > len(data):
        raise IndexError(end)
    return tag, begin, end, end


def _children(data, begin, end):
    children = []
    while begin < end and len(children) < MAX_PIECES:
        child = _read(data, begin)
        children.append(child)
        begin = child[3]
    return children


def _octets(data, element):
    """Return an octet string, which may be in pieces."""
    tag, begin, end, _next = element
    if not tag & 0x20:
        return data[begin:end]
    return b"".join(_octets(data, child) for child in _children(data, begin, end))
