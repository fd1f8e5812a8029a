"""The app of `sockviz watch`, live or recorded: the list of listeners, over it what is closely watched."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz.tui.app import SockvizApp
from sockviz.tui.density import Density

if TYPE_CHECKING:
    from sockviz.session.source import Source
    from sockviz.session.watching import Watching


class WatchApp(SockvizApp):
    """Shows one `Watching`."""

    STARTING = "reading the kernel's listeners …"

    watching: "Watching | None" = None
    """From the second frame on."""

    async def show(self, source: "Source", leave: Callable[[], None] | None = None) -> None:
        """Bring the list, or what was asked for; and listen."""
        del leave
        self.carried = source
        from sockviz.session.watching import Watching  # noqa: PLC0415  not needed for the first frame
        from sockviz.tui.watch.attention import Attention  # noqa: PLC0415
        from sockviz.tui.watch.closely import CloselyScreen  # noqa: PLC0415
        from sockviz.tui.watch.listing import ListenersScreen  # noqa: PLC0415

        self.watching = Watching(source, clock=self._clock)
        attention = Attention(self.watching, density=self._density, echo=self._density is Density.LARGE)
        await self.push_screen(ListenersScreen(attention, self._clock))
        asked = source.plan.setup.watch
        if asked is not None and (asked.targets or asked.pids):
            await self.push_screen(CloselyScreen(attention, self._clock))
        self.run_worker(self._carry(self.watching))
