"""What is measured of the kernel's queues, as root and as somebody else, and where nothing can be."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sockviz.events import Limit

MEASURE = """
import sys, msgspec
from sockviz.engine.limits import Probing
sys.stdout.buffer.write(msgspec.json.encode(Probing(int(sys.argv[1])).result()))
"""


def measured(backlog: int, *prefix: str) -> tuple[Limit, ...]:
    done = subprocess.run(
        [*prefix, sys.executable, "-c", MEASURE, str(backlog)], check=True, capture_output=True, timeout=60
    )
    assert done.stderr == b""
    return msgspec.json.decode(done.stdout, type=tuple[Limit, ...])


def allowed(*prefix: str) -> None:
    make = [*prefix, "unshare", "--user", "--map-root-user", "--net", "true"]
    if subprocess.run(make, check=False, capture_output=True).returncode != 0:
        pytest.skip("no network namespaces here")


@pytest.fixture(params=["as we are", "as nobody"])
def user(request: pytest.FixtureRequest) -> list[str]:
    prefix: list[str] = []
    if request.param == "as nobody":
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            pytest.skip("only root can become another user")
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]
    allowed(*prefix)
    return prefix


def test_each_queue_is_measured_with_the_backlog_of_the_run(user: list[str]) -> None:
    found = measured(3, *user)
    assert [one.backlog for one in found if one.queue == "accept"] == [0, 1, 2, 3, 5]
    assert [one.backlog for one in found if one.queue == "syn"] == [3]
    for queue in ("accept", "syn"):
        extra = {one.capacity - one.backlog for one in found if one.queue == queue}
        assert len(extra) == 1, "one rule for all backlogs"
        assert extra <= {0, 1}, "no Linux kernel has another"


def test_a_large_backlog_is_not_filled(user: list[str]) -> None:
    found = measured(4096, *user)
    assert max(one.backlog for one in found) == 5
    assert {one.queue for one in found} == {"accept", "syn"}


def test_nothing_of_it_is_seen_outside(user: list[str]) -> None:
    def machine() -> list[str]:
        names = ("sys/net/ipv4/tcp_syncookies", "sys/net/core/somaxconn", "self/mounts")
        interfaces = sorted(path.name for path in Path("/sys/class/net").iterdir())
        return [*interfaces, *(Path("/proc", name).read_text() for name in names)]

    before = machine()
    measured(1, *user)
    assert machine() == before


def test_where_no_namespace_can_be_made_nothing_is_known() -> None:
    forbidden = ["unshare", "--user", "--map-root-user"]
    limited = f"echo 0 > /proc/sys/user/max_net_namespaces && exec {sys.executable} -c '{MEASURE}' 2"
    if subprocess.run([*forbidden, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no user namespaces here")
    done = subprocess.run([*forbidden, "sh", "-c", limited], check=False, capture_output=True, timeout=60)
    if done.returncode != 0:
        pytest.skip(f"the quota can't be set: {done.stderr.decode()}")
    assert done.stdout == b"[]"
