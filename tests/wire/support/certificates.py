"""Certificates of a test's own, and which one a gateway serves."""

import os
import socket
import ssl
import subprocess


def make_certificate(folder, name, days=2):
    key, certificate = str(folder / f"{name}.key"), str(folder / f"{name}.crt")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", str(days), "-subj", f"/CN={name}", "-addext",
         f"subjectAltName=DNS:{name},DNS:*.{name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=30)
    return {"cert": certificate, "key": key}


def expire(files):
    """Signs it anew with an end that was yesterday, which `openssl req` would not."""
    subprocess.run(["openssl", "x509", "-in", files["cert"], "-signkey", files["key"], "-days",
                    "-1", "-out", files["cert"]], check=True, capture_output=True, timeout=30)
    return files


def replace(files, by):
    """Puts one pair in the place of another, as renewal does: each file whole, key first."""
    for name in ("key", "cert"):
        with open(by[name], "rb") as source, open(files[name] + ".new", "wb") as target:
            target.write(source.read())
        os.replace(files[name] + ".new", files[name])


def served(address, name="localhost"):
    """The subject that a new connection meets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(address, timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname=name) as tls:
            return tls.getpeercert(binary_form=True)


def der(files):
    """What `served` gives for this pair."""
    with open(files["cert"], encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())
