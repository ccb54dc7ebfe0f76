# SPDX-License-Identifier: BSL-1.0
"""Booky as its users meet it: the contract, line by line, and the traps of its description.

    tests/systems/booky.py build/examples [word …]
"""
import datetime
import json
import signal
import subprocess
import sys
import threading
import time

import stranger
from stranger import (Server, claims, equal, expect, once, refused, run, token, unsigned_token,
                      wait_for)

SECRET = "a secret of thirty-two bytes or more, for tests"
ENVIRONMENT = {"JWT_SECRET": SECRET, "RATE_LIMIT": 0}


def bearer(user="ada", **more):
    return token(SECRET, claims(subject=user, **more))


def server(place, *options, user="ada", **more):
    env = {**ENVIRONMENT, **more}
    return Server(place, "booky_server", *options, env=env, bearer=bearer(user))


def at(minute, second=0):
    moment = datetime.datetime(2024, 1, 15, 10, 0, tzinfo=datetime.timezone.utc)
    moment += datetime.timedelta(minutes=minute, seconds=second)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def now(seconds=0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


NUMBERS = iter(range(1, 10**9))


def operation(kind, key, data=None, when=None, entity="book", name=None):
    made = {"id": name or f"op-{next(NUMBERS)}", "type": kind, "entity": entity, "entityId": key,
            "data": data if data is not None else {}}
    if when is not None:
        made["timestamp"] = when
    return made


def do(to, *operations):
    answer = to.post("/api/sync/operations", {"operations": list(operations)})
    equal(answer.status, 200, f"the status of {answer!r}")
    return answer.json["results"]


def one(to, *what, **more):
    return do(to, operation(*what, **more))[0]


def success(result):
    equal(result["status"], "success", f"the status of {result}")


def changes(to, query=""):
    answer = to.get("/api/sync/changes" + query)
    equal(answer.status, 200, f"the status of {answer!r}")
    return answer.json


def rows(to, entity="book"):
    """The living rows, by id."""
    found, query = {}, ""
    while True:
        page = changes(to, query)
        for each in page["changes"]:
            if each["type"] != entity:
                continue
            found.pop(each["data"]["id"], None)
            if each["op"] == "upsert":
                found[each["data"]["id"]] = each["data"]
        if not page["hasMore"]:
            return found
        query = "?cursor=" + page["cursor"]


def status(to):
    return to.get("/api/sync/status").json


def conflicts(to):
    return to.get("/api/sync/conflicts").json["conflicts"]


def resolve(to, conflict, **how):
    return to.post(f"/api/sync/conflicts/{conflict['id']}/resolve", how)


# --- operations ---------------------------------------------------------------------------------

def test_operations_of_the_description(place):
    with server(place) as booky:
        results = do(booky, operation("create", "book-456", {"title": "Dune", "pages": 412}, at(1),
                                      name="op-123"),
                     operation("create", "t1", {"name": "sci-fi"}, at(1), entity="tag"))
        equal(results[0], {"id": "op-123", "status": "success", "entity": "book",
                           "entityId": "book-456"})
        equal(results[1]["entity"], "tag")
        equal(rows(booky)["book-456"]["title"], "Dune")
        equal(booky.get("/api/sync/status").json["status"], "ready")


def test_operations_create_update_and_delete(place):
    with server(place) as booky:
        success(one(booky, "create", "book-456", {"title": "Dune", "pages": 412}, at(1)))
        success(one(booky, "update", "book-456", {"author": "Herbert"}, at(2)))
        row = rows(booky)["book-456"]
        equal((row["title"], row["author"], row["pages"]), ("Dune", "Herbert", 412))
        equal(row["createdAt"][:16], at(1)[:16])
        equal(row["updatedAt"][:16], at(2)[:16])
        success(one(booky, "delete", "book-456", when=at(3)))
        equal(rows(booky), {})
        gone = [each for each in changes(booky)["changes"] if each["type"] == "book"]
        equal([(each["op"], each["data"]["id"]) for each in gone], [("delete", "book-456")])


def test_all_six_entities_are_kept_as_they_were_written(place):
    given = {
        "book": {"title": "T", "author": "A", "isbn": "9780441013593", "pages": 3,
                 "tags": ["b", "a"], "notes": "n\u00fc", "metadata": {"deep": {"er": [1, None]}}},
        "rating": {"bookId": "b1", "stars": 5, "review": "good"},
        "tag": {"name": "x", "color": "#fff"},
        "collection": {"name": "c", "bookIds": ["b1", "b2"], "rule": {"tag": "x"}},
        "readingLog": {"bookId": "b1", "page": 7, "status": "reading", "at": at(1)},
    }
    with server(place) as booky:
        for entity, data in given.items():
            success(one(booky, "create", entity + "-1", data, at(1), entity=entity))
            row = rows(booky, entity)[entity + "-1"]
            for name, value in data.items():
                if name == "at":
                    row[name], value = row[name][:19], value[:19]
                equal(row[name], value, f"{entity}.{name}")
        success(one(booky, "create", "my-settings", {"theme": "dark"}, at(1),
                    entity="userSettings"))
        success(one(booky, "update", "other", {"settings": {"size": 3}}, at(2),
                    entity="userSettings"))
        found = rows(booky, "userSettings")
        equal(len(found), 1, "the number of settings")
        equal(list(found.values())[0]["settings"], {"theme": "dark", "size": 3})


def test_one_failing_operation_fails_alone(place):
    with server(place) as booky:
        results = do(booky,
                     operation("create", "b1", {"title": "one"}, at(1)),
                     operation("create", "b2", {"title": ""}, at(1)),
                     operation("create", "b3", {"titel": "typo"}, at(1)),
                     operation("create", "b4", {"title": 4}, at(1)),
                     operation("paint", "b5", {"title": "x"}, at(1)),
                     operation("create", "b6", {"title": "x"}, at(1), entity="boook"),
                     operation("update", "nowhere", {"title": "x"}, at(1)),
                     operation("create", "b8", {"title": "x", "pages": -1}, at(1)),
                     operation("create", "r", {"bookId": "b1", "stars": 6}, entity="rating"),
                     {"type": "create", "entity": "book", "entityId": "b9", "data": {}},
                     17,
                     operation("create", "b10", {"title": "x"}, "yesterday"),
                     operation("create", "b11", {"id": "b12", "title": "x"}),
                     operation("create", "b13", {"title": "last"}, at(1)))
        wanted = ["success"] + ["error"] * 12 + ["success"]
        equal([each["status"] for each in results], wanted)
        equal(results[1]["code"], "VALIDATION_ERROR")
        expect("title" in results[2]["message"] + results[2]["field"] or
               "titel" in results[2]["field"], "the typo is named", results[2])
        equal(results[6]["code"], "NOT_FOUND")
        for each in results[1:-1]:
            expect(each["message"], "an error says what is wrong", each)
        equal(sorted(rows(booky)), ["b1", "b13"])


def test_an_operation_takes_effect_once_and_its_id_gives_the_first_result(place):
    with server(place) as booky:
        first = operation("create", "b1", {"title": "first"}, at(1), name="op-1")
        success(do(booky, first)[0])
        success(one(booky, "update", "b1", {"title": "second"}, at(2)))
        cursor = changes(booky)["cursor"]
        success(do(booky, first)[0])
        equal(rows(booky)["b1"]["title"], "second")
        equal(changes(booky, "?cursor=" + cursor)["changes"], [], "what a repetition changed")
        other = dict(first, data={"title": "other"})
        result = do(booky, other)[0]
        equal((result["status"], result["code"]), ("error", "CONFLICT_DETECTED"))
        lost = operation("update", "b1", {"title": "early"}, at(1, 30), name="op-2")
        was = do(booky, lost)[0]
        equal(was["status"], "conflict")
        equal(do(booky, lost)[0], was, "the repeated conflict")


def test_a_repeated_id_gives_its_first_result_after_kill_9_as_well(place):
    first = operation("create", "b1", {"title": "first"}, at(1))
    booky = server(place)
    success(do(booky, first)[0])
    booky.kill()
    with server(place) as booky:
        success(do(booky, first)[0])
        equal(len(rows(booky)), 1)
        equal(do(booky, dict(first, data={"title": "x"}))[0]["status"], "error")


def test_an_invalid_operation_may_come_again_mended_under_its_id(place):
    with server(place) as booky:
        equal(one(booky, "create", "b1", {"title": ""}, at(1), name="x")["status"], "error")
        success(one(booky, "create", "b1", {"title": "good"}, at(1), name="x"))


def test_what_the_server_owns_is_not_the_clients_to_say(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "x", "createdAt": at(-99), "isDeleted": True,
                                            "updatedAt": at(99), "syncedAt": at(99)}, at(1)))
        row = rows(booky)["b1"]
        equal(row["createdAt"][:16], at(1)[:16])
        equal(row["isDeleted"], False)
        expect(row["syncedAt"] > "2025", "syncedAt is the server's", row)


