#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The example program of app/main.hpp, as a stranger uses it: a server, devices, an operator.

    tests/systems/programs.py build/examples [word in a test's name …]
"""
import http.server
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading

import stranger
from stranger import Server, environment, equal, expect, once, run, token, wait_for

PROGRAM = "library_service"
SECRET = "Xq3-qUe8sT0pLw2_vVb7nRk5yHd9ZcMf"
KEY = {"JWT_SECRET": SECRET}


def said(subject="ann", tenant=None, **more):
    return token(SECRET, stranger.claims(tenant, subject, **more))


class Hub(Server):
    """The program's server, which is told to serve."""

    def __init__(self, place, *options, env=None, port=0):
        super().__init__(place, PROGRAM, "serve", *options, env={**KEY, **(env or {})}, port=port)


class Device:
    """A database of its own, and who uses it."""

    def __init__(self, place, name, server, bearer):
        self.place, self.url = place, f"sqlite:///{place.path(name)}.db"
        self.env = {"SERVER": server, "DATABASE_URL": self.url, "PATIENCE": 1}
        if bearer:
            self.env["TOKEN"] = bearer

    def run(self, *words, **env):
        return run(PROGRAM, *words, env={**self.env, **env}, folder=self.place.folder)

    def does(self, *words, code=0, **env):
        """What it prints; it must end with this exit code."""
        ended = self.run(*words, **env)
        equal(ended.code, code, f"the exit code of {words}, {ended}")
        return ended.out.strip()

    def reads(self, *words, code=0, **env):
        return json.loads(self.does(*words, "--json", code=code, **env))

    def add(self, *words):
        made = self.does("add", *words)
        expect(re.fullmatch(r"[0-9a-f-]{36}", made), "add prints the new id alone", made)
        return made

    def titles(self):
        return sorted(each["title"] for each in self.reads("list", "book"))


def refused_words(ended, code, *parts):
    """It ended so, with one line on stderr that says all of this."""
    equal(ended.code, code, f"the exit code, {ended}")
    lines = ended.err.strip().splitlines()
    equal(len(lines), 1, f"how many lines are on stderr, {ended.err!r}")
    for part in parts:
        expect(part in lines[0], f"it says {part!r}", lines[0])


# --- devices ------------------------------------------------------------------------------------

def test_two_devices_meet(place):
    with Hub(place) as hub:
        phone = Device(place, "phone", hub.address, said())
        desk = Device(place, "desk", hub.address, said())
        dune = phone.add("book", "title=Dune", "pages=412", 'tags=["sand"]')
        equal(phone.does("sync").split(",")[0], "sent 1")
        desk.does("sync")
        equal(desk.titles(), ["Dune"])
        desk.does("edit", "book", dune, "title=Dune Messiah", "tags=+worms")
        desk.does("sync")
        phone.does("edit", "book", dune, "pages=336")
        phone.does("sync")
        desk.does("sync")
        for device in (phone, desk):
            row, = device.reads("list", "book")
            equal((row["title"], row["pages"]), ("Dune Messiah", 336), "both edits")
            expect("worms" in device.does("list"), "people see it", device.does("list"))
        desk.does("remove", "book", dune)
        desk.does("push")
        phone.does("pull")
        equal(phone.titles(), [])
        desk.does("restore", "book", dune)
        desk.does("sync")
        phone.does("sync")
        equal(phone.titles(), ["Dune Messiah"])
        stranger_there = Device(place, "other", hub.address, said("bob"))
        stranger_there.does("sync")
        equal(stranger_there.titles(), [], "what another person sees")


def test_all_works_offline_and_is_sent_later(place):
    with Hub(place) as hub:
        port = int(hub.address.rsplit(":", 1)[1])
    device = Device(place, "phone", hub.address, said())
    first, second = device.add("book", "title=One"), device.add("book", "title=Two")
    device.does("edit", "book", first, "author=Ann")
    refused_words(device.run("sync"), 3, "Connection refused", "2 unsent changes are kept")
    refused_words(device.run("push"), 3, "kept for later")
    refused_words(device.run("pull"), 3)
    answer = device.reads("sync", code=3)
    equal((answer["pending"], answer["error"]["code"]), (2, "peer_unavailable"))
    equal([each["id"] for each in device.reads("pending")], [first, second], "in their order")
    equal(device.reads("status")["pending"], 2)
    with Hub(place, port=port):
        device.does("sync")
        equal(device.reads("pending"), [])
        equal(device.reads("status")["pending"], 0)
        expect(device.reads("status")["lastSync"], "it knows when it synchronised")
        again = Device(place, "again", device.env["SERVER"], said())
        again.does("sync")
        equal(again.titles(), ["One", "Two"])
        again.does("full-sync")
        equal(again.titles(), ["One", "Two"], "behind a full sync")


@once
def test_what_was_written_before_there_was_a_token_is_the_first_ones(place):
    with Hub(place) as hub:
        device = Device(place, "phone", hub.address, None)
        device.add("book", "title=Early")
        equal(device.reads("status")["tenant"], "anonymous")
        equal(device.run("sync").code, 1, "a server with keys wants a token")
        device.env["TOKEN"] = said("ann", "acme")
        device.does("sync")
        equal(device.titles(), ["Early"])
        equal(device.reads("status")["tenant"], "acme")
        other = Device(place, "other", hub.address, said("ben", "acme"))
        other.does("sync")
        equal(other.titles(), ["Early"], "what the tenant's other user has")
        del device.env["TOKEN"]
        equal(device.titles(), ["Early"], "without a token they are whose they were")


def test_a_conflict_waits_for_a_person_who_settles_it(place):
    with Hub(place) as hub:
        ann, ben = (Device(place, name, hub.address, said()) for name in ("ann", "ben"))
        book = ann.add("book", "title=Dune")
        review = ann.add("review", f"book_id={book}", "words=Good")
        ann.does("sync")
        ben.does("sync")
        ann.does("edit", "review", review, "words=Great")
        ben.does("edit", "review", review, "words=Long")
        ann.does("sync")
        told = ben.does("sync", code=4)
        expect(review in told, "sync says what is in conflict", told)
        equal(ben.reads("sync", code=4)["conflicts"], 1)
        conflict, = ben.reads("conflicts")
        equal((conflict["base"]["words"], conflict["mine"]["words"], conflict["theirs"]["words"]),
              ("Good", "Long", "Great"), "all three sides")
        shown = ben.does("conflicts")
        expect("words: mine Long, theirs Great" in shown, "people see both sides", shown)
        expect("open" in ben.does("explain", "review", review), "explain says why")
        refused_words(ben.run("resolve", conflict["conflict"], "mine", "yours"), 2, "alone")
        refused_words(ben.run("resolve", "x", "mine"), 2, "no conflict's id")
        ben.does("resolve", conflict["conflict"], "mine")
        ben.does("sync")
        equal(ben.reads("conflicts"), [])
        ann.does("sync")
        equal(ann.reads("list", "review")[0]["words"], "Long")


def test_a_conflict_can_be_settled_by_other_words(place):
    with Hub(place) as hub:
        ann, ben = (Device(place, name, hub.address, said()) for name in ("ann", "ben"))
        review = ann.add("review", "words=Good")
        ann.does("sync")
        ben.does("sync")
        ann.does("edit", "review", review, "words=Great")
        ann.does("sync")
        ben.does("edit", "review", review, "words=Long")
        ben.does("sync", code=4)
        conflict, = ben.reads("conflicts")
        ben.does("resolve", conflict["conflict"], "words=Great, but long")
        ben.does("sync")
        ann.does("sync")
        equal(ann.reads("list", "review")[0]["words"], "Great, but long")


@once
def test_wrong_words_are_told_with_what_was_meant(place):
    device = Device(place, "phone", "http://127.0.0.1:1", said())
    dune = device.add("book", "title=Dune")
    for words, *parts in (
            (["ad", "book"], "'ad'", "did you mean add?"),
            ([], "verb"),
            (["srve"], "'srve'", "did you mean serve?"),
            (["serve", "now"], "write: library_service serve"),
            (["add", "boook"], "'boook'", "did you mean book?"),
            (["add", "book", "titel=x"], "book has no field 'titel'", "did you mean title?"),
            (["add", "book", "title"], "'title' is no field=value"),
            (["add", "book", "pages=many", "title=x"], "book.pages is a whole number", "'many'"),
            (["add", "book", "pages=-1", "title=x"], "pages", "0 to 20000"),
            (["add", "book"], "title"),
            (["edit", "book", dune], "edit ENTITY ID field=value"),
            (["edit", "book", "7", "pages=1"], "'7' is no key of book"),
            (["edit", "book", dune, "id=7"], "book.id"),
            (["remove", "book"], "remove ENTITY ID"),
            (["list", "books"], "did you mean book?"),
            (["sync", "--sever", "x"], "did you mean --server?"),
            (["sync", "--server", "x"], "http://"),
            (["sync", "--patience", "x"], "--patience", "whole number"),
            (["list", "--database", "mysql://a:hush@b/c"], "sqlite:///"),
            (["list", "--database", "postgresql://a:hush@b/c"], "SQLite"),
            (["add", "book", "title=x", "--port", "1"], "--port is no option of add"),
            (["parked", "mend", dune], "retry"),
            (["token"], "--sub")):
        ended = device.run(*words)
        refused_words(ended, 2, *parts)
        expect("hush" not in ended.err, "no secret is told", ended.err)
    equal(device.titles(), ["Dune"], "nothing of it was done")
    missing = "01a1ffab-9624-7715-a261-0c0f42aa134b"
    equal(device.run("edit", "book", missing, "pages=1").code, 1, "there is no such row")
    equal(device.run("explain", "book", missing).code, 1)
    equal(device.run("add", "book", f"id={dune}", "title=x").code, 1, "it is there already")
    equal(device.reads("add", "boook", code=2)["error"]["code"], "unknown_entity")


@once
def test_texts_come_back_as_they_were_written(place):
    device = Device(place, "phone", "http://127.0.0.1:1", None)
    for title in ('the "first" = one', "zeilen\numbruch", "🙂 ünï", "-x", "[1]", "null", "a  b\\n"):
        made = device.add("book", f"title={title}", "author=")
        row, = [each for each in device.reads("list", "book") if each["id"] == made]
        equal((row["title"], row["author"]), (title, None))
    validated = device.reads("validate")
    equal((validated["rows"], validated["problems"]), (7, []))


@once
def test_a_watch_hears_of_news_and_sends_what_another_call_wrote(place):
    with Hub(place) as hub:
        phone = Device(place, "phone", hub.address, said())
        desk = Device(place, "desk", hub.address, said())
        watch = subprocess.Popen(
            [str(stranger.FOLDER / PROGRAM), "watch", "--json", "--interval", "3600"],
            env=environment(desk.env), cwd=place.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            phone.add("book", "title=From afar")
            phone.does("sync")
            wait_for(lambda: desk.titles() == ["From afar"], "the watch to pull it")
            desk.add("book", "title=From here")
            def has_both():
                phone.does("sync")
                return phone.titles() == ["From afar", "From here"]
            wait_for(has_both, "the watch to push it")
            for end in (signal.SIGTERM,):
                watch.send_signal(end)
                out, err = watch.communicate(timeout=stranger.PATIENCE)
            equal(watch.returncode, 0, f"the watch's exit code, {err}")
            lines = [json.loads(each) for each in out.splitlines()]
            expect(any(each.get("received") for each in lines), "it tells of what came", lines)
        finally:
            watch.kill()


def test_devices_hear_of_what_is_pushed_to_another_server(place):
    if place.kind != "postgres":
        return
    with Hub(place) as one, Hub(place) as other:
        phone = Device(place, "phone", one.address, said())
        desk = Device(place, "desk", other.address, said())
        watch = subprocess.Popen(
            [str(stranger.FOLDER / PROGRAM), "watch", "--json", "--interval", "3600"],
            env=environment(desk.env), cwd=place.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            for number in range(3):
                phone.add("book", f"title={number}")
                phone.does("sync")
                titles = [str(each) for each in range(number + 1)]
                wait_for(lambda wanted=titles: desk.titles() == wanted, "the watch to pull it")
        finally:
            watch.kill()
            watch.communicate()


@once
def test_a_server_ends_well_as_soon_as_it_listens(place):
    for _ in range(20):
        with Hub(place):
            pass  # It is ended the moment its line was read.


@once
def test_a_watch_outlives_its_server(place):
    with Hub(place) as hub:
        port = int(hub.address.rsplit(":", 1)[1])
    desk = Device(place, "desk", hub.address, said())
    watch = subprocess.Popen(
        [str(stranger.FOLDER / PROGRAM), "watch"], env=environment(desk.env), cwd=place.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        first = watch.stdout.readline()
        expect("Connection refused" in first, "it says that there is no server", first)
        desk.add("book", "title=Kept")
        with Hub(place, port=port):
            wait_for(lambda: desk.reads("status")["pending"] == 0, "the watch to come back")
            watch.send_signal(signal.SIGINT)
            equal(watch.wait(stranger.PATIENCE), 0, "the watch's exit code")
    finally:
        watch.kill()
        watch.communicate()


@once
def test_a_client_keeps_to_what_a_busy_server_asks(place):
    with Hub(place, "--rate-limit", "1", "--rate-window", "3600") as hub:
        device = Device(place, "phone", hub.address, said())
        device.add("book", "title=Dune")
        ended = device.run("sync")
        refused_words(ended, 3, "it asks to wait", "seconds")
        equal(device.reads("sync", code=3)["error"]["code"], "rate_limited")


# --- the server ---------------------------------------------------------------------------------

def test_a_server_answers_people_and_programs(place):
    with Hub(place) as hub:
        equal(hub.get("/health").status, 200)
        equal(hub.get("/health").json["status"], "ok")
        expect("syncfw_" in hub.get("/metrics").text, "metrics are there")
        described = hub.get("/openapi.json").json
        equal(described["info"]["title"], PROGRAM)
        for path in ("/sync/push", "/sync/pull", "/sync/messages", "/health"):
            expect(path in described["paths"], f"{path} is described")
        expect("<html" in hub.get("/docs").text, "there is a page")
        equal(hub.get("/sync/status").status, 401)
        equal(hub.with_token(said()).get("/sync/status").status, 200)
        expect(all("ts" in each and "msg" in each for each in hub.log()), "each line is an object")


@once
def test_wrong_keys_tokens_and_ends_are_refused(place):
    bare = environment({"DATABASE_URL": place.url})
    refused_words(run(PROGRAM, "serve", env=bare), 2, "JWT_SECRET", "--insecure-no-auth")
    refused_words(run(PROGRAM, "serve", env={**bare, "JWT_SECRET": "short"}), 2, "32 bytes")
    refused_words(run(PROGRAM, "serve", "--jwks", place.path("none"), env=bare), 2, "JWKS")
    refused_words(run(PROGRAM, "serve", "--jwks", "http://127.0.0.1:1/k", env=bare), 1, "JWKS")
    refused_words(run(PROGRAM, "serve", "--jwks", "http://keys.example/k", env=bare), 2, "https://")
    refused_words(run(PROGRAM, "serve", "--jwt-secret", "x", env=bare), 2, "everybody")
    refused_words(run(PROGRAM, "serve", "--rate-limit", "30000000", "--rate-window", "86400",
                      env={**bare, **KEY}), 2, "RATE_LIMIT")
    refused_words(run(PROGRAM, "serve", env={**bare, **KEY, "PORT": "x"}), 2, "PORT")
    refused_words(run(PROGRAM, "serve", "--database", "sqlite:////none/x.db", env=KEY), 1,
                  "/none/x.db")
    refused_words(run(PROGRAM, "serve", "--database", "postgresql://a@127.0.0.1:1/x", env=KEY), 1,
                  "can't be reached")
    refused_words(run(PROGRAM, "serve", "--database", "postgresql://a:hush@h:x/y", env=KEY), 2,
                  "postgresql://user@host")
    expect(not pathlib.Path(place.path("server.db")).exists(), "nothing was made meanwhile")
    with Hub(place) as hub:
        for claims in (dict(seconds=-120), ):
            equal(hub.with_token(said(**claims)).get("/sync/status").status, 401)
        equal(hub.with_token(token("another secret, as long as the right one", stranger.claims()))
              .get("/sync/status").status, 401)


@once
def test_a_secret_and_keys_may_lie_in_files(place):
    secret = pathlib.Path(place.path("secret"))
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o644)
    env = {"JWT_SECRET_FILE": secret, "DATABASE_URL": place.url}
    refused_words(run(PROGRAM, "serve", env=env), 2, "chmod 600")
    secret.chmod(0o600)
    refused_words(run(PROGRAM, "serve", env={**env, **KEY}), 2, "both set")
    key = stranger.RsaKey(place.folder)
    key.write_jwks(place.path("jwks.json"))
    more = {"JWT_SECRET": "", "JWT_SECRET_FILE": secret, "JWKS": place.path("jwks.json"),
            "AUTH0_DOMAIN": "login.example", "API_AUDIENCE": "books"}
    with Hub(place, env=more) as hub:
        fits = stranger.claims(None, "ann", iss="https://login.example/", aud="books")
        equal(hub.with_token(key.token(fits)).get("/sync/status").status, 200, "one of RS256")
        equal(hub.with_token(token(SECRET, fits)).get("/sync/status").status, 200, "one of HS256")
        equal(hub.with_token(said()).get("/sync/status").status, 401, "one for nobody")
        made = run(PROGRAM, "token", "--sub", "ann", env=more)
        equal(hub.with_token(made.out.strip()).get("/sync/status").status, 200, "one that it made")


@once
def test_keys_may_come_from_an_address(place):
    key = stranger.RsaKey(place.folder)
    key.write_jwks(place.path("jwks.json"))

    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = pathlib.Path(place.path("jwks.json")).read_bytes()
            self.send_response(200 if self.path == "/set/keys?v=1" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys) as keys:
        thread = threading.Thread(target=keys.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{keys.server_address[1]}"
        with Hub(place, "--jwks", address + "/set/keys?v=1", env={"JWT_SECRET": ""}) as hub:
            bearer = key.token(stranger.claims(None, "ann"))
            equal(hub.with_token(bearer).get("/sync/status").status, 200)
            equal(hub.with_token(said()).get("/sync/status").status, 401)
        refused_words(run(PROGRAM, "serve", "--jwks", address + "/none",
                          env={"DATABASE_URL": place.url}), 1, "HTTP 404")
        keys.shutdown()


@once
def test_without_checks_everybody_is_who_they_say(place):
    with Hub(place, "--insecure-no-auth", env={"JWT_SECRET": ""}) as hub:
        expect(any(each["level"] == "warning" and "not checked" in each["msg"]
                   for each in hub.log()), "the log warns", hub.log())
        nobody = Device(place, "nobody", hub.address, None)
        ann = Device(place, "ann", hub.address, "ann")
        nobody.add("book", "title=Mine")
        ann.add("book", "title=Hers")
        for each in (nobody, ann, nobody):
            each.does("sync")
        equal(nobody.titles(), ["Mine"])
        equal(ann.titles(), ["Hers"])


def test_a_token_says_what_it_was_made_for(place):
    made = run(PROGRAM, "token", "--sub", "ann", "--tenant", "acme", "--role", "reader, writer",
               "--for", "2h", env=KEY)
    equal(made.code, 0, "the exit code")
    payload = made.out.strip().split(".")[1]
    said_there = json.loads(stranger.base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    equal((said_there["sub"], said_there["tenant_id"], said_there["roles"]),
          ("ann", "acme", ["reader", "writer"]))
    equal(said_there["exp"] - said_there["iat"], 7200)
    refused_words(run(PROGRAM, "token", "--sub", "ann", env={}), 2, "JWT_SECRET")
    refused_words(run(PROGRAM, "token", "--sub", "a", "--for", "soon", env=KEY), 2, "--for")
    with Hub(place) as hub:
        equal(hub.with_token(made.out.strip()).get("/sync/status").status, 200)


@once
def test_a_backup_is_whole_while_the_server_runs(place):
    with Hub(place) as hub:
        device = Device(place, "phone", hub.address, said())
        for number in range(20):
            device.add("book", f"title=Book {number}")
        device.does("sync")
        copy = place.path("copy.db")
        options = ("backup", copy, "--database", place.url)
        done = run(PROGRAM, *options)
        equal(done.code, 0, f"the exit code, {done}")
        equal(run(PROGRAM, *options).code, 1, "a file that is there is never replaced")
    with sqlite3.connect(copy) as opened:
        equal(opened.execute("SELECT count(*) FROM book").fetchone()[0], 20)
    copied = stranger.Place("sqlite", place.folder, f"sqlite:///{copy}")
    with Hub(copied) as hub:
        other = Device(place, "other", hub.address, said())
        other.does("sync")
        equal(len(other.titles()), 20)


def test_a_server_migrates_and_keeps_its_database_apart(place):
    done = run(PROGRAM, "migrate", "--database", place.url)
    equal(done.code, 0, f"the exit code, {done}")
    device = Device(place, "phone", "http://127.0.0.1:1", None)
    device.add("book", "title=Dune")
    refused_words(run(PROGRAM, "serve", "--database", device.url, env=KEY), 2, "a device's")
    if place.kind == "sqlite":
        refused_words(run(PROGRAM, "list", "--database", place.url), 2, "a server's")
    checked = run(PROGRAM, "validate", "--database", place.url)
    equal((checked.code, checked.out), (0, "all is well\n"), "a server's database")
    equal(run(PROGRAM, "validate", "--database", device.url).code, 0, "a device's")
    described = json.loads(run(PROGRAM, "openapi").out)
    expect("/sync/pull" in described["paths"], "the description is printed")


@once
def test_the_help_tells_all(place):
    page = run(PROGRAM, "--help", folder=place.folder)
    equal(page.code, 0, "the exit code")
    for word in ("serve", "token", "add ENTITY", "full-sync", "--port N", "DATABASE_URL", "--json",
                 "JWT_SECRET", "--insecure-no-auth"):
        expect(word in page.out, f"it has {word}", page.out)
    equal(max(len(line) for line in page.out.splitlines()) <= 80, True, "it fits a terminal")


def test_kill_9_loses_nothing_that_was_answered(place):
    hub = Hub(place)
    device = Device(place, "phone", hub.address, said())
    device.add("book", "title=Dune")
    device.does("sync")
    hub.kill()
    with Hub(place) as again:
        other = Device(place, "other", again.address, said())
        other.does("sync")
        equal(other.titles(), ["Dune"])


if __name__ == "__main__":
    sys.exit(stranger.main(__name__, "systems.programs"))
