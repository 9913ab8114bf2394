"""auth.jwks by https: fetched, kept while it fails, followed when it changes."""
# ctest: PROCESSORS 1

import http.server
import json
import ssl
import threading
import time

import pytest

from support.process import CA, DEFAULTS, Gateway, fetch, wait_for
from support.tokens import Issuer, bearer, secret_jwk, sign

FETCHED = "boardcast_key_sets_fetched_total"
FAILED = "boardcast_key_set_failures_total"
VERIFIED = "boardcast_tokens_verified_total"


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


@pytest.fixture
def publish_keys():
    running = []

    def begin(*words, **options):
        running.append(KeyServer(*words, **options))
        return running[-1]

    yield begin
    for server in running:
        server.close()


def config(server, **more):
    return {"auth": {"mode": "jwt", "jwks": server.url, "jwks_ca": CA, "jwks_refresh": "1s",
                     **more}}


def token(secret, kid):
    return bearer(sign(secret, {"exp": time.time() + 60, "boards": {"subscribe": ["a"]}},
                       {"alg": "HS256", "kid": kid}))


def status(gateway, options):
    return fetch(gateway.url("/events?boards=a"), "--head", *options).status


OLD, NEW = b"o" * 32, b"n" * 32


def test_keys_are_followed_and_kept_when_their_server_is_gone(start, publish_keys):
    server = publish_keys()
    server.keys = [secret_jwk(OLD, "old")]
    gateway = start(config(server))
    old, new = token(OLD, "old"), token(NEW, "new")
    assert (status(gateway, old), status(gateway, new)) == (200, 401)
    server.keys = [secret_jwk(OLD, "old"), secret_jwk(NEW, "new")]
    wait_for(lambda: status(gateway, new) == 200, "the new key")
    assert status(gateway, old) == 200
    server.keys = [secret_jwk(NEW, "new")]
    wait_for(lambda: status(gateway, old) == 401, "the old key's end, though it was remembered")
    server.close()
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert status(gateway, new) == 200
    assert gateway.messages("auth.jwks: no keys came; those of before hold")
    again = publish_keys(server.port)
    again.keys = [secret_jwk(OLD, "old")]
    wait_for(lambda: status(gateway, old) == 200, "that it is asked again", 30)
    assert gateway.metric("boardcast_key_set_age_seconds") < 30


@pytest.mark.parametrize("answer", [
    (200, b"not keys"), (200, b'{"keys":[]}'), (404, b"{}"), (500, b""), (200, b" " * 2_000_000),
    (200, json.dumps({"keys": [secret_jwk(b"short", "weak")]}).encode()),
    (302, b"http://127.0.0.1:1/keys"), (302, b"file:///etc/passwd")])
def test_what_is_no_set_of_good_keys_changes_nothing(start, publish_keys, answer):
    server = publish_keys()
    server.keys = [secret_jwk(OLD, "old")]
    gateway = start(config(server))
    server.answer = answer
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert status(gateway, token(OLD, "old")) == 200


def test_the_same_keys_again_forget_no_verified_token(start, publish_keys):
    server = publish_keys()
    server.keys = [secret_jwk(OLD, "old")]
    gateway = start(config(server))
    known = token(OLD, "old")
    before, asked = gateway.metric(VERIFIED), gateway.metric(FETCHED)
    assert status(gateway, known) == 200
    wait_for(lambda: gateway.metric(FETCHED) >= asked + 2, "two more times")
    for _ in range(4):
        assert status(gateway, known) == 200
    assert gateway.metric(VERIFIED) - before <= 2, "once for each worker"


def test_a_token_of_an_unknown_key_asks_sooner_and_not_often(start, publish_keys):
    server = publish_keys()
    server.keys = [secret_jwk(OLD, "old")]
    gateway = start(config(server, jwks_refresh="1h"))
    assert server.asked == 1
    server.keys.append(secret_jwk(NEW, "new"))
    for n in range(50):
        assert status(gateway, token(b"x" * 32, f"guessed-{n}")) == 401
    wait_for(lambda: status(gateway, token(NEW, "new")) == 200, "the new key", 20)
    assert server.asked <= 3


def test_a_start_without_its_server_serves_what_needs_none(start, publish_keys, tmp_path):
    issuer = Issuer(tmp_path)
    server = publish_keys()
    server.answer = (503, b"")
    gateway = start(config(server, keys=issuer.config()["keys"]))
    own = bearer(issuer.token(["a"]))
    assert (status(gateway, own), status(gateway, token(OLD, "old"))) == (200, 401)
    assert gateway.metric("boardcast_key_set_age_seconds") == -1
    server.keys, server.answer = [secret_jwk(OLD, "old")], None
    wait_for(lambda: status(gateway, token(OLD, "old")) == 200, "its keys", 30)
    assert status(gateway, own) == 200


def test_a_server_that_nobody_vouches_for_gives_no_keys(start, publish_keys):
    server = publish_keys()
    server.keys = [secret_jwk(OLD, "old")]
    gateway = start(config(server, jwks_ca=""))
    assert gateway.metric(FAILED) >= 1 and gateway.metric(FETCHED) == 0
    assert status(gateway, token(OLD, "old")) == 401


def test_a_server_that_says_nothing_holds_up_no_end():
    silent = http.server.socketserver.TCPServer(("127.0.0.1", 0), None, bind_and_activate=True)
    config = {"auth": {"mode": "jwt", "jwks": f"https://127.0.0.1:{silent.server_address[1]}/"}}
    began = time.monotonic()
    gateway = Gateway(config)
    assert time.monotonic() - began < 15
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 6
    silent.server_close()