# --- conflicts ----------------------------------------------------------------------------------

def test_conflict_the_later_time_wins_field_by_field_and_the_server_at_equal_times(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "a", "author": "x"}, at(0)))
        success(one(booky, "update", "b1", {"title": "from the other device"}, at(10)))
        for when in (at(5), at(10)):
            met = one(booky, "update", "b1", {"title": "mine"}, when)
            equal((met["status"], met["resolution"]), ("conflict", "server"))
            equal(met["data"]["title"], "from the other device")
        success(one(booky, "update", "b1", {"author": "another field"}, at(5)))
        both = one(booky, "update", "b1", {"title": "no", "author": "yes"}, at(7))
        equal((both["status"], both["resolution"]), ("conflict", "merged"))
        equal((both["data"]["title"], both["data"]["author"]), ("from the other device", "yes"))
        success(one(booky, "update", "b1", {"title": "later"}, at(11)))
        row = rows(booky)["b1"]
        equal((row["title"], row["author"]), ("later", "yes"))


def test_conflict_documents_are_merged_recursively(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "a", "metadata": {"shelf": {"row": 1}}},
                    at(0)))
        success(one(booky, "update", "b1", {"metadata": {"shelf": {"row": 2, "lamp": True}}},
                    at(10)))
        met = one(booky, "update", "b1",
                  {"metadata": {"shelf": {"row": 3, "place": 4}, "lent": "Bob"}}, at(5))
        equal((met["status"], met["resolution"]), ("conflict", "merged"))
        equal(rows(booky)["b1"]["metadata"],
              {"shelf": {"row": 2, "lamp": True, "place": 4}, "lent": "Bob"})


