"""The page, as a person uses it: with a mouse, with the keyboard alone, on a screen and on a phone."""

import json
import os
import shutil
import subprocess
import sys
from urllib.parse import parse_qsl

import pytest
from browser.conftest import PICTURES, RUN

GET_RUN = "#operations-pipeline-runs-GetPipelineRun"
CREATE_RUN = "#operations-pipeline-runs-CreatePipelineRun"
LIST_RUNS = "#operations-pipeline-runs-ListPipelineRuns"
STATUSES = "#operations-pipeline-runs-ListPipelineRunsStatus"
WORKSPACES = "#operations-workspaces-ListWorkspaces"

ODD = "say \"it's\" `id` $HOME \\ {x}\n\t'''名前'''\n龍 #!"


def unfold(page, operation):
    page.click(f"{operation} .opblock-summary-control")
    page.wait_for_selector(f"{operation} .explorer-code pre:not(:empty)")
    return page.locator(operation)


def execute(place):
    place.locator("button.execute").click()
    place.locator(".explorer-reply pre").wait_for()
    return place.locator(".explorer-reply")


def run_code(code, environ):
    """Run a sample as it was copied, as a program of its own, and return what it prints."""
    shell = "curl " in code
    assert shutil.which("curl"), "curl is not installed"
    command = ["sh", "-c", code] if shell else [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(
        command, env={"PATH": os.environ["PATH"], **environ}, capture_output=True, text=True, check=False
    ).stdout


def test_it_looks_right(opened, explored, size):
    page = opened(explored.address.page, size)
    page.wait_for_selector(".opblock")
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = f"{size['width']}x{size['height']}"
    page.screenshot(path=PICTURES / f"{name}-operations.png")
    execute(unfold(page, GET_RUN))
    page.screenshot(path=PICTURES / f"{name}-reply.png", full_page=True)
    unfold(page, CREATE_RUN)
    page.locator(CREATE_RUN).screenshot(path=PICTURES / f"{name}-body.png")

    assert 19 == page.locator(".opblock").count()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "Workspace" in page.inner_text("header")
    assert "948" in page.inner_text("header")


def test_the_token_leaves_the_address_and_stays_for_a_reload(opened, explored):
    page = opened(explored.address.page)
    page.wait_for_selector(".opblock")

    assert page.url == f"{explored.address.url}/"
    page.reload()
    page.wait_for_selector(".opblock")
    assert explored.address.token not in page.content()
    assert page.evaluate("history.length") <= 2


def test_without_a_token_it_says_where_to_get_one(opened, explored):
    page = opened(explored.address.url)

    assert "Open the address that the explorer printed" in page.inner_text("[role=alert]")


def test_a_reply_has_status_time_and_request_id(opened, explored):
    reply = execute(unfold(opened(explored.address.page), GET_RUN))

    words = reply.inner_text()
    assert RUN in words
    assert "Status\n200" in words
    assert " ms\n" in words
    assert json.loads(reply.locator("pre").inner_text())["RequestId"] in words.partition("Save")[0]


def test_numbers_of_a_reply_keep_all_their_digits(opened, explored):
    page = opened(explored.address.page)
    content = '{"Creator":200000000000000001,"Share":1.0,"Text":"a<b>&"}'
    page.route("**/api/v1/workspaces*", lambda route: route.fulfill(content_type="application/json", body=content))

    shown = execute(unfold(page, WORKSPACES)).locator("pre").inner_text()

    assert '{\n  "Creator": 200000000000000001,\n  "Share": 1.0,\n  "Text": "a<b>&"\n}' == shown


def test_a_refusal_of_the_service_is_shown_as_it_is(browser, explored):
    page = browser.new_page()
    page.goto(explored.address.page)
    place = unfold(page, GET_RUN)
    place.get_by_placeholder("PipelineRunId").fill("flow-none")
    words = execute(place).inner_text()
    page.close()

    assert "Status\n404" in words
    assert "PipelineRunNotFound" in words


def test_valid_values_are_lists(opened, explored):
    page = opened(explored.address.page)
    place = unfold(page, LIST_RUNS)
    statuses = place.locator("tr[data-param-name=Status] select option").all_inner_texts()
    body = unfold(page, CREATE_RUN).locator(".explorer-fields")

    assert {"Running", "Succeeded", "Failed"} <= set(statuses)
    assert ["--", "PUBLIC", "PRIVATE"] == body.get_by_label("Accessibility").locator("option").all_inner_texts()
    assert ["--", "true", "false"] == body.get_by_label("NoConfirmRequired").locator("option").all_inner_texts()
    assert "948" == body.get_by_label("WorkspaceId").input_value()


def test_the_fields_of_a_body_and_its_json_are_one(opened, explored):
    place = unfold(opened(explored.address.page), CREATE_RUN)
    editor = place.locator(".body-param textarea")
    place.get_by_label("PipelineId").fill("")
    place.get_by_label("PipelineManifest").fill(ODD)
    place.get_by_label("Accessibility").select_option("PRIVATE")
    name = place.get_by_label("Name", exact=True)
    name.fill("bc")
    name.press("Home")
    name.press_sequentially("xyz", delay=20)

    assert {
        "WorkspaceId": "948",
        "PipelineManifest": ODD,
        "Accessibility": "PRIVATE",
        "Name": "xyzbc",
    } == json.loads(editor.input_value())
    editor.fill('{"Name": "from below"}')
    assert "from below" == name.input_value()
    editor.fill("{")
    assert "is not JSON" in place.locator("[role=alert]").first.inner_text()


def copied(page, place, kind):
    place.locator(".explorer-code select").select_option(kind)
    place.locator(".explorer-code").get_by_role("button").click()
    place.get_by_role("button", name="Copied").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("kind", ["python", "async", "vendor", "curl", "proxy"])
def test_each_sample_runs_as_it_is_copied(opened, explored, kind):
    page = opened(explored.address.page)
    place = unfold(page, CREATE_RUN)
    page.wait_for_load_state("networkidle")
    place.get_by_label("PipelineId").fill("")
    place.get_by_label("PipelineManifest").fill(ODD)
    place.get_by_label("Name", exact=True).fill('it\'s "龍"')
    place.locator(".explorer-code select").select_option(kind)
    place.locator(".explorer-code pre", has_text="龍 #!" if kind in ("curl", "proxy") else "名前").wait_for()
    explored.requests.clear()

    run_code(copied(page, place, kind), explored.environ)

    [request] = explored.requests
    assert {"WorkspaceId": "948", "PipelineManifest": ODD, "Name": 'it\'s "龍"'} == json.loads(request.body)


@pytest.mark.parametrize("kind", ["python", "curl", "proxy"])
def test_a_share_token_is_shown_nowhere(opened, explored, kind):
    secret = "share-token '&1"
    page = opened(explored.address.page)
    place = unfold(page, GET_RUN)
    place.get_by_placeholder("TokenId").fill(secret)
    place.locator(".explorer-code select").select_option(kind)
    place.locator(".explorer-code pre", has_text="PAIFLOW_TOKEN_ID").wait_for()
    execute(place)
    explored.requests.clear()

    code = copied(page, place, kind)
    ran = run_code(code, {**explored.environ, "PAIFLOW_TOKEN_ID": secret})

    assert RUN in ran
    assert [[("TokenId", secret)]] == [parse_qsl(request.query.decode()) for request in explored.requests]
    assert "password" == place.get_by_placeholder("TokenId").get_attribute("type")
    for shown in (page.inner_text("body"), page.url, code):
        assert "share-token" not in shown


def test_by_keyboard_alone(opened, explored):
    page = opened(explored.address.page)
    page.wait_for_selector(".opblock")

    def tab_to(selector):
        for _ in range(150):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert "none" != outline, selector
                return
        raise AssertionError(f"the keyboard does not lead to {selector}")

    tab_to(f"{GET_RUN} .opblock-summary-control")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{GET_RUN} .explorer-code pre:not(:empty)")
    tab_to(f"{GET_RUN} tr[data-param-name=PipelineRunId] input")
    page.keyboard.press("Control+A")
    page.keyboard.type(RUN)
    tab_to(f"{GET_RUN} tr[data-param-name=Verbose] select")
    page.keyboard.press("ArrowDown")
    tab_to(f"{GET_RUN} button.execute")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{GET_RUN} .explorer-reply pre")
    tab_to(f"{GET_RUN} .explorer-code select")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(f"{GET_RUN} .explorer-code pre:has-text('AsyncPaiFlow')")
    tab_to(f"{GET_RUN} .explorer-code button")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{GET_RUN} .explorer-code button:has-text('Copied')")

    assert "verbose=True" in page.evaluate("navigator.clipboard.readText()")
    tab_to(f"{GET_RUN} .explorer-reply pre")
    assert RUN in page.inner_text(f"{GET_RUN} .explorer-reply pre")


def test_a_big_reply_stays_usable_and_can_be_saved_whole(opened, big):
    address, content = big
    page = opened(address.page)
    place = unfold(page, WORKSPACES)
    reply = execute(place)

    assert len(reply.locator("pre").inner_text()) < 250_000
    assert "Only the first 200,000 are shown" in reply.inner_text()
    with page.expect_download() as download:
        reply.get_by_role("button", name="Save all").click()
    assert content == download.value.path().read_bytes()
    # A page that is busy would not type within the second.
    field = place.locator("tr[data-param-name=WorkspaceName] input")
    field.press_sequentially("usable", timeout=1000)
    assert "usable" == field.input_value()
