"""A server that greets gateways as Redis does, with an empty log, and then says what tests want."""

import contextlib
import itertools
import socket
import threading
import time

EPOCH = b"00000007"
# Words of the script that writes notes in front of the first of them.
NOTE_FRONT = 8
INFO = b"redis_version:7.0.0\r\nrun_id:" + b"a" * 40 + b"\r\nrole:master\r\n"


class FakeRedis:
    """On a free loopback port. `greeting`: instead of the next answer to INFO. `standing`: newest
    and oldest seq of its log. `kept`: what it says that nodes said to keep. `noted`: the answer to
    the script that writes notes. `latest`: the newest events of boards, as encoded by `value`, and
    `notes`: notes, as encoded by `note`; `scans` (cursor, count) what was asked of them, by their
    names; where `refuses` is true of both, the connection is cut."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "redis://127.0.0.1:{}".format(self._listener.getsockname()[1])
        self.greeting = None
        self.standing = 0, 1
        self.kept = b""
        self.noted = _list()
        self.latest, self.notes = [], []
        self.scans, self.refuses = {"latest": [], "notes": []}, lambda cursor, count: False
        self._speaks = threading.Lock()
        self._all = []
        self._made = {"commands": [], "channel": []}
        threading.Thread(target=self._accept, daemon=True).start()

    def count(self, kind):
        """How many connections of that kind there have been."""
        return len(self._made[kind])

    def say(self, kind, parts):
        """Sends pieces over the newest connection of that kind, until all are gone or the gateway
        has cut it; how many bytes went out. Nobody is answered meanwhile."""
        connection = self._made[kind][-1]
        sent = 0
        with self._speaks, contextlib.suppress(OSError):
            for part in parts:
                connection.sendall(part)
                sent += len(part)
        return sent

    def close(self):
        for one in [self._listener, *self._all]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._all.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        queued = None  # answers, in a transaction
        with contextlib.suppress(OSError, ValueError), connection.makefile("rb") as file:
            while words := _command(file):
                name = words[0].upper()
                if name == b"MULTI":
                    answer, queued = b"+OK\r\n", []
                elif name == b"EXEC":
                    answer, queued = _list(*queued), None
                elif queued is not None:
                    queued.append(self._answer(connection, words))
                    answer = b"+QUEUED\r\n"
                else:
                    answer = self._answer(connection, words)
                with self._speaks:
                    connection.sendall(answer)

    def _answer(self, connection, words):
        name = words[0].upper()
        if name == b"INFO":
            answer, self.greeting = self.greeting or _bulk(INFO), None
            return answer
        if name == b"SCRIPT":
            self._made["commands"].append(connection)
            return _bulk(b"b" * 40)
        if name == b"SUBSCRIBE":
            if connection not in self._made["channel"]:
                self._made["channel"].append(connection)
            return _list(_bulk(b"subscribe"), _bulk(words[1]), b":1\r\n")
        if name == b"EVALSHA":
            now = b":%d\r\n" % int(time.time() * 1000)
            newest, oldest = (b":%d\r\n" % seq for seq in self.standing)
            return _list(_bulk(EPOCH), newest, now, oldest, b":0\r\n", _bulk(self.kept))
        if name == b"EVAL" and words[3].endswith(b":notes") and len(words) > NOTE_FRONT:
            return self.noted
        if name == b"HGET":
            return _bulk(EPOCH)
        if name == b"TIME":
            return _list(_bulk(b"%d" % int(time.time())), _bulk(b"0"))
        if name == b"HSCAN":
            name = words[1].decode().rpartition(":")[2]
            return self._scan(connection, name, int(words[2]), int(words[4]))
        return _list()

    def _scan(self, connection, name, cursor, count):
        values = getattr(self, name)
        if values:
            self.scans[name].append((cursor, count))
            if self.refuses(cursor, count):
                connection.shutdown(socket.SHUT_RDWR)
        portion = values[cursor:cursor + count]
        following = cursor + count if cursor + count < len(values) else 0
        return _list(_bulk(b"%d" % following), _list(*map(_bulk, itertools.chain(*portion))))


def message(*words):
    """A list of texts, as messages are; numbers are numbers, None is nil."""
    return _list(*(b"$-1\r\n" if word is None else b":%d\r\n" % word if isinstance(word, int)
                   else _bulk(word) for word in words))


def value(board, seq):
    """The newest event of that board, as the script writes it."""
    sized = (b"%d:%b" % (len(text), text) for text in (board, b"", b"text", b"x"))
    return board, b"%d %d\n" % (seq, time.time() * 1000) + b"".join(sized)


def note(key, value):
    """A note that lives for a minute, as the script stores it."""
    return key, b"1 %d 0:%b" % (time.time() * 1000 + 60_000, value)


def _command(file):
    line = file.readline()
    if not line.endswith(b"\r\n"):
        return None
    return [file.read(int(file.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]


def _bulk(text):
    return b"$%d\r\n%b\r\n" % (len(text), text)


def _list(*parts):
    return b"*%d\r\n" % len(parts) + b"".join(parts)