def test_conflict_sets_keep_what_both_put_in(place):
    with server(place) as booky:
        make = lambda kind, ids, when: one(booky, kind, "c1", {"name": "c", "bookIds": ids}, when,
                                           entity="collection")
        success(make("create", ["a"], at(0)))
        success(make("update", ["a", "b"], at(10)))
        equal(make("update", ["a", "c"], at(5))["status"], "conflict")
        equal(sorted(rows(booky, "collection")["c1"]["bookIds"]), ["a", "b", "c"])
        success(make("update", ["c"], at(20)))
        equal(rows(booky, "collection")["c1"]["bookIds"], ["c"])


def test_conflict_what_cannot_be_merged_is_logged_and_waits_for_a_person(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "kept"}, at(0)))
        success(one(booky, "update", "b1", {"notes": "written on the train"}, at(10)))
        met = one(booky, "delete", "b1", when=at(5))
        equal((met["status"], met["resolution"]), ("conflict", "manual"))
        equal(rows(booky)["b1"]["notes"], "written on the train")
        equal(status(booky)["conflicts"], 1)
        found = conflicts(booky)
        equal(len(found), 1)
        equal((found[0]["entity"], found[0]["entityId"]), ("book", "b1"))
        equal(found[0]["serverData"]["notes"], "written on the train")
        expect(found[0]["localDeleted"], "the device's side is a deletion", found[0])
        equal(found[0]["localTimestamp"][:16], at(5)[:16])
        equal(found[0]["serverTimestamp"][:16], at(10)[:16])
        said = wait_for(lambda: [line for line in booky.err if "written on the train" in line],
                        "the conflict in the log")
        line = json.loads(said[0])
        for each in (at(5)[:16], at(10)[:16], "deleted"):
            expect(each in said[0], f"the log line has {each}", line)
        refused(resolve(booky, found[0], take="nobody"), 400, "VALIDATION_ERROR")
        refused(resolve(booky, found[0]), 400, "VALIDATION_ERROR", "take")
        equal(resolve(booky, found[0], take="mine").status, 200)
        equal((rows(booky), conflicts(booky), status(booky)["conflicts"]), ({}, [], 0))
        refused(resolve(booky, found[0], take="mine"), 404, "NOT_FOUND")


def test_conflict_a_person_may_take_the_other_side_or_write_a_row(place):
    with server(place) as booky:
        for key in ("b1", "b2"):
            success(one(booky, "create", key, {"title": key}, at(0)))
            success(one(booky, "delete", key, when=at(5)))
            equal(one(booky, "update", key, {"title": "too late"}, at(9))["resolution"], "manual")
            expect(key not in rows(booky), "what is deleted doesn't come back by itself")
        by_key = {each["entityId"]: each for each in conflicts(booky)}
        equal(resolve(booky, by_key["b1"], take="theirs").status, 200)
        equal(resolve(booky, by_key["b2"], data={"title": "by hand"}).status, 200)
        equal({key: row["title"] for key, row in rows(booky).items()}, {"b2": "by hand"})


def test_a_later_create_brings_a_deleted_row_back(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "a", "notes": "old"}, at(0)))
        success(one(booky, "delete", "b1", when=at(5)))
        success(one(booky, "create", "b1", {"title": "b"}, at(6)))
        equal((rows(booky)["b1"]["title"], rows(booky)["b1"]["notes"]), ("b", ""))


# --- the traps of the description -----------------------------------------------------------------

def test_trap_client_clocks_decide_nothing_alone(place):
    """A time in the year 2096 would win for ever."""
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "a"}, "2096-01-01T00:00:00Z"))
        expect(rows(booky)["b1"]["updatedAt"] < now(3600), "the far future counts as about now")
        success(one(booky, "update", "b1", {"title": "b"}, now(3600)))
        equal(rows(booky)["b1"]["title"], "b")


def test_trap_since_a_time_misses_nothing_that_was_written_with_an_older_one(place):
    """`updatedAt > since` with the clients' times loses what a device wrote offline before."""
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "a"}, now()))
        last_sync = now()
        success(one(booky, "create", "offline", {"title": "written long ago"}, at(0)))
        found = changes(booky, "?since=" + last_sync)
        expect("offline" in [each["data"]["id"] for each in found["changes"]],
               "what arrived since then is told", found)
        equal(found["since"][:19], last_sync[:19])


def test_trap_equal_times_and_pages(place):
    """Pages by `updatedAt > last` skip what has the same time as the last row of a page."""
    with server(place) as booky:
        do(booky, *[operation("create", f"b{i}", {"title": "x"}, at(0)) for i in range(25)])
        seen, query = [], "?limit=4"
        while True:
            page = changes(booky, query)
            seen += [each["data"]["id"] for each in page["changes"]]
            expect(len(page["changes"]) <= 4, "a page is no larger than its limit")
            if not page["hasMore"]:
                break
            query = "?limit=4&cursor=" + page["cursor"]
        equal(sorted(seen), sorted(f"b{i}" for i in range(25)))
        equal(changes(booky, "?cursor=" + page["cursor"])["changes"], [])


