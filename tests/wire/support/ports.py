"""Ports for servers that have to be told one."""

import socket


def reserve():
    """A socket that is bound to a free port of loopback, and does not listen: nobody else is given
    this port, whoever comes is refused, and a server (with SO_REUSEADDR) can still take it, again
    and again."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved
