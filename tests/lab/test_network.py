"""What the kernel may refuse while the network is built, and what is said then."""

import errno
import os

import pytest
from driver import Engine

from sockviz.errors import UserError
from sockviz.lab import network
from sockviz.lab.network import HOSTS, PATIENCE, Building
from sockviz.lab.rtnetlink import Rtnetlink


def test_a_kernel_without_veth_is_told_which_module_is_missing():
    error = network._reason(errno.EOPNOTSUPP, "Operation not supported")
    assert (error.kind, "modprobe veth" in error.hint) == ("no-lab", True)


def test_what_the_kernel_refuses_is_an_error_with_its_number():
    with Rtnetlink() as netlink, pytest.raises(OSError, match=r"No such device|not permitted") as refused:
        netlink.set_up(2**31 - 1)
    assert refused.value.errno == (errno.EPERM if os.geteuid() else errno.ENODEV)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may build it anywhere")
def test_without_namespaces_of_our_own_it_is_refused_and_nothing_is_changed():
    with pytest.raises(UserError) as refused:
        Building().result()
    assert refused.value.kind == "no-lab"


def test_a_builder_that_dies_is_an_error_and_no_hang(monkeypatch):
    monkeypatch.setattr(network, "_build", lambda: os._exit(9))
    with pytest.raises(UserError, match="the process that builds it ended"):
        Building().result()


@pytest.mark.lab
def test_the_hosts_are_patient_and_have_the_addresses_that_are_told(lab):
    with Engine() as engine:
        header = engine.until(lambda: engine.events and engine.events[0])
    if header.hidden:
        pytest.skip(header.hidden[0])
    assert {name: header.sysctls[name] for name in PATIENCE} == PATIENCE
    assert [host.addresses for host in header.hosts] == [(address.ipv4, address.ipv6) for address in HOSTS]
