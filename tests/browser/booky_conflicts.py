# SPDX-License-Identifier: BSL-1.0
"""The page /conflicts of Booky in a browser: a person settles conflicts by clicking.

    tests/browser/booky_conflicts.py build/examples

Exit: 0 all holds, 1 something doesn't, 77 there is no Chromium or no chromedriver.
"""
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "systems")]

import booky  # noqa: E402
import stranger  # noqa: E402
from driver import Browser, check, check_logs, check_policy, lacking, programs  # noqa: E402

HOSTILE = "<img src=x onerror=alert(1)>"


def make_conflicts(server):
    """Two: a deletion against an edit, and an edit against a deletion."""
    for key, title in (("b1", "Dune"), ("b2", HOSTILE)):
        booky.success(booky.one(server, "create", key, {"title": title}, booky.at(0)))
    booky.success(booky.one(server, "update", "b1", {"notes": "from the train"}, booky.at(10)))
    booky.one(server, "delete", "b1", when=booky.at(5))
    booky.success(booky.one(server, "delete", "b2", when=booky.at(5)))
    booky.one(server, "update", "b2", {"author": "Ada"}, booky.at(9))


def shown(browser):
    return browser.run("return [...document.querySelectorAll('article h2')]"
                       ".map(h => h.textContent)")


def state_says(browser, words):
    return browser.wait_for(
        f"return document.getElementById('state').textContent.includes({words!r})", words)


def check_access(browser):
    for css in ("h1", "main", "[role=status]"):
        count = browser.run("return document.querySelectorAll(arguments[0]).length", css)
        check(count == 1, f"there is one {css}", count)
    bare = browser.run("return [...document.querySelectorAll('input')]"
                       ".filter(e => !e.labels.length).length")
    check(bare == 0, "each input has its label", bare)
    scoped = browser.run("return [...document.querySelectorAll('th')].every(h => h.scope)")
    check(scoped, "each head of a table says what it is the head of")
    check(browser.run("return new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
                      " === document.querySelectorAll('[id]').length"), "no id is there twice")
    check(browser.run("return document.documentElement.scrollWidth <= innerWidth"),
          "a phone's width is enough")


def check_page(browser, server):
    browser.call("POST", "/url", {"url": server.address + "/conflicts"})
    browser.click("#show")
    state_says(browser, "can't be shown")
    check(shown(browser) == [], "without a token nothing is shown")
    browser.type("#token", booky.bearer("bob"))
    browser.click("#show")
    state_says(browser, "No conflicts wait")
    check(shown(browser) == [], "another user sees none of them")
    browser.run("document.getElementById('token').value = ''")
    browser.type("#token", booky.bearer("ada"))
    browser.click("#show")
    state_says(browser, "2 conflicts wait")
    check(shown(browser) == ["book b1", "book b2"], "both are shown", shown(browser))
    check_access(browser)
    text = browser.run("return document.body.textContent")
    for part in ("Dune", "from the train", HOSTILE, "deleted", "a deletion met an edit", "Before",
                 booky.at(5)[:16], booky.at(10)[:16]):
        check(part in text, f"the page says {part!r}")
    check(browser.run("return document.querySelectorAll('img').length") == 0,
          "what comes from the server is text")
    browser.click("article:nth-of-type(1) button.theirs")
    state_says(browser, "Settled. One conflict waits")
    check("from the train" == booky.rows(server)["b1"]["notes"], "theirs stays")
    browser.click("article:nth-of-type(1) button.mine")
    state_says(browser, "Settled. No conflicts wait")
    check(booky.rows(server)["b2"]["author"] == "Ada", "mine is taken")
    check(booky.conflicts(server) == [], "none is left")


def main(folder):
    found = programs()
    if found is None:
        return lacking("browser.booky_conflicts")
    stranger.FOLDER = pathlib.Path(folder).resolve()
    with stranger.sqlite_place() as place, booky.server(place) as server:
        make_conflicts(server)
        check_policy(server.address, ("/conflicts", "/conflicts/page.css", "/conflicts/page.js"))
        browser = Browser(*found)
        try:
            check_page(browser, server)
            check_logs(browser, server.address, expected=(401,))
        finally:
            browser.close()
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
