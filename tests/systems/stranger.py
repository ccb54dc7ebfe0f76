# SPDX-License-Identifier: BSL-1.0
"""Drives a built program as a stranger does: by its options, its signals and its sockets.

    from stranger import Server, equal, main, token

    def test_a_health_check_needs_no_token(place):
        with Server(place, "admin_engine", env={"JWT_SECRET": SECRET}) as server:
            equal(server.get("/health").status, 200)

    if __name__ == "__main__":
        sys.exit(main(__name__, "systems.admin_engine"))

A test is a function whose name begins with `test_`. It runs once for each database: an SQLite file
in a folder of its own, and a schema of its own in the PostgreSQL that SYNCFW_TEST_POSTGRES names.
One that doesn't look at the database is marked `@once`. Everything here is of Python's standard
library, but for the programs `openssl` (keys of RS256) and `psql` (fresh schemas).
"""
import base64
import contextlib
import gzip
import hashlib
import hmac
import http.client
import inspect
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

PATIENCE = 60  # Seconds: for machines with much to do. What works doesn't wait.


# --- what is found ------------------------------------------------------------------------------

def expect(holds, what, seen=None):
    if not holds:
        raise AssertionError(what if seen is None else f"{what}; seen: {shortened(seen)}")


def equal(seen, wanted, what="it"):
    expect(seen == wanted, f"{what} should be {shortened(wanted)}", repr(seen))


def shortened(value, most=1500):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else text[:most] + " …"


def wait_for(condition, what):
    """Gives what the condition gives, once that is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


# --- tokens -------------------------------------------------------------------------------------

def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def packed(part):
    return base64url(json.dumps(part, separators=(",", ":")).encode())


def claims(tenant=None, subject="user-1", seconds=3600, **more):
    made = {"sub": subject, "exp": int(time.time()) + seconds, **more}
    if tenant is not None:
        made["tenant_id"] = tenant
    return made


def token(secret, said, algorithm="HS256", **header):
    """A token with an HMAC of the secret; `algorithm` is only what it says of itself."""
    text = packed({"alg": algorithm, "typ": "JWT", **header}) + "." + packed(said)
    mark = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return text + "." + base64url(mark)


def unsigned_token(said):
    return packed({"alg": "none", "typ": "JWT"}) + "." + packed(said) + "."


class RsaKey:
    """A pair of keys, its public half as a JWKS file, and what it signs."""

    def __init__(self, folder, kid="rsa-1", bits=2048):
        self.kid = kid
        self.path = pathlib.Path(folder) / f"{kid}.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(self.path), str(bits)], check=True,
                       capture_output=True)

    def jwk(self):
        shown = subprocess.run(["openssl", "rsa", "-in", str(self.path), "-noout", "-modulus"],
                               check=True, capture_output=True, text=True).stdout
        modulus = bytes.fromhex(shown.strip().split("=", 1)[1])
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                "n": base64url(modulus), "e": base64url(b"\x01\x00\x01")}

    def write_jwks(self, path):
        pathlib.Path(path).write_text(json.dumps({"keys": [self.jwk()]}), encoding="utf-8")
        return str(path)

    def public_pem(self):
        return subprocess.run(["openssl", "rsa", "-in", str(self.path), "-pubout"], check=True,
                              capture_output=True, text=True).stdout

    def token(self, said, **header):
        text = packed({"alg": "RS256", "typ": "JWT", "kid": self.kid, **header}) + "." + \
            packed(said)
        mark = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.path)],
                              input=text.encode(), check=True, capture_output=True).stdout
        return text + "." + base64url(mark)


# --- HTTP ---------------------------------------------------------------------------------------

class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client.HTTPMessage: names in any case.
        self.raw = body
        self.is_gzip = headers.get("Content-Encoding") == "gzip"
        self.body = gzip.decompress(body) if self.is_gzip and body else body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {shortened(self.body.decode(errors='replace'), 600)}"


class Caller:
    """Requests to one address, with a token of one's own."""

    def __init__(self, address, bearer=None):
        self.address = address
        self.bearer = bearer
        self.place = urllib.parse.urlsplit(address)

    def with_token(self, bearer):
        return Caller(self.address, bearer)

    def request(self, method, path, body=None, headers=None, zipped=False):
        """`body`: bytes and text go as they are, anything else as JSON."""
        sent = {"Accept-Encoding": "identity"}
        if self.bearer is not None:
            sent["Authorization"] = "Bearer " + self.bearer
        if body is not None:
            sent["Content-Type"] = "application/json"
            if isinstance(body, str):
                body = body.encode()
            elif not isinstance(body, bytes):
                body = json.dumps(body).encode()
        if zipped:
            body = gzip.compress(body)
            sent["Content-Encoding"] = "gzip"
        sent.update(headers or {})
        line = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=PATIENCE)
        try:
            line.request(method, path, body, {k: v for k, v in sent.items() if v is not None})
            got = line.getresponse()
            return Answer(got.status, got.headers, got.read())
        finally:
            line.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def connect(self):
        return socket.create_connection((self.place.hostname, self.place.port), PATIENCE)

    def raw(self, sent):
        """Sends bytes as they are, and gives all that comes back until the end."""
        with self.connect() as line:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(sent)
            return read_all(line)

    def websocket(self, path):
        return WebSocket(self, path)

    def events(self, path):
        return EventStream(self, path)


