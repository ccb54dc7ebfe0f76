#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The program admin_engine as its clients and its operators see it.

    tests/systems/admin_engine.py FOLDER_OF_THE_PROGRAMS [word in a test's name …]
"""
import base64
import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid

import stranger
from stranger import (RsaKey, Server, claims, equal, expect, main, once, refused, run, token,
                      unsigned_token, wait_for)

SECRET = base64.b64encode(os.urandom(36)).decode()
SYNC = "/api/client/sync"
BOTH = ["end_user", "interactions"]
EPOCH = "1970-01-01T00:00:00.000Z"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def start(place, *options, tenant="acme", policy=None, **more):
    env = {"JWT_SECRET": SECRET}
    if policy is not None:
        env["CONFLICT_RESOLUTION"] = policy
    env.update(more.pop("env", {}))
    return Server(place, "admin_engine", *options, env=env, bearer=token(SECRET, claims(tenant)),
                  **more)


def as_tenant(server, tenant, subject="user-1"):
    return server.with_token(token(SECRET, claims(tenant, subject)))


def push(caller, end_user=None, interactions=None, key=None, **more):
    """The answer's rows, in the order sent."""
    answer = send(caller, end_user, interactions, key, **more)
    equal(answer.status, 200, f"the push's status ({answer!r})")
    equal(answer.json["success"], True, "success")
    return answer.json["data"]


def send(caller, end_user=None, interactions=None, key=None, **more):
    changes = {}
    if end_user is not None:
        changes["end_user"] = end_user
    if interactions is not None:
        changes["interactions"] = interactions
    headers = {} if key is None else {"Idempotency-Key": key}
    return caller.post(SYNC + "/push", {"changes": changes, **more}, headers=headers)


def pull(caller, **asked):
    answer = caller.post(SYNC + "/pull", {"entityTypes": BOTH, **asked})
    equal(answer.status, 200, f"the pull's status ({answer!r})")
    return answer.json


def ids(page, kind="end_user"):
    return [row["id"] for row in page["data"][kind]]


def user(caller, row_id):
    for row in pull(caller, lastSyncTimestamp="1970-01-01T00:00:00.001Z")["data"]["end_user"]:
        if row["id"] == row_id:
            return row
    return None


def new_id():
    return str(uuid.uuid4())


# --- the examples of the description -----------------------------------------------------------

def test_push_stores_rows_and_gives_them_back_in_the_order_sent(place):
    with start(place) as server:
        answer = send(server, [{"id": None, "name": "John Doe", "email": "john@example.com",
                                "sync_status": "pending", "server_synced": 0, "version": 1}],
                      [{"id": None, "type": "call", "title": "Follow up call",
                        "description": "Discuss project details",
                        "date": "2024-01-01T10:00:00Z", "status": "pending"}])
        equal(answer.status, 200, "the status")
        said = answer.json
        equal(said["success"], True, "success")
        expect(MOMENT.match(said["syncTimestamp"]), "a time in UTC", said["syncTimestamp"])
        john, call = said["data"]
        expect(uuid.UUID(john["id"]) and uuid.UUID(call["id"]), "rows get ids", said)
        equal([john[k] for k in ("name", "email", "sync_status", "server_synced", "version",
                                 "active", "is_deleted", "tenant_id")],
              ["John Doe", "john@example.com", "synced", 1, 2, 1, 0, "acme"], "the user")
        expect(MOMENT.match(john["last_updated"]) and MOMENT.match(john["updatedAt"]),
               "times in UTC", john)
        equal([call[k] for k in ("type", "title", "description", "date", "status", "tenant_id",
                                 "client_user_id")],
              ["call", "Follow up call", "Discuss project details", "2024-01-01T10:00:00.000000Z",
               "pending", "acme", None], "the interaction")
        expect("sync_status" not in call, "interactions have no sync_status", call)


def test_the_complete_flow_of_the_description(place):
    with start(place) as server:
        data = push(server, [{"name": "Integration Test User", "email": "integration@test.com",
                              "sync_status": "pending"}])
        equal(data[0]["sync_status"], "synced", "its sync_status")
        answer = server.post(SYNC + "/pull", {"lastSyncTimestamp": EPOCH,
                                              "entityTypes": ["end_user"]})
        said = answer.json
        equal(list(said["data"]), ["end_user"], "the types asked for")
        equal(len(said["data"]["end_user"]), 1, "the users")
        equal(said["data"]["end_user"][0], data[0], "the row pulled")


def test_rows_of_a_push_keep_the_order_of_the_body_whatever_refers_to_what(place):
    with start(place) as server:
        parent = new_id()
        body = ('{"changes":{"interactions":[{"title":"first","client_user_id":"%s"}],'
                '"end_user":[{"id":"%s","name":"second"},{"name":"third"}]}}' % (parent, parent))
        said = server.post(SYNC + "/push", body).json
        equal([row.get("title", row.get("name")) for row in said["data"]],
              ["first", "second", "third"], "the order")
        equal(said["data"][0]["client_user_id"], parent, "the reference")


def test_trap_an_id_that_is_null_missing_or_36_hyphens_is_replaced(place):
    with start(place) as server:
        mine = new_id()
        sent = [{"id": None, "name": "a"}, {"name": "b"}, {"id": "", "name": "c"},
                {"id": "-" * 36, "name": "d"}, {"id": 7, "name": "e"},
                {"id": "0" * 36, "name": "f"}, {"id": {"x": 1}, "name": "g"},
                {"id": mine, "name": "h"}]
        stored = push(server, sent)
        equal([row["name"] for row in stored], list("abcdefgh"), "the names")
        given = [row["id"] for row in stored]
        equal(given[-1], mine, "an id that is one")
        equal(len({str(uuid.UUID(each)) for each in given}), 8, "how many different ids")
        expect(all(each != "-" * 36 for each in given), "36 hyphens are no id", given)


def test_defaults_and_aliases_are_those_declared(place):
    with start(place) as server:
        row, call = push(server, [{"name": "a"}], [{"title": "t"}])
        equal((row["active"], row["is_deleted"], row["version"]), (1, 0, 2), "the defaults")
        equal(call["status"], "pending", "the default status")
        gone, = push(server, [{"id": row["id"], "isDeleted": True, "version": 2}])
        equal((gone["is_deleted"], gone["version"], gone["name"]), (1, 3, "a"), "the deleted row")
        back, = push(server, [{"id": row["id"], "is_deleted": 0, "version": 3, "active": False}])
        equal((back["is_deleted"], back["active"]), (0, 0), "the row that came back")


def test_trap_a_body_is_not_spread_over_what_the_server_owns(place):
    with start(place) as server:
        row, = push(server, [{"name": "a", "tenant_id": "other", "server_synced": 0,
                              "sync_status": "conflict", "version": 77,
                              "updatedAt": "1999-01-01T00:00:00Z",
                              "last_updated": "1999-01-01T00:00:00Z"}])
        equal((row["tenant_id"], row["server_synced"], row["sync_status"], row["version"]),
              ("acme", 1, "synced", 2), "what the server owns")
        expect(row["updatedAt"] > "2024" and row["last_updated"] > "2024", "the times", row)
        ahead, = push(server, [{"name": "b", "updatedAt": "2999-01-01T00:00:00Z"}])
        expect(ahead["updatedAt"] < "2900", "a time to come is not stored", ahead)
        mixed, = push(server, [{"name": "c", "sync_status": "nonsense", "tenant_id": 5}])
        equal(mixed["sync_status"], "synced", "what isn't taken is not looked at")


def test_each_stored_change_raises_the_version_by_one(place):
    with start(place) as server:
        row, = push(server, [{"name": "a"}])
        for i in range(3):
            before = row["version"]
            row, = push(server, [{"id": row["id"], "name": f"a{i}", "version": before}])
            equal(row["version"], before + 1, "the version")
        bare, = push(server, [{"id": row["id"], "email": "x@example.com"}])
        equal((bare["version"], bare["name"], bare["email"]),
              (row["version"] + 1, "a2", "x@example.com"), "a part of a row")


def test_a_row_may_come_twice_in_a_push(place):
    with start(place) as server:
        row, = push(server, [{"name": "a"}])
        twice = push(server, [{"id": row["id"], "name": "b", "version": 2},
                              {"id": row["id"], "email": "b@example.com", "version": 2}])
        equal((twice[1]["name"], twice[1]["email"]), ("b", "b@example.com"), "both changes")
        mine = new_id()
        made = push(server, [{"id": mine, "name": "x", "version": 1},
                             {"id": mine, "name": "y", "version": 1}])
        equal(made[1]["name"], "y", "the later one of a new row")
        equal(len([i for i in ids(pull(server)) if i == mine]), 1, "the row is there once")


def test_the_deletion_of_a_row_that_is_not_there_stops_no_push(place):
    with start(place) as server:
        gone, other = push(server, [{"id": new_id(), "isDeleted": True}, {"name": "other"}])
        equal((gone["is_deleted"], other["name"]), (1, "other"), "the answer")
        equal(len(ids(pull(server))), 1, "the users")
        cancelled, = push(server, None, [{"id": new_id(), "status": "cancelled"}])
        equal(cancelled["status"], "cancelled", "the interaction")


def test_members_that_nobody_knows_are_left_out_with_a_warning(place):
    with start(place) as server:
        said = send(server, [{"name": "a", "emial": "x"}], [{"title": "t", "sync_status": "x"}],
                    deviceId="d").json
        expect(any("changes.end_user[0].emial" in each for each in said["warnings"]),
               "the typing error is told", said)


# --- 1. all or nothing, and once ---------------------------------------------------------------

def test_one_invalid_change_refuses_all_and_is_named(place):
    with start(place) as server:
        good = [{"name": f"n{i}", "email": f"n{i}@example.com"} for i in range(3)]
        refused(send(server, good + [{"name": "x", "email": "no address"}], [{"title": "t"}]),
                400, "VALIDATION_ERROR", "changes.end_user[3].email")
        refused(send(server, good, [{"title": "t"}, {"title": ""}]),
                400, "VALIDATION_ERROR", "changes.interactions[1].title")
        refused(send(server, [{"name": "a"}, {"email": "a@example.com"}]),
                400, "VALIDATION_ERROR", "changes.end_user[1].name")
        refused(send(server, [{"name": "x" * 201}]), 400, "VALIDATION_ERROR",
                "changes.end_user[0].name")
        refused(send(server, [{"name": "a", "active": 2}]), 400, "VALIDATION_ERROR",
                "changes.end_user[0].active")
        refused(send(server, [{"name": 5}]), 400, "VALIDATION_ERROR", "changes.end_user[0].name")
        refused(send(server, None, [{"title": "t", "status": "open"}]), 400, "VALIDATION_ERROR",
                "changes.interactions[0].status")
        refused(send(server, None, [{"title": "t", "date": "yesterday"}]), 400,
                "VALIDATION_ERROR", "changes.interactions[0].date")
        refused(send(server, good, [{"title": "t", "client_user_id": new_id()}]), 400,
                "VALIDATION_ERROR", "changes.interactions[0].client_user_id")
        refused(server.post(SYNC + "/push", {"changes": {"pets": []}}), 400, "VALIDATION_ERROR",
                "changes.pets")
        refused(server.post(SYNC + "/push", {}), 400, "VALIDATION_ERROR", "changes")
        refused(server.post(SYNC + "/push", b"{\"changes\": {"), 400, "VALIDATION_ERROR")
        equal(pull(server)["data"], {"end_user": [], "interactions": []}, "what is stored")


def test_a_push_of_many_rows_is_still_one(place):
    with start(place) as server:
        rows = [{"name": f"n{i}"} for i in range(12_000)]
        refused(send(server, rows + [{"name": ""}]), 400, "VALIDATION_ERROR",
                "changes.end_user[12000].name")
        equal(ids(pull(server)), [], "what is stored")
        equal(len(push(server, rows)), 12_000, "the rows")
        got, more = set(), {}
        while page := ids(answer := pull(server, limit=5_000, **more)):
            got |= set(page)
            more = {"lastSyncTimestamp": answer["syncTimestamp"]}
        equal(len(got), 12_000, "the rows pulled")


def test_a_refused_change_takes_an_edit_of_a_stored_row_back(place):
    with start(place) as server:
        row, = push(server, [{"name": "before"}])
        refused(send(server, [{"id": row["id"], "name": "after", "version": 2}, {"name": ""}]),
                400, "VALIDATION_ERROR", "changes.end_user[1].name")
        equal(user(server, row["id"]), row, "the row")


def test_an_idempotency_key_gives_the_first_answer_and_changes_nothing(place):
    with start(place) as server:
        first = send(server, [{"name": "a"}], [{"title": "t"}], key="k-1")
        again = send(server, [{"name": "a"}], [{"title": "t"}], key="k-1")
        equal(again.status, 200, "the status")
        equal(again.body, first.body, "the second answer")
        other = send(server, [{"name": "a"}], [{"title": "t"}], key="k-2")
        expect(other.json["data"][0]["id"] != first.json["data"][0]["id"], "another key is new")
        refused(send(server, [{"name": "b"}], key="k-1"), 409, "CONFLICT_DETECTED")
        equal(len(ids(pull(server))), 2, "the users")
        refused(send(server, [{"name": ""}], key="k-3"), 400, "VALIDATION_ERROR")
        equal(send(server, [{"name": "mended"}], key="k-3").status, 200,
              "a refused push leaves its key free")
        refused(send(server, [{"name": "a"}], key="k" * 300), 400, "VALIDATION_ERROR")


def test_idempotency_keys_are_a_tenants_and_a_subjects_own(place):
    with start(place) as server:
        first = send(server, [{"name": "a"}], key="k").json["data"][0]["id"]
        for tenant, subject in (("acme", "user-2"), ("other", "user-1")):
            other = send(as_tenant(server, tenant, subject), [{"name": "a"}], key="k")
            equal(other.status, 200, "the status")
            expect(other.json["data"][0]["id"] != first, "a row of its own")


def test_an_idempotency_key_holds_after_a_restart(place):
    with start(place) as server:
        first = send(server, [{"name": "a"}], key="k")
        server.kill()
    with start(place) as server:
        again = send(server, [{"name": "a"}], key="k")
        equal(again.body, first.body, "the answer after kill -9")
        equal(len(ids(pull(server))), 1, "the users")


def test_the_same_key_at_the_same_time_takes_effect_once(place):
    with start(place) as server:
        answers = []
        barrier = threading.Barrier(8)

        def work():
            barrier.wait()
            answers.append(send(server, [{"name": "a"}], key="k"))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        equal({answer.status for answer in answers}, {200}, "the statuses")
        equal(len({answer.body for answer in answers}), 1, "different answers")
        equal(len(ids(pull(server))), 1, "the users")


def test_kill_minus_nine_loses_nothing_that_was_answered(place):
    known, tried = {}, set()
    for round_ in range(3):
        with start(place) as server:
            kept = {row["id"] for row in pull(server, limit=10000)["data"]["end_user"]}
            expect(set(known) <= kept, "what was answered with success is there",
                   set(known) - kept)
            stopped = threading.Event()

            def work(who, round_=round_, server=server, stopped=stopped):
                try:
                    for i in range(100_000):
                        name = f"{round_}-{who}-{i}"
                        tried.add(name)
                        answer = send(server, [{"name": name}], key=name)
                        if answer.status == 200:
                            known[answer.json["data"][0]["id"]] = name
                        if len(known) >= (round_ + 1) * 40:
                            stopped.set()
                except OSError:
                    pass  # The server is gone.
                except Exception:  # Half an answer.
                    pass

            threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
            for each in threads:
                each.start()
            expect(stopped.wait(60), "the pushes went on")
            server.kill()
            for each in threads:
                each.join()
    with start(place) as server:
        for name in sorted(tried):  # Also those that were stored, and whose answer was lost.
            equal(send(server, [{"name": name}], key=name).status, 200, "a repetition")
        rows = {row["id"]: row["name"]
                for row in pull(server, limit=10000)["data"]["end_user"]}
        equal(set(rows.values()), tried, "the rows that were sent")
        for row_id, name in known.items():
            equal(rows.get(row_id), name, "a row that was answered")
        equal(len(set(rows.values())), len(rows), "the rows that are there twice")


# --- 2. tenants --------------------------------------------------------------------------------

def test_trap_a_row_is_found_by_its_tenant_and_not_by_its_id_alone(place):
    with start(place) as server:
        mine, = push(server, [{"name": "mine", "email": "mine@example.com"}])
        other = as_tenant(server, "other")
        page = pull(other)
        equal(page["data"], {"end_user": [], "interactions": []}, "another tenant's view")
        answer = send(other, [{"id": mine["id"], "name": "taken over", "version": 2,
                               "tenant_id": "acme"}])
        equal(answer.status, 200, "an id of others reads as one that isn't there")
        expect("mine" not in answer.text, "nothing of the other's row is told", answer.text)
        equal(answer.json["data"][0]["tenant_id"], "other", "the tenant of the new row")
        equal(answer.json["data"][0]["version"], 2, "it is a new row")
        equal(user(server, mine["id"]), mine, "the row of the first tenant")
        refused(send(other, None, [{"title": "t", "client_user_id": new_id()}]), 400,
                "VALIDATION_ERROR", "changes.interactions[0].client_user_id")
        second, = push(server, [{"name": "second"}])
        refused(send(other, None, [{"title": "t", "client_user_id": second["id"]}]), 400,
                "VALIDATION_ERROR", "changes.interactions[0].client_user_id")
        cursor = pull(server)["cursor"]
        refused(other.post(SYNC + "/pull", {"cursor": cursor}), 400, "VALIDATION_ERROR", "cursor")


def test_a_token_without_a_tenant_is_a_tenant_of_its_own(place):
    with start(place) as server:
        alone = server.with_token(token(SECRET, claims(None, "sue")))
        row, = push(alone, [{"name": "a"}])
        equal(row["tenant_id"], "sue", "the tenant")
        equal(ids(pull(server)), [], "what the others see")


# --- 3. conflicts ------------------------------------------------------------------------------

def meet(server, late=None, early=None, base=None):
    """A row that two clients know in version 2: one has changed it, and the other comes late."""
    row, = push(server, [{"name": "base", "email": "base@example.com", **(base or {})}])
    server_row, = push(server, [{"id": row["id"], "version": 2, **(early or {"name": "early"})}])
    answer, = push(server, [{"id": row["id"], "version": 2, **(late or {"name": "late"})}])
    return row, server_row, answer


def test_server_wins_keeps_what_is_stored(place):
    with start(place, policy="server-wins") as server:
        _, stored, answer = meet(server, {"name": "late", "updatedAt": "2999-01-01T00:00:00Z"})
        equal(answer, stored, "the answer")
        equal(user(server, stored["id"]), stored, "the row")
        fine, = push(server, [{"id": stored["id"], "name": "fine", "version": stored["version"]}])
        equal(fine["name"], "fine", "a change of the stored version is no conflict")


def test_client_wins_takes_what_comes(place):
    with start(place, policy="client-wins") as server:
        _, stored, answer = meet(server, {"name": "late", "updatedAt": "2001-01-01T00:00:00Z"})
        equal((answer["name"], answer["version"]), ("late", stored["version"] + 1), "the answer")


def test_last_write_wins_is_the_default_and_goes_by_time(place):
    with start(place) as server:
        _, stored, answer = meet(server, {"name": "late", "updatedAt": "2001-01-01T00:00:00Z"})
        equal(answer, stored, "an older write")
        _, stored, answer = meet(server, {"name": "late", "updatedAt": "2999-01-01T00:00:00Z"})
        equal((answer["name"], answer["version"]), ("late", stored["version"] + 1),
              "a later write")
        _, stored, answer = meet(server, {"name": "late", "last_updated": "2001-01-01T00:00:00Z"})
        equal(answer, stored, "last_updated is a time as well")


def test_trap_last_write_wins_without_a_time_does_not_mean_that_the_client_wins(place):
    with start(place, policy="last-write-wins") as server:
        _, stored, answer = meet(server, {"name": "of an older version, nobody knows when"})
        equal(answer, stored, "the answer")
        _, stored, answer = meet(server, {"name": "late", "updatedAt": None})
        equal(answer, stored, "a time that is null is none")


def test_a_clock_ahead_does_not_win_for_ever(place):
    with start(place) as server:
        row, _, _ = meet(server, {"name": "ahead", "updatedAt": "2999-01-01T00:00:00Z"})
        plain, = push(server, [{"id": row["id"], "name": "plain"}])
        equal(plain["name"], "plain", "the later write of a client without a clock")


def test_merge_keeps_what_only_one_side_changed(place):
    with start(place, policy="merge") as server:
        # Both send whole rows; each has changed another field.
        row, stored, answer = meet(
            server, {"name": "base", "email": "late@example.com", "active": 1},
            {"name": "early", "email": "base@example.com", "active": 0})
        equal((answer["name"], answer["email"], answer["active"]),
              ("early", "late@example.com", 0), "the merged row")
        equal(answer["version"], stored["version"] + 1, "the version")
        equal(user(server, row["id"]), answer, "the stored row")
        _, _, answer = meet(server, {"name": "late", "email": "late@example.com"})
        equal((answer["name"], answer["email"]), ("late", "late@example.com"),
              "what both changed is the client's")
        _, _, answer = meet(server, {"name": "late", "updatedAt": "2001-01-01T00:00:00Z"})
        equal(answer["name"], "late", "the clock has no say in a merge")


def test_merge_knows_deletions_as_changes(place):
    with start(place, policy="merge") as server:
        _, _, answer = meet(server, {"name": "late", "is_deleted": 0}, {"is_deleted": 1})
        equal((answer["name"], answer["is_deleted"]), ("late", 1), "a row deleted by the server")
        _, _, answer = meet(server, {"name": "base", "is_deleted": 1}, {"name": "early"})
        equal((answer["name"], answer["is_deleted"]), ("early", 1), "a row deleted by the client")


def test_merge_has_its_base_after_a_restart(place):
    with start(place, policy="merge") as server:
        row, = push(server, [{"name": "base", "email": "base@example.com"}])
        push(server, [{"id": row["id"], "version": 2, "name": "early"}])
        server.kill()
    with start(place, policy="merge") as server:
        answer, = push(server, [{"id": row["id"], "version": 2, "name": "base",
                                 "email": "late@example.com"}])
        equal((answer["name"], answer["email"]), ("early", "late@example.com"), "the merged row")


def meet_interaction(server, late):
    row, = push(server, None, [{"type": "call", "title": "base", "description": "d"}])
    early, = push(server, None, [{"id": row["id"], "title": "early",
                                  "updatedAt": row["updatedAt"]}])
    equal(early["title"], "early", "who says the row's own time has changed the row as it is")
    answer, = push(server, None, [{"id": row["id"], **late}])
    return row, early, answer


def test_the_policies_hold_for_interactions_too(place):
    with start(place, policy="server-wins") as server:
        _, early, answer = meet_interaction(server, {"title": "late"})
        equal(answer, early, "server-wins")
    with start(place, policy="client-wins") as server:
        _, _, answer = meet_interaction(server, {"title": "late"})
        equal((answer["title"], answer["description"]), ("late", "d"), "client-wins")
    with start(place, policy="last-write-wins") as server:
        row, early, answer = meet_interaction(server, {"title": "late",
                                                       "updatedAt": "2001-01-01T00:00:00Z"})
        equal(answer, early, "last-write-wins, older")
        answer, = push(server, None, [{"id": row["id"], "title": "late",
                                       "updatedAt": "2999-01-01T00:00:00Z"}])
        equal(answer["title"], "late", "last-write-wins, later")
    with start(place, policy="merge") as server:
        _, _, answer = meet_interaction(server, {"description": "late"})
        equal((answer["title"], answer["description"]), ("early", "late"), "merge")
        _, _, answer = meet_interaction(server, {"status": "completed"})
        equal((answer["title"], answer["status"]), ("early", "completed"), "merge of the status")


def test_a_time_without_microseconds_is_known_again(place):
    with start(place, policy="server-wins") as server:
        row, = push(server, None, [{"title": "a"}])
        shortened = row["updatedAt"][:23].rstrip("Z") + "Z"
        answer, = push(server, None, [{"id": row["id"], "title": "b", "updatedAt": shortened}])
        equal(answer["title"], "b", "the title")


@once
def test_an_unknown_policy_ends_the_program(place):
    for wrong in ("newest-wins", "LAST-WRITE-WINS", "merge "):
        ended = run("admin_engine", "--port", "0", "--database", place.url,
                    env={"JWT_SECRET": SECRET, "CONFLICT_RESOLUTION": wrong}, folder=place.folder)
        equal(ended.code, 2, "the exit code")
        equal(len(ended.err.splitlines()), 1, f"the lines on stderr ({ended.err})")
        expect("server-wins" in ended.err, "it says what there is", ended.err)


def test_parked_conflicts_have_their_routes(place):
    with start(place) as server:
        said = server.get(SYNC + "/conflicts")
        equal((said.status, said.json["success"], said.json["conflicts"]), (200, True, []),
              "the conflicts")
        refused(server.post(SYNC + f"/conflicts/{new_id()}/resolve", {"take": "mine"}), 404,
                "NOT_FOUND")
        refused(server.post(SYNC + "/conflicts/what/resolve", {"take": "mine"}), 404, "NOT_FOUND")
        refused(server.post(SYNC + f"/conflicts/{new_id()}/resolve", {"take": "both"}), 400,
                "VALIDATION_ERROR", "take")


# --- 4. pulling --------------------------------------------------------------------------------

def test_trap_deletions_reach_a_client_that_has_the_row(place):
    with start(place) as server:
        row, call = push(server, [{"name": "a"}], [{"title": "t"}])
        seen = pull(server)
        push(server, [{"id": row["id"], "isDeleted": True, "version": 2}],
             [{"id": call["id"], "status": "cancelled"}])
        for more in ({"lastSyncTimestamp": seen["syncTimestamp"]}, {"cursor": seen["cursor"]}):
            page = pull(server, **more)
            equal([(r["id"], r["is_deleted"]) for r in page["data"]["end_user"]],
                  [(row["id"], 1)], "the deleted user")
            equal([(r["id"], r["status"]) for r in page["data"]["interactions"]],
                  [(call["id"], "cancelled")], "the cancelled interaction")
        for first in ({}, {"lastSyncTimestamp": EPOCH}, {"lastSyncTimestamp": None}):
            equal(pull(server, **first)["data"], {"end_user": [], "interactions": []},
                  "a first pull")


def test_a_first_pull_of_many_pages_leaves_deleted_rows_out_of_all_of_them(place):
    with start(place) as server:
        rows = push(server, [{"name": f"n{i}"} for i in range(9)])
        for row in rows[::2]:
            push(server, [{"id": row["id"], "is_deleted": 1, "version": 2}])
        first = pull(server, limit=2)
        gone = rows[1]
        push(server, [{"id": gone["id"], "is_deleted": 1, "version": 2}])
        seen, cursor = {r["id"]: r for r in first["data"]["end_user"]}, first["cursor"]
        while True:
            page = pull(server, cursor=cursor, limit=2)
            if not page["data"]["end_user"]:
                break
            seen.update({r["id"]: r for r in page["data"]["end_user"]})
            cursor = page["cursor"]
        equal({r["name"] for r in seen.values() if not r["is_deleted"]}, {"n3", "n5", "n7"},
              "the live rows")
        expect(all(r["id"] == gone["id"] for r in seen.values() if r["is_deleted"]),
               "only what was deleted meanwhile is told", seen)


def test_trap_the_push_answer_does_not_move_the_time_of_the_pull(place):
    """The description's client takes the syncTimestamp of its push for its next pull."""
    with start(place) as server:
        push(server, [{"name": "old"}])
        time_ = pull(server)["syncTimestamp"]
        theirs, = push(as_tenant(server, "acme", "another device"), [{"name": "theirs"}])
        time_after_push = send(server, [{"name": "mine"}]).json["syncTimestamp"]
        page = pull(server, lastSyncTimestamp=time_after_push)
        expect(theirs["id"] in ids(page), "the other device's row is pulled", page)
        told = send(server, [{"name": "more"}], lastSyncTimestamp=time_).json["syncTimestamp"]
        equal(told, time_, "the time that the push said")
        expect(theirs["id"] in ids(pull(server, lastSyncTimestamp=told)), "the row is pulled")


def test_trap_a_deletion_is_told_also_after_a_push(place):
    with start(place) as server:
        row, = push(server, [{"name": "a"}])
        pull(server)
        push(as_tenant(server, "acme", "other"), [{"id": row["id"], "isDeleted": True}])
        time_ = send(server, [{"name": "mine"}]).json["syncTimestamp"]
        page = pull(server, lastSyncTimestamp=time_)
        equal([r["is_deleted"] for r in page["data"]["end_user"] if r["id"] == row["id"]], [1],
              "the deleted row")


def test_trap_equal_times_lose_no_row_at_any_page_size(place):
    with start(place) as server:
        names = {f"n{i}" for i in range(25)}
        push(server, [{"name": each} for each in sorted(names)])  # All at one moment.
        for limit in (1, 2, 7, 24, 25, 1000):
            for by in ("syncTimestamp", "cursor"):
                got, more = set(), {}
                for _ in range(60):
                    page = pull(server, limit=limit, **more)
                    expect(len(ids(page)) <= limit, "no page is longer than asked", len(ids(page)))
                    got |= {row["name"] for row in page["data"]["end_user"]}
                    if not ids(page):
                        break
                    more = {"cursor": page["cursor"]} if by == "cursor" else \
                        {"lastSyncTimestamp": page["syncTimestamp"]}
                equal(got, names, f"what pages of {limit} by {by} gave")


def test_the_limit_is_of_all_types_together(place):
    with start(place) as server:
        push(server, [{"name": f"n{i}"} for i in range(5)], [{"title": f"t{i}"} for i in range(5)])
        got, more, pages = [], {}, 0
        while True:
            page = pull(server, limit=3, **more)
            rows = ids(page) + ids(page, "interactions")
            if not rows:
                break
            expect(len(rows) <= 3, "the page's rows", len(rows))
            got += rows
            pages += 1
            more = {"cursor": page["cursor"]}
        equal((len(got), len(set(got)), pages), (10, 10, 4), "rows, different rows, and pages")
        only = server.post(SYNC + "/pull", {"entityTypes": ["interactions"], "limit": 2}).json
        equal(len(only["data"]["interactions"]), 2, "a page of one type is full")


def test_the_default_limit_is_a_thousand(place):
    with start(place) as server:
        push(server, [{"name": f"n{i}"} for i in range(1203)])
        first = pull(server)
        equal(len(ids(first)), 1000, "the first page")
        equal(len(ids(pull(server, cursor=first["cursor"]))), 203, "the second page")
        rest = pull(server, lastSyncTimestamp=first["syncTimestamp"])
        equal(len(set(ids(first)) | set(ids(rest))), 1203, "all rows, by time")
        for wrong in (0, -1):
            refused(server.post(SYNC + "/pull", {"limit": wrong}), 400, "VALIDATION_ERROR",
                    "limit")
        refused(server.post(SYNC + "/pull", {"limit": "ten"}), 400, "VALIDATION_ERROR", "limit")


def test_a_pull_gives_what_changed_and_no_more(place):
    with start(place) as server:
        first, second = push(server, [{"name": "a"}, {"name": "b"}])
        seen = pull(server)
        equal(set(ids(seen)), {first["id"], second["id"]}, "the first pull")
        equal(ids(pull(server, cursor=seen["cursor"])), [], "nothing is new")
        equal(ids(pull(server, lastSyncTimestamp=seen["syncTimestamp"])), [],
              "nothing is new by time")
        push(server, [{"id": second["id"], "name": "b2", "version": 2}])
        page = pull(server, cursor=seen["cursor"])
        equal([row["name"] for row in page["data"]["end_user"]], ["b2"], "what changed")


def test_an_empty_tenant_has_a_time_and_a_cursor_to_go_on_from(place):
    with start(place) as server:
        empty = pull(server)
        expect(MOMENT.match(empty["syncTimestamp"]) and empty["cursor"], "both", empty)
        row, = push(server, [{"name": "a"}])
        for more in ({"lastSyncTimestamp": empty["syncTimestamp"]}, {"cursor": empty["cursor"]}):
            equal(ids(pull(server, **more)), [row["id"]], "the new row")


def test_cursors_are_checked(place):
    with start(place) as server:
        push(server, [{"name": "a"}])
        cursor = pull(server)["cursor"]
        half = len(cursor) // 2
        forged = cursor[:half] + ("0" if cursor[half] != "0" else "1") + cursor[half + 1:]
        for wrong in ("x", forged, cursor[:-1], "0" * len(cursor), "ä" * 40):
            refused(server.post(SYNC + "/pull", {"cursor": wrong}), 400, "VALIDATION_ERROR",
                    "cursor")
        refused(server.post(SYNC + "/pull", {"cursor": cursor, "entityTypes": ["end_user"]}), 400,
                "VALIDATION_ERROR", "cursor")
        refused(server.post(SYNC + "/pull", {"lastSyncTimestamp": "today"}), 400,
                "VALIDATION_ERROR", "lastSyncTimestamp")
        refused(server.post(SYNC + "/pull", {"entityTypes": "end_user"}), 400,
                "VALIDATION_ERROR", "entityTypes")


def read_while_writing(place, follow, limit):
    """Writers of one tenant, and a reader who follows: at the end it must know every row as it
    is."""
    with start(place) as server:
        told, wrong = {}, []
        lock = threading.Lock()

        def write(who):
            try:
                mine = []
                for i in range(30):
                    rows = push(server, [{"name": f"{who}-{i}-{k}"} for k in range(3)])
                    if mine:
                        rows += push(server, [{"id": mine[i % len(mine)], "name": f"{who}-e{i}"}])
                    mine += [row["id"] for row in rows[:1]]
                    with lock:
                        for row in rows:
                            told[row["id"]] = row
            except AssertionError as why:
                wrong.append(why)

        threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
        for each in threads:
            each.start()
        got, more = {}, {}
        while True:
            is_last = not any(each.is_alive() for each in threads)
            page = pull(server, limit=limit, **more)
            for row in page["data"]["end_user"]:
                got[row["id"]] = row
            more = follow(page)
            if is_last and not ids(page):
                break
        if wrong:
            raise wrong[0]
        equal(len(got), len(told), "how many rows were read")
        for row_id, row in told.items():
            equal(got.get(row_id), row, "a row as it was read")


def test_concurrent_writers_lose_no_change_for_a_reader_by_cursor(place):
    read_while_writing(place, lambda page: {"cursor": page["cursor"]}, 7)


def test_trap_concurrent_writers_lose_no_change_for_a_reader_by_time(place):
    read_while_writing(place, lambda page: {"lastSyncTimestamp": page["syncTimestamp"]}, 7)


def test_pull_pending_gives_what_is_pending(place):
    with start(place) as server:
        open_, done, gone = push(server, [{"name": "a"}], [
            {"title": "open"}, {"title": "done", "status": "completed"},
            {"title": "gone", "status": "cancelled"}])[1:]
        answer = server.post(SYNC + "/pull-pending", {"entityTypes": BOTH})
        equal(answer.status, 200, "the status")
        said = answer.json
        equal(said["success"], True, "success")
        expect(MOMENT.match(said["syncTimestamp"]), "a time", said)
        equal(said["data"]["end_user"], [], "a stored user is synced")
        equal([row["id"] for row in said["data"]["interactions"]], [open_["id"]],
              "the pending interactions")
        expect(done["id"] not in answer.text and gone["id"] not in answer.text, "not the others")
        odd = server.post(SYNC + "/pull-pending", {"entityTypes": ["end_user", "pets"]}).json
        equal((odd["data"], len(odd["warnings"])), ({"end_user": [], "pets": []}, 1), "the answer")


# --- 5. unknown types --------------------------------------------------------------------------

def test_trap_an_unknown_type_is_told_and_the_others_are_served(place):
    with start(place) as server:
        row, = push(server, [{"name": "a"}])
        said = pull(server, entityTypes=["pets", "end_user"])
        equal(said["success"], True, "success")
        equal((said["data"]["pets"], ids(said)), ([], [row["id"]]), "the data")
        expect(len(said["warnings"]) == 1 and "pets" in said["warnings"][0], "the warning", said)
        expect("warnings" not in pull(server), "no warning where nothing is wrong")
        every = server.post(SYNC + "/pull", {}).json
        equal(sorted(every["data"]), BOTH, "without entityTypes all are given")


def test_trap_a_failure_is_not_an_empty_list(place):
    drop = "DROP TABLE interactions"
    with start(place) as server:
        push(server, [{"name": "a"}])
        if place.kind == "postgres":
            subprocess.run([stranger.psql(), place.url, "-q", "-c", drop], check=True,
                           capture_output=True)
        else:
            with contextlib.closing(sqlite3.connect(place.url.removeprefix("sqlite:///"))) as file:
                file.execute(drop)
        answer = server.post(SYNC + "/pull", {"entityTypes": BOTH})
        refused(answer, 500, "SYNC_FAILED")
        expect("interactions" not in answer.text, "nothing of the inside is told", answer.text)


# --- the stream --------------------------------------------------------------------------------

def test_the_stream_tells_the_tenants_changes_and_no_others(place):
    with start(place) as server:
        other = as_tenant(server, "other")
        with server.websocket(SYNC + "/stream") as socket_, \
                server.events(SYNC + "/stream") as sse, \
                other.websocket(SYNC + "/stream") as others:
            equal(socket_.status, 101, "the handshake's status")
            equal((sse.status, sse.content_type.split(";")[0]), (200, "text/event-stream"),
                  "the event stream")
            for each in (socket_, sse, others):
                each.message()  # What came before it listened.
            push(server, [{"name": "a"}])
            expect(socket_.message() and sse.message(), "both are told")
            expect(others.is_quiet(0.3), "the other tenant hears nothing")
            push(other, [{"name": "b"}])
            expect(others.message(), "but of its own changes")
        stranger = server.with_token(None)
        equal(stranger.websocket(SYNC + "/stream").status, 401, "without a token")
        equal(stranger.events(SYNC + "/stream").status, 401, "without a token")


def test_sigterm_ends_open_streams(place):
    with start(place) as server:
        streams = [server.websocket(SYNC + "/stream"), server.events(SYNC + "/stream")]
        for each in streams:
            each.message()
        server.process.send_signal(signal.SIGTERM)
        for each in streams:
            try:
                each.message()
                raise AssertionError("the stream goes on")
            except EOFError:
                pass  # It was told goodbye.
            each.close()
        equal(server.process.wait(60), 0, "the exit code")


# --- what all servers share --------------------------------------------------------------------

def test_what_operators_ask_needs_no_token(place):
    with start(place) as server:
        alone = server.with_token(None)
        push(server, [{"name": "a"}])
        health = alone.get("/health")
        equal(health.status, 200, "the health")
        metrics = alone.get("/metrics")
        equal((metrics.status, metrics.headers["Content-Type"].split(";")[0]),
              (200, "text/plain"), "the metrics")
        expect("# TYPE" in metrics.text, "the text format of Prometheus", metrics.text)
        described = alone.get("/openapi.json").json
        equal(described["openapi"][:2], "3.", "the version of OpenAPI")
        for path in ("/push", "/pull", "/pull-pending", "/conflicts", "/stream",
                     "/conflicts/{id}/resolve"):
            expect(SYNC + path in described["paths"], f"{path} is described")
        docs = alone.get("/docs")
        equal((docs.status, docs.headers["Content-Type"].split(";")[0]), (200, "text/html"),
              "the page")
        expect("https://" not in docs.text.replace("https://www.w3.org", ""), "no outside assets")


def test_calls_without_a_valid_token_are_401(place):
    key = RsaKey(place.folder)
    with start(place, "--log-level", "info") as server:
        now = int(time.time())
        wrong = {
            "none at all": None, "no token": "x", "of another secret": token("y" * 40, claims("a")),
            "alg none": unsigned_token(claims("a")),
            "alg NONE": token(SECRET, claims("a"), "none"),
            "ended": token(SECRET, claims("a", seconds=-120)),
            "without exp": token(SECRET, {"sub": "a", "tenant_id": "a"}),
            "not yet": token(SECRET, claims("a", nbf=now + 600)),
            "of a key for other algorithms": token(key.public_pem(), claims("a")),
            "RS256 where HS256 is wanted": key.token(claims("a")),
            "says RS256": token(SECRET, claims("a"), "RS256"),
            "cut": token(SECRET, claims("a"))[:-2],
        }
        for what, bearer in wrong.items():
            for path in ("/push", "/pull", "/pull-pending"):
                answer = server.with_token(bearer).post(SYNC + path, {"changes": {}})
                equal(answer.status, 401, what)
                refused(answer, 401, "UNAUTHORIZED")
            refused(server.with_token(bearer).get(SYNC + "/conflicts"), 401, "UNAUTHORIZED")


@once
def test_tokens_of_rs256_are_checked_by_jwks(place):
    key, other = RsaKey(place.folder), RsaKey(place.folder, "rsa-2")
    env = {"JWKS": key.write_jwks(place.path("jwks.json")), "AUTH0_DOMAIN": "acme.example",
           "API_AUDIENCE": "admin"}
    right = {"iss": "https://acme.example/", "aud": "admin"}
    with Server(place, "admin_engine", env=env) as server:
        def status(bearer):
            return server.with_token(bearer).post(SYNC + "/pull", {}).status
        equal(status(key.token(claims("a", **right))), 200, "a right token")
        equal(status(key.token(claims("a", **{**right, "aud": ["x", "admin"]}))), 200, "audiences")
        for what, bearer in {
                "another issuer": key.token(claims("a", **{**right, "iss": "https://x/"})),
                "no issuer": key.token(claims("a", aud="admin")),
                "another audience": key.token(claims("a", **{**right, "aud": "x"})),
                "an unknown kid": other.token(claims("a", **right)),
                "another key under the kid": other.token(claims("a", **right), kid="rsa-1"),
                "HS256 with the public key": token(key.public_pem(), claims("a", **right),
                                                   kid="rsa-1"),
                "ended": key.token(claims("a", seconds=-120, **right)),
                "alg none": unsigned_token(claims("a", **right))}.items():
            equal(status(bearer), 401, what)


@once
def test_a_server_without_keys_refuses_to_start(place):
    ended = run("admin_engine", "--port", "0", "--database", place.url, folder=place.folder)
    equal(ended.code, 2, "the exit code")
    equal((ended.out, len(ended.err.splitlines())), ("", 1), f"the output ({ended!r})")
    with Server(place, "admin_engine", "--insecure-no-auth") as server:
        equal(server.post(SYNC + "/pull", {}).status, 200, "without tokens")
        wait_for(lambda: any(line["level"] == "warning" for line in server.log()), "a warning")
    secret = pathlib.Path(place.path("secret"))
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o600)
    with Server(place, "admin_engine", env={"JWT_SECRET_FILE": secret},
                bearer=token(SECRET, claims("a"))) as server:
        equal(server.post(SYNC + "/pull", {}).status, 200, "with the secret of a file")


