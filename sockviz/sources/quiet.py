"""Importing scapy without what that does besides: folders at home, talk on the screen, a long table.

scapy makes `~/.config` and `~/.cache` where they are missing, keeps pickled tables in the latter, and trusts
what it finds there. Imported here it does neither. Nor does it read who made which network card: nobody here
asks for that, and those 50,000 lines take longer than all the rest of what a lab imports.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

_FOLDERS: Final = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")
_MAKERS: Final = "share/wireshark/manuf"
"""Where scapy looks for Wireshark's table of makers, in several folders."""
_MAKERS_OF_SCAPY: Final = "scapy.libs.manuf"
"""The module that has the one it takes otherwise."""


@contextlib.contextmanager
def importing_scapy() -> Iterator[None]:
    """Within this scapy is to be imported; what it could write is nowhere, also later."""
    before = {name: os.environ.get(name) for name in _FOLDERS}
    os.environ.update(dict.fromkeys(_FOLDERS, os.devnull))
    try:
        with _without_makers():
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    # It writes its warnings to standard error, which is what the screen is drawn on.
    logging.getLogger("scapy").handlers[:] = [logging.NullHandler()]


@contextlib.contextmanager
def _without_makers() -> Iterator[None]:
    """Within this there is no table of makers."""
    exists = os.path.exists

    def exists_but(path: Any) -> bool:
        return not str(path).endswith(_MAKERS) and exists(path)

    empty = ModuleType(_MAKERS_OF_SCAPY)
    empty.DATA = ""  # type: ignore[attr-defined]
    os.path.exists, sys.modules[_MAKERS_OF_SCAPY] = exists_but, empty
    try:
        yield
    finally:
        os.path.exists = exists
        del sys.modules[_MAKERS_OF_SCAPY]
