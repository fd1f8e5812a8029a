"""Elements as text: escaped, without what XML does not allow, numbers as short as they can be."""

from xml.sax.saxutils import escape, quoteattr

from sockviz.harmless import replaced

Attribute = str | float | None
"""None: the attribute is left out."""


def text(content: str) -> str:
    """Character data; what `replaced` leaves is all allowed (https://www.w3.org/TR/xml/#charsets)."""
    return escape(replaced(content))


def number(value: float) -> str:
    """`12`, `12.5`: tenths are finer than any pixel."""
    return f"{round(value, 1) + 0.0:.10g}"


def tag(name: str, *children: str, **attributes: Attribute) -> str:
    """An element; `class_` is `class`, and a `_` within a name a `-`; children are markup already."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}={_quoted(value)}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def _quoted(value: str | float) -> str:
    if isinstance(value, str):
        return quoteattr(replaced(value))
    return f'"{number(value)}"'


def path(*points: tuple[float, float]) -> str:
    """`M0 0L10 12`: straight lines from point to point."""
    return "".join(f"{'L' if at else 'M'}{number(x)} {number(y)}" for at, (x, y) in enumerate(points))
