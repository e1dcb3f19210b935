"""The report's page in a real browser: it draws, sorts, filters, answers the pointer and does not complain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.browser import DESKTOP, PHONE, chromium, complaints, show, wait_for
from helpers.command import HANGS
from helpers.sweep_folder import HOSTILE, FakeTrial, build_sweep
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from analysis.media import encode_grid
from analysis.report import write_report


def trial(number: int, **more: Any) -> FakeTrial:
    """Accuracies 0.5, 0.6, ... whose order is not that of the trials."""
    accuracy = 0.5 + 0.1 * (number * 2 % 5)
    metrics = [{"val/accuracy": accuracy / step, "train/loss": float(step)} for step in (2, 1)]
    picture = encode_grid(np.full((4, 1, 8, 8), number / 3 - 1))
    return FakeTrial(
        {"C": 10.0**-number, "penalty": ("l1", "l2")[number % 2]}, metrics, media={"samples": picture}, **more
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trials = [trial(0), trial(1), trial(2), trial(3, status="stopped"), trial(4)]
    failed = FakeTrial({"C": 5.0, "penalty": HOSTILE}, [], "failed", HOSTILE)
    return write_report(build_sweep(tmp_path_factory.mktemp("sweep"), [*trials, failed]))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(browser: Chrome, page: Path) -> Chrome:
    """The page with its chart, loaded once: that takes seconds."""
    show(browser, page)
    browser.execute_script("byId('chart').scrollIntoView()")
    wait_for(browser, "#chart[data-ready]")
    return browser


@pytest.fixture
def opened(drawn: Chrome) -> Chrome:
    """The page as if nobody had touched it yet."""
    drawn.execute_script(
        "document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());"
        "Object.assign(shown, { sort: null, down: false, filter: '', chips: {}, gallery: false });"
        "byId('filter').value = ''; draw();"
    )
    return drawn


def column(browser: Chrome, label: str) -> list[str]:
    """The cells of the table's column below `label`."""
    heads = [head.text.rstrip(" ▲▼") for head in browser.find_elements(By.CSS_SELECTOR, "#table thead th")]
    cells = browser.find_elements(By.CSS_SELECTOR, f"#table tbody td:nth-child({heads.index(label) + 1})")
    return [cell.text for cell in cells]


def head(browser: Chrome, label: str) -> WebElement:
    return next(b for b in browser.find_elements(By.CSS_SELECTOR, "#table th button") if b.text.rstrip(" ▲▼") == label)


def text_of(browser: Chrome, selector: str) -> str:
    text: str = browser.find_element(By.CSS_SELECTOR, selector).text
    return text


def test_sorting(opened: Chrome) -> None:
    assert column(opened, "trial") == ["0002", "0004", "0001", "0000", "0003", "0005"]
    head(opened, "C").click()
    assert column(opened, "C") == ["1.00e-4", "0.001", "0.01", "0.1", "1", "5"]
    head(opened, "C").click()
    assert column(opened, "C")[:2] == ["5", "1"]
    head(opened, "val/accuracy").click()
    assert column(opened, "val/accuracy") == ["0.9", "0.8", "0.7", "0.6", "0.5", ""]
    head(opened, "val/accuracy").click()
    assert column(opened, "val/accuracy") == ["0.5", "0.6", "0.7", "0.8", "0.9", ""]


def test_sorting_with_the_keyboard_says_so_to_a_screen_reader(opened: Chrome) -> None:
    head(opened, "C").send_keys(Keys.ENTER)
    assert opened.find_element(By.CSS_SELECTOR, "#table th[aria-sort=ascending]").text.startswith("C")
    opened.switch_to.active_element.send_keys(Keys.ENTER)
    assert opened.find_element(By.CSS_SELECTOR, "#table th[aria-sort=descending]").text.startswith("C")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("l2", ["0001", "0003"]),
        ("penalty=l2 val/accuracy>0.65", ["0001"]),
        ("C<=0.01", ["0002", "0004", "0003"]),
        ("penalty!=l2 C>=1", ["0000", "0005"]),
        ("status=stopped", ["0003"]),
        ("<script>alert", ["0005"]),
        ("nothing_like_it", []),
    ],
)
def test_filtering(opened: Chrome, words: str, expected: list[str]) -> None:
    opened.find_element(By.ID, "filter").send_keys(words)
    assert column(opened, "trial") == expected
    assert text_of(opened, "#found") == f"{len(expected)} of 6"


def test_a_chip_filters_until_it_is_pressed_again(opened: Chrome) -> None:
    chip = next(b for b in opened.find_elements(By.CSS_SELECTOR, "#chips button") if b.text == "failed")
    chip.click()
    assert column(opened, "trial") == ["0005"]
    assert chip.get_attribute("aria-pressed") == "true"
    chip.click()
    assert len(column(opened, "trial")) == 6