@once
def test_wrong_options_end_with_two_and_one_line(place):
    env = {"JWT_SECRET": SECRET}
    for wrong in (["--prot", "1"], ["--port", "70000"], ["--port", "x"], ["--port"],
                  ["--database", "mysql://x"], ["--database", "nonsense"], ["what"]):
        ended = run("admin_engine", *wrong, env=env, folder=place.folder)
        equal(ended.code, 2, f"the exit code of {wrong}")
        equal((ended.out, len(ended.err.splitlines())), ("", 1), f"the output of {wrong}")
    for gone in ("postgresql://nobody@127.0.0.1:1/x", "sqlite:////no/such/folder/x.db"):
        ended = run("admin_engine", "--port", "0", "--database", gone, env=env,
                    folder=place.folder)
        equal((ended.code, len(ended.err.splitlines())), (1, 1), f"{gone}: {ended!r}")
    helped = run("admin_engine", "--help")
    equal(helped.code, 0, "the exit code of --help")
    for option in ("--port", "--database", "--conflict-resolution", "--help"):
        expect(option in helped.out, f"--help tells {option}", helped.out)
    with Server(place, "admin_engine", env={**env, "PORT": "70000", "DATABASE_URL": "nonsense"}):
        pass  # Its options beat the environment.


def test_the_log_is_json_and_signals_end_it_well(place):
    for by in (signal.SIGTERM, signal.SIGINT):
        with start(place, "--log-level", "debug") as server:
            push(server, [{"name": "a secret name"}])
            send(server, [{"name": ""}])
            server.stop(by)
            lines = server.log()
            expect(lines, "there is a log")
            for line in lines:
                expect(list(line)[:3] == ["ts", "level", "msg"], "ts, level, msg come first", line)
                expect(MOMENT.match(line["ts"]), "a time in UTC", line)
            expect("a secret name" not in "\n".join(server.err), "no data in the log")
            expect(server.bearer not in "\n".join(server.err), "no token in the log")
            equal(server.out[1:], [], "nothing else on stdout")


