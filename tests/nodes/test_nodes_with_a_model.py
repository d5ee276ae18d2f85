"""Nodes with a model: what is sent, what becomes of the reply, and what becomes of nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_nodes import OUTPUTS
from visiting import BRIDGE, DIRECTOR, FILM, OTHER, SCHOOL

from seekgraph.core.base.budget import Budget
from seekgraph.core.language.lm import Unavailable
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Choice, Switch
from seekgraph.flow import Flow
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Judge, Plan, Read, Refine, Reflect, Rerank
from seekgraph.prompts.prompt import load
from seekgraph.prompts.prompted import Prompted
from seekgraph.types import Answer as Answered
from seekgraph.types import Digest, Evidence, Goal, Passage, Ranking, Value, Verdict
from seekgraph.types import Plan as Goals

CONTEXT = (FILM, OTHER, DIRECTOR, SCHOOL)
NONSENSE = ["%%%"] * 4
NODES: dict[str, tuple[Node, dict[str, Any]]] = {
    "plan": (Plan(), {}),
    "refine": (Refine(), {"passages": CONTEXT}),
    "read": (Read(), {"context": CONTEXT}),
    "reflect": (Reflect(), {"context": CONTEXT}),
    "rerank": (Rerank(keep=3), {"passages": CONTEXT}),
    "pointwise": (Rerank(keep=3, pointwise=True), {"passages": CONTEXT}),
    "judge": (Judge(), {"context": CONTEXT, "answer": Answered(text="Visby", citations=("director",))}),
    "answer": (Answer(), {"context": CONTEXT}),
    "prose": (Answer(prose=True), {"context": CONTEXT}),
    "span": (Answer(span=True), {"context": CONTEXT}),
}


def run(node: Node, lm: Any, **state: Any) -> Any:
    """The result of one visit, on these channels."""
    contract = node.contract()
    kinds = {read.parameter: read.type for read in contract.reads}
    kinds |= {read.or_else: read.type for read in contract.reads if read.or_else}
    state = {"question": BRIDGE, **state}
    flow = Flow(node, inputs={name: kinds[name] for name in state}, output=contract.writes[0].channel.name)
    return flow.bind({"lm": lm} if lm is not None else {})(**state)


def written(node: Node, lm: Any, **state: Any) -> Any:
    result = run(node, lm, **state)
    assert result.status == "ok", result.errors
    return result.values[node.contract().writes[0].channel.name]


def step(result: Any) -> Any:
    return next(each for each in result.trace if each.kind == "node")


# --- what is sent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(NODES))
def test_what_is_sent_is_what_the_node_shows(name: str) -> None:
    node, state = NODES[name]
    lm = Scripted(lambda asked: {})
    result = run(node, lm, **state)
    flow = Flow(node, inputs={}, output="x")
    plain = flow.params()
    ready = node._changed(**{slot: plain[f"{node.kind}.{slot}"].value for slot in ("instruction", "demos")})
    assert isinstance(node, Prompted)
    given = {"question": BRIDGE, **state}
    if name == "pointwise":  # each passage by itself
        assert len(lm.asked) >= len(CONTEXT)
        assert all("Passage:" in each.prompt for each in lm.asked)
    elif name != "rerank":  # a ranker narrows what it shows before it shuffles
        sent = lm.asked[0].messages
        assert sent == ready._changed(**plain_settings(node)).messages(given)
    assert BRIDGE in lm.asked[0].prompt
    assert result.status == "ok"


def plain_settings(node: Node) -> dict[str, Any]:
    from seekgraph.core.language.params import value_of

    return {name: value_of(value) for name, value in node.settings.items()}


def test_the_instruction_and_demonstrations_are_params() -> None:
    flow = Flow(Read() >> Answer(), inputs={"question": str, "context": tuple[Passage, ...]})
    params = flow.params()
    assert set(params["read.instruction"].variants) == set(load("read").pool)  # type: ignore[attr-defined]
    demo = {"inputs": {"question": "Who wrote Emma?"}, "output": {"text": "Jane Austen", "citations": [], "refused": False}}
    lm = Scripted([{"evidence": []}, {"text": "Visby"}])
    tuned = flow.with_params({"answer.instruction": "Say it shortly.", "answer.demos": [demo]})
    tuned.bind(lm=lm)(question=BRIDGE, context=CONTEXT)
    sent = lm.asked[1].messages
    assert sent[0].content.startswith("Say it shortly.")
    assert [each.role for each in sent] == ["system", "user", "assistant", "user"]


def test_sampling_settings_are_the_models_own_unless_given() -> None:
    lm = Scripted([{"query": "a"}, {"query": "b"}]).with_settings(temperature=0.7, seed=3)
    run(Refine(), lm)
    run(Refine(temperature=0.2, max_tokens=20), lm)
    own, given = (each.settings for each in lm.asked)
    assert (own.temperature, own.seed) == (0.7, 3)
    assert (given.temperature, given.max_tokens, given.seed) == (0.2, 20, 3)


def test_a_node_can_have_a_model_of_its_own_and_a_choice_of_models() -> None:
    small, large = Scripted([{"query": "small"}]), Scripted([{"query": "large"}])
    flow = Flow(Refine(lm=Choice("small", "large")), inputs={"question": str}, output="query")
    bound = flow.bind(small=small, large=large)
    assert bound(question=BRIDGE)["query"].text == "small"
    assert bound.with_params({"refine.lm": "large"})(question=BRIDGE)["query"].text == "large"


def test_a_prompt_that_a_param_decides_is_the_prompts_own() -> None:
    lm = Scripted(lambda asked: {"text": "Visby [director].", "citations": ["director"]})
    flow = Flow(Answer(prose=Switch(False)), inputs={"question": str, "context": tuple[Passage, ...]})
    for prose, name in ((False, "answer_short"), (True, "answer")):
        flow.with_params({"answer.prose": prose}).bind(lm=lm)(question=BRIDGE, context=CONTEXT)
        assert lm.asked[-1].messages[0].content.startswith(load(name).instruction)


# --- what becomes of the reply -------------------------------------------------------------------------------------------


def test_plan_is_repaired() -> None:
    goals = [
        {"id": "a", "text": "Who directed The Silver Gate?", "needs": ["b"]},
        {"id": "b", "text": "Where was #a born?", "needs": ["a", "zzz"]},
        {"id": "c", "text": "  "},
    ]
    plan = written(Plan(), Scripted([{"goals": goals}]))
    assert isinstance(plan, Goals)
    assert len(plan.goals) == 2
    assert {goal.id for goal in plan.goals} == {"1", "2"}


def test_refine_shows_what_was_searched_for_and_what_is_missing() -> None:
    lm = Scripted([{"query": '"Marta Lindqvist birthplace"'}])
    rankings = (Ranking(source="corpus", query="the silver gate", ids=("film",), scores=(1.0,)),)
    verdict = Verdict(score=0.2, reason="the birthplace is missing")
    query = written(Refine(), lm, passages=CONTEXT, rankings=rankings, verdict=verdict)
    assert query.text == "Marta Lindqvist birthplace"
    assert "- the silver gate" in lm.asked[0].prompt
    assert "the birthplace is missing" in lm.asked[0].prompt


def test_read_keeps_only_quotes_that_stand_in_a_passage() -> None:
    quotes = [
        {"passage_id": "film", "quote": "directed by  marta lindqvist", "claim": "She directed it."},
        {"passage_id": "film", "quote": "It won an Oscar.", "claim": "It won."},
        {"passage_id": "zzz", "quote": "She was born in Visby", "claim": "Born in Visby."},
    ]
    evidence = written(Read(), Scripted([{"evidence": quotes}]), context=CONTEXT)
    assert [(each.passage_id, each.quote) for each in evidence] == [
        ("film", "directed by Marta Lindqvist"),
        ("director", "She was born in Visby"),
    ]


@pytest.mark.parametrize(("score", "label"), [(10, "enough"), (5, "enough"), (4, "more")])
def test_reflect_gives_tenths_and_the_labels_that_it_has_without_a_model(score: int, label: str) -> None:
    verdict = written(Reflect(), Scripted([{"reason": "so", "score": score}]), context=CONTEXT)
    assert (verdict.score, verdict.label, verdict.reason) == (score / 10, label, "so")


def test_rerank_puts_first_what_the_model_names_and_shows_another_order_each_time() -> None:
    lm = Scripted([{"ids": ["school", "film"]}, {"ids": ["school"]}])
    context = written(Rerank(keep=2, orders=2), lm, passages=CONTEXT)
    assert context[0].id == "school"
    assert context[0].score == 1.0
    shown = [[at for at in sorted(("film", "other", "director", "school"), key=each.prompt.index)] for each in lm.asked]
    assert shown[0] != shown[1]


def test_pointwise_grades_each_passage() -> None:
    lm = Scripted(lambda asked: {"grade": 3 if "Dag Holm" in asked.prompt else 0})
    context = written(Rerank(keep=1, pointwise=True), lm, passages=CONTEXT)
    assert [(each.id, each.score) for each in context] == [("other", 1.0)]
    assert len(lm.asked) == len(CONTEXT)


def test_judge_scores_by_the_rubric() -> None:
    lm = Scripted([{"reason": "right", "score": 9}])
    verdict = written(
        Judge(rubric="It names a town."), lm, context=CONTEXT, answer=Answered(text="Visby", citations=("director",))
    )
    assert (verdict.score, verdict.label) == (0.9, "pass")
    assert "It names a town." in lm.asked[0].prompt


def test_an_answer_cites_only_what_was_found() -> None:
    answer = written(Answer(), Scripted([{"text": "Visby", "citations": ["director", "zzz"]}]), context=CONTEXT)
    assert (answer.text, answer.citations, answer.refused) == ("Visby", ("director",), False)


def test_an_answer_without_a_citation_cites_the_passage_that_says_it() -> None:
    assert written(Answer(), Scripted([{"text": "Visby"}]), context=CONTEXT).citations == ("director",)


def test_an_answer_that_nothing_supports_is_a_refusal_unless_it_may_stand() -> None:
    refused = written(Answer(), Scripted([{"text": "Honolulu"}]), context=CONTEXT)
    assert refused.refused
    assert "Honolulu" in refused.text
    stands = written(Answer(refuse_below=0.0), Scripted([{"text": "Honolulu"}]), context=CONTEXT)
    assert (stands.text, stands.citations, stands.refused) == ("Honolulu", (), False)
    assert stands.confidence < 0.02


def test_a_refusal_is_legal() -> None:
    answer = written(Answer(), Scripted([{"text": "", "refused": True}]), context=CONTEXT)
    assert answer.refused
    assert answer.citations == ()


def test_prose_keeps_marks_and_says_what_has_no_source() -> None:
    text = "She was born in Visby [director]. She liked it very much."
    answer = written(Answer(prose=True), Scripted([{"text": text}]), context=CONTEXT)
    assert answer.citations == ("director",)
    assert "[director]" in answer.text
    assert "[no source]" in answer.text


STYLED = (
    ("auto", "Where was Marta Lindqvist born?", "answer_short"),
    ("auto", "How does Marta Lindqvist work?", "answer"),
    ("short", "How does Marta Lindqvist work?", "answer_short"),
    ("prose", "Where was Marta Lindqvist born?", "answer"),
)


@pytest.mark.parametrize(("style", "question", "prompt"), STYLED)
@pytest.mark.parametrize("prose", [True, False])
def test_the_style_decides_how_a_model_answers(style: str, question: str, prompt: str, prose: bool) -> None:
    lm = Scripted([{"text": "She was born in Visby [director]."}])
    written(Answer(style=style, prose=prose), lm, question=question, context=CONTEXT)
    assert load(prompt).instruction in lm.asked[0].prompt


def test_a_list_is_asked_for() -> None:
    lm = Scripted([{"text": "- Visby [director]"}])
    assert written(Answer(style="list"), lm, context=CONTEXT).text == "- Visby [director]"
    assert "as a list" in lm.asked[0].prompt
    assert load("answer").instruction in lm.asked[0].prompt


def test_a_style_is_a_param_and_an_unknown_one_is_refused() -> None:
    lm = Scripted([{"text": "Visby"}, {"text": "She was born in Visby [director]."}])
    flow = Flow(Answer(style=Choice("short", "prose")), inputs={"question": str, "context": tuple[Passage, ...]})
    for style, name in (("short", "answer_short"), ("prose", "answer")):
        flow.with_params({"answer.style": style}).bind(lm=lm)(question=BRIDGE, context=CONTEXT)
        assert load(name).instruction in lm.asked[-1].prompt
    with pytest.raises(ValueError, match="style is one of"):
        Answer(style="long")


def test_a_model_that_gives_nothing_usable_leaves_prose_to_the_passages() -> None:
    answer = written(
        Answer(style="auto"),
        Scripted([{"text": '{"citations": []}'}] * 4),
        question="Where was Marta Lindqvist born?",
        context=CONTEXT,
    )
    assert "[director]" in answer.text


def test_a_span_is_held_to_what_was_read() -> None:
    lm = Scripted([{"text": "Honolulu"}, {"text": "Visby", "citations": ["director"], "refused": False}])
    assert written(Answer(span=True), lm, context=CONTEXT).text == "Visby"
    assert lm.asked[0].output is not None
    assert "Honolulu" not in lm.asked[0].output.model_json_schema()["properties"]["text"]["enum"]
    assert "enum" not in lm.asked[0].prompt


def test_an_answer_from_digests_cites_their_resources() -> None:
    digests = (Digest(goal_id="1", conclusion="Visby", resources=(DIRECTOR,)),)
    plan = Goals(goals=(Goal(id="1", text="Where was Marta Lindqvist born?"),))
    lm = Scripted([{"text": "Visby", "citations": ["director", "film"]}])
    answer = written(Answer(), lm, digests=digests, plan=plan)
    assert (answer.text, answer.citations) == ("Visby", ("director",))
    assert "Where was Marta Lindqvist born? Visby [director]" in lm.asked[0].prompt


def test_inside_a_call_the_goal_is_shown_with_what_others_came_to() -> None:
    lm = Scripted([{"text": "Visby"}])
    digests = (Digest(goal_id="1", conclusion="Marta Lindqvist"),)
    written(Answer(), lm, context=CONTEXT, goal=Goal(id="2", text="Where was #1 born?", needs=("1",)), digests=digests)
    assert "Where was Marta Lindqvist born?" in lm.asked[0].prompt


@pytest.mark.parametrize("node", [Read(), Reflect(), Answer(), Rerank()])
def test_nothing_is_asked_about_nothing(node: Node) -> None:
    lm = Scripted([])
    run(node, lm, **({"passages": ()} if isinstance(node, Rerank) else {"context": ()}))
    assert lm.asked == []


# --- nonsense ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan", "read", "rerank", "reflect", "judge", "span"])
def test_nonsense_makes_a_node_fall_back_on_its_other_make_and_is_counted(name: str) -> None:
    node, state = NODES[name]
    result = run(node, Scripted(NONSENSE), **state)
    channel = node.contract().writes[0].channel.name
    assert result.values[channel] == written(node, None, **state)
    assert step(result).usage["fallbacks"] == 1
    assert step(result).usage["calls"] >= 3


@pytest.mark.parametrize("name", ["plan", "read", "rerank", "reflect", "judge", "span"])
def test_without_the_fallback_nonsense_is_an_error_of_the_step(name: str) -> None:
    node, state = NODES[name]
    result = run(node._changed(fallback=False), Scripted(NONSENSE), **state)
    assert [each.error.type for each in result.errors if each.path == node.kind][:1] == ["OutputInvalid"]


def test_a_reply_of_the_right_type_that_says_nothing_is_nonsense_too() -> None:
    for name, reply in (("plan", {"goals": []}), ("refine", {"query": "?!"})):
        node, state = NODES[name]
        channel = node.contract().writes[0].channel.name
        result = run(node, Scripted([reply]), **state)
        assert result.values[channel] == written(node, None, **state)
        assert step(result).usage["fallbacks"] == 1
        strict = run(node._changed(fallback=False), Scripted([reply]), **state)
        assert "cannot be used" in strict.errors[0].error.message


def test_a_model_that_is_down_is_an_error_of_the_step() -> None:
    result = run(Answer(), Scripted([Unavailable("the host is down")]), context=CONTEXT)
    assert result.errors[0].error.type == "Unavailable"


def test_every_attempt_is_counted_and_none_goes_past_the_budget() -> None:
    lm = Scripted(NONSENSE)
    flow = Flow(Reflect(), inputs={"question": str, "context": tuple[Passage, ...]}, output="verdict")
    result = flow.bind(lm=lm, budget=Budget(calls=2))(question=BRIDGE, context=CONTEXT)
    assert len(lm.asked) == 2
    assert result.status == "partial"
    assert result.trace.usage().calls == 2


words = st.text(max_size=8) | st.sampled_from(["film", "director", "Visby", "[film]", "#1", "yes", "1", "%%", "", "{}"])
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({field for output in OUTPUTS.values() for field in output.model_fields})
replies = st.dictionaries(st.sampled_from(FIELDS), plain, max_size=6) | words | plain.map(str)


@pytest.mark.parametrize("name", sorted(NODES))
@given(reply=replies, fallback=st.booleans())
@settings(max_examples=40, deadline=None)
def test_whatever_a_model_returns_the_writes_fit_or_the_step_is_an_error(name: str, reply: Any, fallback: bool) -> None:
    node, state = NODES[name]
    result = run(node._changed(fallback=fallback), Scripted(lambda asked: reply), **state)
    value = result.values.get(node.contract().writes[0].channel.name)
    errors = [each for each in result.errors if each.path == node.kind]
    if errors:
        assert not fallback
        assert {each.error.type for each in errors} == {"OutputInvalid"}  # type: ignore[union-attr]
        return
    for each in value if isinstance(value, tuple) else (value,):
        assert isinstance(each, Value)
        assert type(each).model_validate(each.model_dump()) == each
    known = {passage.id: passage for passage in CONTEXT}
    if isinstance(value, Answered):
        assert set(value.citations) <= set(known)
        assert value.refused or value.citations
    for each in value if isinstance(value, tuple) else ():
        if isinstance(each, Evidence):
            assert each.quote in known[each.passage_id].text
