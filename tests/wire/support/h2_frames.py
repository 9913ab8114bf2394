"""HTTP/2 as bytes, wrong ones too: frames (RFC 9113 §4, §6) and fields (RFC 7541 §5, §6)."""

import enum
import struct

from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x1, 0x4, 0x8, 0x20
WHOLE = END_STREAM | END_HEADERS


class Kind(enum.IntEnum):
    DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
    PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(5, 10)


class Code(enum.IntEnum):
    """RFC 9113 §7."""
    NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
    SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM = range(4, 8)
    CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(8, 12)


class Setting(enum.IntEnum):
    """RFC 9113 §6.5.2."""
    HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = range(1, 4)
    INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(4, 7)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream, block, flags=WHOLE):
    return frame(Kind.HEADERS, flags, stream, block)


def continuation(stream, block, flags=END_HEADERS):
    return frame(Kind.CONTINUATION, flags, stream, block)


def data(stream, payload=b"test", flags=END_STREAM):
    return frame(Kind.DATA, flags, stream, payload)


def dependency(parent, weight=16, exclusive=False):
    """What PRIORITY holds, and HEADERS with the flag (RFC 7540 §6.3)."""
    return struct.pack(">IB", parent | exclusive << 31, weight - 1)


def priority(stream, *arguments, **more):
    return frame(Kind.PRIORITY, 0, stream, dependency(*arguments, **more))


def reset(stream, code=Code.CANCEL):
    return frame(Kind.RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs):
    return frame(Kind.SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


SETTINGS_ACK = frame(Kind.SETTINGS, ACK, 0)


def window_size(size):
    return settings((Setting.INITIAL_WINDOW_SIZE, size))


def ping(opaque, flags=0, stream=0):
    return frame(Kind.PING, flags, stream, opaque)


def goaway(code=Code.NO_ERROR, stream=0):
    return frame(Kind.GOAWAY, 0, stream, struct.pack(">II", 0, code))


def window_update(stream, increment):
    return frame(Kind.WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def padded(payload, length):
    return bytes([length]) + payload + bytes(length)


# --- Fields ---------------------------------------------------------------------------------------

_HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)

# The forms of a literal (RFC 7541 §6.2): bits of the prefix, first bits.
INDEXING, PLAIN, NEVER = (6, 0x40), (4, 0x00), (4, 0x10)


def integer(value, bits, first=0):
    """RFC 7541 §5.1."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = bytearray([first | limit]), value - limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def string(text, huffman=False):
    """RFC 7541 §5.2."""
    coded = _HUFFMAN.encode(text) if huffman else text
    return integer(len(coded), 7, 0x80 if huffman else 0) + coded


def huffman_string(coded):
    """A string whose Huffman code is these bytes, right or wrong."""
    return integer(len(coded), 7, 0x80) + coded


def indexed(index):
    return integer(index, 7, 0x80)


def literal(name, value, form=PLAIN, huffman=False):
    """`name`: text, or the index of an entry that has it."""
    named = isinstance(name, int)
    first = integer(name if named else 0, *form)
    return first + (b"" if named else string(name.encode(), huffman)) + string(
        value.encode(), huffman)


def table_size(size):
    """RFC 7541 §6.3."""
    return integer(size, 5, 0x20)


def block(*fields):
    """Leaves no trace in the compression table, so any order of blocks is right."""
    return b"".join(literal(name, value) for name, value in fields)
