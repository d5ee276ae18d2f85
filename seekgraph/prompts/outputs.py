"""What Seekgraph's own nodes ask a model for, each with the way from it to a value of the ledger.

A model class says what a reply has to look like; `to_...` makes a value of it and trusts nothing: ids are looked up, quotes are
found in the passage that they name, plans are repaired. What cannot be used is dropped and counted; where nothing usable is
left it raises `ValueError`. Each class has `of`, the way back, for demonstrations out of recorded steps.

Descriptions of the fields stand in the prompt files, under `writes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Generic, Literal, NamedTuple, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from seekgraph.prompts.guard import shown_id
from seekgraph.prompts.plans import planned
from seekgraph.prompts.quotes import Ids, locate, said
from seekgraph.text.replies import looks_like_json
from seekgraph.types import Answer, Evidence, Goal, Passage, Plan, Query, Verdict

T = TypeVar("T")
R = TypeVar("R", bound=BaseModel)


class Checked(NamedTuple, Generic[T]):
    """A value that fits its type, and how much of the reply had to be dropped or changed to make it so."""

    value: T
    dropped: int = 0


def _all_required(schema: dict[str, Any]) -> None:
    schema["required"] = [*schema.get("properties", ())]


class Reply(BaseModel):
    """Base of what a model is asked for.

    The JSON schema requires every field, so that a model held to it leaves none out. Reading is lenient: what may be missing has
    a default, and unknown fields are ignored, since small models like to add some.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=_all_required)


class Thought(BaseModel):
    reasoning: str = Field(description="think it through first, in a few short sentences")


class GoalOut(Reply):
    id: str
    text: str
    needs: tuple[str, ...] = ()


class PlanOut(Reply):
    goals: tuple[GoalOut, ...]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(goals=tuple(GoalOut(id=goal.id, text=goal.text, needs=goal.needs) for goal in plan.goals))


class NextGoalsOut(Reply):
    goals: tuple[str, ...]


class QueryOut(Reply):
    query: str

    @classmethod
    def of(cls, query: Query) -> Self:
        return cls(query=query.text)


class QuestionOut(Reply):
    question: str


class RankingOut(Reply):
    ids: tuple[str, ...]

    @classmethod
    def of(cls, passages: Iterable[Passage]) -> Self:
        return cls(ids=tuple(shown_id(passage.id) for passage in passages))

    def shortened(self, shown: Set[str]) -> Self:
        """The first three ids that are among those shown: what a demonstration has room for."""
        return type(self)(ids=tuple(id for id in self.ids[:3] if id in shown))


def held_to_ids(passages: Iterable[Passage]) -> type[RankingOut]:
    """`RankingOut` with at least one id, each of them one of the passages': a subclass, so what takes the one takes the other."""
    shown = tuple(dict.fromkeys(shown_id(passage.id) for passage in passages))
    fields: dict[str, Any] = {"ids": (tuple[Literal[shown], ...], Field(min_length=1))}  # type: ignore[valid-type]
    return create_model("HeldRankingOut", __base__=RankingOut, **fields)


class GradeOut(Reply):
    grade: Literal[0, 1, 2, 3]


class QuoteOut(Reply):
    passage_id: str
    quote: str
    claim: str = ""

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        return cls(passage_id=shown_id(evidence.passage_id), quote=evidence.quote or evidence.claim, claim=evidence.claim)


class EvidenceOut(Reply):
    evidence: tuple[QuoteOut, ...]

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> Self:
        return cls(evidence=tuple(map(QuoteOut.of, evidence)))


class VerdictOut(Reply):
    reason: str = ""
    score: int = Field(ge=0, le=10)

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(reason=verdict.reason, score=round(verdict.score * 10))


class AnswerOut(Reply):
    text: str
    citations: tuple[str, ...] = ()
    refused: bool = False

    @model_validator(mode="before")
    @classmethod
    def _refusing_needs_no_words(cls, data: Any) -> Any:
        bare = isinstance(data, Mapping) and data.get("refused") is True and data.get("text") is None
        return {**data, "text": ""} if bare else data

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(text=answer.text, citations=tuple(map(shown_id, answer.citations)), refused=answer.refused)


def thinking(output: type[R]) -> type[R]:
    """`output` with a field `reasoning` before all others: room to think for a model that has use for it. A subclass of it.

    An instance is an instance of `output`, so what takes the one takes the other. Each call makes a new class: keep it.
    """
    return cast(type[R], create_model(f"Thinking{output.__name__}", __base__=(output, Thought)))


