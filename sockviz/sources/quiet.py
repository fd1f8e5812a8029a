"""Importing scapy without what that does besides: folders in the user's home, and talk on the screen.

scapy makes `~/.config` and `~/.cache` where they are missing, keeps pickled tables in the latter, and trusts
what it finds there. Imported here it does neither.
"""

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Final

_FOLDERS: Final = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")


@contextlib.contextmanager
def importing_scapy() -> Iterator[None]:
    """Within this scapy is to be imported; what it could write is nowhere, also later."""
    before = {name: os.environ.get(name) for name in _FOLDERS}
    os.environ.update(dict.fromkeys(_FOLDERS, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    # It writes its warnings to standard error, which is what the screen is drawn on.
    logging.getLogger("scapy").handlers[:] = [logging.NullHandler()]
