"""Requests of HTTP/1.1 whose end two servers could see at different places, or that are no request
at all (RFC 9112). Behind each comes another request, which must not be answered: it would be what
somebody smuggled in. The right answer is one 400, and the connection's end."""

import contextlib
import re
import socket

BEHIND = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
CHUNKS = b"0\r\n\r\n"


def post(*lines, body=b"", version=b"HTTP/1.1", host=b"host: localhost"):
    head = [b"POST /events?board=smuggled " + version, *([host] if host is not None else []),
            b"content-type: text/plain", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(*lines, start=b"GET /healthz HTTP/1.1", host=b"host: localhost"):
    return b"\r\n".join([start, *([host] if host is not None else []), *lines]) + b"\r\n\r\n"


def chunked(body):
    return post(b"transfer-encoding: chunked", body=body)


LENGTHS = {
    "CL.TE": post(b"content-length: 5", b"transfer-encoding: chunked", body=CHUNKS),
    "TE.CL": post(b"transfer-encoding: chunked", b"content-length: 5", body=CHUNKS),
    "content-length twice": post(b"content-length: 0", b"content-length: 5", body=b"12345"),
    "content-length twice, the same": post(b"content-length: 5", b"content-length: 5",
                                           body=b"12345"),
    "content-length as a list": post(b"content-length: 5, 5", body=b"12345"),
    "content-length with a sign": post(b"content-length: +5", body=b"12345"),
    "content-length below 0": post(b"content-length: -5", body=b"12345"),
    "content-length in hexadecimals": post(b"content-length: 0x5", body=b"12345"),
    "content-length with a fraction": post(b"content-length: 5.0", body=b"12345"),
    "content-length beyond 64 bits": post(b"content-length: 18446744073709551621", body=b"12345"),
    "content-length with a space within": post(b"content-length: 1 0", body=b"12345"),
    "content-length without a number": post(b"content-length:", body=b""),
    "content-length with a letter": post(b"content-length: 5a", body=b"12345"),
}

CODINGS = {
    "TE.TE: chunked twice": post(b"transfer-encoding: chunked", b"transfer-encoding: chunked",
                                 body=CHUNKS),
    "TE.TE: another coding": post(b"transfer-encoding: gzip, chunked", body=CHUNKS),
    "chunked is not last": post(b"transfer-encoding: chunked, identity", body=CHUNKS),
    "identity": post(b"transfer-encoding: identity", body=b""),
    "xchunked": post(b"transfer-encoding: xchunked", body=CHUNKS),
    "chunked in quotes": post(b'transfer-encoding: "chunked"', body=CHUNKS),
    "chunked with a parameter": post(b"transfer-encoding: chunked;q=1", body=CHUNKS),
    "chunked behind a vertical tab": post(b"transfer-encoding: \x0bchunked", body=CHUNKS),
    "chunked behind NUL": post(b"transfer-encoding: \0chunked", body=CHUNKS),
    "transfer-encoding without a value": post(b"transfer-encoding:", body=CHUNKS),
    "transfer-encoding in HTTP/1.0": post(b"transfer-encoding: chunked", version=b"HTTP/1.0",
                                          body=CHUNKS),
}

LINES = {
    "space before the colon": post(b"content-length : 5", body=b"12345"),
    "tab before the colon": post(b"transfer-encoding\t: chunked", body=CHUNKS),
    "obs-fold": post(b"transfer-encoding:", b" chunked", body=CHUNKS),
    "obs-fold by a tab": get(b"x-a: b", b"\tcontent-length: 5"),
    "the first line folded": get(b" x-a: b", host=None),
    "bare LF behind the request line": get(start=b"GET /healthz HTTP/1.1\nx-a: b"),
    "bare LF in the fields": post(b"x-a: b\ncontent-length: 5", body=b"12345"),
    "bare CR in the fields": post(b"x-a: b\rcontent-length: 5", body=b"12345"),
    "bare LF for the empty line": b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\n",
    "NUL in a name": get(b"x\0a: b"),
    "NUL in a value": get(b"x-a: \0"),
    "a line without a colon": get(b"content-length"),
    "a line that begins with a colon": get(b": b"),
    "a name with a space in it": get(b"content length: 5"),
    "DEL in a value": get(b"x-a: \x7f"),
}

HOSTS = {
    "no host": get(host=None),
    "two hosts": get(b"host: elsewhere"),
    "two hosts, the same": get(b"host: localhost"),
    "an empty host": get(host=b"host:"),
    "a host with a space": get(host=b"host: local host"),
    "a host with a path": get(host=b"host: localhost/x"),
    "a host with a user": get(host=b"host: me@localhost"),
    "no host, no body's end": post(b"content-length: 5", host=None, body=b"12345"),
}

START_LINES = {
    "no version": get(start=b"GET /healthz"),
    "two spaces": get(start=b"GET  /healthz HTTP/1.1"),
    "a tab for the space": get(start=b"GET\t/healthz HTTP/1.1"),
    "a space behind the version": get(start=b"GET /healthz HTTP/1.1 "),
    "a space in the target": get(start=b"GET /health z HTTP/1.1"),
    "version http/1.1": get(start=b"GET /healthz http/1.1"),
    "version HTTP/1.1x": get(start=b"GET /healthz HTTP/1.1x"),
    "a target without a slash": get(start=b"GET healthz HTTP/1.1"),
    "a target with a fragment": get(start=b"GET /healthz#x HTTP/1.1"),
    "a target with a control character": get(start=b"GET /health\x01z HTTP/1.1"),
    "a method with a colon": get(start=b"GE:T /healthz HTTP/1.1"),
    "asterisk for GET": get(start=b"GET * HTTP/1.1"),
}

BODIES = {
    "a chunk's size with a sign": chunked(b"+5\r\n12345\r\n" + CHUNKS),
    "a chunk's size with 0x": chunked(b"0x5\r\n12345\r\n" + CHUNKS),
    "a chunk's size with a space before it": chunked(b" 5\r\n12345\r\n" + CHUNKS),
    "a chunk's size of no digits": chunked(b"\r\n12345\r\n" + CHUNKS),
    "a chunk's size beyond 64 bits": chunked(b"10000000000000005\r\n12345\r\n" + CHUNKS),
    "a chunk's size ends with LF": chunked(b"5\n12345\r\n" + CHUNKS),
    "a chunk ends with LF": chunked(b"5\r\n12345\n" + CHUNKS),
    "a chunk is longer than its size": chunked(b"4\r\n12345\r\n" + CHUNKS),
    "a chunk's extension with LF": chunked(b"5;a=\nb\r\n12345\r\n" + CHUNKS),
    "a trailer line without a colon": chunked(b"0\r\ntrailer\r\n\r\n"),
    "a trailer with bare LF": chunked(b"0\r\nx-a: b\nx-b: c\r\n\r\n"),
}

REQUESTS = {**LENGTHS, **CODINGS, **LINES, **HOSTS, **START_LINES, **BODIES}


def answers(address, request, patience=20.0):
    """The statuses of all that is answered to the request and what comes behind it; whether the
    server closed the connection."""
    said, closed = b"", False
    with socket.create_connection(address, timeout=patience) as client:
        with contextlib.suppress(OSError):
            client.sendall(request + BEHIND)
        with contextlib.suppress(TimeoutError):
            try:
                while piece := client.recv(65536):
                    said += piece
            except ConnectionError:
                pass
            closed = True
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", said)], closed