def read_all(line):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(65536):
            got += part
    return got


def refused(answer, status, code, field=None):
    """An error as all the servers give it, which tells nothing of the inside."""
    equal(answer.status, status, f"the status of {answer!r}")
    said = answer.json
    equal(said["success"], False, "success")
    equal(said["error"]["code"], code, "the error's code")
    expect(said["error"]["message"], "an error says in words what is wrong", said)
    if field is not None:
        equal(said["error"].get("field"), field, "the error's field")
    for word in ("SELECT", "INSERT", "sqlite", "pq:", "/include/", "terminate"):
        expect(word not in answer.text, f"an answer tells {word}", answer.text)
    return said["error"]


# --- streams ------------------------------------------------------------------------------------

class Reader:
    """Bytes of a connection, as they are asked for."""

    def __init__(self, line):
        self.line = line
        self.rest = b""

    def until(self, mark):
        while mark not in self.rest:
            self._more()
        found, self.rest = self.rest.split(mark, 1)
        return found

    def exactly(self, count):
        while len(self.rest) < count:
            self._more()
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def _more(self):
        part = self.line.recv(65536)
        if not part:
            raise EOFError("the server ended the connection")
        self.rest += part


class WebSocket:
    """RFC 6455 as a client speaks it."""

    GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

    def __init__(self, caller, path):
        self.line = caller.connect()
        self.input = Reader(self.line)
        key = base64.b64encode(os.urandom(16)).decode()
        fields = [f"GET {path} HTTP/1.1", f"Host: {caller.place.netloc}", "Upgrade: websocket",
                  "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        if caller.bearer is not None:
            fields.append(f"Authorization: Bearer {caller.bearer}")
        self.line.sendall(("\r\n".join(fields) + "\r\n\r\n").encode())
        head = self.input.until(b"\r\n\r\n").decode()
        self.status = int(head.split()[1])
        if self.status == 101:
            wanted = base64.b64encode(hashlib.sha1((key + self.GUID).encode()).digest()).decode()
            expect(f"sec-websocket-accept: {wanted}".lower() in head.lower(),
                   "the handshake's answer fits its key", head)

    def send(self, payload, kind=TEXT):
        payload = payload.encode() if isinstance(payload, str) else payload
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.line.sendall(head + mask + masked)

    def frame(self):
        """(kind, payload) of the next frame."""
        first, second = self.input.exactly(2)
        expect(second & 0x80 == 0, "a server masks no frame")
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", self.input.exactly(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.input.exactly(8))
        return first & 0x0F, self.input.exactly(size)

    def message(self):
        """The next text; pings are answered on the way."""
        while True:
            kind, payload = self.frame()
            if kind == self.TEXT:
                return payload.decode()
            if kind == self.PING:
                self.send(payload, self.PONG)
            elif kind == self.CLOSE:
                self.send(payload, self.CLOSE)
                raise EOFError("the server closed the stream")

    def is_quiet(self, seconds):
        """Whether nothing but pings comes for so long."""
        self.line.settimeout(seconds)
        try:
            return self.message() is None
        except TimeoutError:
            return True
        finally:
            self.line.settimeout(PATIENCE)

    def close(self):
        with contextlib.suppress(OSError):
            self.send(struct.pack("!H", 1000), self.CLOSE)
        self.line.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class EventStream:
    """Server-Sent Events, of a plain GET."""

    def __init__(self, caller, path):
        self.line = http.client.HTTPConnection(caller.place.hostname, caller.place.port,
                                               timeout=PATIENCE)
        fields = {"Accept": "text/event-stream"}
        if caller.bearer is not None:
            fields["Authorization"] = "Bearer " + caller.bearer
        self.line.request("GET", path, headers=fields)
        self.answer = self.line.getresponse()
        self.status = self.answer.status
        self.content_type = self.answer.headers.get("Content-Type", "")

    def message(self):
        """The data of the next event; comments are read over."""
        data = []
        while True:
            line = self.answer.readline()
            if not line:
                raise EOFError("the server ended the stream")
            text = line.decode().rstrip("\r\n")
            if text.startswith("data:"):
                data.append(text[5:].removeprefix(" "))
            elif not text and data:
                return "\n".join(data)

    def close(self):
        self.answer.close()
        self.line.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- programs -----------------------------------------------------------------------------------

FOLDER = pathlib.Path()  # Of the built programs; set by main.


def environment(given):
    """What the given variables need, and nothing of the shell's that a program could take for its
    own."""
    kept = ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
            "TSAN_OPTIONS", "LLVM_PROFILE_FILE")
    made = {name: os.environ[name] for name in kept if name in os.environ}
    made.update({name: str(value) for name, value in (given or {}).items()})
    return made


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}, stdout {self.out!r}, stderr {self.err!r}"