def test_requests_under_way_are_finished_before_the_end(place):
    with start(place) as server:
        body = json.dumps({"changes": {"end_user": [{"name": "late"}]}}).encode()
        with server.connect() as line:
            line.sendall((f"POST {SYNC}/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
                          f"\r\nAuthorization: Bearer {server.bearer}\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n").encode() + body[:10])
            wait_for(lambda: server.with_token(None).get("/health").status == 200, "the server")
            server.process.send_signal(signal.SIGTERM)
            line.sendall(body[10:])
            answer = b""
            while part := line.recv(65536):
                answer += part
            expect(answer.startswith(b"HTTP/1.1 200"), "it is answered", answer[:200])
        equal(server.process.wait(60), 0, "the exit code")
    with start(place) as server:
        equal([row["name"] for row in pull(server)["data"]["end_user"]], ["late"], "the row")


def test_bodies_are_limited_and_checked(place):
    with start(place) as server:
        path = SYNC + "/push"
        big = b'{"changes":{"end_user":[{"name":"' + b"x" * (10 << 20) + b'"}]}}'
        refused(server.post(path, big), 413, "PAYLOAD_TOO_LARGE")
        bomb = gzip.compress(b'{"changes":{"end_user":[]},"x":"' + b"0" * (64 << 20) + b'"}')
        refused(server.post(path, bomb, headers={"Content-Encoding": "gzip"}), 413,
                "PAYLOAD_TOO_LARGE")
        deep = b'{"changes":{},"x":' + b"[" * 70 + b"]" * 70 + b"}"
        refused(server.post(path, deep), 400, "VALIDATION_ERROR")
        fine = b'{"changes":{},"x":' + b"[" * 60 + b"]" * 60 + b"}"
        equal(server.post(path, fine).status, 200, "60 levels")
        refused(server.post(path, "{}", headers={"Content-Type": "text/plain"}), 415,
                "UNSUPPORTED_MEDIA_TYPE")
        for text in (b"", b"[]", b"null", b"{", b'{"changes":{}}x', b'{"changes":[]}',
                     b'{"changes":{"end_user":{}}}', b'{"changes":{"end_user":[5]}}',
                     b'{"changes":{"end_user":[{"name":"\xff"}]}}',
                     b'{"changes":{"end_user":[{"name":"a","name":"b"}]}}',
                     b'{"changes":{},"changes":{}}', b'{"changes":{"end_user":[{"name":"a\\u0000"}'
                     b']}}'):
            refused(server.post(path, text), 400, "VALIDATION_ERROR")
        equal(pull(server)["data"]["end_user"], [], "what is stored")


