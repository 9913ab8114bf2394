"""Ports for servers that have to be told one. As a program, for tests in another language: prints
as many as it is told, in one line, and holds them until its input ends."""

import socket
import sys


def reserve():
    """A socket that is bound to a free port of loopback, and does not listen: nobody else is given
    this port, whoever comes is refused, and a server (with SO_REUSEADDR) can still take it, again
    and again."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


if __name__ == "__main__":
    held = [reserve() for _ in range(int(sys.argv[1]))]
    print(*(one.getsockname()[1] for one in held), flush=True)
    sys.stdin.read()
