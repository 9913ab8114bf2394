"""Debian's nginx and HAProxy on loopback ports, with the settings that config/README.md shows."""

import os
import re
import socket
import subprocess
import threading

from support.ports import reserve
from support.process import ROOT, wait_for

NGINX = """
pid nginx.pid;
{module}
events {{ worker_connections 256; }}
{body}
"""

# An operator's http {} at its worst: compresses every type and believes no x-accel-buffering.
NGINX_HTTP = """
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    gzip on;
    gzip_types *;
    proxy_ignore_headers X-Accel-Buffering;
    {block}
}}
"""

HAPROXY = """
global
    log stdout format raw local0
defaults
    log global
    {options}
{block}
"""

# Here, too, an operator's defaults compress what they may.
HAPROXY_HTTP = "option httplog\n    compression algo gzip\n    compression type text/event-stream"


def block(title):
    """The fenced block of config/README.md whose first line is the comment `# title…`."""
    with open(os.path.join(ROOT, "config", "README.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Proxies in front\n")[1].split("\n## ")[0]
    found = [text for text in re.findall(r"^```\w+\n(.*?)^```$", section, re.M | re.S)
             if text.startswith(f"# {title}")]
    assert len(found) == 1, f"{len(found)} blocks begin with # {title}"
    return found[0]


def replaced(text, table):
    """`text` with every value of `table` in the place of its key, each of which must be there."""
    for old, new in table.items():
        assert old in text, f"{old!r} is not in\n{text}"
        text = text.replace(old, new)
    return text


def nginx(text, folder):
    """(configuration, command) of an nginx with this block, in one process."""
    if re.search(r"^stream \{", text, re.M):
        module, body = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;", text
    else:
        module, body = "", NGINX_HTTP.format(block=text)
    return NGINX.format(module=module, body=body), [
        "/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/proxy.conf",
        "-g", "daemon off; master_process off; error_log stderr info;"]


def haproxy(text, folder):
    """(configuration, command) of a HAProxy with this block, in the foreground."""
    options = "option tcplog" if "mode tcp" in text else HAPROXY_HTTP
    return HAPROXY.format(options=options, block=text), [
        "/usr/sbin/haproxy", "-db", "-f", f"{folder}/proxy.conf"]


class Running:
    """One running nginx or HAProxy; `folder` is its own. What it says is in `lines`.

    `kind`: nginx or haproxy of this file; `written(port)`: its block.
    """

    def __init__(self, kind, written, folder):
        self.lines = []
        with reserve() as reserved:
            self.port = reserved.getsockname()[1]
            text, command = kind(written(self.port), str(folder))
            (folder / "proxy.conf").write_text(text, encoding="utf-8")
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            wait_for(self._accepts, f"the listener of {kind.__name__}")

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _accepts(self):
        assert self.process.poll() is None, "the proxy ended:\n" + "\n".join(self.lines)
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, path=""):
        return f"https://localhost:{self.port}{path}"

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self._reader.join(5)
        self.process.stdout.close()


class Proxy(Running):
    """As config/README.md shows. `table` says what replaces the values of the block; a `{port}` in
    it becomes that of the proxy, other names in braces come from `places`."""

    def __init__(self, title, table, places, folder):
        def written(port):
            values = {old: new.format(port=port, **places) for old, new in table.items()}
            return replaced(block(title), values)
        super().__init__(nginx if title.startswith("nginx") else haproxy, written, folder)
