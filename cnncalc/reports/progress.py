"""A progress bar on a terminal while a network runs; nothing elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from rich.progress import Progress, TaskID


class Bar:
    """A bar on stderr from `start` to the end of the block, which erases it."""

    def __init__(self, what: str, *, shown: bool) -> None:
        self.what = what
        self.shown = shown
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Return the bar; `start` draws it."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Erase the bar."""
        if self._bar is not None:
            self._bar.stop()

    def start(self, total: int) -> None:
        """Draw an empty bar of `total` steps."""
        if not self.shown:
            return
        from rich.console import Console  # on a terminal only
        from rich.progress import Progress

        self._bar = Progress(console=Console(file=sys.stderr, force_terminal=True), transient=True)
        self._task = self._bar.add_task(self.what, total=total)
        self._bar.start()

    def tell(self, done: int) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)
