"""What a small model does worse than rules is done by rules unless asked for, and that is said; replies have caps by role."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.language.lm import LM, Settings
from seekgraph.flow import Flow
from seekgraph.lms import Profile, Scripted, profiles, register_profile, resolve
from seekgraph.lms.profiles import PROFILES, profile_from, profile_of, with_rules
from seekgraph.lms.scripted import Asked
from seekgraph.lms.structured import Reply
from seekgraph.nodes import Answer, LLMNode, Plan, Read, Refine, Retrieve
from seekgraph.optimizers.models import asking, idle
from seekgraph.prompts.outputs import AnswerOut, PlanOut, QueryOut
from seekgraph.tools import BM25, open_corpus, read_jsonl

DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
QUESTION = "In which city was the composer of Fidelio baptised?"
SMALL = profile_of("local/smollm2-135m")


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))


def flow_of(name: str) -> Flow:
    found: Flow = importlib.import_module(f"seekgraph.flows.{name}").flow
    return found


def small(script: Any = None, profile: Profile = SMALL, **options: Any) -> Scripted:
    return Scripted(script or (lambda asked: {"text": "Bonn"}), name="local/smollm2-135m", profile=profile, **options)


@pytest.mark.parametrize("name", ["react", "plan_execute"])
def test_a_small_model_answers_and_rules_do_the_rest(name: str, corpus: BM25) -> None:
    lm = small()
    bound = flow_of(name).bind(corpus=corpus, lm=lm)
    result = bound(question=QUESTION)
    assert result.status == "ok"
    assert {each.output is not None and issubclass(each.output, AnswerOut) for each in lm.asked} == {True}
    by_rules = {step.path for step in result.trace if any(note.startswith("by rules: local/smollm2-135m") for note in step.notes)}
    assert by_rules == set(bound.by_rules)
    assert all("benchmarks/" in reason for reason in bound.by_rules.values())


def test_rules_do_the_same_as_without_a_model(corpus: BM25) -> None:
    alone = flow_of("react").bind(corpus=corpus)(question=QUESTION)
    beside = flow_of("react").bind(corpus=corpus, lm=small())(question=QUESTION)
    assert [step.writes for step in beside.trace][:-1] == [step.writes for step in alone.trace][:-1]


def test_documents_are_answered_as_without_a_model_unless_it_is_asked_for(tmp_path: Path) -> None:
    pages = {
        "rivers": "The Danube flows through Vienna.",
        "towns": "Vienna is the capital of Austria.",
        "hills": "Hills are low.",
    }
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\n## Facts\n\n{text}\n\n## More\n\n{text} Much is said of it.\n")
    flow, question = flow_of("ask"), "Which river flows through Vienna?"
    documents = open_corpus(tmp_path)
    lm = small()
    bound = flow.bind(documents, lm=lm)
    alone = flow.bind(documents)(question=question)
    assert bound(question=question).answer == alone.answer
    assert any(path.endswith("compose") for path in bound.by_rules)
    compose = next(path for path in bound.by_rules if path.endswith("compose"))
    assert compose not in flow.bind({**documents, f"{compose}.lm": lm}, lm=lm).by_rules


def test_a_step_that_is_asked_for_is_done_by_the_model(corpus: BM25) -> None:
    lm = small(lambda asked: QueryOut(query="Fidelio") if asked.output is QueryOut else AnswerOut(text="Bonn"))
    bound = flow_of("react").bind({"search/refine.lm": lm}, corpus=corpus, lm=lm)
    bound(question=QUESTION)
    assert "search/refine" not in bound.by_rules
    assert {"search/read", "search/reflect"} == set(bound.by_rules)
    assert any(each.output is QueryOut for each in lm.asked)


def test_a_name_of_the_flows_own_is_asked_for_too(corpus: BM25) -> None:
    bound = flow_of("reader").bind(corpus=corpus, lm=small(), reading=small())
    assert bound.by_rules == {}


def test_a_model_that_nothing_is_known_of_does_everything(corpus: BM25) -> None:
    assert flow_of("react").bind(corpus=corpus, lm=small(profile=profiles.UNKNOWN)).by_rules == {}


def test_compiling_leaves_the_models_params_of_such_a_step_alone(corpus: BM25) -> None:
    bound = flow_of("react").bind(corpus=corpus, lm=small())
    assert dict((site.path, asks) for site, asks in asking(bound)) == {
        "search/refine": False,
        "search/read": False,
        "search/reflect": False,
        "answer": True,
    }
    assert {"search/refine.instruction", "search/read.instruction"} <= idle(bound)
    assert "search/read.scorer" not in idle(bound)


def test_a_users_own_node_may_have_a_role(corpus: BM25) -> None:
    class Answering(sg.Writes):
        answer: sg.types.Answer

    class Guess(LLMNode):
        prompt = "Guess."
        output = AnswerOut
        role = "guess"

        async def run(self, question: str, lm: LM | None = None) -> Answering:
            text = await self.ask(lm, {"question": question}, lambda reply: reply.text)
            return Answering(answer=sg.types.Answer(text=text or "by rules", confidence=1.0))

    flow = sg.Flow(Guess(), name="guess")
    assert flow.bind(lm=small())(question="?").answer == sg.types.Answer(text="Bonn", confidence=1.0)
    unsure = small(profile=Profile("*", frozenset({"guess"})))
    assert flow.bind(lm=unsure)(question="?").answer == sg.types.Answer(text="by rules", confidence=1.0)


# --- the table ----------------------------------------------------------------------------------------------------------


def test_the_table_can_be_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "_added", {})
    assert profile_of("ollama/SmolLM2:135m") is PROFILES[0]
    assert profile_of("openai/gpt-4.1-mini") is profiles.UNKNOWN
    mine = register_profile(Profile("openai/gpt-4.1-*", frozenset({"plan"})))
    assert profile_of("openai/gpt-4.1-mini") is mine
    pytest.importorskip("aiohttp")
    assert resolve("openai/gpt-4.1-mini").left_to_rules("plan") == "openai/gpt-4.1-mini does 'plan' worse (its profile says so)"
    assert resolve("openai/gpt-4.1-mini,rules=none").left_to_rules("plan") == ""
    assert resolve("openai/gpt-4.1-mini,rules=refine+read").profile.rules == {"refine", "read"}


def test_rules_of_ones_own() -> None:
    assert with_rules(SMALL, None) is SMALL
    assert with_rules(SMALL, "none") == Profile(SMALL.pattern, frozenset(), True, "chosen by the user")
    assert with_rules(SMALL, ["plan"]).rules == {"plan"}


@pytest.mark.parametrize("table", [{"rule": []}, {"rules": "plan"}, {"rules": [1]}, {"spans": "yes"}])
def test_a_wrong_table_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(sg.lms.ModelOption, match="model 'mine/\\*'"):
        profile_from("mine/*", table)


def test_the_identity_says_how_it_is_asked() -> None:
    one, held = small(identity="1", profile=profiles.UNKNOWN), small(identity="1")
    assert one.identity != held.identity


# --- caps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "most"), [(Plan(most=6), 256), (Refine(), 64), (Read(keep=6), 512), (Answer(), 128), (Answer(prose=True), 512)]
)
def test_each_role_has_a_cap_and_a_plan_cannot_run_on(node: Any, most: int) -> None:
    assert node.reply_tokens == most


def asked_with(lm: Scripted, node: Any, **inputs: Any) -> list[int | None]:
    sg.Flow(node, name="one", output="plan").bind(lm=lm)(question="Who is it?", **inputs)
    return [each.settings.max_tokens for each in lm.asked]


def test_a_cap_is_sent_unless_the_node_or_the_model_has_a_tighter_or_its_own() -> None:
    plan = {"goals": [{"id": "1", "text": "Who is it?", "needs": []}]}
    assert asked_with(Scripted([plan]), Plan()) == [256]
    assert asked_with(Scripted([plan], settings=Settings(max_tokens=90)), Plan()) == [90]
    assert asked_with(Scripted([plan], settings=Settings(max_tokens=900)), Plan()) == [256]
    assert asked_with(Scripted([plan]), Plan(max_tokens=700)) == [700]


@pytest.mark.parametrize("thought", ["", "<think>Who may it be? It could be", "<think>\n"])
def test_a_model_that_thinks_before_it_replies_is_asked_without_the_cap_from_then_on(thought: str) -> None:
    plan = PlanOut(goals=())
    plan = PlanOut.model_validate({"goals": [{"id": "1", "text": "Who is it?", "needs": []}]})
    lm = Scripted([Reply(thought, "length"), plan, plan])
    assert asked_with(lm, Plan()) == [256, None]
    assert asked_with(lm, Plan()) == [256, None, None]


def test_a_reply_that_began_and_ran_on_is_no_thought() -> None:
    lm = Scripted(lambda asked: Reply('{"goals": [{"id": "1", "text": "Who is it and', "length"))
    assert set(asked_with(lm, Plan())) == {256}


# --- prompts ------------------------------------------------------------------------------------------------------------


class Slow(Scripted):
    """A model that reads a few tokens of a question's own in a second or two."""

    @property
    def fresh_tokens(self) -> int | None:
        return 300


