"""A host for both ends of loopback."""

from collections.abc import AsyncIterator

import pytest
from ensemble import Stage, free_port, staged


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(f"127.0.0.1:{free_port()}") as made:
        yield made
