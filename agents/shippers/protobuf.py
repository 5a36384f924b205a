"""As much of Protocol Buffers' wire format as shippers' records need."""

FIXED64, LENGTH_DELIMITED = 1, 2


def varint(number: int) -> bytes:
    """Return a number as it stands there, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # what seven bits hold
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def tag(number: int, wire_type: int) -> bytes:
    """Return what a field begins with."""
    return varint(number << 3 | wire_type)


def field(number: int, content: bytes) -> bytes:
    """Return a field of bytes, text or another record."""
    return tag(number, LENGTH_DELIMITED) + varint(len(content)) + content
