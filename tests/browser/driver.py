# SPDX-License-Identifier: BSL-1.0
"""A browser for tests: Chromium, driven by the WebDriver protocol with nothing but the standard
library.

    browser = Browser(*programs())
    browser.call("POST", "/url", {"url": site + "/docs"})
    browser.click("#show")
    check(browser.wait_for("return document.querySelector('li')", "the list"), "it is shown")
"""
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # How WebDriver names an element's id.
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


def programs():
    """Chromedriver and Chromium, or nothing."""
    driver = shutil.which("chromedriver")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    return (driver, chromium) if driver and chromium else None


def lacking(name):
    """The exit code where there is no browser."""
    required = os.environ.get("SYNCFW_REQUIRE") == "all"
    print(f"{'failed' if required else 'skipped'}: {name}: needs chromium and chromium-driver")
    return 1 if required else 77


def check_policy(site, paths):
    """That the files of a page say what a browser may do with them."""
    for path in paths:
        with urllib.request.urlopen(site + path, timeout=60) as answer:
            check(answer.headers["Content-Security-Policy"] == POLICY, f"{path} has the policy",
                  answer.headers["Content-Security-Policy"])
            check(answer.headers["X-Content-Type-Options"] == "nosniff", f"{path} says nosniff")


def check_logs(browser, site, expected=()):
    """That the page had no errors but answers of these statuses, asked nobody else, and keeps
    nothing."""
    told = [entry["message"] for entry in browser.log("browser")
            if entry["level"] in ("WARNING", "SEVERE")
            and not any(f"status of {each}" in entry["message"] for each in expected)]
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
