"""Who may come in."""

import pytest

from sockviz.serve.gate import ALPHABET, Gate, host_of, new_key


def test_a_key_is_80_bits_of_letters_that_are_not_mixed_up():
    keys = [new_key() for _ in range(50)]
    assert len(set(keys)) == len(keys)
    for key in keys:
        letters = key.replace("-", "")
        assert len(letters) == 16
        assert set(letters) <= set(ALPHABET)
        assert not set(letters) & set("ilou")
    assert len(ALPHABET) == len(set(ALPHABET)) == 32


def test_a_key_may_be_typed_as_people_type():
    gate = Gate(8765)
    assert gate.has_key(gate.key)
    assert gate.has_key(gate.key.upper().replace("-", " "))
    assert gate.has_key(gate.key.replace("0", "o").replace("1", "l").replace("-", ""))


@pytest.mark.parametrize("wrong", ["", "-", "x", "\x00", "ключ", "\udcff", "a" * 10_000])
def test_anything_else_is_not_the_key(wrong):
    gate = Gate(8765)
    assert not gate.has_key(wrong)
    assert not gate.has_key(gate.key + "x")
    assert not gate.has_key(gate.key[:-1])
    assert not gate.knows(wrong)
    assert not gate.knows(gate.key)


def test_two_servers_of_a_machine_do_not_share_cookies():
    one, other = Gate(8765), Gate(8766)
    assert one.cookie_name != other.cookie_name
    assert one.cookie != other.cookie
    assert not one.knows(other.cookie)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8765", "[::1]:8765", "192.168.1.5", "localhost:9000", "LOCALHOST", "laptop.local:8765"],
)
def test_our_hosts(host):
    assert Gate(8765, names=["laptop", "laptop.local"]).is_ours(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[",
        "a@b:c",
    ],
)
def test_names_of_others(host):
    assert not Gate(8765, names=["laptop"]).is_ours(host)


def test_a_public_address_is_ours_and_its_cookie_for_encrypted_connections():
    gate = Gate(8765, "https://tcp.example.org:8443")
    assert gate.secure
    assert gate.is_ours("tcp.example.org")
    assert gate.from_here("https://tcp.example.org:8443", "127.0.0.1:8765")
    assert not gate.from_here("https://tcp.example.org", "127.0.0.1:8765")
    assert not Gate(8765, "http://tcp.example.org").secure


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "file://"]
)
def test_pages_from_elsewhere(origin):
    assert not Gate(8765).from_here(origin, "127.0.0.1:8765")


def test_pages_of_ours():
    assert Gate(8765).from_here("http://127.0.0.1:8765", "127.0.0.1:8765")
    assert Gate(8765).from_here("https://TCP.example.org", "tcp.example.org")


def test_host_of():
    assert host_of("[::1]:80") == "::1"
    assert host_of("Name:80") == "name"
    assert host_of("[::1") == ""
