"""What of a reply is worth showing while it is written: of JSON, the text of one field, not its braces and quotes."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import from_json

from seekgraph.core.language.lm import OnText


class FieldText:
    """Takes JSON piece by piece and passes on what is new in one text field of the outermost object."""

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.name = name
        self.show = show
        self.written = ""
        self.shown = 0

    def __call__(self, piece: str) -> None:
        self.written += piece
        if not piece or piece.isspace():
            return
        start = self.written.find("{")
        if start < 0:
            return
        try:
            found = from_json(self.written[start:], allow_partial="trailing-strings")
        except (ValueError, TypeError):  # TypeError for half of a surrogate pair
            return
        text = found.get(self.name) if isinstance(found, dict) else None
        if isinstance(text, str) and len(text) > self.shown:
            new, self.shown = text[self.shown :], len(text)
            self.show(new)


def listener(on_text: OnText | None, attempt: int, name: str | None) -> Callable[[str], None] | None:
    """What gets the pieces of a reply: passes the field `name` of JSON on to `on_text`, or with `name` None all of it.

    None where nobody listens, or where the type has no text to show.
    """
    if on_text is None or name == "":
        return None

    def show(piece: str) -> None:
        if piece:
            on_text(piece, attempt)

    return show if name is None else FieldText(name, show)
