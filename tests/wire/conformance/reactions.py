"""What a server may do about what it was sent. Each is a step of a case: called with its peer, it
waits for that reaction and fails at any other."""

import contextlib
import time

from support.h2_frames import ACK, END_HEADERS, END_STREAM, Code, Kind, Setting, headers


def _end(peer):
    deadline = time.monotonic() + peer.patience
    while peer.read(deadline):
        pass
    assert peer.ended, f"the connection stayed open after GOAWAY {peer.goaway}; {peer.told()}"
    peer.may_end = True


def connection_error(*codes, last_stream=None):
    """GOAWAY with one of the codes, then the connection's end (RFC 9113 §5.4.1)."""
    def check(peer):
        _end(peer)
        assert peer.goaway, f"no GOAWAY before the end; {peer.told()}"
        assert peer.goaway[1] in codes, f"GOAWAY {peer.goaway}; {peer.told()}"
        assert last_stream in (None, peer.goaway[0]), f"GOAWAY {peer.goaway}"
    return check


def stream_error(stream, *codes, alone=False):
    """RST_STREAM with one of the codes (RFC 9113 §5.4.2); or, unless `alone`, the same as a
    connection error, as which it may always be treated (§5.4.1)."""
    def check(peer):
        deadline = time.monotonic() + peer.patience
        while not peer.goaway:
            for frame in peer.frames:
                assert frame.stream != stream or frame.kind != Kind.HEADERS, f"answered: {frame}"
                if frame.kind == Kind.RST_STREAM and frame.stream == stream:
                    assert frame.number() in codes, f"{Code(frame.number()).name}; {peer.told()}"
                    peer.frames.remove(frame)
                    return
            assert peer.read(deadline) or peer.goaway, f"no error; {peer.told()}"
        assert not alone, f"GOAWAY {peer.goaway} for one stream's fault; {peer.told()}"
        connection_error(*codes)(peer)
    return check


def end(peer):
    """The connection's end, whatever is said before, in whatever protocol."""
    peer.socket.settimeout(peer.patience)
    with contextlib.suppress(ConnectionError):
        while peer.socket.recv(65536):
            pass
    peer.may_end = True


def graceful_end(peer):
    """The connection's end without an error."""
    _end(peer)
    assert peer.goaway is None or peer.goaway[1] == Code.NO_ERROR, f"GOAWAY {peer.goaway}"


def _of(stream, kind):
    def is_it(frame):
        assert frame.stream != stream or frame.kind != Kind.RST_STREAM, f"reset: {frame}"
        return frame.stream == stream and frame.kind == kind
    return is_it


def head(stream, status=200):
    """The head of the answer, a body follows."""
    def check(peer):
        frame = peer.take(_of(stream, Kind.HEADERS), f"the head of stream {stream}")
        assert frame.payload[":status"] == str(status) and not frame.has(END_STREAM), frame
    return check


def rest(stream):
    """The body until its end, of one byte at least."""
    def check(peer):
        size, ended = 0, False
        while not ended:
            frame = peer.take(_of(stream, Kind.DATA), f"the body of stream {stream}")
            size, ended = size + len(frame.payload), frame.has(END_STREAM)
        assert size > 0, "an empty body"
    return check


def answer(stream, status=200):
    def check(peer):
        head(stream, status)(peer)
        rest(stream)(peer)
    return check


def bare_head(stream, status=200):
    """An answer without a body."""
    def check(peer):
        frame = peer.take(_of(stream, Kind.HEADERS), f"the answer on stream {stream}")
        assert frame.payload[":status"] == str(status) and frame.has(END_STREAM), frame
    return check


def bytes_of(stream, count):
    """The next DATA frame, which is not the body's last, has so many bytes."""
    def check(peer):
        frame = peer.take(_of(stream, Kind.DATA), f"{count} bytes of stream {stream}")
        assert len(frame.payload) == count and not frame.has(END_STREAM), frame
    return check


def silence(kind):
    """Nothing of this kind was sent, nor is."""
    def check(peer):
        peer.round_trip()
        assert all(frame.kind != kind for frame in peer.frames), peer.told()
    return check


def settings(peer):
    """The first frame of all is the server's SETTINGS (RFC 9113 §3.4)."""
    peer.take(lambda frame: True, "SETTINGS")
    assert peer.settings, peer.told()


def settings_ack(peer):
    peer.take(lambda frame: frame.kind == Kind.SETTINGS and frame.has(ACK), "SETTINGS' ack")


def pong(opaque):
    def check(peer):
        frame = peer.take(lambda frame: frame.kind == Kind.PING, "a PING's ack")
        assert frame.has(ACK) and frame.payload == opaque, frame
    return check


def one_stream_too_many(block):
    """Opens one more stream than the server said it takes; none of them ends."""
    def check(peer):
        last = 2 * peer.settings[Setting.MAX_CONCURRENT_STREAMS] + 1
        peer.send(b"".join(headers(n, block, END_HEADERS) for n in range(1, last + 1, 2)))
        stream_error(last, Code.PROTOCOL_ERROR, Code.REFUSED_STREAM)(peer)
    return check
