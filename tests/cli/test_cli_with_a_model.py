"""Models on the command line: one for the flow, others for single nodes; what is sent; the answer while it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shell import CORPUS, SINGLE, seekgraph, some_questions

from seekgraph.lms import Scripted

READER = "seekgraph.flows.reader:flow"
PLANNED = "seekgraph.flows.plan_execute:flow"
QUESTION = "Who discovered Uranus?"
ANSWER = {"text": "William Herschel", "citations": [], "refused": False}


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, Scripted]:
    """The models that commands have asked for, by name; each says the same thing."""
    made: dict[str, Scripted] = {}

    def resolve(name: str, **options: Any) -> Scripted:
        made[name] = Scripted(lambda asked: ANSWER, name=name, identity=name)
        return made[name]

    monkeypatch.setattr("seekgraph.lms.resolving.resolve", resolve)
    return made


def test_a_model_for_the_flow_answers_and_its_use_is_told(models: dict[str, Scripted]) -> None:
    ran = seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", QUESTION)
    assert ran.code == 0
    assert "William Herschel" in ran.out
    assert "1 calls" in ran.out
    assert "tokens_in" in ran.out
    assert len(models["small"].asked) == 1


def test_a_node_may_have_a_model_of_its_own(models: dict[str, Scripted]) -> None:
    given = ("--lm", "small", "--lm-for", "plan=large", "--lm-for", "goal/search/refine=large")
    assert seekgraph("run", PLANNED, "--corpus", CORPUS, *given, QUESTION).code == 0
    assert set(models) == {"small", "large"}
    prompts = [asked.messages[0].content for asked in models["large"].asked]
    assert any("goal" in text.casefold() for text in prompts)
    assert not any("shortest first" in text for text in prompts)
    assert len(models["small"].asked) > 0


def test_a_flow_without_a_model_still_runs_and_asks_none(models: dict[str, Scripted]) -> None:
    assert seekgraph("run", READER, "--corpus", CORPUS, QUESTION).code == 0
    assert models == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--lm-for", "nope=small"), ("no node 'nope' uses a model", "read, answer")),
        (("--lm-for", "answer"), ("NODE=NAME",)),
        (("--lm-for", "answer="), ("NODE=NAME",)),
    ],
)
def test_what_does_not_fit_is_said(models: dict[str, Scripted], given: tuple[str, ...], words: tuple[str, ...]) -> None:
    seekgraph("run", READER, "--corpus", CORPUS, *given, QUESTION).refused(2, *words)


def test_a_flow_that_asks_no_model_says_so(models: dict[str, Scripted], folder: Path) -> None:
    (folder / "mine.py").write_text(
        "import seekgraph as sg\n"
        "from seekgraph.nodes import Retrieve\n"
        'flow = sg.Flow(Retrieve("corpus"), name="p", output="passages")\n'
    )
    seekgraph("run", "mine:flow", "--corpus", CORPUS, "--lm", "small", QUESTION).refused(
        2, "nothing in the flow asks for a model"
    )


def test_a_name_that_no_model_has_is_misuse() -> None:
    ran = seekgraph("run", SINGLE, "--corpus", CORPUS, "--lm", "nowhere/nothing", QUESTION)
    assert ran.code != 0
    assert "a name is one of the form" in " ".join(ran.err.split())


def test_the_answer_is_shown_while_it_is_written(models: dict[str, Scripted]) -> None:
    ran = seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", "--stream", QUESTION)
    assert ran.out.startswith("William Herschel\n")
    assert "{" not in ran.out.splitlines()[0]
    seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", "--stream", "--json", QUESTION).refused(2, "--stream")
    assert seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", QUESTION).out.count("William Herschel") == 1 + 1


def test_evaluate_and_compile_take_models_and_tell_what_they_cost(models: dict[str, Scripted], folder: Path) -> None:
    rows = some_questions(folder / "some.jsonl", "train", 12)
    told = seekgraph("evaluate", READER, "--corpus", CORPUS, "--questions", rows, "--lm", "small", "--json").json
    assert told["cost"]["calls"]["total"] == 12
    assert told["cost"]["tokens_in"]["paid"] > 0
    plan = seekgraph("compile", READER, "--corpus", CORPUS, "--train", rows, "--lm", "small", "--plan", "--json").json
    assert [each["pass"] for each in plan["passes"]] == ["fit", "demonstrate", "tune"]
    assert plan["spend"]["calls"][1] > 0
    without = seekgraph("compile", READER, "--corpus", CORPUS, "--train", rows, "--plan", "--json").json
    assert "demonstrate" not in [each["pass"] for each in without["passes"]]


def test_a_prompt_is_shown_exactly_as_it_is_sent(models: dict[str, Scripted], folder: Path) -> None:
    seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", "--trace", "t.jsonl", QUESTION)
    shown = seekgraph("prompt", "show", READER, "answer", "--trace", "t.jsonl", "--json").json
    (asked,) = models["small"].asked
    assert shown == [{"role": message.role, "content": message.content} for message in asked.messages]
    text = seekgraph("prompt", "show", READER, "answer", "--trace", "t.jsonl").out
    assert all(message.content in text for message in asked.messages)


def test_a_prompt_without_a_trace_is_shown_with_samples_that_are_said() -> None:
    ran = seekgraph("prompt", "show", READER, "answer", "--question", "Who was it?")
    assert "Question: Who was it?" in ran.out
    assert "samples stand for context" in " ".join(ran.err.split())
    seekgraph("prompt", "show", READER, "retrieve").refused(2, "prompts no model", "answer")
    seekgraph("prompt", "show", READER, "nowhere").refused(2, "no node 'nowhere'")


@pytest.mark.local
def test_the_local_model_answers_with_a_citation_while_it_is_heard() -> None:
    pytest.importorskip("xllamacpp")
    ran = seekgraph("run", READER, "--corpus", CORPUS, "--lm", "local", "--stream", QUESTION)
    assert ran.code == 0
    assert "William Herschel" in ran.out.splitlines()[0]
    assert "[d154] Uranus" in ran.out
    told = seekgraph("run", READER, "--corpus", CORPUS, "--lm", "local", "--json", QUESTION).json
    assert told["usage"]["calls"] >= 1
    assert json.dumps(told)


def test_instructions_are_written_by_a_model_of_their_own_and_stand_in_the_artifact(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """The task's model answers rightly where it is told to; the model that writes finds out what to tell."""
    told = "Give the name alone, as it stands in the passage."
    rows = some_questions(folder / "some.jsonl", "train", 20)
    right = {row["question"]: row["answers"][0] for row in map(json.loads, rows.read_text(encoding="utf-8").splitlines())}

    def small(asked: Any) -> dict[str, Any]:
        question = asked.messages[-1].content.rpartition("Question: ")[2].strip()
        known = "name alone" in asked.messages[0].content
        return {"text": right.get(question, "none") if known else "Well, who knows", "citations": [], "refused": False}

    def large(asked: Any) -> dict[str, Any]:
        return {"cause": "It does not answer." if "Well, who knows" in asked.prompt else "", "instruction": told}

    made: dict[str, Scripted] = {}

    def resolve(name: str, **options: Any) -> Scripted:
        made[name] = Scripted(small if name == "small" else large, name=name, identity=name)
        return made[name]

    monkeypatch.setattr("seekgraph.lms.resolving.resolve", resolve)
    out = folder / "written.flow.json"
    given = ("--lm", "small", "--reflect-lm", "large", "--metric", "answer_f1", "--pass", "instruct", "--out", out)
    ran = seekgraph("compile", READER, "--corpus", CORPUS, "--train", rows, *given)
    assert ran.code == 0, ran.err
    assert "1 of 1 changes accepted" in ran.out
    assert made["large"].asked
    assert told in out.read_text(encoding="utf-8")
    shown = seekgraph("prompt", "show", out, "answer").out
    assert told in shown
    assert "Reply with one JSON object" in shown
    seekgraph(
        "compile", READER, "--corpus", CORPUS, "--train", rows, "--pass", "tune", "--reflect-lm", "large", "--out", out
    ).refused(2, "none of the passes writes instructions")


