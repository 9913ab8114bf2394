"""Tokens for a gateway under test, made here with a secret that only the test and it know."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

from support.process import PROGRAM


def encode(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(secret, claims, header=None):
    text = encode(header or {"alg": "HS256", "typ": "JWT"}) + "." + encode(claims)
    return text + "." + encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())


class Issuer:
    """`config(…)` is what a gateway needs to know of it; `token(…)` one of its tokens."""

    def __init__(self, folder):
        self.secret = os.urandom(32).hex().encode()
        self.file = os.path.join(str(folder), "hs256.key")
        with open(self.file, "wb") as file:
            file.write(self.secret + b"\n")

    def config(self, **more):
        return {"mode": "jwt", "keys": [{"file": self.file, "algorithm": "HS256"}], **more}

    def token(self, subscribe=(), publish=(), subject=None, ttl=60, **claims):
        claims = {"exp": time.time() + ttl,
                  "boards": {"subscribe": list(subscribe), "publish": list(publish)}, **claims}
        if subject:
            claims["sub"] = subject
        return sign(self.secret, claims)


class Pair:
    """A pair of keys of P-256 and the name by which tokens call it."""

    def __init__(self, folder, kid):
        self.kid, self.file = kid, os.path.join(str(folder), f"{kid}.pem")
        command("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", self.file)

    def jwk(self):
        """A member of a JWK Set."""
        der = command("openssl", "ec", "-in", self.file, "-pubout", "-outform", "DER")
        return {"kty": "EC", "crv": "P-256", "kid": self.kid,
                "x": encode(der[-64:-32]), "y": encode(der[-32:])}

    def token(self, subscribe, *more):
        """`more`: further words of `boardcast token`."""
        return command(PROGRAM, "token", "--key", self.file, "--kid", self.kid,
                       "--subscribe", subscribe, *more).decode().strip()


def command(*words):
    return subprocess.run(words, check=True, capture_output=True, timeout=30).stdout


def bearer(token):
    """For curl."""
    return ["-H", f"authorization: Bearer {token}"]


def secret_jwk(secret, kid):
    """A member of a JWK Set, for HS256."""
    return {"kty": "oct", "alg": "HS256", "kid": kid, "k": encode(secret)}