def run(program, *options, env=None, folder=None, stdin=""):
    """Runs a program to its end."""
    done = subprocess.run([str(FOLDER / program), *map(str, options)], env=environment(env),
                          cwd=folder, input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


class Server(Caller):
    """A program that listens: on a port that is free, until it is stopped or killed. As a context
    it is stopped at the end, and must end well."""

    def __init__(self, place, program, *options, env=None, port=0, bearer=None):
        self.process = subprocess.Popen(
            [str(FOLDER / program), "--port", str(port), "--database", place.url,
             *map(str, options)],
            env=environment(env), cwd=place.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.out, self.err = [], []
        self.readers = [threading.Thread(target=self._collect, args=each, daemon=True)
                        for each in ((self.process.stdout, self.out),
                                     (self.process.stderr, self.err))]
        for each in self.readers:
            each.start()
        wait_for(lambda: self.out or self.process.poll() is not None, f"{program} to listen")
        if not self.out:
            raise AssertionError(f"{program} ended with {self.process.wait()}: {self._said()}")
        expect(self.out[0].startswith("listening on http://127.0.0.1:"),
               "the first line says where it listens", self.out[0])
        super().__init__(self.out[0].split()[-1], bearer)

    def _collect(self, source, lines):
        for line in source:
            lines.append(line.rstrip("\n"))

    def _said(self):
        for each in self.readers:
            each.join(PATIENCE)
        return "\n".join(self.err)

    def log(self):
        """The lines of its log so far, each an object."""
        return [json.loads(line) for line in list(self.err)]

    def stop(self, by=signal.SIGTERM):
        """Asks it to end, which it must do well."""
        self.process.send_signal(by)
        code = self.process.wait(PATIENCE)
        said = self._said()
        expect(code == 0, f"{signal.Signals(by).name} ends it with exit code 0, not {code}", said)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self._said()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            if kind is None:
                self.stop()
            else:
                self.kill()
        if kind is not None:
            print(f"  the server's last words:\n    {shortened(chr(10).join(self.err[-12:]))}")


# --- databases ----------------------------------------------------------------------------------

class Place:
    """Where one test runs: an empty folder, and an empty database."""

    def __init__(self, kind, folder, url):
        self.kind, self.folder, self.url = kind, folder, url

    def path(self, name):
        return str(pathlib.Path(self.folder) / name)


@contextlib.contextmanager
def sqlite_place():
    with tempfile.TemporaryDirectory(prefix="syncfw-systems-") as folder:
        yield Place("sqlite", folder, f"sqlite:///{folder}/server.db")


def psql():
    found = shutil.which("psql")
    if not found:
        known = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))
        found = str(known[-1]) if known else None
    return found


