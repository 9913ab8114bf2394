"""A server that publishes keys by https, as an identity provider does."""

import http.server
import json
import ssl
import threading

from .process import CA, DEFAULTS


class KeyServer:
    """`keys` is what it publishes; `answer`, when set, (status, body) in their place."""

    def __init__(self, port=0, tls=True):
        self.keys, self.answer, self.asked = [], None, 0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked += 1
                body = json.dumps({"keys": owner.keys}).encode()
                status, body = owner.answer or (200, body)
                self.send_response(status)
                if status == 302:
                    self.send_header("location", body.decode())
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if tls:
            pair = DEFAULTS["tls"]["certificates"][0]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair["cert"], pair["key"])
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def config(server, **more):
    """Of a gateway that asks it every second."""
    return {"auth": {"mode": "jwt", "jwks": server.url, "jwks_ca": CA, "jwks_refresh": "1s",
                     **more}}
