# SPDX-License-Identifier: BSL-1.0
"""What the two copies share: a small HTTP server, whose tokens are read and not checked."""
import base64
import datetime
import http.server
import json
import signal
import sys


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def database_file():
    return option("--database").removeprefix("sqlite:///")


def iso(moment=None):
    moment = moment or datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def serve(answer):
    """`answer(method, path, query, body, claims, peer)` gives a status, a body and headers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            payload = (self.headers.get("Authorization") or "..").split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "==") or b"{}")
            path, _, query = self.path.partition("?")
            status, given, *headers = answer(self.command, path, query, body, claims,
                                             self.client_address[0])
            text = json.dumps(given).encode()
            self.send_response(status)
            for name, value in [("Content-Type", "application/json"),
                                ("Content-Length", str(len(text))), *headers]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = handle_one

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(option("--port"))), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