def test_trap_changes_by_cursor_miss_nothing_under_concurrent_writers(place):
    with server(place) as booky:
        ended = threading.Event()

        def write(writer):
            for i in range(25):
                success(one(booky, "create", f"{writer}-{i}", {"title": "x"}, at(0)))

        writers = [threading.Thread(target=write, args=(each,)) for each in range(4)]
        seen, state = [], {"query": "?limit=3"}

        def read():
            while True:
                was_ended = ended.is_set()
                page = changes(booky, state["query"])
                seen.extend(each["data"]["id"] for each in page["changes"])
                state["query"] = "?limit=3&cursor=" + page["cursor"]
                if was_ended and not page["hasMore"]:
                    return

        reader = threading.Thread(target=read)
        for each in writers + [reader]:
            each.start()
        for each in writers:
            each.join()
        ended.set()
        reader.join()
        equal(sorted(seen), sorted(f"{w}-{i}" for w in range(4) for i in range(25)))


def test_trap_full_sync_replaces_the_users_data_and_no_more(place):
    with server(place) as booky:
        bob = booky.with_token(bearer("bob"))
        success(one(bob, "create", "b1", {"title": "Bob's"}, at(0)))
        do(booky, operation("create", "b1", {"title": "old"}, at(0)),
           operation("create", "b2", {"title": "gone"}, at(0)),
           operation("create", "r1", {"bookId": "b1", "stars": 3}, at(0), entity="rating"))
        cursor = changes(booky)["cursor"]
        answer = booky.post("/api/sync/full", {
            "books": [{"id": "b1", "title": "new"}, {"id": "b3", "title": "added"}],
            "collections": [{"id": "c1", "name": "c", "bookIds": ["b1"]}],
            "tags": [], "readings": [{"id": "l1", "bookId": "b1", "page": 3}],
            "settings": {"theme": "dark"}})
        equal(answer.status, 200, f"the status of {answer!r}")
        equal(answer.json["success"], True)
        expect(answer.json["syncedAt"] > "2025", "syncedAt is a time", answer.json)
        equal({key: row["title"] for key, row in rows(booky).items()}, {"b1": "new", "b3": "added"})
        equal(len(rows(booky, "rating")), 1, "ratings, which were not given,")
        equal(list(rows(booky, "userSettings").values())[0]["settings"], {"theme": "dark"})
        equal(len(rows(booky, "collection")), 1)
        equal(rows(bob)["b1"]["title"], "Bob's")
        told = {(each["data"]["id"], each["op"])
                for each in changes(booky, "?cursor=" + cursor)["changes"]}
        expect(("b2", "delete") in told, "other devices learn of what is gone", told)
        expect(("r1", "delete") not in told, "what wasn't given is left alone", told)


def test_full_sync_is_all_or_nothing(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "kept"}, at(0)))
        cursor = changes(booky)["cursor"]
        for body, field in (
                ({"books": [{"id": "b2", "title": "x"}, {"id": "b3", "title": ""}]},
                 "book[1].title"),
                ({"books": [], "tags": [{"name": "no id"}]}, "tag[0].id"),
                ({"books": [{"id": "b2", "title": "x"}, {"id": "b2", "title": "y"}]}, "book[1]"),
                ({"force": True}, None), ({}, None), ({"books": None, "tags": 3}, None)):
            refused(booky.post("/api/sync/full", body), 400, "VALIDATION_ERROR", field)
        equal(changes(booky, "?cursor=" + cursor)["changes"], [])
        equal(rows(booky)["b1"]["title"], "kept")


def test_full_sync_survives_kill_9_whole_or_not_at_all(place):
    wanted = [{"id": f"new-{i}", "title": "x"} for i in range(400)]
    booky = server(place)
    success(one(booky, "create", "old", {"title": "x"}, at(0)))
    sender = threading.Thread(target=lambda: quiet(
        lambda: booky.post("/api/sync/full", {"books": wanted})))
    sender.start()
    time.sleep(0.03)  # Somewhere in the middle, or before, or behind: all are right.
    booky.kill()
    sender.join()
    with server(place) as booky:
        found = set(rows(booky))
        expect(found in ({"old"}, {each["id"] for each in wanted}),
               "all of it or nothing", sorted(found)[:5])


def quiet(action):
    try:
        action()
    except OSError:
        pass
    except Exception:  # The server went away in the middle, as it should.
        pass


def test_trap_clear_never_drops_what_is_not_synced(place):
    with server(place) as booky:
        queued = [booky.post("/api/sync/queue", operation("update", "missing", {"title": "x"}))
                  for _ in range(3)]
        equal([each.status for each in queued], [201] * 3)
        equal(booky.request("DELETE", "/api/sync/clear").json,
              {"success": True, "message": "Cleared synced operations"})
        equal(len(booky.get("/api/sync/pending").json["operations"]), 3)
        marked = queued[0].json["operation"]["id"]
        equal(booky.post("/api/sync/mark-synced", {"operationIds": [marked, "unknown"]}).json,
              {"success": True, "message": "Marked 1 operations as synced"})
        booky.request("DELETE", "/api/sync/clear")
        left = [each["id"] for each in booky.get("/api/sync/pending").json["operations"]]
        equal(left, [each.json["operation"]["id"] for each in queued[1:]])