def sizes(lm: Scripted) -> list[int]:
    return [len(each.messages[-1].content) for each in lm.asked]


def test_a_slow_model_reads_less_that_is_new_and_all_that_stays(corpus: BM25) -> None:
    slow, fast = Slow(lambda asked: {"text": "Bonn"}), Scripted(lambda asked: {"text": "Bonn"})
    for lm in (slow, fast):
        flow_of("single").bind(corpus=corpus, lm=lm)(question=QUESTION)
    assert sizes(slow)[0] < sizes(fast)[0]
    assert slow.asked[0].messages[0] == fast.asked[0].messages[0]


def test_a_length_that_is_set_is_kept_to(corpus: BM25) -> None:
    slow, fast = Slow(lambda asked: {"text": "Bonn"}), Scripted(lambda asked: {"text": "Bonn"})
    flow = sg.Flow(Retrieve("corpus") >> Answer(prompt_tokens=1500), name="set")
    for lm in (slow, fast):
        flow.bind(corpus=corpus, lm=lm)(question=QUESTION)
    assert sizes(slow) == sizes(fast)


def test_what_has_no_room_in_so_little_is_shown_all_the_same(corpus: BM25) -> None:
    lm = Slow(lambda asked: {"text": "Bonn"})
    question = " ".join(["Who is meant by this?"] * 120)
    result = flow_of("single").bind(corpus=corpus, lm=lm)(question=question)
    assert result.status == "ok"
    assert question in lm.asked[0].messages[-1].content


def test_a_model_that_gains_by_spans_is_held_to_them(corpus: BM25) -> None:
    def held(asked: Asked) -> bool:
        return "enum" in json.dumps((asked.output or AnswerOut).model_json_schema())

    for profile, spans in ((SMALL, True), (replace(SMALL, spans=False), False)):
        lm = small(profile=profile)
        flow_of("single").bind(corpus=corpus, lm=lm)(question=QUESTION)
        assert held(lm.asked[0]) is spans
