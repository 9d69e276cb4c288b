"""Opens a page in headless Chromium and prints what is wrong with it as JSON.

    check.py CHROMIUM PAGE [FOLDER]

For a wide screen and a phone, light and dark: script errors and messages, requests other than the page itself, words and
drawings with too little contrast (WCAG 2.2, 1.4.3 and 1.4.11), a page wider than its screen, and on the phone what must be
scrolled sideways. Screenshots go to FOLDER.

Chromium is spoken to through a pipe (--remote-debugging-pipe), in messages that end in a zero byte.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CONTRAST = r"""
(() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const parse = (text) => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    return { r: numbers[0], g: numbers[1], b: numbers[2], a: numbers.length > 3 ? numbers[3] : 1 };
  };
  const luminance = ({ r, g, b }) => {
    const part = (value) => {
      value /= 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return { r: 255, g: 255, b: 255, a: 1 };
  };
  const visible = (element) => element.getClientRects().length > 0;
  const findings = [];
  let words = 0, drawings = 0, least = 21;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || !visible(element) || element.tagName === "title") continue;
    const style = getComputedStyle(element);
    const colour = parse(element.closest("svg") ? style.fill : style.color);
    const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const found = ratio(colour, ground(element));
    words += 1;
    least = Math.min(least, found);
    if (found < needed) findings.push(`${found.toFixed(2)} for the words ${node.data.trim().slice(0, 40)}`);
  }
  for (const element of document.querySelectorAll("svg rect, svg path")) {
    if (!visible(element) || element.matches(".track, .range")) continue;
    const style = getComputedStyle(element);
    const colour = parse(style.stroke !== "none" ? style.stroke : style.fill);
    const found = ratio(colour, ground(element));
    drawings += 1;
    least = Math.min(least, found);
    if (found < 3) findings.push(`${found.toFixed(2)} for a drawing of class ${element.getAttribute("class")}`);
  }
  const root = document.documentElement;
  const hidden = [...document.querySelectorAll("body *")].filter(visible)
    .filter((element) => getComputedStyle(element).overflowX === "auto")
    .map((element) => element.scrollWidth - element.clientWidth).filter((pixels) => pixels > 0);
  return { findings, words, drawings, least, hidden, overflow: root.scrollWidth - root.clientWidth };
})()
"""


class Browser:
    def __init__(self, chromium, profile):
        to_browser, self.requests = os.pipe()
        self.responses, from_browser = os.pipe()

        def connect():
            # Chromium reads file 3 and writes file 4; numbers first out of the way of each other.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.number, self.events = b"", 0, []

    def receive(self):
        while b"\0" not in self.rest:
            piece = os.read(self.responses, 1 << 20)
            if not piece:
                raise SystemExit("chromium ended early")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.requests, json.dumps(request).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def close(self):
        try:
            self.call("Browser.close")
        finally:
            self.process.wait(timeout=30)


def check(browser, page, folder, width, scheme):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.events.clear()
    for domain in ["Page", "Runtime", "Network", "Log"]:
        browser.call(f"{domain}.enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=900, deviceScaleFactor=1,
                 mobile=width < 500)
    browser.call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Page.navigate", session, url=page)
    browser.wait("Page.loadEventFired")
    if folder:
        height = browser.call("Page.getLayoutMetrics", session)["cssContentSize"]["height"]
        picture = browser.call("Page.captureScreenshot", session, captureBeyondViewport=True,
                               clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        name = f"{pathlib.Path(page).stem}-{width}-{scheme}.png"
        (pathlib.Path(folder) / name).write_bytes(base64.b64decode(picture["data"]))
    found = browser.call("Runtime.evaluate", session, expression=CONTRAST, returnByValue=True)["result"]["value"]
    problems = [f"contrast {finding}" for finding in found["findings"]]
    if found["overflow"] > 0:
        problems.append(f"{found['overflow']} pixels wider than the screen")
    if width < 500:
        problems += [f"{pixels} pixels behind a sideways scroll" for pixels in found["hidden"]]
    for event in browser.events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            problems.append("script error " + parameters["exceptionDetails"]["text"])
        if method == "Runtime.consoleAPICalled":
            problems.append("console message")
        if method == "Log.entryAdded":
            problems.append("log entry " + parameters["entry"]["text"])
        if method == "Network.requestWillBeSent" and parameters["request"]["url"] != page:
            problems.append("request for " + parameters["request"]["url"])
    browser.call("Target.closeTarget", targetId=target)
    return {"width": width, "scheme": scheme, "problems": problems, "words": found["words"],
            "drawings": found["drawings"], "least_contrast": round(found["least"], 2)}


def main():
    chromium, page = sys.argv[1], pathlib.Path(sys.argv[2]).resolve().as_uri()
    folder = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(chromium, profile)
        try:
            results = [check(browser, page, folder, width, scheme)
                       for width in (1280, 390) for scheme in ("light", "dark")]
        finally:
            browser.close()
    print(json.dumps(results, indent=2))


main()