def test_trap_the_rate_limit_is_counted_per_user(place):
    with server(place, RATE_LIMIT=5, RATE_WINDOW=3600) as booky:
        bob = booky.with_token(bearer("bob"))
        for _ in range(5):
            equal(booky.get("/api/sync/status").status, 200)
        limited = booky.get("/api/sync/status")
        refused(limited, 429, "RATE_LIMITED")
        wait = int(limited.headers["Retry-After"])
        expect(3500 < wait <= 3600, "Retry-After is the rest of the window", wait)
        equal(bob.get("/api/sync/status").status, 200, "another user's status")
        for path in ("/health", "/metrics", "/docs", "/openapi.json", "/conflicts"):
            equal(booky.get(path).status, 200, path)


@once
def test_the_limit_is_100_in_15_minutes_by_default_and_0_is_none(place):
    with Server(place, "booky_server", env={"JWT_SECRET": SECRET}, bearer=bearer()) as booky:
        for _ in range(100):
            equal(booky.get("/api/sync/status").status, 200)
        limited = booky.get("/api/sync/status")
        equal(limited.status, 429)
        expect(0 < int(limited.headers["Retry-After"]) <= 900, "Retry-After", limited.headers)
    with server(place, RATE_LIMIT=0) as booky:
        for _ in range(120):
            equal(booky.get("/api/sync/status").status, 200)


# --- changes, status ----------------------------------------------------------------------------

def test_changes_may_be_of_some_entities_and_refuse_what_is_wrong(place):
    with server(place) as booky:
        do(booky, operation("create", "b1", {"title": "x"}, at(0)),
           operation("create", "t1", {"name": "x"}, at(0), entity="tag"),
           operation("create", "c1", {"name": "x"}, at(0), entity="collection"))
        found = changes(booky, "?entities=book,tag")
        equal([each["type"] for each in found["changes"]], ["book", "tag"])
        equal(found["hasMore"], False)
        refused(booky.get("/api/sync/changes?entities=boook"), 400, "VALIDATION_ERROR")
        refused(booky.get("/api/sync/changes?since=yesterday"), 400, "VALIDATION_ERROR", "since")
        refused(booky.get("/api/sync/changes?limit=0"), 400, "VALIDATION_ERROR", "limit")
        refused(booky.get("/api/sync/changes?cursor=made-up"), 400, "VALIDATION_ERROR")
        equal(changes(booky, "?since=" + now(60))["changes"], [])


def test_status_is_the_users(place):
    with server(place) as booky:
        bob = booky.with_token(bearer("bob"))
        first = status(booky)
        equal((first["success"], first["status"], first["pendingOperations"], first["conflicts"]),
              (True, "ready", 0, 0))
        success(one(booky, "create", "b1", {"title": "x"}, at(0)))
        expect(status(booky)["lastSync"] > "2025", "lastSync is when it came", status(booky))
        booky.post("/api/sync/queue", operation("update", "missing", {"title": "x"}))
        equal(status(booky)["pendingOperations"], 1)
        equal(status(booky)["status"], "syncing")
        equal(status(bob)["pendingOperations"], 0)
        equal(status(bob).get("lastSync"), None)


# --- the queue ----------------------------------------------------------------------------------

def test_the_queue_is_worked_off_in_the_background_in_order(place):
    with server(place, BATCH_SIZE=3) as booky:
        stream = booky.websocket("/api/sync/stream")
        made = [booky.post("/api/sync/queue", operation("create", "b1", {"title": "t0"}))]
        made += [booky.post("/api/sync/queue", operation("update", "b1", {"title": f"t{i}"}))
                 for i in range(1, 12)]
        queued = made[0].json["operation"]
        equal((queued["type"], queued["entity"], queued["entityId"], queued["synced"]),
              ("create", "book", "b1", False))
        expect(queued["id"] and queued["timestamp"], "it has an id and a time", queued)
        wait_for(lambda: not booky.get("/api/sync/pending").json["operations"], "the queue")
        equal(rows(booky)["b1"]["title"], "t11")
        titles = []
        while not titles or titles[-1] != "t11":
            titles.append(json.loads(stream.message())["data"]["title"])
        expect(titles == sorted(titles, key=lambda each: int(each[1:])), "in order", titles)
        stream.close()
        ids = [each.json["operation"]["id"] for each in made]
        equal(booky.post("/api/sync/mark-synced", {"operationIds": ids}).json["message"],
              "Marked 12 operations as synced")
        equal(status(booky)["status"], "ready")


def test_the_queue_refuses_what_can_never_be_done(place):
    with server(place) as booky:
        for body in (operation("paint", "b1"), operation("update", "b1", entity="boook"),
                     operation("update", "b1", {"titel": 1}), {"type": "update"}, [],
                     operation("create", "b1", entity="queuedWrite")):
            refused(booky.post("/api/sync/queue", body), 400, "VALIDATION_ERROR")


