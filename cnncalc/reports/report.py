"""An analysis with renderings: as plain text, as JSON, and in a notebook."""

from __future__ import annotations

from typing import final

from cnncalc.analyses.analysis import Analysis


@final
class Report(Analysis):
    """The result of `cnncalc analyze`. Figures are exact integers; `to_dict()` is the JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, object]:
        """Return the data of `--format json`."""
        from cnncalc.reports.json import as_dict  # drawn when asked

        return as_dict(self)

    def __str__(self) -> str:
        """Return the plain table."""
        from cnncalc.reports.plain import render  # drawn when asked

        return render(self)

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        from cnncalc.reports.html import render  # drawn when asked

        return render(self)