def test_hovering_a_point_shows_its_config_and_samples(opened: Chrome) -> None:
    # The star is the best trial's point, drawn on top of its ordinary one.
    point = opened.find_elements(By.CSS_SELECTOR, ".scatterlayer .trace:last-child .point")[-1]
    ActionChains(opened).move_to_element(point).perform()
    WebDriverWait(opened, HANGS).until(lambda b: b.find_element(By.ID, "tip").is_displayed())
    tip = text_of(opened, "#tip")
    assert "Trial 0002" in tip
    assert [line for line in tip.splitlines() if line in ("0.01", "l1", "0.9")] == ["0.9", "0.01", "l1"]
    source = opened.find_element(By.CSS_SELECTOR, "#tip img").get_attribute("src")
    assert source is not None
    assert source.startswith("data:image/webp")


def test_a_click_on_a_point_opens_its_trial(opened: Chrome) -> None:
    point = opened.find_elements(By.CSS_SELECTOR, ".scatterlayer .trace:last-child .point")[-1]
    ActionChains(opened).move_to_element(point).click().perform()
    WebDriverWait(opened, HANGS).until(lambda b: b.find_element(By.ID, "panel").is_displayed())
    assert text_of(opened, "#panel-title") == "Trial 0002 (best)"


def test_the_axes_can_be_chosen(opened: Chrome) -> None:
    options = opened.find_elements(By.CSS_SELECTOR, "#axes select[name=x] option")
    assert "l1_ratio" not in [option.text for option in options]  # no trial used it
    for option in [*options[1:], options[0]]:
        option.click()
        wait_for(opened, "#chart .scatterlayer .point")
        assert option.text.split()[0] in text_of(opened, "#chart .xtitle")
    assert complaints(opened) == []


def test_the_panel_of_a_trial(opened: Chrome) -> None:
    opened.find_elements(By.CSS_SELECTOR, "#table .link")[1].click()
    panel = text_of(opened, "#panel")
    assert "Trial 0004" in panel
    assert "1.00e-4" in panel
    charts = opened.find_elements(By.CSS_SELECTOR, "#panel .chart-small")
    assert [chart.get_attribute("aria-label") for chart in charts] == [
        "val/accuracy over steps",
        "train/loss over steps",
    ]
    assert len(charts[0].find_elements(By.CSS_SELECTOR, "path")) == 2
    opened.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert "Trial 0002 (best)" in text_of(opened, "#panel")
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not opened.find_element(By.ID, "panel").is_displayed()


def test_the_gallery_shows_the_samples_of_what_is_found(opened: Chrome) -> None:
    opened.find_element(By.ID, "filter").send_keys("penalty=l1")
    opened.find_element(By.ID, "view").click()
    tiles = opened.find_elements(By.CSS_SELECTOR, "#gallery button")
    assert [tile.text.split()[0] for tile in tiles] == ["0002", "0004", "0000"]
    tiles[1].click()
    assert text_of(opened, "#panel-title") == "Trial 0004"


def test_a_picture_can_be_enlarged(opened: Chrome) -> None:
    opened.find_element(By.CSS_SELECTOR, "figure .zoom").click()
    assert opened.find_element(By.CSS_SELECTOR, "#zoomed img").is_displayed()


def test_a_link_to_a_trial_opens_it_and_a_hostile_reason_is_text(opened: Chrome, page: Path) -> None:
    opened.get("about:blank")
    opened.get(page.as_uri() + "#trial=0005")
    assert "<script>alert(" in text_of(opened, "#panel")
    assert complaints(opened) == []


def test_filter_and_order_outlive_a_reload(opened: Chrome, page: Path) -> None:
    head(opened, "C").click()
    opened.find_element(By.ID, "filter").send_keys("penalty=l1")
    show(opened, page)
    assert column(opened, "C") == ["1.00e-4", "0.01", "1"]


LOOKS = {
    "desktop-light": (DESKTOP, False),
    "phone-dark": (PHONE, True),
    "desktop-dark": pytest.param(DESKTOP, True, marks=pytest.mark.slow),
    "phone-light": pytest.param(PHONE, False, marks=pytest.mark.slow),
}


@pytest.mark.parametrize(("size", "dark"), LOOKS.values(), ids=LOOKS)
def test_it_fits_and_the_console_stays_empty(browser: Chrome, page: Path, size: tuple[int, int], dark: bool) -> None:
    show(browser, page, size, dark=dark)
    browser.execute_script("byId('chart').scrollIntoView()")
    wait_for(browser, "#chart[data-ready] .scatterlayer .point")
    assert browser.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    browser.execute_script("[...document.images].forEach((i) => { i.loading = 'eager'; })")  # also those out of sight
    loaded = "return [...document.images].every((i) => i.complete && i.naturalWidth > 0)"
    WebDriverWait(browser, HANGS).until(lambda b: b.execute_script(loaded), "a picture does not load")
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background.strip("rgb()").split(","))) < 200) == dark
    assert complaints(browser) == []
