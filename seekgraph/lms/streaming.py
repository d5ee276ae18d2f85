"""What of a reply is worth showing while it is written: of JSON, the text of one field; never the model's reasoning."""

from __future__ import annotations

from collections.abc import Callable

from seekgraph.core.language.lm import OnText
from seekgraph.text.replies import begins_reasoning, object_start, reasoning_end

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LONGEST_TAG = 100
_MAY_BEGIN = frozenset("{}\"':>]\u201c\u2018")
"""What makes it worth looking for the beginning of an object again."""


class FieldText:
    """Takes JSON piece by piece and passes on what is new in one text field of the outermost object.

    What stands before the object, reasoning among it, is passed over. Each character is looked at once.
    """

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.name = name
        self.show = show
        self._before = ""
        self._inside = False
        self._depth = 0
        self._value = False  # whether a value comes next, and not a key
        self._key = ""
        self._string = ""  # "", "key", "shown" or "other": the kind of string that is open
        self._escape = ""
        self._high = ""  # the first half of a pair of escapes
        self._done = False
        self._new: list[str] = []

    def __call__(self, piece: str) -> None:
        if not self._inside:
            self._before += piece
            if _MAY_BEGIN.isdisjoint(piece) or (start := object_start(self._before)) < 0:
                return
            self._inside, piece, self._before = True, self._before[start:], ""
        for character in piece:
            if self._done:
                break
            if self._string:
                self._in_string(character)
            else:
                self._between(character)
        if self._new:
            text, self._new = "".join(self._new), []
            self.show(text)

    def _between(self, character: str) -> None:
        if character == '"':
            first = self._depth == 1
            self._string = "shown" if first and self._value and self._key == self.name else "other"
            if first and not self._value:
                self._string, self._key = "key", ""
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
        elif self._depth == 1 and character in ":,":
            self._value = character == ":"

    def _in_string(self, character: str) -> None:
        if self._escape:
            self._escape += character
            if self._escape[1] != "u":
                self._put(_ESCAPES.get(character, character))
                self._escape = ""
            elif len(self._escape) == 6:
                self._put_code(self._escape[2:])
                self._escape = ""
        elif character == "\\":
            self._escape = character
        elif character == '"':
            self._done = self._string == "shown"
            self._string = ""
        else:
            self._put(character)

    def _put_code(self, digits: str) -> None:
        try:
            code = int(digits, 16)
        except ValueError:
            return
        if 0xD800 <= code < 0xDC00:
            self._high = chr(code)
        elif 0xDC00 <= code < 0xE000:
            pair, self._high = self._high + chr(code), ""
            self._put(pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        else:
            self._put(chr(code))

    def _put(self, text: str) -> None:
        if self._string == "key":
            self._key += text
        elif self._string == "shown":
            self._new.append(text)


class PlainText:
    """Takes text piece by piece and passes it on, but for reasoning at its beginning."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.show = show
        self._before: str | None = ""  # what is not passed on yet, or None where all is

    def __call__(self, piece: str) -> None:
        if self._before is None:
            self.show(piece)
            return
        self._before += piece
        text = self._before.lstrip()
        if begins_reasoning(text):
            if ">" not in piece and "]" not in piece and "\u25b7" not in piece:
                return
            if (end := reasoning_end(text)) < 0:
                return
            if not (text := text[end:].lstrip()):
                self._before = ""
                return
        elif not text or (text[0] in "<[\u25c1" and len(text) < _LONGEST_TAG and ">" not in text and "]" not in text):
            return
        self._before = None
        self.show(text)


def listener(on_text: OnText | None, attempt: int, name: str | None) -> Callable[[str], None] | None:
    """What gets the pieces of a reply: passes the field `name` of JSON on to `on_text`, or with `name` None all of it.

    None where nobody listens, or where the type has no text to show.
    """
    if on_text is None or name == "":
        return None

    def show(piece: str) -> None:
        if piece:
            on_text(piece, attempt)

    return PlainText(show) if name is None else FieldText(name, show)
