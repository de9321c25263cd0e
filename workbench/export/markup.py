"""HTML from Python values: whatever is not Markup is escaped, so text from a model can never become a tag."""

from html import escape


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
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*parts: Content) -> Markup:
    """Returns the parts one after another, escaped unless they are Markup."""
    return Markup(
        "".join(part if isinstance(part, Markup) else escape(str(part)) for part in parts if part is not None)
    )
