"""Writing instructions: what the model that writes is shown, what becomes of what it writes, and that a compile's rules hold."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import rivers

import seekgraph as sg
from seekgraph.core.language.lm import Rejected
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Refine, Retrieve
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.credit import Credit
from seekgraph.optimizers.instruct import Instruct
from seekgraph.optimizers.visits import Run, chosen, shortfall, visits
from seekgraph.types import Example, Passage

ROWS = rivers.examples(0, 24)
TRAIN, VAL = ROWS[:12], ROWS[12:]
GOOD = "Answer with the name of the sea that the river reaches, one word."


class Gold:
    """A retriever that knows what each question needs."""

    identity = "gold of the rivers"

    async def search(self, query: sg.Query, k: int) -> tuple[Passage, ...]:
        number = next((int(row.id[1:]) for row in ROWS if row.question in query.text), None)
        found = [each for each in rivers.corpus().passages if number is not None and each.id in (f"t{number}", f"r{number}")]
        return tuple(each.model_copy(update={"score": 1.0}) for each in found)


def reads(asked: Any) -> dict[str, Any]:
    """A model that names the sea where it is told to answer in one word."""
    text = asked.messages[-1].content
    sea = next((sea for sea in rivers.SEAS if f"the {sea} sea" in text), "")
    wordy = "one word" not in asked.messages[0].content
    return {"text": f"I believe that it may be the well-known sea of {sea}" if wordy else sea, "citations": [], "refused": False}


def reflects(asked: Any) -> dict[str, Any]:
    """A model that sees from the visits that answers are too long."""
    assert "I believe" in asked.prompt
    assert re.search(r"right: \w+", asked.prompt)
    return {"cause": "The answers are sentences.", "instruction": GOOD}


def flow(**options: Any) -> sg.Flow:
    return sg.Flow(Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Which sea is it?"), **options), name="told")


def compiled(lm: Any, writer: Any, *, made: sg.Flow | None = None, write: Instruct | None = None, **options: Any) -> Compiled:
    bound = (made or flow()).bind(corpus=Gold(), lm=lm)
    passes = (write or Instruct(rounds=3),)
    return asyncio.run(compile_flow(bound, TRAIN, VAL, metric="answer_f1", passes=passes, reflect_lm=writer, **options))


def test_an_instruction_is_written_from_what_went_wrong_and_accepted() -> None:
    result = compiled(Scripted(reads, identity="1"), Scripted(reflects))
    assert (result.before.mean, result.after.mean) == (0.0, 1.0)
    assert result.flow.params()["answer.instruction"].value == GOOD
    (change,) = result.changes
    assert "reflect" in change.note


def test_no_prompt_of_the_writer_holds_a_held_back_row() -> None:
    writer = Scripted(reflects)
    compiled(Scripted(reads, identity="2"), writer)
    assert writer.asked
    for asked in writer.asked:
        assert any(row.question in asked.prompt for row in TRAIN)
        for row in VAL:
            assert row.question not in asked.prompt
            assert f"{row.id}/" not in asked.prompt
            assert not any(f"{name}]" in asked.prompt for name in row.supporting_ids)


def test_every_visit_of_a_loop_counts_and_has_a_name_of_its_own() -> None:
    made = sg.Flow(sg.loop(Refine() >> Retrieve("corpus"), until=sg.count(sg.S.passages) > 999, max_rounds=3), output="passages")
    bound = made.bind(corpus=rivers.corpus(), lm=Scripted(lambda asked: {"query": f"river {len(asked.prompt)}"}, identity="3"))
    runs = [Run(row, bound(question=row.question).trace, 0.0, Credit()) for row in TRAIN[:4]]
    path = next(path for path in bound.program.nodes if path.endswith("refine"))
    found = list(visits(runs, path))
    assert len(found) == 4 * 3
    assert len({each.name for each in found}) == len(found)
    assert len({each.run.example.id for each in chosen(found, 4, 2)[:4]}) == 4
    assert shortfall(runs, path) == 1.0


@pytest.mark.parametrize("calls", [14, 25, 27, 40])
def test_calls_of_the_writer_count_and_no_cap_is_passed(calls: int) -> None:
    lm, writer = Scripted(reads), Scripted(reflects)
    result = compiled(lm, writer, budget=sg.Budget(calls=calls))
    assert len(lm.asked) + len(writer.asked) <= calls
    assert result.spent.get("calls", 0) == len(lm.asked) + len(writer.asked)
    assert result.status == ("budget" if calls < 40 else result.status)


def test_a_resumed_compile_asks_the_writer_nothing_twice(tmp_path: Path) -> None:
    once = Scripted(reflects)
    whole = compiled(Scripted(reads, identity="4"), once, journal=tmp_path / "a.journal")
    cut, rest = Scripted(reflects), Scripted(reflects)
    compiled(Scripted(reads, identity="4"), cut, journal=tmp_path / "b.journal", budget=sg.Budget(calls=45))
    again = compiled(Scripted(reads, identity="4"), rest, journal=tmp_path / "b.journal", resume=True)
    assert again.flow.params()["answer.instruction"].value == whole.flow.params()["answer.instruction"].value
    assert len(cut.asked) + len(rest.asked) == len(once.asked)
    assert len(cut.asked) > 0


def test_a_writer_that_cannot_be_asked_is_said_and_edits_go_on() -> None:
    writer = Scripted(lambda asked: Rejected("the key is wrong"))
    made = sg.Flow(Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Which sea is it?", variants=(GOOD,))), name="told")
    result = compiled(Scripted(reads, identity="5"), writer, made=made)
    assert len(writer.asked) == 1
    assert "the key is wrong" in result.changes[0].note
    assert result.after.mean == 1.0


@pytest.mark.parametrize("text", ["", "{question}", "Ok.", "word " * 5000])
def test_what_is_not_usable_is_said_to_the_writer_once_and_never_stands_in_a_prompt(text: str) -> None:
    lm, writer = Scripted(reads, identity="6"), Scripted(lambda asked: {"cause": "", "instruction": text})
    result = compiled(lm, writer, write=Instruct(rounds=1))
    assert len(writer.asked) == 2
    assert "What was wrong" in writer.asked[1].prompt
    assert result.flow.params()["answer.instruction"].value != text
    assert not text or not any(text in asked.messages[0].content for asked in lm.asked)


def test_without_a_writer_variants_and_edits_are_raced() -> None:
    made = sg.Flow(
        Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Be kind. Use long sentences.", variants=("Say it in one word.",))),
        name="told",
    )
    result = compiled(Scripted(reads, identity="7"), None, made=made)
    assert result.after.mean == 1.0
    assert "variant" in result.changes[0].note


def test_two_nodes_that_were_improved_by_themselves_are_merged() -> None:
    """The query needs a word, the answer needs another; a reflection changes one of them at a time."""

    def model(asked: Any) -> dict[str, Any]:
        head, text = asked.messages[0].content, asked.messages[-1].content
        question = text.rpartition("Question: ")[2].split("\n")[0]
        if asked.output and "query" in asked.output.model_fields:
            return {"query": question if "verbatim" in head else "nothing"}
        return reads(asked) if "Amber sea" in text or "sea" in text else {"text": "none", "citations": [], "refused": False}

    def writer(asked: Any) -> dict[str, Any]:
        if "query" in asked.prompt.partition("Its instruction")[0]:
            return {"cause": "", "instruction": "Repeat the question verbatim, please."}
        return {"cause": "", "instruction": GOOD}

    body = Refine(instruction=sg.Text("Write a query.")) >> Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Which sea?"))
    result = compiled(Scripted(model, identity="8"), Scripted(writer), made=sg.Flow(body, name="two"), write=Instruct(rounds=6))
    assert result.after.mean == 1.0
    texts = {name: result.flow.params()[name].value for name in ("refine.instruction", "answer.instruction")}
    assert "verbatim" in texts["refine.instruction"]
    assert "one word" in texts["answer.instruction"]


def test_of_two_instructions_that_do_equally_well_the_shorter_one_is_chosen() -> None:
    lines = iter([GOOD + " Mind that every single word counts here." * 8, GOOD])
    writer = Scripted(lambda asked: {"cause": "", "instruction": next(lines, GOOD)})

    def model(asked: Any) -> dict[str, Any]:  # one question is never answered, so that there is something left to write for
        return {**reads(asked), **({"text": "?"} if TRAIN[0].question in asked.messages[-1].content else {})}

    result = compiled(Scripted(model, identity="9"), writer, write=Instruct(rounds=2))
    assert result.flow.params()["answer.instruction"].value == GOOD


def test_a_model_that_writes_without_a_pass_that_does_is_refused() -> None:
    bound = flow().bind(corpus=Gold(), lm=Scripted(reads))
    with pytest.raises(ValueError, match="none of the passes writes"):
        asyncio.run(compile_flow(bound, TRAIN, VAL, metric="answer_f1", passes=(), reflect_lm=Scripted([])))


def test_the_plan_counts_the_calls_of_the_writer() -> None:
    result = compiled(Scripted(reads, identity="10"), Scripted(reflects), write=Instruct(rounds=2))
    (work,) = result.plan.passes
    assert work.calls >= 2
    assert result.plan.spend["calls"][1] == work.most + len(VAL) + work.calls


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds and shown visits of 1 or more"):
        Instruct(rounds=0)


def test_an_example_of_a_crashed_run_has_no_visits() -> None:
    assert list(visits([], "answer")) == []
    assert shortfall([], "answer") == 0.0
    assert chosen([], 3, 2) == []
    assert Example(id="x", question="?").answers == ()


def test_the_node_with_the_most_headroom_is_written_for_first() -> None:
    """Queries look bad, but the retriever finds all the same; only the answers lose anything."""

    def model(asked: Any) -> dict[str, Any]:
        question = asked.messages[-1].content.rpartition("Question: ")[2].split("\n")[0]
        return {"query": f"{question} please"} if asked.output and "query" in asked.output.model_fields else reads(asked)

    body = Refine(instruction=sg.Text("Write a query.")) >> Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Which sea?"))
    heard: list[list[str]] = []
    bound = sg.Flow(body, name="two").bind(corpus=Gold(), lm=Scripted(model, identity="11"))
    writer = Scripted(lambda asked: {"cause": "", "instruction": GOOD})

    def say(event: str, facts: Any) -> None:
        if event == "proposed":
            heard.append([facts["path"], facts["move"]])

    passes = (Instruct(rounds=1),)
    asyncio.run(compile_flow(bound, TRAIN, VAL, metric="answer_f1", passes=passes, reflect_lm=writer, say=say))
    assert heard == [["answer", "reflect"]]


def test_a_small_model_says_an_instruction_in_other_words_once_and_keeps_its_signs() -> None:
    said: list[str] = []

    def model(asked: Any) -> dict[str, Any]:
        if asked.output and set(asked.output.model_fields) == {"instruction"}:
            said.append(asked.prompt)
            return {"instruction": "In one word, which sea? See [p1]." if "[p1]" in asked.prompt else "In one word, which sea?"}
        return reads(asked)

    made = sg.Flow(Retrieve("corpus", k=2) >> Answer(instruction=sg.Text("Which sea is it? See [p1].")), name="told")
    result = compiled(Scripted(model, identity="12"), None, made=made, write=Instruct(rounds=4))
    assert result.flow.params()["answer.instruction"].value == "In one word, which sea? See [p1]."
    assert len(said) == len(set(said))
