"""The values of agentic search: what nodes read and write.

Every value is a frozen pydantic model with tuples for collections, so that it can be shared between parallel branches,
hashed for the memo and written to a trace without a copy. Nothing here knows how a flow runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator


class Value(BaseModel):
    """Base of all values: immutable, strict about unknown fields.

    `made_from` names the plain types that a value can be read from. `Query` reads a `str`, so a channel of type `str` may
    feed a parameter of type `Query`: the checker accepts it and the runner converts it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
    made_from: ClassVar[tuple[type, ...]] = ()


class Goal(Value):
    """One thing to find out. `needs` are the ids of goals whose results it builds on."""

    id: str
    text: str
    needs: tuple[str, ...] = ()


class Query(Value):
    """What a retriever is asked.

    `must` and `must_not` are terms that a passage has to contain, or must not. `weights` maps extra terms to their weight
    relative to a term of `text`, whose weight is 1. `filters` maps a key of `Passage.meta` to the value it must have.
    """

    made_from: ClassVar[tuple[type, ...]] = (str, Goal)

    text: str
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    weights: Mapping[str, float] = Field(default_factory=dict)
    filters: Mapping[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"text": data}
        if isinstance(data, Goal):
            return {"text": data.text}
        return data


class Passage(Value):
    """A piece of a document, as a retriever returns it.

    `score` is the retriever's own (higher is better; not comparable between retrievers), `source` the name of what found it.
    `meta` holds what the corpus says besides: a file path, a heading, a date.
    """

    id: str
    title: str = ""
    text: str
    score: float = 0.0
    source: str = ""
    meta: Mapping[str, JsonValue] = Field(default_factory=dict)


class Ranking(Value):
    """One ranked list: which passages a query found, best first. `ids` and `scores` have the same length."""

    source: str
    query: str
    ids: tuple[str, ...]
    scores: tuple[float, ...]

    @model_validator(mode="after")
    def _same_length(self) -> Ranking:
        if len(self.ids) != len(self.scores):
            raise ValueError(f"a ranking needs one score for each id: {len(self.ids)} ids, {len(self.scores)} scores")
        return self


class Plan(Value):
    """Goals that form a directed acyclic graph by their `needs`.

    Raises `ValueError` for duplicate ids, for a need that no goal has as its id, and for goals that need one another.
    """

    goals: tuple[Goal, ...]

    @model_validator(mode="after")
    def _acyclic(self) -> Plan:
        check_needs({goal.id: goal.needs for goal in self.goals}, count=len(self.goals))
        return self


class Evidence(Value):
    """A claim and the passage that it rests on. `quote` is verbatim text of that passage; `score` is in [0, 1]."""

    claim: str
    passage_id: str
    quote: str = ""
    stance: Literal["supports", "refutes", "neutral"] = "supports"
    score: float = Field(default=1.0, ge=0, le=1)

    @property
    def id(self) -> str:
        """Identity for merging: the same quote of the same passage is the same evidence."""
        return f"{self.passage_id}:{self.quote or self.claim}"


class Verdict(Value):
    """A judgement of what was found so far: `score` in [0, 1], a short `label` such as "enough", and the reason in words."""

    score: float = Field(ge=0, le=1)
    label: str = ""
    reason: str = ""


class Digest(Value):
    """All that comes back from a `call`: a conclusion, the facts behind it, and the passages worth citing.

    `goal_id` is the goal that the call worked on, or "" where it had none. (HiRA's coordinator returns the same three parts.)
    """

    conclusion: str
    facts: tuple[Evidence, ...] = ()
    resources: tuple[Passage, ...] = ()
    goal_id: str = ""


class Answer(Value):
    """The end of a run. `citations` are ids of passages that the run has found; `confidence` is in [0, 1].

    Refusing is a legal answer: `refused` is true and `text` says why, or is empty.
    """

    text: str
    citations: tuple[str, ...] = ()
    confidence: float = Field(default=1.0, ge=0, le=1)
    refused: bool = False


class Table(Value):
    """An answer in rows; every row has one cell for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> Table:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, the table has {len(self.columns)} columns")
        return self


class Turn(Value):
    """One turn of a conversation that came before the question."""

    role: Literal["user", "assistant"]
    text: str


class SubQuestion(Value):
    """One hop of a gold decomposition; `#1` in `question` stands for the answer of the first hop."""

    question: str
    answer: str = ""
    supporting_id: str | None = None


class StepLabel(Value):
    """What a step should write for an example, as a person has corrected it.

    `visit` counts the visits of the node at `path` from 1; None is every visit. `writes` is by channel, as plain data.
    """

    path: str
    visit: int | None = Field(default=None, ge=1)
    writes: Mapping[str, JsonValue]


class Example(BaseModel):
    """One row of a dev set: a question with what is known about its right answer.

    `answers` are equally right strings; `supporting_ids` the gold passages; `decomposition` the hops in order; `step_labels` what
    single steps should write. Each may be empty: metrics and rewards that need what is missing say so before anything runs.
    Other fields of the row go to `meta`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    answers: tuple[str, ...] = ()
    supporting_ids: tuple[str, ...] = ()
    decomposition: tuple[SubQuestion, ...] = ()
    step_labels: tuple[StepLabel, ...] = ()
    meta: Mapping[str, JsonValue] = Field(default_factory=dict)


def check_needs(needs: Mapping[str, tuple[str, ...]], *, count: int) -> tuple[str, ...]:
    """The ids of `needs` in an order in which every id comes after those it needs.

    `count` is how many items the mapping was made from: fewer keys mean that two had the same id. Raises `ValueError`
    with the offending ids for duplicates, unknown needs and cycles.
    """
    if len(needs) != count:
        raise ValueError(f"{count} goals share {len(needs)} ids: give each goal an id of its own")
    for goal, required in needs.items():
        unknown = [need for need in required if need not in needs]
        if unknown:
            raise ValueError(f"goal {goal!r} needs {unknown}, but the goals are {sorted(needs)}")
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise ValueError(f"goals need one another in a circle: {' -> '.join(error.args[1])}") from None
