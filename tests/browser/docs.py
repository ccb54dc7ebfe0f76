#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The page /docs as a browser shows it.

    tests/browser/docs.py SERVER

SERVER is the program of tests/browser/server.cpp. Exit: 0 all holds, 1 something doesn't, 77 there
is no Chromium or no chromedriver.
"""
import json
import subprocess
import sys
import urllib.request

from driver import Browser, check, check_logs, check_policy, lacking, programs

TOKEN = "a-token-of-the-tests"


def check_shown(browser, described):
    wanted = [f"{method} {path}" for path, methods in described["paths"].items()
              for method in methods]
    shown = browser.run("return [...document.querySelectorAll('h3')].map(h => h.textContent)"
                        ".filter(t => t.includes('/'))")
    check(sorted(shown) == sorted(wanted), "all operations are shown", shown, wanted)
    schemas = browser.run("return [...document.querySelectorAll('[id^=schema-]')]"
                          ".map(s => s.id.slice(7))")
    check(schemas == list(described["components"]["schemas"]), "all schemas are shown", schemas)
    text = browser.run("return document.body.textContent")
    for part in ("Books 1.2.0", "Renames a book", "1 to 1000", "1 to 200 characters",
                 "Needs a token with the role librarian.", "Open to all.", "Conflict"):
        check(part in text, f"the page says '{part}'")


def check_access(browser, described):
    """What those need who use a keyboard, a screen reader or a small screen."""
    inputs = sum(len(operation.get("parameters", [])) + ("requestBody" in operation)
                 for methods in described["paths"].values() for operation in methods.values())
    for role in ("header", "nav[aria-label]", "main", "footer", "h1"):
        count = browser.run("return document.querySelectorAll(arguments[0]).length", role)
        check(count == 1, f"there is one {role}", count)
    bare = browser.run("return [...document.querySelectorAll('input,textarea')]"
                       ".filter(e => !e.labels.length).length")
    check(bare == 0, "each input has its label", bare)
    check(browser.run("return document.querySelectorAll('details input, details textarea').length")
          == inputs, "each parameter and body has an input")
    check(browser.run("return new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
                      " === document.querySelectorAll('[id]').length"), "no id is there twice")
    lost = browser.run("return [...document.querySelectorAll('a[href^=\"#\"]')]"
                       ".filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)")
    check(lost == [], "links within the page lead somewhere", lost)
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    check(browser.run("return document.documentElement.scrollWidth <= innerWidth"),
          "a phone's width is enough")
    browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
        {"type": "keyDown", "value": "\ue004"}, {"type": "keyUp", "value": "\ue004"}]}]})
    check(browser.run("return document.activeElement.className") == "skip",
          "the first stop leads over the head of the page")


def answer_of(browser, operation):
    text = browser.wait_for(
        f"return document.querySelector('#{operation} pre').textContent", "an answer")
    browser.run(f"document.querySelector('#{operation} pre').textContent = ''")
    return text


def check_calls(browser):
    browser.click("#get_api_books button")
    check(answer_of(browser, "get_api_books").startswith("401"), "without a token it is 401")
    browser.type("#token", TOKEN)
    browser.type("#get_api_books-0", "7")
    browser.click("#get_api_books button")
    text = answer_of(browser, "get_api_books")
    check(text.startswith("200") and '"Dune"' in text, "a call gives its answer", text)
    check("scroll" not in text, "what is local_only does not go out", text)
    browser.type("#post_api_books_by_id_rename-0", "0190a5c2-7f1e-7c3a-9b4d-2e6f80a1c3d5")
    body = browser.run("return document.querySelector('#post_api_books_by_id_rename-body').value")
    check(json.loads(body) == {"title": "text"}, "a body begins as its example", body)
    browser.click("#post_api_books_by_id_rename button")
    text = answer_of(browser, "post_api_books_by_id_rename")
    check(text.startswith("204"), "a body is sent", text)
    browser.click("#post_api_books button")
    text = answer_of(browser, "post_api_books")
    check(text.startswith("403"), "a role that is missing is told", text)


def main(program):
    found = programs()
    if found is None:
        return lacking("browser.docs")
    server = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    browser = None
    try:
        site = server.stdout.readline().split()[-1]
        browser = Browser(*found)
        check_policy(site, ("/docs", "/docs/page.css", "/docs/page.js"))
        with urllib.request.urlopen(site + "/openapi.json", timeout=60) as answer:
            described = json.load(answer)
        browser.call("POST", "/url", {"url": site + "/docs"})
        browser.wait_for("return !document.querySelector('#schemas').hidden", "the page")
        check_shown(browser, described)
        check_access(browser, described)
        check_calls(browser)
        check_logs(browser, site, expected=(401, 403))
    finally:
        if browser:
            browser.close()
        server.terminate()
        check(server.wait(60) == 0, "the server ends well")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
