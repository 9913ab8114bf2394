"""RFC 7541: header blocks that no decoder may accept."""

from support.h2_frames import (Code, headers, huffman_string, indexed, integer, literal, string,
                               table_size)

from . import reactions as expect
from .blocks import GET
from .case import case

NEW_NAME = integer(0, 4) + string(b"x-test")


def broken(section, what, block):
    return case(section, what, headers(1, block),
                expect.connection_error(Code.COMPRESSION_ERROR))


CASES = [
    broken("2.3.3", "a field by an index behind both tables", GET + indexed(62)),
    broken("2.3.3", "a name by an index behind both tables", GET + literal(62, "empty")),
    broken("4.2", "a change of the table's size after a field", GET + table_size(128)),
    # The code of "a" is 00011, padded with ones (§5.2 and appendix B).
    broken("5.2", "Huffman code with more than 7 bits of padding",
           GET + NEW_NAME + huffman_string(b"\x1F\xFF")),
    broken("5.2", "Huffman code padded with zeros", GET + NEW_NAME + huffman_string(b"\x18")),
    broken("5.2", "Huffman code with the end of the string in it",
           GET + NEW_NAME + huffman_string(b"\xFF\xFF\xFF\xFF\x1F")),
    broken("6.1", "a field by index 0", GET + indexed(0)),
    broken("6.3", "a table larger than SETTINGS_HEADER_TABLE_SIZE", table_size(4097) + GET),
]
