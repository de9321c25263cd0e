"""HTML from Python values: whatever is not Markup is escaped, so text from a model can never become a tag."""

import re
from collections.abc import Iterable, Sequence
from html import escape

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | int | None


def tag(name: str, *children: Content, **attributes: str) -> Markup:
    """Returns an element; children that are not Markup are escaped, as are all attributes.

    Args:
        name: of the element.
        *children: text, numbers or Markup; None is left out.
        **attributes: an underscore at the end is dropped (`class_`), others become dashes.
    """
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*parts: Content) -> Markup:
    """Returns the parts one after another, escaped unless they are Markup; None is left out."""
    return Markup("".join(part if isinstance(part, Markup) else _safe(str(part)) for part in parts if part is not None))


def table(head: Sequence[Content], rows: Iterable[Sequence[Content]], **attributes: str) -> Markup:
    """Returns a table whose first column names the rows, in a frame that scrolls where the page is narrow."""
    lines = [tag("tr", *(tag("th", cell, scope="col") for cell in head))]
    body = [tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows]
    return tag("div", tag("table", tag("thead", *lines), tag("tbody", *body), **attributes), class_="scroll")


def bullets(items: Iterable[Content]) -> Markup | None:
    """Returns a list; None where there is nothing to list."""
    entries = [tag("li", item) for item in items]
    return tag("ul", *entries) if entries else None


def _safe(text: str) -> str:
    # Control characters are not allowed in HTML at all, and half a surrogate pair cannot be written as UTF-8.
    return escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)
