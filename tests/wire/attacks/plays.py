"""How an attack is led: each of these makes a play, which is called with its scene."""

import itertools
import time

from support.h2_frames import ping

from .client import Scene, gathered, streams

MARK = ping(b"paced...")


def flood(frames, first=b"", deaf=False, begin=Scene.open):
    """Sends what `frames()` yields until the server has enough of it. `deaf`: without reading."""
    def play(scene):
        attacker = begin(scene)
        attacker.send(first)
        for piece in gathered(frames()):
            if not attacker.send(piece):
                break
            if not deaf:
                attacker.listen()
        settle(scene)
    return play


def again(frame):
    return lambda: itertools.repeat(frame)


def each(make):
    """One piece for each stream."""
    return lambda: (make(number) for number in streams())


def ids(at, count):
    """The streams of piece `at`, when each has so many; the first ones are left for others."""
    return range(2 * at * count + 3, 2 * (at + 1) * count + 3, 2)


def paced(piece, first=b"", pieces=2**31):
    """Sends a piece, waits until it was dealt with, and sends the next: never more at once than a
    server takes, but without a pause. `piece(n)` for n = 0, 1, …"""
    def play(scene):
        attacker = scene.open()
        attacker.send(first)
        for number in range(pieces):
            attacker.heard = b""
            if not attacker.send(piece(number) + MARK):
                break
            while MARK[9:] not in attacker.heard and not attacker.ended and not scene.over():
                attacker.listen(0.01)
        settle(scene)
    return play


def hold(data, dribble=b"", greet=True, every=0.05, count=1):
    """Sends, then a byte of `dribble` now and then, and reads whatever is said."""
    def play(scene):
        held = [scene.open() if greet else scene.bare(("h2",)) for _ in range(count)]
        for attacker in held:
            attacker.send(data)
        rest = dribble
        while not scene.over() and not all(attacker.ended for attacker in held):
            for attacker in held:
                attacker.send(rest[:1])
                attacker.listen()
            rest = rest[1:]
            time.sleep(every)
        settle(scene)
    return play


def stall(data, count=1):
    """Sends, and reads nothing for as long as it may."""
    def play(scene):
        held = [scene.open() for _ in range(count)]
        for attacker in held:
            attacker.send(data)
        while not scene.over() and not all([attacker.closed(0.02) for attacker in held]):
            pass
        settle(scene)
    return play


def settle(scene, seconds=0.1):
    """What the server has said is read, so that a GOAWAY is seen; of a scene that has sent all of
    its bytes for as long as it has time, since the server may have yet to come to them."""
    deadline = max(time.monotonic() + seconds, scene.deadline if scene.spent() else 0.0)
    for attacker in scene.attackers:
        while not attacker.ended and time.monotonic() < deadline:
            attacker.listen(0.02)
        if attacker.ended and attacker.code is None:
            attacker.listen()
