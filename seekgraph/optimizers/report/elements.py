"""HTML from parts: whatever is not an element already is escaped, so that nothing from outside can become markup."""

from __future__ import annotations

import re
from html import escape
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Html(str):
    """Text that is markup already. Only `element` and `join` make it."""

    __slots__ = ()


def text(value: Any) -> Html:
    """`value` as text of a page; characters that a page cannot hold are replaced."""
    plain = _CONTROLS.sub("\ufffd", str(value)).encode("utf-8", "replace").decode()
    return Html(escape(plain))


def join(*parts: Any) -> Html:
    """Parts one after another; None is nothing, and a list is its parts."""
    return Html("".join(_parts(parts)))


def element(tag: str, *children: Any, **attributes: Any) -> Html:
    """One element. Attributes that are None are left out; `class_` is `class`, and `_` becomes `-`."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    inside = "".join(f' {name}="{text(value)}"' for name, value in named.items())
    return Html(f"<{tag}{inside}>{join(*children)}</{tag}>")


def table(head: list[Any], rows: list[list[Any]], *, caption: str = "", numbers: tuple[int, ...] = ()) -> Html:
    """A table whose first column heads its rows; `numbers` are the columns that are set to the right."""
    kinds = ["n" if at in numbers else None for at in range(len(head))]
    top = element("tr", [element("th", each, scope="col", class_=kind) for each, kind in zip(head, kinds, strict=True)])
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            [element("td", each, class_=kind) for each, kind in zip(row[1:], kinds[1:], strict=True)],
        )
        for row in rows
    ]
    named = element("caption", caption) if caption else None
    return element("div", element("table", named, element("thead", top), element("tbody", body)), class_="scroll")


def _parts(parts: Any) -> list[str]:
    found: list[str] = []
    for each in parts:
        if isinstance(each, Html):
            found.append(each)
        elif isinstance(each, list | tuple):
            found += _parts(each)
        elif each is not None:
            found.append(text(each))
    return found