def test_what_fails_five_times_is_parked_and_holds_back_only_its_row(place):
    with server(place) as booky:
        began = time.monotonic()
        bad = booky.post("/api/sync/queue", operation("update", "missing", {"title": "x"}))
        success(one(booky, "create", "b1", {"title": "a"}, at(0)))
        booky.post("/api/sync/queue", operation("update", "b1", {"title": "b"}))
        wait_for(lambda: rows(booky)["b1"]["title"] == "b", "the other row")
        pending = lambda: booky.get("/api/sync/pending").json["operations"]
        parked = wait_for(lambda: [each for each in pending() if each.get("parked")], "parking")
        spent = time.monotonic() - began
        equal(parked[0]["id"], bad.json["operation"]["id"])
        equal(parked[0]["attempts"], 5)
        expect(14 < spent < 40, "after 1, 2, 4 and 8 seconds", spent)
        equal((status(booky)["status"], status(booky)["pendingOperations"]), ("error", 1))
        booky.request("DELETE", "/api/sync/clear")
        equal(len(pending()), 1, "what is parked")


def test_the_queue_survives_kill_9_and_takes_effect_once(place):
    for round in range(3):
        booky = server(place)
        for i in range(20):
            booky.post("/api/sync/queue",
                       operation("create", f"b{round}-{i}", {"title": "x"}))
        booky.kill()
        with server(place) as booky:
            wait_for(lambda: not booky.get("/api/sync/pending").json["operations"], "the queue")
            equal(len(rows(booky)), 20 * (round + 1))
            equal(conflicts(booky), [])


# --- streams ------------------------------------------------------------------------------------

def test_the_stream_tells_changes_as_they_happen_to_their_user_alone(place):
    with server(place) as booky:
        bob = booky.with_token(bearer("bob"))
        with booky.websocket("/api/sync/stream") as mine, \
                bob.websocket("/api/sync/stream") as his, \
                booky.events("/api/sync/stream") as events:
            success(one(booky, "create", "b1", {"title": "canary-of-ada"}, at(0)))
            told = json.loads(mine.message())
            equal((told["type"], told["op"], told["data"]["id"]), ("book", "upsert", "b1"))
            success(one(booky, "delete", "b1", when=at(1)))
            equal(json.loads(mine.message())["op"], "delete")
            expect("canary-of-ada" in str(events.message()), "the events have it as well")
            expect(his.is_quiet(0.3), "nothing is told to Bob")
        refused(booky.with_token(None).get("/api/sync/stream"), 401, "UNAUTHORIZED")


# --- other people -------------------------------------------------------------------------------

def test_a_users_data_is_never_anothers(place):
    with server(place) as booky:
        ada = booky.with_token(bearer("ada", tenant="family"))
        bob = booky.with_token(bearer("bob", tenant="family"))
        success(one(ada, "create", "canary-1", {"title": "canary"}, at(0)))
        success(one(ada, "update", "canary-1", {"notes": "canary"}, at(9)))
        one(ada, "delete", "canary-1", when=at(5))
        conflict = conflicts(ada)[0]
        queued = ada.post("/api/sync/queue",
                          operation("update", "missing", {"title": "canary"})).json["operation"]
        for path in ("/api/sync/changes", "/api/sync/changes?since=" + at(-60),
                     "/api/sync/changes?entities=book", "/api/sync/status", "/api/sync/pending",
                     "/api/sync/conflicts", "/api/sync/alerts", "/metrics", "/sync/status",
                     "/sync/conflicts"):
            answer = bob.get(path)
            equal(answer.status, 200, path)
            expect("canary" not in answer.text, path, answer.text)
        refused(resolve(bob, conflict, take="mine"), 404, "NOT_FOUND")
        equal(bob.post("/api/sync/mark-synced", {"operationIds": [queued["id"]]}).json["message"],
              "Marked 0 operations as synced")
        equal(one(bob, "update", "canary-1", {"title": "mine now"}, at(20))["code"], "NOT_FOUND")
        success(one(bob, "delete", "canary-1", when=at(20)))
        success(one(bob, "create", "canary-1", {"title": "Bob's own"}, at(0)))
        cursor = changes(ada)["cursor"]
        refused(bob.get("/api/sync/changes?cursor=" + cursor), 400, "VALIDATION_ERROR")
        equal(rows(ada)["canary-1"]["title"], "canary")
        equal(rows(bob)["canary-1"]["title"], "Bob's own")


def test_tokens_are_checked(place):
    with server(place) as booky:
        for bad in (None, "x", unsigned_token(claims(subject="ada")),
                    token("another secret, which is long enough too", claims(subject="ada")),
                    token(SECRET, claims(subject="ada", seconds=-60)),
                    token(SECRET, claims(subject=""))):
            for path in ("/api/sync/status", "/api/sync/changes", "/api/sync/stream"):
                refused(booky.with_token(bad).get(path), 401, "UNAUTHORIZED")


# --- figures ------------------------------------------------------------------------------------

def metric(text, name):
    return [float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)]


def test_metrics_have_the_four_key_numbers(place):
    with server(place) as booky:
        success(one(booky, "create", "b1", {"title": "x"}, at(5)))
        one(booky, "update", "b1", {"title": "y"}, at(1))
        one(booky, "update", "missing", {"title": "y"}, at(1))
        booky.post("/api/sync/queue", operation("update", "missing", {"title": "x"}))
        text = booky.get("/metrics").text
        equal(metric(text, 'sync_operations_total{status="success"}'), [1.0])
        expect(metric(text, 'sync_operations_total{status="error"}')[0] >= 1, "failures", text)
        equal(metric(text, "sync_conflicts_total"), [1.0])
        equal(metric(text, "sync_duration_seconds_count"), [3.0])
        expect(metric(text, "sync_duration_seconds_sum")[0] > 0, "durations", text)
        wait_for(lambda: metric(booky.get("/metrics").text, "sync_pending_operations") == [1.0],
                 "the pending operations")


