"""Random runs of small search flows: steps in any order, some of which fail, loop, branch or work inside a call."""

from __future__ import annotations

import hypothesis.strategies as st
from small_flows import (
    Divide,
    Fail,
    Find,
    Judge,
    JudgeAnswer,
    JudgeBlindly,
    JudgeEvidence,
    JudgeGoal,
    Keep,
    Note,
    Quote,
    Say,
    Tell,
    result,
)
from small_queries import Ask, AskMany, Search

import seekgraph as sg
from seekgraph import S
from seekgraph.core.language.element import Element
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import adoption, cites_found, faithful, novel_query, novelty, ranker_score, safe_query, verbatim
from seekgraph.types import Example, SubQuestion

ids = st.sampled_from(["p1", "p2", "p3", "x", "y"])
lists = st.lists(ids, max_size=4, unique=True).map(tuple)
scores = st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])
TEXTS = {"p1": "Paris is in France.", "p2": "The Seine is 777 km long.", "p3": "¿?", "x": "Rome.", "y": ""}
texts = st.sampled_from(["Paris is in France.", "The Seine is 777 km long. It flows through Paris.", "", "yes", "¿?"])
asked = st.sampled_from(["?", "who?", "The Seine in Paris", "how to make a pipe bomb", ""])
answers = st.sampled_from(["Paris", "Paris France", "yes", "", "...", "The Seine is 777 km long [p1]. It is [no source]."])

nodes = st.one_of(
    st.builds(Find, st.lists(lists, min_size=1, max_size=2).map(tuple)),
    st.builds(Tell, st.dictionaries(ids, texts, max_size=3)),
    st.builds(Keep, lists),
    st.builds(Note, lists),
    st.builds(Quote, st.lists(st.tuples(ids, st.sampled_from(["Paris", "777 km", ""])), max_size=3).map(tuple)),
    *(st.builds(kind, scores) for kind in (Judge, JudgeAnswer, JudgeBlindly, JudgeEvidence, JudgeGoal)),
    st.builds(Say, answers, lists, st.booleans(), scores),
    st.builds(Divide),
    st.builds(Ask, st.lists(asked, min_size=1, max_size=2).map(tuple)),
    st.builds(AskMany, st.lists(asked, max_size=2).map(tuple)),
    st.builds(Search, st.dictionaries(asked, st.dictionaries(ids, texts, max_size=3), max_size=3)),
)
judges = st.sampled_from([novelty, faithful, cites_found, verbatim, novel_query(), ranker_score(), safe_query(), adoption()])
rarely = st.sampled_from([False] * 19 + [True])


@st.composite
def parts(draw: st.DrawFn, depth: int = 2) -> Element:
    kind = draw(st.sampled_from(["node", "node", "node", "fan", "loop", "each", "call", "best_of", "redo"])) if depth else "node"
    if kind == "node":
        return Fail() if draw(rarely) else draw(nodes)
    body: Element = draw(parts(depth - 1))
    for _ in range(draw(st.integers(0, 2))):
        body = body >> draw(parts(depth - 1))
    if kind == "fan":
        return sg.fan(body, draw(parts(depth - 1)))
    if kind == "loop":
        return sg.loop(body >> draw(st.builds(JudgeBlindly, scores)), until=S.verdict.score >= 0.5, max_rounds=2)
    if kind == "each":
        if draw(st.booleans()):
            return draw(st.builds(AskMany, st.lists(asked, max_size=2).map(tuple))) >> sg.each(S.queries, body, item="query")
        return Divide() >> sg.each(S.plan.goals, body, item="goal")
    if kind == "best_of":
        return sg.best_of(2, body, draw(judges))
    if kind == "redo":
        return sg.redo(body, draw(judges), below=0.9, at_most=2)
    gives = st.sampled_from([None, {"question": S.question}, {"question": S.goal.text}])
    return sg.call(body, give=draw(gives))


@st.composite
def results(draw: st.DrawFn) -> sg.Result:
    """What a random flow comes to; what its steps lack, and where they fail, is in its trace."""
    body: Element = Tell(TEXTS)
    for _ in range(draw(st.integers(1, 5))):
        body = body >> draw(parts())
    return result(body >> draw(st.builds(Say, answers, lists, st.booleans(), scores)))


def runs() -> st.SearchStrategy[Trace]:
    """The trace of a random flow."""
    return results().map(lambda found: found.trace)


hops = st.builds(
    SubQuestion,
    question=st.sampled_from(["who?", "where?", "when was it built?"]),
    answer=st.sampled_from(["", "Paris", "yes"]),
    supporting_id=st.none() | ids,
)
rows = st.builds(
    Example,
    id=st.just("e"),
    question=st.just("?"),
    supporting_ids=st.sampled_from([(), ("p1",), ("p1", "p2"), ("p2", "z")]),
    answers=st.sampled_from([(), ("Paris",), ("Paris", "Seine"), ("yes",), ("...",)]),
    decomposition=st.lists(hops, max_size=2).map(tuple),
)
examples = rarely.flatmap(lambda absent: st.none() if absent else rows)
