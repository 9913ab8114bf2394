"""Certificates of a test's own, which one a gateway serves, and those of its clients."""

import os
import socket
import ssl
import subprocess
import time


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


class Authority:
    """A CA of clients, and certificates that it makes out."""

    def __init__(self, folder, name="clients"):
        self.folder = folder / name
        self.folder.mkdir()
        self.key, self.file = str(self.folder / "ca.key"), str(self.folder / "ca.crt")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out",
                      self.file)
        (self.folder / "index.txt").touch()
        self.config = str(self.folder / "ca.cnf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write("[ca]\ndefault_ca=it\n[it]\npolicy=any\ndefault_md=sha256\nrand_serial=yes\n"
                       "unique_subject=no\ncopy_extensions=copy\n[any]\ncommonName=supplied\n"
                       f"[it]\ndatabase={self.folder}/index.txt\nnew_certs_dir={self.folder}\n")

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)

    def issue(self, name, alternatives=None, usage="clientAuth", ttl=3600):
        """(certificate, key) with these alternatives ("DNS:" and the name), good for `ttl` s."""
        base = str(self.folder / f"{name}-{len(os.listdir(self.folder))}")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-subj", f"/CN={name}", "-keyout", base + ".key", "-out",
                      base + ".csr", "-addext", f"subjectAltName={alternatives or 'DNS:' + name}",
                      "-addext", f"extendedKeyUsage={usage}")
        begins, ends = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(moment))
                        for moment in (time.time() - 3600, time.time() + ttl))
        self._openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.file,
                      "-keyfile", self.key, "-startdate", begins, "-enddate", ends, "-in",
                      base + ".csr", "-out", base + ".crt")
        return base + ".crt", base + ".key"
