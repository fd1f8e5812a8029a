"""What the server says to whom: nothing without the link, nothing to pages and names of others."""

import http.client
import re
import socket

import pytest

STATIC = "/static/textual/js/textual.js"
PROTECTED = ("/", "/ws", "/static/page.js", STATIC, "/download/x", "/favicon.ico", "/no-such-key", "/a/b")


def ask(server, path, method="GET", body=None, **headers):
    """An answer, as no browser's library would change it."""
    connection = http.client.HTTPConnection(server.authority, timeout=20)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer


@pytest.fixture(scope="module")
def cookie(server):
    answer = ask(server, f"/{server.key}")
    assert answer.status == 200
    return answer.getheader("Set-Cookie").partition(";")[0]


@pytest.mark.parametrize("path", PROTECTED)
def test_without_the_link_there_is_nothing(server, path):
    answer = ask(server, path)
    assert answer.status == 403
    assert "This is not the whole link." in answer.text
    assert answer.getheader("Set-Cookie") is None
    assert server.key not in answer.text


@pytest.mark.parametrize("path", PROTECTED)
def test_a_cookie_of_somebody_else_opens_nothing(server, path, cookie):
    name, _, value = cookie.partition("=")
    for wrong in (f"{name}={value[:-1]}", f"{name}=", f"{name}={server.key}", f"other={value}", "=;;"):
        assert ask(server, path, cookie=wrong).status == 403


def test_a_wrong_link_is_a_wrong_link_also_for_who_is_in(server, cookie):
    answer = ask(server, f"/{server.key[:-2]}", cookie=cookie)
    assert answer.status == 403
    assert "This is not the whole link." in answer.text


def test_the_link_is_changed_for_a_cookie_that_only_our_pages_send(server):
    answer = ask(server, f"/{server.key}")
    parts = {
        part.strip().partition("=")[0].lower(): part for part in answer.getheader("Set-Cookie").split(";")
    }
    assert "httponly" in parts
    assert parts["samesite"].strip() == "SameSite=Strict"
    assert server.key not in answer.getheader("Set-Cookie")
    assert server.key not in answer.text


def test_the_key_may_be_typed_in_capitals_and_without_hyphens(server):
    assert ask(server, f"/{server.key.upper()}").status == 200
    assert ask(server, f"/{server.key.replace('-', '')}").status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_ours_is_refused_even_with_the_key(server, cookie, host):
    for path in ("/", f"/{server.key}", "/ws"):
        answer = ask(server, path, host=host, cookie=cookie)
        assert answer.status in {400, 403}
        assert answer.getheader("Set-Cookie") is None


UPGRADE = {
    "upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13",
    "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:1", None]
)
def test_a_page_from_elsewhere_gets_no_screen(server, cookie, origin):
    given = {} if origin is None else {"origin": origin}
    answer = ask(server, "/ws", cookie=cookie, **UPGRADE, **given)
    assert answer.status == 403


def test_without_a_cookie_there_is_no_screen(server):
    assert ask(server, "/ws", origin=server.origin, **UPGRADE).status == 403


def test_every_answer_has_its_headers(server, cookie):
    for path in ("/", f"/{server.key}", STATIC, "/static/page.css", "/static/nothing", "/ws", "/download/x"):
        for given in ({"cookie": cookie}, {}):
            answer = ask(server, path, **given)
            policy = answer.getheader("Content-Security-Policy")
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src 'self';" in policy
            assert answer.getheader("Cache-Control") == "no-store"
            assert answer.getheader("X-Content-Type-Options") == "nosniff"
            assert answer.getheader("Referrer-Policy") == "no-referrer"
            assert answer.getheader("X-Frame-Options") == "DENY"
            assert answer.getheader("Server") == "sockviz"


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static", "/static/textual/", "/static/../server.py", "/static/%2e%2e/server.py",
     "/static/..%2fserver.py", "/static/textual/..%2f..%2fserver.py", "/static//etc/passwd", "//etc/passwd",
     "/download/../../etc/passwd", "/static/page.js%00"],
)  # fmt: skip
def test_no_other_file_can_be_had(server, cookie, path):
    answer = ask(server, path, cookie=cookie)
    assert answer.status in {400, 403, 404}
    assert "import" not in answer.text
    assert "root:" not in answer.text


def test_nothing_can_be_sent_to_it(server, cookie):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert ask(server, "/", method=method, cookie=cookie, content_length="0").status == 405


def test_pages_and_styles_ask_nothing_of_anybody_else(server, cookie):
    for path in ("/", f"/{server.key}", "/static/page.css", "/static/page.js"):
        text = ask(server, path, cookie=cookie).text
        assert not re.findall(r"(?:https?:)?//[\w.]+\.\w+/", text)
    assert "fonts.googleapis" not in ask(server, STATIC, cookie=cookie).text


def test_what_is_no_http_harms_nothing(server, cookie):
    for path in ("/" + "a" * 9000, "/%ff%fe", "/%00"):
        assert ask(server, path, cookie=cookie).status in {400, 403, 404}
    host, _, port = server.authority.partition(":")
    for sent in (
        b"\x00\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in connection.recv(4096)
    assert ask(server, "/", cookie=cookie).status == 200
    assert server.process.poll() is None
