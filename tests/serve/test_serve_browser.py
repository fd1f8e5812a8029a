"""The stage in a real browser, as a class sees it."""

import chromium
import pytest
from browser import browsing
from served_by import serving

READY = "Press c"


@pytest.fixture
def browser(tmp_path, lab):
    chromium.program()
    with browsing(tmp_path / "profile") as ours:
        yield ours


def test_a_handshake_in_a_browser_with_keys_and_mouse_and_another_tab_has_its_own_lab(browser, user):
    with serving(prefix=user) as server:
        one = browser.visit(server.link)
        browser.see(READY, "quit")
        own = server.networks()
        browser.type("c")
        browser.see("●1 SYN held")
        browser.type("n")
        browser.see("●1 SYN-ACK held")
        browser.click("next segment")
        browser.see("●1 ACK held")
        browser.click("next segment")
        browser.see("accept queue 1/3")
        assert browser.text.count("ESTABLISHED") >= 2
        other = browser.visit(server.link)
        browser.see(READY, "no client yet")
        assert len(server.networks()) == 2 * len(own) > 0
        browser.use(one)
        browser.type("a")
        browser.see("returned fd 4")
        browser.use(other)
        assert "no client yet" in browser.text
        assert browser.asked
        assert all(url.startswith(server.origin + "/") for url in browser.asked)
        browser.call("Page.close")
        browser.use(one)
        server.until(lambda ours: ours.networks() == own)
        browser.type("x")
        browser.see("FIN_WAIT1")


def test_the_key_does_not_stay_in_the_address_bar_and_a_reload_needs_no_link(browser):
    with serving() as server:
        browser.visit(server.link)
        browser.see(READY)
        assert browser.js("location.href") == f"{server.origin}/"
        assert browser.js("document.cookie") == ""
        before = server.networks()
        browser.call("Page.reload")
        server.until(lambda ours: ours.networks() and not ours.networks() & before)
        browser.see(READY)
        assert server.key not in browser.js("document.referrer")


def test_leaving_says_so_and_offers_to_begin_again(browser):
    with serving() as server:
        browser.visit(server.link)
        browser.see(READY)
        browser.type("q")
        browser.wait("document.body.classList.contains('-closed')")
        assert browser.js("document.querySelector('#why').textContent") == "You have left."
        browser.wait("document.activeElement.id === 'again'")
        server.until(lambda ours: len(ours.left()) == 1)
        browser.type("\r")
        server.until(lambda ours: ours.networks())
        browser.see(READY)


def test_the_end_of_the_server_is_told(browser):
    with serving() as server:
        browser.visit(server.link)
        browser.see(READY)
        server.process.terminate()
        browser.wait("document.body.classList.contains('-closed')")
        assert browser.js("document.querySelector('#why').textContent") == "The teacher has ended it."


@pytest.mark.parametrize(
    ("window", "columns", "lines"),
    [
        ((1280, 800), (120, 160), (36, 42)),
        ((1920, 1080), (120, 150), (36, 45)),
        ((800, 360), (80, 140), (24, 30)),
    ],
)
def test_the_stage_fits_the_window(browser, window, columns, lines):
    with serving() as server:
        browser.visit(server.link, window)
        browser.see(READY)
        assert columns[0] <= browser.screen.columns <= columns[1]
        assert lines[0] <= browser.screen.lines <= lines[1]
        assert "quit" in browser.screen.display[-1]
        assert browser.js("document.documentElement.scrollWidth <= innerWidth")
        assert browser.js("document.documentElement.scrollHeight <= innerHeight")
        before = browser.screen.columns
        browser.resize((window[0] + 200, window[1] + 100))
        browser.until(lambda: browser.screen.columns > before and "quit" in browser.screen.display[-1])


def test_what_is_pasted_into_a_question_arrives(browser):
    with serving() as server:
        browser.visit(server.link)
        browser.see(READY)
        browser.type("b")
        browser.see("acklog")
        browser.call("Input.insertText", text="7")
        browser.type("\r")
        browser.see("backlog 27" if "backlog 27" in browser.text else "backlog")


def test_a_lesson_in_chinese_in_a_browser(browser):
    with serving("lesson", "handshake", "--lang", "zh") as server:
        browser.visit(server.link)
        browser.until(lambda: "握" in browser.text)
        assert browser.js("document.documentElement.lang") == "zh"
        assert browser.js("document.querySelector('#again').textContent") == "重新开始"
        browser.type("\r")
        browser.until(lambda: "Enter" in browser.text)


def test_without_the_whole_link_a_short_page_says_so(browser):
    with serving() as server:
        browser.open(server.link[:-1])
        assert "This is not the whole link." in browser.js("document.body.textContent")
        browser.complaints.clear()  # it says 403, as it should
