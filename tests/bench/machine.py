"""What was measured on, and with which versions of the peers."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("textual", "scapy", "psutil", "msgspec")
PROGRAMS = {
    "tcpdump": (["tcpdump", "--version"], r"tcpdump version (\S+)"),
    "tshark": (["tshark", "--version"], r"TShark \(Wireshark\) ([\d.]+)"),
    "ss": (["ss", "-V"], r"iproute2-?([\w.]+)"),
}


def machine() -> dict[str, str]:
    """CPU, cores, kernel, Python."""
    return {
        "cpu": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.2f}",
    }


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def versions() -> dict[str, str]:
    """sockviz, its peers, and what it is made with."""
    found = {name: version(name) for name in ("sockviz", *PACKAGES)}
    for name, (command, pattern) in PROGRAMS.items():
        if shutil.which(name):
            told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            match = re.search(pattern, told.stdout + told.stderr)
            found[name] = match[1].rstrip(".") if match else "?"
    return found
