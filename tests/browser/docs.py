#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The page /docs as a browser shows it.

    tests/browser/docs.py SERVER

SERVER is the program of tests/browser/server.cpp. Exit: 0 all holds, 1 something doesn't, 77 there
is no Chromium or no chromedriver.
"""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # How WebDriver names an element's id.
TOKEN = "a-token-of-the-tests"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")


class Browser:
    """Chromium, driven by the WebDriver protocol."""

    def __init__(self, driver, chromium):
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
        self.address = None
        for line in self.process.stdout:
            if "started successfully on port" in line:
                port = line.rstrip().rstrip(".").split()[-1]
                self.address = f"http://127.0.0.1:{port}"
                break
        self.session = ""
        options = {"binary": chromium,
                   "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                            "--window-size=400,800"],
                   "perfLoggingPrefs": {"enableNetwork": True}}
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = "/session/" + made["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.address + self.session + path, data, method=method,
                                       headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as why:
            raise RuntimeError(f"{path}: {why.read().decode()[:500]}") from why

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def element(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def type(self, css, text):
        self.call("POST", f"/element/{self.element(css)}/value", {"text": text})

    def click(self, css):
        self.call("POST", f"/element/{self.element(css)}/click", {})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def wait_for(self, script, what):
        """Until the script gives something; a minute is for machines with much to do."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.run(script)
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError(f"waited in vain for {what}")

    def close(self):
        if self.session:
            self.call("DELETE", "")
        self.process.terminate()
        self.process.wait()


def check(holds, promise, *shown):
    print(f"{'passed' if holds else 'FAILED'}: {promise}", *([] if holds else shown))
    check.failed += not holds


check.failed = 0


def check_answers(site):
    for path in ("/docs", "/docs/page.css", "/docs/page.js"):
        with urllib.request.urlopen(site + path, timeout=60) as answer:
            check(answer.headers["Content-Security-Policy"] == POLICY, f"{path} has the policy",
                  answer.headers["Content-Security-Policy"])
            check(answer.headers["X-Content-Type-Options"] == "nosniff", f"{path} says nosniff")


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


def check_logs(browser, site):
    told = [entry["message"] for entry in browser.log("browser")
            if entry["level"] in ("WARNING", "SEVERE")
            and not any(f"status of {each}" in entry["message"] for each in (401, 403))]
    check(told == [], "the console has no errors", told)
    asked = []
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    asked = [url for url in asked if not url.startswith("data:")]
    check(len(asked) > 5, "the requests were seen", asked)
    check(all(url.startswith(site + "/") for url in asked), "no request leaves the origin", asked)
    kept = browser.run("return localStorage.length + sessionStorage.length"
                       " + document.cookie.length")
    check(kept == 0, "the page keeps nothing")


def main(program):
    driver = shutil.which("chromedriver")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not driver or not chromium:
        required = os.environ.get("SYNCFW_REQUIRE") == "all"
        print(f"{'failed' if required else 'skipped'}: browser.docs: needs chromium and "
              "chromium-driver")
        return 1 if required else 77
    server = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    browser = None
    try:
        site = server.stdout.readline().split()[-1]
        browser = Browser(driver, chromium)
        check_answers(site)
        with urllib.request.urlopen(site + "/openapi.json", timeout=60) as answer:
            described = json.load(answer)
        browser.call("POST", "/url", {"url": site + "/docs"})
        browser.wait_for("return !document.querySelector('#schemas').hidden", "the page")
        check_shown(browser, described)
        check_access(browser, described)
        check_calls(browser)
        check_logs(browser, site)
    finally:
        if browser:
            browser.close()
        server.terminate()
        check(server.wait(60) == 0, "the server ends well")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
