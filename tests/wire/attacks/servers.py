"""The servers that are attacked: the gateway, and Debian's nghttpd, nginx and HAProxy. All of them
serve in one process, on one thread where that can be chosen, so that the healthy client meets what
the attackers do, and give their clients about a second where they have a limit of time."""

import http.client
import os
import re
import signal
import socket
import subprocess
import tempfile

from support.ports import reserve
from support.process import ROOT, Gateway, wait_for

CERTIFICATE, KEY = (os.path.join(ROOT, "certs", name) for name in ("dev.crt", "dev.key"))
LISTEN = {"listen": ["https://127.0.0.1:0", "h2c://127.0.0.1:0", "http://127.0.0.1:0"],
          "workers": 1}


def hasty(pace):
    """A configuration whose limits of time are about `pace` seconds. A body reaches its limit
    before that, also byte by byte."""
    def ms(part):
        return f"{1000 * part * pace:.0f}ms"
    longest = ms(max(1.0, 1 / pace))  # above the others, and no less than a second
    return {
        "server": LISTEN,
        "limits": {"header_timeout": ms(0.8), "body_timeout": ms(0.8), "response_stall": ms(0.8),
                   "idle_timeout": longest, "handshake_timeout": longest, "body_bytes": "128KiB"},
        "http2": {"ping_interval": ms(1), "ping_timeout": ms(0.7)},
        "stream": {"stall": ms(0.8), "heartbeat": ms(0.3)},
    }


class Boardcast:
    title = "boardcast"

    def __init__(self, config=None):
        self.gateway = Gateway(config or hasty(1))
        self.pid = self.gateway.process.pid

    def address(self, secure):
        return self.gateway.address("https" if secure else "h2c")

    def metrics(self):
        """What /metrics says."""
        connection = http.client.HTTPConnection(*self.gateway.address("http", "admin"), timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def counters(self):
        """Samples of counters and what they have counted."""
        return {name: float(value) for name, value in
                re.findall(r"^(\w+_total(?:{.*?})?) (\S+)$", self.metrics(), re.MULTILINE)}

    def stop(self):
        return self.gateway.stop()


class Peer:
    """Another server; `command(folder, port)` makes its files and says how it is started."""

    def __init__(self, title, command):
        self.title = title
        self._folder = tempfile.TemporaryDirectory()
        with reserve() as reserved:
            self.port = reserved.getsockname()[1]
            self.process = subprocess.Popen(
                command(self._folder.name, self.port), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder.name)
            self.pid = self.process.pid
            wait_for(self._accepts, f"the listener of {title}")

    def _accepts(self):
        assert self.process.poll() is None, f"{self.title} ended"
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def address(self, _):
        return "127.0.0.1", self.port

    def counters(self):
        return {}

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self._folder.cleanup()


def _files(folder):
    """What the requests of the attacks ask for: a short answer, and one that has no end soon."""
    for name, size in (("healthz", 5), ("events", 4 * 1024 * 1024)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"x" * size)


def nghttpd(folder, port):
    _files(folder)
    return ["/usr/sbin/nghttpd", "-d", folder, "-a", "127.0.0.1", str(port), KEY, CERTIFICATE]


NGINX = """
pid nginx.pid; daemon off; master_process off; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 1s; client_header_timeout 1s; client_body_timeout 1s; send_timeout 1s;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        root {folder};
        error_page 405 =200 $uri;
    }}
}}
"""


def nginx(folder, port):
    _files(folder)
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(port=port, folder=folder, certificate=CERTIFICATE, key=KEY))
    return ["/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"]


HAPROXY = """
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout server 30s
    timeout client 1s
    timeout http-request 1s
    timeout http-keep-alive 1s
frontend attacked
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem alpn h2,http/1.1
    http-request return status 200 content-type text/plain string short if {{ path /healthz }}
    default_backend gateway
backend gateway
    server one {behind}
"""


class Haproxy(Peer):
    """In front of a gateway, whose own limits are for requests alone."""

    def __init__(self):
        self.gateway = Gateway({"server": {"listen": ["http://127.0.0.1:0"], "workers": 1}})
        super().__init__("HAProxy", self._command)

    def _command(self, folder, port):
        with open(os.path.join(folder, "both.pem"), "w", encoding="ascii") as both:
            for name in (CERTIFICATE, KEY):
                with open(name, encoding="ascii") as file:
                    both.write(file.read())
        behind = "%s:%d" % self.gateway.address("http")
        with open(os.path.join(folder, "haproxy.cfg"), "w", encoding="utf-8") as file:
            file.write(HAPROXY.format(port=port, folder=folder, behind=behind))
        return ["/usr/sbin/haproxy", "-db", "-f", f"{folder}/haproxy.cfg"]

    def stop(self):
        super().stop()
        self.gateway.stop()


PEERS = {
    "nghttpd": lambda: Peer("nghttpd", nghttpd),
    "nginx": lambda: Peer("nginx", nginx),
    "haproxy": Haproxy,
}
