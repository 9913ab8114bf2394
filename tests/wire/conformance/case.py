"""A case: what it is about, and its steps, one after the other. Bytes are sent; anything else is
called with the peer and checks a reaction."""

import collections

from support.h2_frames import Kind

from .peer import Peer

Case = collections.namedtuple("Case", "section what steps")


def case(section, what, *steps):
    return Case(section, what, steps)


def BARE(_):
    """As the first step: the connection is not greeted, the case sends the preface itself."""


def run(one, address, secure, **options):
    """Fails unless the server reacts as the case demands, and goes on serving if it may."""
    with Peer(address, secure, **options) as peer:
        if one.steps[0] is not BARE:
            peer.greet()
        for step in one.steps:
            if isinstance(step, bytes):
                peer.send(step)
            else:
                step(peer)
        if not peer.may_end:
            peer.round_trip()
            assert all(frame.kind != Kind.RST_STREAM for frame in peer.frames), peer.told()