# --- what a small model leaves to rules, and which step is thinking ---------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, Scripted]:
    """A model that leaves most to rules, by the name of the local one."""
    from dataclasses import replace

    from seekgraph.lms.profiles import profile_of

    made: dict[str, Scripted] = {}

    def resolve(name: str, **options: Any) -> Any:
        made[name] = Scripted(lambda asked: ANSWER, name=name, identity=name, profile=replace(profile_of(name), spans=False))
        return made[name]

    monkeypatch.setattr("seekgraph.lms.resolving.resolve", resolve)
    return made


SMALL = "local/smollm2-135m"


def test_what_goes_by_rules_is_said_with_the_way_to_ask_it(small: dict[str, Scripted]) -> None:
    ran = seekgraph("run", PLANNED, "--corpus", CORPUS, "--lm", SMALL, QUESTION)
    assert ran.code == 0
    said = " ".join(ran.err.split())
    assert (
        f"by rules: plan, goal/search/refine, goal/search/rerank, goal/search/reflect, goal/answer: {SMALL} does this worse"
        in said
    )
    assert f"--lm-for plan={SMALL} asks it all the same" in said
    data = seekgraph("run", PLANNED, "--corpus", CORPUS, "--lm", SMALL, "--json", QUESTION).json
    assert set(data["by_rules"]) == {"plan", "goal/search/refine", "goal/search/rerank", "goal/search/reflect", "goal/answer"}


