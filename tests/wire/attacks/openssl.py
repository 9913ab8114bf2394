"""What Python's ssl does not do with a connection: KeyUpdate and renegotiation, by OpenSSL."""

import ctypes
import ctypes.util

_SSL = ctypes.CDLL(ctypes.util.find_library("ssl"))
for _name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
    getattr(_SSL, _name).restype = ctypes.c_void_p

_VERSION_SETTERS = (123, 124)  # SSL_CTRL_SET_MIN_PROTO_VERSION, …_MAX_…
TLS1_2, TLS1_3 = 0x0303, 0x0304
_REQUESTED = 1


class Connection:
    """A client's end of TLS on a connected, blocking socket, verified by nobody."""

    def __init__(self, raw, version, alpn=b"\2h2"):
        self._raw = raw
        self._context = ctypes.c_void_p(_SSL.SSL_CTX_new(ctypes.c_void_p(_SSL.TLS_client_method())))
        for setter in _VERSION_SETTERS:
            _SSL.SSL_CTX_ctrl(self._context, setter, ctypes.c_long(version), None)
        self._ssl = ctypes.c_void_p(_SSL.SSL_new(self._context))
        _SSL.SSL_set_alpn_protos(self._ssl, alpn, len(alpn))
        _SSL.SSL_set_fd(self._ssl, raw.fileno())
        if _SSL.SSL_connect(self._ssl) != 1:
            raise ConnectionError("cut within its handshake")

    def write(self, data):
        return _SSL.SSL_write(self._ssl, data, len(data)) == len(data)

    def update_key(self):
        """Asks for an update of the other side, too (RFC 8446 §4.6.3). False: it is over."""
        return (_SSL.SSL_key_update(self._ssl, _REQUESTED) == 1
                and _SSL.SSL_do_handshake(self._ssl) == 1)

    def renegotiate(self):
        """Whether the server does it."""
        return (_SSL.SSL_renegotiate(self._ssl) == 1 and _SSL.SSL_do_handshake(self._ssl) == 1
                and _SSL.SSL_renegotiate_pending(self._ssl) == 0)

    def free(self):
        _SSL.SSL_free(self._ssl)
        _SSL.SSL_CTX_free(self._context)
