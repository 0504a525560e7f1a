"""The sandbox page in a real browser: played like a person plays it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from store.engine import Store
from tests.web.conftest import STREET, TOKEN, FakeHealth, FakeSandbox, resident, serve
from web.app import make_app

pytestmark = pytest.mark.browser

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
ATTACK = '电梯停了<img src=x onerror="document.title=1"><script>document.title=2</script>'
_SECONDS = 20
STICKING_OUT = (
    "return [...document.querySelectorAll('.part input, .part select, .part textarea, .part button')].filter((one) => "
    "one.getBoundingClientRect().right > one.closest('label, form').getBoundingClientRect().right + 1)"
    ".map((one) => one.outerHTML)"
)
"""Fields that are wider than their own label, and so lie over the next one or beyond the card."""


@dataclass(frozen=True)
class Served:
    """A site that runs in its own thread, and a way to do something in it."""

    url: str
    run: Callable[[Any], Any]


@pytest.fixture
def served(store: Store, sandbox: FakeSandbox, health: FakeHealth) -> Iterator[Served]:
    """The sandbox page, served from another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="site")
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_SECONDS)

    async def start() -> tuple[Any, str]:
        return await serve(make_app(store, STREET, health, token=TOKEN, clock=sandbox.now, sandbox=sandbox))

    runner, url = run(start())
    yield Served(url, run)
    run(runner.cleanup())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Page:
    """A browser window: finding, waiting, and what the page complained about."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        return self.until(lambda: next((node for node in self.all(css) if node.is_displayed()), None), css)

    def until(self, seen: Callable[[], Any], what: str = "") -> Any:
        return WebDriverWait(self.driver, _SECONDS, poll_frequency=0.05).until(lambda _driver: seen(), what)

    def texts(self, css: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)"
        return list(self.driver.execute_script(script, css))

    def see(self, css: str, text: str) -> None:
        """Wait until some node that ``css`` finds holds ``text``."""
        self.until(lambda: any(text in one for one in self.texts(css)), f"{css} with {text}")

    def press(self, css: str, text: str = "") -> None:
        """Press the shown button that holds ``text``, also while the page redraws."""
        script = (
            "const found = [...document.querySelectorAll(arguments[0])].find((node) => "
            "node.offsetParent && !node.disabled && node.textContent.includes(arguments[1])); found?.click(); "
            "return Boolean(found)"
        )
        self.until(lambda: self.driver.execute_script(script, css, text), f"press {css} {text}")

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def overflow(self) -> int:
        return int(self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth"))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for the module, with a fresh profile."""
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        why = f"the browser tests need {' and '.join(missing)}; install: apt-get install chromium chromium-driver"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=Service(str(DRIVER)))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: Chrome, served: Served) -> Iterator[Page]:
    """The sandbox page, opened by the printed link; it must not complain about anything."""
    opened = Page(driver)
    opened.size(1440, 900)
    driver.get(f"{served.url}/?token={TOKEN}")
    opened.see("#link", "实时")
    opened.see(".pick", "王芳")
    yield opened
    complaints = opened.complaints()
    driver.get("about:blank")
    driver.delete_all_cookies()
    assert complaints == []


def test_a_resident_writes_and_the_bell_answers(page: Page) -> None:
    assert "token" not in page.driver.current_url
    page.press("#people .pick", "周建")
    box = page.one("#say")
    box.send_keys("三单元电梯又停了", Keys.ENTER)
    page.see("#lines .line.mine .bubble", "三单元电梯又停了")
    page.see("#lines .line.bot .bubble", "已登记 #1")
    page.see("#issues .issue", "第1次催办")
    page.see("#thread .bubble", "【新诉求】")
    assert box.get_attribute("value") == ""


def test_empty_columns_say_what_will_come(page: Page) -> None:
    page.see("#lines", "这里还没有消息")
    page.see("#issues", "还没有诉求")
    page.see("#thread", "还没有私信")