def test_alerts_hold_of_the_user_who_has_them(place):
    with server(place) as booky:
        bob = booky.with_token(bearer("bob"))
        names = lambda who: sorted(each["name"]
                                   for each in who.get("/api/sync/alerts").json["alerts"])
        do(booky, *[operation("create", f"b{i}", {"title": "x"}, at(5)) for i in range(18)])
        one(booky, "update", "b1", {"title": "y"}, at(1))
        equal(names(booky), [], "one conflict in nineteen")
        one(booky, "update", "b1", {"title": "z"}, at(1))
        equal(names(booky), [], "two in twenty: not over 10 %")
        one(booky, "update", "b1", {"title": "w"}, at(1))
        equal(names(booky), ["conflict_rate"])
        one(booky, "update", "missing", {"title": "w"}, at(1))
        equal(names(booky), ["conflict_rate"], "one failure in 22")
        one(booky, "update", "missing", {"title": "w"}, at(1))
        equal(names(booky), ["conflict_rate", "failure_rate"])
        for i in range(101):
            booky.post("/api/sync/queue", operation("update", "missing", {"title": "x"}))
        expect("pending_operations" in names(booky), "more than 100 wait", names(booky))
        equal(names(bob), [])


# --- what all servers have ----------------------------------------------------------------------

def test_errors_have_their_shape(place):
    with server(place) as booky:
        refused(booky.get("/nowhere"), 404, "NOT_FOUND")
        refused(booky.request("PUT", "/api/sync/status"), 405, "METHOD_NOT_ALLOWED")
        refused(booky.post("/api/sync/operations", "{"), 400, "VALIDATION_ERROR")
        refused(booky.post("/api/sync/operations", {}), 400, "VALIDATION_ERROR", "operations")
        refused(booky.post("/api/sync/operations", {"operations": 3}), 400, "VALIDATION_ERROR",
                "operations")
        refused(booky.post("/api/sync/operations", b"x", headers={"Content-Type": "text/plain"}),
                415, "UNSUPPORTED_MEDIA_TYPE")
        refused(booky.post("/api/sync/operations", b" " * (11 << 20)), 413, "PAYLOAD_TOO_LARGE")
        refused(booky.post("/api/sync/mark-synced", {"operationIds": [1]}), 400,
                "VALIDATION_ERROR")
        deep = '{"operations":' + "[" * 80 + "]" * 80 + "}"
        refused(booky.post("/api/sync/operations", deep), 400, "VALIDATION_ERROR")


def test_health_docs_gzip_and_a_description(place):
    with server(place) as booky:
        equal(booky.get("/health").status, 200)
        described = booky.get("/openapi.json").json
        for path in ("operations", "status", "pending", "changes", "full", "queue", "mark-synced",
                     "clear", "conflicts", "conflicts/{id}/resolve", "stream", "alerts"):
            expect("/api/sync/" + path in described["paths"], f"{path} is described")
        expect("text/html" in booky.get("/docs").headers["Content-Type"], "the docs are a page")
        body = json.dumps({"operations": [operation("create", f"b{i}", {"title": "x" * 50}, at(0))
                                          for i in range(50)]}).encode()
        equal(booky.post("/api/sync/operations", body, zipped=True).status, 200)
        packed = booky.get("/api/sync/changes", headers={"Accept-Encoding": "gzip"})
        equal(packed.headers["Content-Encoding"], "gzip")
        equal(len(packed.json["changes"]), 50)


@once
def test_wrong_options_end_it_with_one_clear_line(place):
    for options, env, code in ((["--port", "x"], ENVIRONMENT, 2), (["--prot", "1"], ENVIRONMENT, 2),
                               (["--database", "mysql://x"], ENVIRONMENT, 2), ([], {}, 2),
                               (["--batch-size", "0"], ENVIRONMENT, 2),
                               (["--database", "sqlite:////nowhere/at/all.db"], ENVIRONMENT, 1)):
        ended = run("booky_server", *options, env=env, folder=place.folder)
        equal(ended.code, code, f"the exit code with {options}: {ended!r}")
        equal(len(ended.err.strip().splitlines()), 1, f"lines on stderr: {ended.err!r}")
    equal(run("booky_server", "--help", folder=place.folder).code, 0)


# --- the client ---------------------------------------------------------------------------------

class Device:
    """The program `booky`, with a file of its own."""

    def __init__(self, place, address, name="device", user="ada", **more):
        self.folder = place.folder
        self.env = {"SERVER": address, "TOKEN": bearer(user, **more),
                    "DATABASE_URL": f"sqlite:///{place.folder}/{name}.db"}

    def do(self, *words, code=0):
        ended = run("booky", *words, env=self.env, folder=self.folder)
        equal(ended.code, code, f"the exit code of {' '.join(words)}: {ended!r}")
        return ended.out.strip()


