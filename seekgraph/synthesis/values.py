"""What drafting gives: a question with its gold and what the filters say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, JsonValue

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.evaluation.examples import write_examples
from seekgraph.evaluation.recorded import FIELD as HASHES
from seekgraph.text.normal import comparable
from seekgraph.types import Example, Value

STATUS = "status"
"""The field of a row that says whether a person has looked at it: "draft", or "accepted"."""

UNANSWERABLE = "unanswerable"


class DraftError(SeekgraphError, ValueError):
    """Nothing can be drafted from what was given; the message says what is missing and what to do."""


class Outcome(Value):
    """What one filter says of a draft. `passed` is None where it could not judge, such as one that needs a model without one."""

    filter: str
    passed: bool | None
    reason: str = ""


class Draft(Value):
    """A question that may become a row of a dev set.

    `answer` stands verbatim in a passage of `supporting_ids`, markup aside; `nuggets` are what a good answer names, each a list
    of alternatives. `supporting_hashes` are the hashes of these passages' texts. `removed_ids` are the passages that have to be
    taken out of the documents so that nothing answers: then `supporting_ids` and `answer` are empty and `kind` is "unanswerable".
    `difficulty` is the share of a ladder of simple flows that fail on it, in [0, 1]. `written_by` is "rules" or a model's name.
    """

    question: str
    kind: str
    answer: str = ""
    supporting_ids: tuple[str, ...] = ()
    supporting_hashes: Mapping[str, str] = Field(default_factory=dict)
    nuggets: tuple[tuple[str, ...], ...] = ()
    removed_ids: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    difficulty: float | None = Field(default=None, ge=0, le=1)
    written_by: str = "rules"

    @property
    def id(self) -> str:
        """An id that follows from the question."""
        return f"draft-{hashlib.sha256(comparable(self.question).encode()).hexdigest()[:12]}"

    @property
    def dropped_by(self) -> str | None:
        """The first filter that it did not pass; None where it passed all that could judge."""
        return next((each.filter for each in self.outcomes if each.passed is False), None)

    def example(self) -> Example:
        """The draft as a row of a dev set, marked as a draft."""
        meta: dict[str, JsonValue] = {"kind": self.kind, STATUS: "draft", "written_by": self.written_by}
        if self.supporting_hashes:
            meta[HASHES] = dict(self.supporting_hashes)
        if self.nuggets:
            meta["nuggets"] = [list(each) for each in self.nuggets]
        if self.removed_ids:
            meta["removed_ids"] = list(self.removed_ids)
        if self.difficulty is not None:
            meta["difficulty"] = round(self.difficulty, 3)
        answers = (self.answer,) if self.answer else ()
        return Example(id=self.id, question=self.question, answers=answers, supporting_ids=self.supporting_ids, meta=meta)


Ended = Literal["enough", "no more", "budget"]


class Drafted(NamedTuple):
    """The drafts that passed, those that did not, and how many each filter dropped.

    `written` is how many were looked at: those that passed, those that were dropped, and none besides. `ended` says why it
    stopped: there were "enough", the documents gave "no more", or the "budget" was spent.
    """

    drafts: tuple[Draft, ...]
    rejected: tuple[Draft, ...] = ()
    ended: Ended = "enough"

    @property
    def written(self) -> int:
        return len(self.drafts) + len(self.rejected)

    @property
    def dropped(self) -> dict[str, int]:
        """How many drafts each filter dropped, each counted for the first that it did not pass, in the order of the filters."""
        found: dict[str, int] = {}
        for each in self.rejected:
            name = each.dropped_by or "unknown"
            found[name] = found.get(name, 0) + 1
        return found

    def examples(self) -> tuple[Example, ...]:
        """The drafts as rows of a dev set."""
        return tuple(each.example() for each in self.drafts)

    def write(self, path: str | Path) -> None:
        """Write the drafts as a dev set. Raises `ExampleError` where there are none."""
        write_examples(path, self.examples())