def test_the_grid_head_answers_with_one_tap(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了")))
    page.press("#thread .digit", "处理中")
    page.see("#thread .line.mine .bubble", "2")
    page.see("#issues .tag.state", "处理中")
    assert sandbox.lines[-1].sender == "wang"
    assert sandbox.lines[-1].group is None


def test_an_issue_opens_and_tells_why_and_what_next(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了")))
    page.press("#issues .issue-top")
    page.see("#issues mark.topic", "电梯")
    page.see("#issues .why code", "elevator.stopped")
    page.see("#issues .trail.ahead", "升级到分包科级领导")
    page.see("#issues .trail", "登记为诉求 #1")
    page.press("#issues .issue-top")
    page.until(lambda: not page.all(".issue-body"))


def test_the_clock_moves_and_the_ladder_is_seen_climbing(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了")))
    page.press("#steps button", "+30 分钟")
    page.see("#clock-time", "10:00")
    page.see("#faces .face-tab", "孙丽")
    page.press("#faces .face-tab", "孙丽")
    page.see("#thread .bubble", "【升级】")


def test_quote_mention_and_recall(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(1, "谁家有梯子")))
    page.press("#lines .bubble", "梯子")  # a touch screen shows the actions on a tap
    page.press("#lines .acts button", "引用")
    page.see("#quoting", "谁家有梯子")
    page.press("#at")
    page.press(".mention-list .pick", "王强")
    page.one("#say").send_keys("我家有", Keys.ENTER)
    page.see("#lines .quoted", "谁家有梯子")
    said = sandbox.lines[-1]
    assert (said.quote, said.mentions, said.text) == ("in-1", ("wang",), "@王强 我家有")
    page.press("#lines .line.mine:not(.sending) .bubble", "我家有")
    page.press("#lines .line.mine .acts button", "撤回")
    page.see("#lines .gone", "你撤回了一条消息")


def test_what_a_person_wrote_is_never_markup(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    first = served.run(sandbox.say(resident(0, ATTACK, sender_alias="<img src=x onerror=alert(1)>")))
    served.run(sandbox.say(resident(1, ATTACK, quote=first)))
    page.see("#lines .bubble", ATTACK)
    page.press("#issues .issue-top")
    page.see("#issues .said", "<img src=x")
    page.see("#thread .bubble", "<img src=x")
    assert page.all("#lines img:not([src='/static/bell.svg']), #issues img, #thread .bubble img, main script") == []
    assert "楼铃沙盒" in page.driver.title


def test_a_line_that_is_refused_is_told_and_not_lost(page: Page, sandbox: FakeSandbox) -> None:
    sandbox.fail = RuntimeError("down")
    box = page.one("#say")
    box.send_keys("三单元电梯又停了", Keys.ENTER)
    page.see(".toast.bad", "服务内部出错")
    page.until(lambda: box.get_attribute("value") == "三单元电梯又停了")
    assert ["500" in one for one in page.complaints()] == [True]


def test_another_group_and_another_person_by_keyboard(page: Page, sandbox: FakeSandbox) -> None:
    target = page.until(lambda: next((one for one in page.all("#places .pick") if "二号楼群" in one.text), None))
    target.send_keys(Keys.ENTER)
    page.see("#talk-head h2", "二号楼群")
    page.see("#talk-head p", "还没有发布告知")
    page.see("#people .pick[aria-pressed=true]", "何敏")
    page.one("#say").send_keys("你好", Keys.SHIFT + Keys.ENTER + Keys.NULL, "邻居", Keys.ENTER)
    page.see(".toast", "没有保存")
    assert sandbox.lines[-1].text == "你好\n邻居"


def test_the_page_fits_a_phone(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了" + "长" * 300)))
    page.size(390, 844, phone=True)
    page.see("#lines .bubble", "电梯")
    for tab, shown in (("chat", "#lines"), ("direct", "#thread"), ("issues", "#issues")):
        page.press(f".tabs [data-tab={tab}]")
        assert page.one(shown).is_displayed()
        assert page.overflow() == 0
    page.press("#issues .issue-top")
    page.see("#issues .trail", "登记")
    assert page.overflow() == 0
    page.press(".tabs [data-tab=chat]")
    page.press(".talk-head .choose", "换人")
    page.press("#sheet .pick", "周建")
    page.until(lambda: "周建" in (page.one("#say").get_attribute("placeholder") or ""))
    page.driver.get(f"{served.url}/issues")
    assert page.overflow() == 0


def test_every_control_has_a_name(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了")))
    page.press("#issues .issue-top")
    page.see("#issues .trail", "登记")
    script = (
        "return [...document.querySelectorAll('button, a, textarea, select, input')].filter((node) => "
        "node.offsetParent && !(node.getAttribute('aria-label') || node.textContent.trim() || node.labels?.length))"
        ".map((node) => node.outerHTML)"
    )
    assert page.driver.execute_script(script) == []


def test_the_technician_acts_from_the_console_on_a_phone(page: Page, served: Served, sandbox: FakeSandbox) -> None:
    served.run(sandbox.say(resident(0, "三单元电梯又停了")))
    page.size(390, 844, phone=True)
    page.driver.get(f"{served.url}/issues/1")
    page.see(".acts select[name=tier]", "大事")
    page.driver.execute_script("document.querySelector('.acts select[name=tier]').value = 'large'")
    page.press(".acts button", "改定")
    page.see(".tag", "议事中")
    assert page.overflow() == 0
    page.driver.get(f"{served.url}/council")
    page.see(".agenda", "待议")
    page.press(".agenda summary", "记决议")
    assert page.driver.execute_script(STICKING_OUT) == []
    page.driver.get(f"{served.url}/gatherings")
    page.see(".empty", "最近没有接访或活动")
    assert page.driver.execute_script(STICKING_OUT) == []
    page.driver.get(f"{served.url}/issues/1")
    page.one(".acts form[data-post$='/settle'] button").click()
    page.driver.switch_to.alert.accept()
    page.see(".tag", "已解决")


def test_a_report_is_split_off_and_a_merge_taken_back_on_a_phone(
    page: Page, served: Served, sandbox: FakeSandbox
) -> None:
    for index, said in enumerate(("三单元电梯又停了", "三单元电梯停了，我家也是")):
        served.run(sandbox.say(resident(index, said)))
    page.size(360, 740, phone=True)
    page.driver.get(f"{served.url}/issues/1")
    page.press("label.choose", "周建")
    page.one("form[data-post$='/split'] button").click()
    page.driver.switch_to.alert.accept()
    page.see(".said-back", "已拆出 #2")
    page.driver.execute_script("document.querySelector('select[name=into]').selectedIndex = 1")
    page.one("form[data-post$='/merge'] button").click()
    page.driver.switch_to.alert.accept()
    page.see(".tag", "已并入")
    page.one("form[data-post$='/1/reopen'] button").click()
    page.driver.switch_to.alert.accept()
    page.see(".tag", "待回应")
    assert page.overflow() == 0
    assert page.driver.execute_script(STICKING_OUT) == []