def test_what_is_asked_for_is_not_left_to_rules(small: dict[str, Scripted]) -> None:
    ran = seekgraph("run", PLANNED, "--corpus", CORPUS, "--lm", SMALL, "--lm-for", f"plan={SMALL}", QUESTION)
    assert "by rules: goal/search/refine" in " ".join(ran.err.split())


def test_a_check_says_it_without_running(small: dict[str, Scripted]) -> None:
    ran = seekgraph("check", PLANNED, "--lm", SMALL)
    assert f"plan goes by rules: {SMALL} does 'plan' worse (benchmarks/" in ran.out
    assert seekgraph("check", PLANNED, "--lm", SMALL, "--json").json["by_rules"].keys() >= {"plan"}
    assert seekgraph("check", PLANNED, "--json").json["by_rules"] == {}
    assert small[SMALL].asked == []


def test_a_run_that_ended_early_says_why(models: dict[str, Scripted]) -> None:
    given = ("run", READER, "--corpus", CORPUS, "--lm", "small", "--budget", "calls=0", QUESTION)
    assert "the budget ended this run early (0 calls are spent" in " ".join(seekgraph(*given).out.split())
    assert seekgraph(*given, "--json").json["reason"].startswith("0 calls are spent")


def test_the_line_names_the_step_that_thinks_and_is_gone_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import io

    from seekgraph.cli import thinking
    from seekgraph.core.record.step import Asking, Step

    async def events() -> Any:
        yield Asking("search/refine", (1,))
        await asyncio.sleep(0.1)
        yield Step("search/refine", (1,), "node")

    async def watch(on: bool) -> list[Any]:
        return [event async for event in thinking.ThinkingLine(on).watched(events())]

    for on in (True, False):
        monkeypatch.setattr(thinking, "_EVERY", 0.01)
        monkeypatch.setattr("sys.stderr", io.StringIO())
        assert len(asyncio.run(watch(on))) == 2
        written = thinking.sys.stderr.getvalue()  # type: ignore[attr-defined]
        assert ("search/refine: thinking, 0 s" in written) is on
        assert written.endswith("\x1b[2K") is on


def test_nothing_of_it_is_written_to_a_pipe(models: dict[str, Scripted]) -> None:
    assert "thinking" not in seekgraph("run", READER, "--corpus", CORPUS, "--lm", "small", QUESTION).err
