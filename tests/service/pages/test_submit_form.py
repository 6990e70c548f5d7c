"""The submit form in a real chromium: rules, schedules, backward rules and networks with their own parameters."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, expect
from site_studies import Site

pytestmark = pytest.mark.browser
OWN = """
schema_version = 3
name = "pasted"
parameters = [
  { name = "lr", scale = "log", low = 1e-5, high = 0.1 },
  { name = "beta1", scale = "log_one_minus", low = 0.5, high = 0.999 },
]
claim = { at = { lr = 1e-3, beta1 = 0.9 } }
measure = { name = "val_acc", direction = "maximize", kind = "share", test_size = 500 }
contexts = [{ trainer = "external", name = "mine" }]
design = { kind = "locate", map_points = 24, zoom_points = 24 }
replication = { folds = 1 }
"""


def test_a_rule_is_chosen_with_its_own_parameters(context: BrowserContext, site: Site) -> None:
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/submit")
    rule = page.locator("#field-contexts-0-update_rule")

    def chosen() -> object:
        return json.loads(page.locator("#document").input_value())["contexts"][0]["update_rule"]

    assert rule.input_value() == "heavy_ball"
    rule.select_option("dlr")
    assert chosen() == {"name": "dlr", "side": "pre", "a": 0.4, "warm_start": True}
    page.locator("#field-contexts-0-update_rule-dlr-a").fill("0")
    page.locator("#field-contexts-0-update_rule-dlr-warm_start").uncheck()
    assert chosen() == {"name": "dlr", "side": "pre", "a": 0, "warm_start": False}
    error = page.locator('.field[data-path="contexts.0.update_rule"] > .error')
    expect(error).to_contain_text("greater than or equal to")
    page.locator("#field-contexts-0-update_rule-dlr-a").fill("0.7")
    expect(error).to_be_hidden()
    expect(page.locator("#cost")).to_contain_text("its eta is eta_0")
    rule.select_option("nesterov")
    assert chosen() == "nesterov"
    page.locator("#document").fill(
        page.locator("#document").input_value().replace('"nesterov"', '{"name": "adam", "beta1": 0.5}')
    )
    assert rule.input_value() == "adam"
    assert page.locator("#field-contexts-0-update_rule-adam-beta1").input_value() == "0.5"
    expect(error).to_contain_text("which has no momentum weight alpha")
    assert [c for c in complaints if "422" not in c] == []  # chromium notes the refused previews


def test_a_list_of_numbers_is_written_into_one_field(context: BrowserContext, site: Site) -> None:
    """With commas or blanks, with a text in it, empty again, and as the document has it."""
    page = context.new_page()
    page.goto(f"{site.url}/submit")
    page.locator("#field-contexts-0-schedule").select_option("table")
    shares = page.locator("#field-contexts-0-schedule-table-shares")
    error = page.locator('.field[data-path="contexts.0.schedule"] > .error')
    table = {"name": "table", "shares": [1, 0.5, 1e-3], "first": [], "last": [], "per_epoch": 1}

    def chosen() -> object:
        return json.loads(page.locator("#document").input_value())["contexts"][0]["schedule"]

    shares.fill("1, .5 1e-3,")
    assert chosen() == table
    expect(error).to_contain_text("has 3 numbers, and the training takes")
    shares.fill("1; half")
    assert chosen() == {**table, "shares": [1, "half"]}
    expect(error).to_contain_text("got 'half'")
    shares.fill("")
    assert chosen() == {**table, "shares": []}
    expect(error).to_be_hidden()
    page.locator("#document").fill(page.locator("#document").input_value().replace('"first": []', '"first": [1, 2]'))
    assert page.locator("#field-contexts-0-schedule-table-first").input_value() == "1, 2"


def test_a_pasted_toml_of_ones_own_training_is_previewed(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/submit")
    expect(page.get_by_text("Your own training, and any two parameters")).to_be_visible()
    page.locator("#document").fill(OWN)
    expect(page.locator("#cost")).to_contain_text("Runs by trainers of your own")
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#document").fill(OWN.replace("map_points", "map_point"))
    expect(page.locator("#problems, .field .error").filter(has_text="did you mean `map_points`").first).to_be_visible()


def test_a_telephones_form_is_short_and_opens_what_is_wrong(context: BrowserContext, site: Site) -> None:
    """The catalogue and all but the claim are folded; an error and a link open what they point into."""
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/submit")
    expect(page.locator("#cost")).to_contain_text("Runs")
    assert page.evaluate("document.documentElement.scrollHeight") < 5000
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    epochs, editor = page.locator("#field-contexts-0-epochs"), page.locator("textarea#document")
    for folded in (page.locator(".catalogue"), epochs, editor):
        expect(folded).to_be_hidden()
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="The document").click()
    expect(editor).to_be_visible()
    editor.fill(editor.input_value().replace('"epochs": 30', '"epochs": 0'))
    error = page.locator('.field[data-path="contexts.0.epochs"] > .error')
    expect(error).to_contain_text("greater than or equal to 1")
    expect(epochs).to_be_visible()


def test_a_wide_form_shows_everything_without_a_click(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/submit")
    for shown in (".catalogue", "#field-contexts-0-epochs", "#document"):
        expect(page.locator(shown)).to_be_visible()
    assert page.locator(".narrow > summary:visible").count() == 0