@contextlib.contextmanager
def postgres_place():
    base = os.environ["SYNCFW_TEST_POSTGRES"]
    name = f"syncfw_systems_{os.getpid()}_{os.urandom(4).hex()}"

    def run_sql(text):
        subprocess.run([psql(), base, "-q", "-v", "ON_ERROR_STOP=1", "-c", text], check=True,
                       capture_output=True, timeout=PATIENCE,
                       env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"})

    run_sql(f"CREATE SCHEMA {name}")
    with tempfile.TemporaryDirectory(prefix="syncfw-systems-") as folder:
        try:
            yield Place("postgres", folder, f"{base}?options=-csearch_path%3D{name}")
        finally:
            run_sql(f"DROP SCHEMA {name} CASCADE")


# --- the runner ---------------------------------------------------------------------------------

def once(test):
    """Marks a test that says nothing of databases: it runs on SQLite only."""
    test.is_once = True
    return test


def places_of(test, has_postgres):
    made = [("sqlite", sqlite_place)]
    if has_postgres and not getattr(test, "is_once", False):
        made.append(("postgres", postgres_place))
    return made


def run_one(test, kind, make):
    name = f"{test.__name__[5:].replace('_', ' ')} [{kind}]"
    began = time.monotonic()
    try:
        with make() as place:
            test(place)
    except Exception:  # Whatever it is, the other tests go on.
        print(f"FAILED: {name}\n{traceback.format_exc()}", flush=True)
        return False
    print(f"ok: {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main(module, name):
    """Runs the tests of a module whose name contains one of the words behind the folder:

        tests/systems/admin_engine.py build/examples [word …]
    """
    global FOLDER
    if len(sys.argv) < 2:
        print(f"usage: {sys.argv[0]} FOLDER_OF_THE_PROGRAMS [word in a test's name …]")
        return 2
    FOLDER = pathlib.Path(sys.argv[1]).resolve()
    words = sys.argv[2:]
    tests = [each for key, each in vars(sys.modules[module]).items()
             if key.startswith("test_") and inspect.isfunction(each)
             and (not words or any(word in key for word in words))]
    has_postgres = "SYNCFW_TEST_POSTGRES" in os.environ and psql() is not None
    results = [run_one(test, kind, make)
               for test in tests for kind, make in places_of(test, has_postgres)]
    failed = results.count(False)
    if not has_postgres:
        lacking = "SYNCFW_TEST_POSTGRES" if psql() else "the program psql"
        print(f"skipped: {name} on PostgreSQL: needs {lacking}")
        if os.environ.get("SYNCFW_REQUIRE") == "all":
            failed += 1
    print(f"{len(results) - results.count(False)} passed, {failed} failed")
    return 1 if failed or not results else 0