def to_plan(out: PlanOut, most: int = 6) -> Checked[Plan]:
    """A plan of at most `most` goals, numbered anew; see `planned`. Raises `ValueError` where no goal has any words."""
    return Checked(*planned([(goal.id, goal.text, goal.needs) for goal in out.goals], most))


def to_next_goals(out: NextGoalsOut, known: Sequence[Goal], most: int) -> Checked[tuple[str, ...]]:
    """The texts of at most `most` goals that are not among the known ones, nor twice, on one line each; `()` ends the plan.

    Raises `ValueError` where there are texts and none of them is a goal: no words, or raw JSON.
    """
    seen = {_flat(goal.text) for goal in known}
    found: list[str] = []
    usable = 0
    for written in out.goals:
        text = said(written)
        if not _flat(text) or looks_like_json(text):
            continue
        usable += 1
        if _flat(text) not in seen and len(found) < most:
            seen.add(_flat(text))
            found.append(text)
    if out.goals and not usable:
        raise ValueError("none of the goals has any words")
    return Checked(tuple(found), len(out.goals) - len(found))


def to_query(out: QueryOut, asked: Iterable[str] = ()) -> Checked[Query]:
    """The query on one line. `dropped` is 1 where one of `asked` says the same.

    Raises `ValueError` where it has no words, or is raw JSON.
    """
    text = said(out.query).strip("\"'` ")
    if not any(character.isalnum() for character in text):
        raise ValueError("the query has no words")
    if looks_like_json(text):
        raise ValueError("the query is raw JSON")
    return Checked(Query(text=text), int(_flat(text) in map(_flat, asked)))


def to_ranking(out: RankingOut, passages: Sequence[Passage]) -> Checked[tuple[Passage, ...]]:
    """All of `passages`: those named in the order named, then the others in theirs. Ids that are unknown or repeated are dropped.

    Raises `ValueError` where none of the passages is named.
    """
    by_id = {passage.id: passage for passage in passages}
    first, _ = Ids(by_id).find_all(out.ids)
    if not first:
        raise ValueError(f"the ranking names none of the {len(by_id)} passages: {[said(id, 8) for id in out.ids[:5]]}")
    order = dict.fromkeys([*first, *by_id])
    return Checked(tuple(by_id[id] for id in order), len(out.ids) - len(first))


def to_grade(out: GradeOut) -> float:
    """The grade as a score in [0, 1]."""
    return out.grade / 3


def to_evidence(
    out: EvidenceOut, passages: Sequence[Passage], selected: Iterable[Evidence] = (), most: int = 6
) -> Checked[tuple[Evidence, ...]]:
    """Evidence whose quotes stand in the passages, written as they stand there.

    A quote is looked for in the passage that it names, then in the others. Quotes that are nowhere or say nothing, that are
    `selected` already or repeat, and those past `most` are dropped. Nothing found is `()`.
    """
    by_id = {passage.id: passage for passage in passages}
    ids = Ids(by_id)
    seen = {each.id for each in selected}
    found: list[Evidence] = []
    for each in out.evidence:
        named = ids.find(each.passage_id)
        order = dict.fromkeys([named, *by_id] if named is not None else by_id)
        held = next(((id, place) for id in order if (place := locate(each.quote, by_id[id].text))), None)
        if held is None or len(found) == most:
            continue
        id, (start, end) = held
        quote = by_id[id].text[start:end]
        claim = said(each.claim) or said(quote)
        made = Evidence(claim=claim, passage_id=id, quote=quote)
        if claim and made.id not in seen:
            seen.add(made.id)
            found.append(made)
    return Checked(tuple(found), len(out.evidence) - len(found))


def to_verdict(out: VerdictOut, enough: float = 0.7) -> Checked[Verdict]:
    """The verdict with a score in [0, 1]; its label is "enough" from `enough` on, "nothing" at 0, else "partly"."""
    score = min(10, max(0, out.score)) / 10
    label = "enough" if score >= enough else "partly" if score > 0 else "nothing"
    return Checked(Verdict(score=score, label=label, reason=said(out.reason)))


def _flat(text: str) -> str:
    return " ".join("".join(character if character.isalnum() else " " for character in text.casefold()).split())