def test_gzip_is_taken_and_given(place):
    with start(place) as server:
        rows = [{"name": f"name {i}"} for i in range(50)]
        answer = server.post(SYNC + "/push", {"changes": {"end_user": rows}}, zipped=True,
                             headers={"Accept-Encoding": "gzip"})
        equal((answer.status, answer.is_gzip), (200, True), "the answer")
        equal(len(answer.json["data"]), 50, "the rows")
        small = server.post(SYNC + "/pull", {"entityTypes": ["pets"]},
                            headers={"Accept-Encoding": "gzip"})
        equal(small.is_gzip, False, "a small answer is not packed")
        refused(server.post(SYNC + "/push", b"no gzip", headers={"Content-Encoding": "gzip"}), 400,
                "VALIDATION_ERROR")


def test_wrong_methods_and_paths_have_their_codes(place):
    with start(place) as server:
        answer = server.get(SYNC + "/push")
        refused(answer, 405, "METHOD_NOT_ALLOWED")
        expect("POST" in answer.headers["Allow"], "Allow says which")
        refused(server.post("/health", {}), 405, "METHOD_NOT_ALLOWED")
        refused(server.get("/api/nothing"), 404, "NOT_FOUND")
        raw = server.raw(b"NONSENSE\r\n\r\n")
        expect(raw.startswith(b"HTTP/1.1 400"), "what is no HTTP is 400", raw)
        raw = server.raw(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        expect(raw[9:12] in (b"414", b"431"), "a path without end", raw[:100])


@once
def test_a_rate_limit_counts_by_subject(place):
    with start(place, "--rate-limit", "3", "--rate-window", "600") as server:
        for _ in range(3):
            equal(server.post(SYNC + "/pull", {}).status, 200, "within the limit")
        answer = server.post(SYNC + "/pull", {})
        refused(answer, 429, "RATE_LIMITED")
        expect(int(answer.headers["Retry-After"]) > 0, "Retry-After", answer.headers)
        equal(as_tenant(server, "acme", "user-2").post(SYNC + "/pull", {}).status, 200,
              "another subject")


def test_two_servers_may_share_a_database(place):
    if place.kind != "postgres":
        return
    with start(place) as one, start(place) as two:
        known = set()
        seen, more = {}, {}
        for i in range(30):
            row, = push(one if i % 2 else two, [{"name": f"n{i}"}])
            known.add(row["id"])
            page = pull(two if i % 3 else one, **more)
            more = {"lastSyncTimestamp": page["syncTimestamp"]}
            seen.update({r["id"]: r for r in page["data"]["end_user"]})
        equal(set(seen), known, "the rows pulled by time, from both")


# --- the client --------------------------------------------------------------------------------

class Device:
    """admin_engine_client with a file of its own."""

    def __init__(self, place, name, server, tenant="acme"):
        self.folder = place.folder
        self.env = {"SERVER": server.address if server else "http://127.0.0.1:9", "PATIENCE": 0,
                    "TOKEN": token(SECRET, claims(tenant, name)),
                    "DATABASE_URL": f"sqlite:///{place.path(name)}.db"}

    def run(self, *words):
        return run("admin_engine_client", *words, env=self.env, folder=self.folder)

    def does(self, *words, code=0):
        ended = self.run(*words)
        equal(ended.code, code, f"the exit code of {words} ({ended!r})")
        return ended.out.strip()

    def rows(self, kind="end_user"):
        return {row["id"]: row for row in json.loads(self.does("list", "--json"))[kind]}


def test_devices_and_clients_of_the_api_see_each_others_changes(place):
    with start(place) as server:
        phone, desk = Device(place, "phone", server), Device(place, "desk", server)
        ann = phone.does("add", "end_user", "name=Ann", "email=ann@example.com")
        call = phone.does("add", "interactions", "title=Call", "type=call",
                          f"client_user_id={ann}")
        equal(len(phone.does("pending").splitlines()), 2, "what is pending")
        phone.does("push")
        equal(phone.does("pending", "--json"), "[]", "nothing is pending")
        row = user(server, ann)
        equal((row["name"], row["version"], row["sync_status"], row["server_synced"]),
              ("Ann", 2, "synced", 1), "the row on the server")
        bob, = push(server, [{"name": "Bob"}])
        push(server, [{"id": ann, "email": "new@example.com", "version": 2}])
        desk.does("pull")
        equal({r["name"] for r in desk.rows().values()}, {"Ann", "Bob"}, "the desk's users")
        equal(desk.rows()[ann]["email"], "new@example.com", "the edit")
        desk.does("edit", "end_user", bob["id"], "name=Robert")
        desk.does("remove", "interactions", call)
        desk.does("sync")
        phone.does("sync")
        equal(phone.rows()[bob["id"]]["name"], "Robert", "the phone's row")
        equal(list(phone.rows("interactions")), [], "the removed interaction")
        page = pull(server, lastSyncTimestamp="1970-01-01T00:00:00.001Z")
        equal([r["status"] for r in page["data"]["interactions"]], ["cancelled"], "the status")
        equal(user(server, bob["id"])["name"], "Robert", "the name")
        equal(Device(place, "other", server, "other").run("sync").code, 0, "another tenant")
        equal(Device(place, "other", server, "other").rows(), {}, "the other tenant's rows")


def test_a_device_works_without_its_server_and_sends_once(place):
    device = Device(place, "phone", None)
    ann = device.does("add", "end_user", "name=Ann")
    device.does("edit", "end_user", ann, "name=Anna")
    device.does("sync", code=3)
    equal(device.rows()[ann]["name"], "Anna", "the row on the device")
    with start(place) as server:
        device.env["SERVER"] = server.address
        device.does("sync")
        device.does("sync")
        rows = pull(server)["data"]["end_user"]
        equal([(r["id"], r["name"], r["version"]) for r in rows], [(ann, "Anna", 2)], "the rows")


def test_what_the_server_refuses_is_told_with_four(place):
    with start(place) as server:
        device = Device(place, "phone", server)
        device.does("add", "interactions", "title=x", f"client_user_id={new_id()}")
        ended = device.run("sync")
        equal(ended.code, 4, f"the exit code ({ended!r})")
        expect("interactions" in ended.err + ended.out, "it says what", ended)
        equal(pull(server)["data"]["interactions"], [], "nothing of it is stored")
        for wrong in (["add", "end_user", "nam=x"], ["add", "pets", "name=x"], ["fetch"],
                      ["add", "end_user", "name=x", "email=none"], ["edit", "end_user"]):
            equal(device.run(*wrong).code, 2, f"the exit code of {wrong}")


def test_a_device_that_watches_hears_of_changes(place):
    with start(place) as server:
        device = Device(place, "phone", server)
        watching = subprocess.Popen([str(stranger.FOLDER / "admin_engine_client"), "watch"],
                                    env=stranger.environment({**device.env, "INTERVAL": 3600}),
                                    cwd=place.folder, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        try:
            for i in range(3):
                row, = push(server, [{"name": f"n{i}"}])
                wait_for(lambda row=row: row["id"] in device.rows(), "the row on the device")
            watching.send_signal(signal.SIGTERM)
            equal(watching.wait(60), 0, "the exit code")
        finally:
            watching.kill()


if __name__ == "__main__":
    sys.exit(main(__name__, "systems.admin_engine"))