def test_client_everything_works_offline_and_is_sent_when_the_server_is_back(place):
    with server(place) as booky:
        address = booky.address
    port = int(address.rsplit(":", 1)[1])
    phone = Device(place, address, "phone")
    dune = phone.do("add", "book", "title=Dune", "pages=412")
    emma = phone.do("add", "book", "title=Emma")
    phone.do("edit", "book", dune, "title=Dune Messiah")
    phone.do("edit", "book", dune, "author=Herbert")
    phone.do("delete", "book", emma)
    expect("Dune Messiah" in phone.do("list", "book"), "it is there, offline")
    expect("Emma" not in phone.do("list", "book"), "what is deleted is gone")
    phone.do("sync", code=3)
    expect(phone.do("pending"), "all is kept for later")
    with Server(place, "booky_server", env=ENVIRONMENT, port=port, bearer=bearer()) as booky:
        phone.do("sync")
        found = rows(booky)
        equal([(row["title"], row["author"], row["pages"]) for row in found.values()],
              [("Dune Messiah", "Herbert", 412)])
        cursor = changes(booky)["cursor"]
        phone.do("sync")
        equal(changes(booky, "?cursor=" + cursor)["changes"], [], "what another sync changed")
        laptop = Device(place, address, "laptop")
        laptop.do("sync")
        expect("Dune Messiah" in laptop.do("list", "book"), "it is on the other device")
        success(one(booky, "update", dune, {"notes": "from the web"}, now(1)))
        phone.do("sync")
        expect("from the web" in phone.do("--json", "list", "book"), "and so is what others wrote")
        equal(Device(place, address, "other", "bob").do("list", "book"), "")


def test_client_conflicts_and_refusals_end_with_4_and_say_what(place):
    with server(place) as booky:
        phone, laptop = (Device(place, booky.address, name) for name in ("phone", "laptop"))
        dune = phone.do("add", "book", "title=Dune")
        phone.do("sync")
        laptop.do("sync")
        laptop.do("edit", "book", dune, "notes=written on the train")
        laptop.do("sync")
        phone.do("delete", "book", dune)
        phone.do("sync", code=4)
        equal(len(conflicts(booky)), 1)
        equal(rows(booky)[dune]["notes"], "written on the train")
        equal(resolve(booky, conflicts(booky)[0], take="mine").status, 200)
        phone.do("sync")
        laptop.do("sync")
        equal(laptop.do("list", "book"), "")
        said = run("booky", "add", "book", "titel=x", env=phone.env, folder=place.folder)
        equal(said.code, 2)
        expect("titel" in said.err, "the wrong field is named", said)


def test_client_a_server_that_dies_in_the_middle_costs_nothing_and_doubles_nothing(place):
    booky = server(place)
    port = int(booky.address.rsplit(":", 1)[1])
    phone = Device(place, booky.address)
    ids = [phone.do("add", "book", f"title=Book {i}") for i in range(12)]
    for round in range(3):
        syncing = subprocess.Popen([str(stranger.FOLDER / "booky"), "sync"],
                                   env=stranger.environment(phone.env), cwd=place.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.01 * round)  # Before, in, or behind the push: all are right.
        booky.kill()
        expect(syncing.wait(stranger.PATIENCE) in (0, 3), "it is done, or kept for later")
        phone.do("edit", "book", ids[round], f"title=Edited {round}")
        booky = Server(place, "booky_server", env=ENVIRONMENT, port=port, bearer=bearer())
    with booky:
        phone.do("sync")
        titles = {key: row["title"] for key, row in rows(booky).items()}
        wanted = {key: f"Book {i}" if i > 2 else f"Edited {i}" for i, key in enumerate(ids)}
        equal(titles, wanted)
        equal(conflicts(booky), [])


def test_client_monitor_stays_and_brings_what_others_write(place):
    with server(place) as booky:
        phone = Device(place, booky.address)
        monitor = subprocess.Popen([str(stranger.FOLDER / "booky"), "monitor"],
                                   env=stranger.environment(phone.env), cwd=place.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            success(one(booky, "create", "b1", {"title": "from the web"}, at(0)))
            wait_for(lambda: "from the web" in phone.do("list", "book"), "the book")
        finally:
            monitor.send_signal(signal.SIGTERM)
        equal(monitor.wait(stranger.PATIENCE), 0, "the monitor's exit code")


def test_client_users_of_one_tenant_and_one_device_have_their_own_books(place):
    with server(place) as booky:
        ada = Device(place, booky.address, tenant="family")
        bob = Device(place, booky.address, user="bob", tenant="family")
        ada.do("add", "book", "title=Ada's diary")
        equal(bob.do("list", "book"), "")
        bob.do("sync")
        equal(rows(booky.with_token(bearer("bob"))), {})
        ada.do("sync")
        equal([row["title"] for row in rows(booky).values()], ["Ada's diary"])


def test_client_honours_the_rate_limit(place):
    with server(place, RATE_LIMIT=1, RATE_WINDOW=3600) as booky:
        phone = Device(place, booky.address)
        phone.do("add", "book", "title=Dune")
        equal(booky.get("/api/sync/status").status, 200)
        began = time.monotonic()
        phone.do("sync", code=3)
        expect(time.monotonic() - began < 30, "it doesn't wait for an hour")
        expect(phone.do("pending"), "all is kept")


if __name__ == "__main__":
    sys.exit(stranger.main(__name__, "systems.booky"))
