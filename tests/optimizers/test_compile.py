"""Compiling a flow from end to end: what comes out, what it says while it goes, what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import rivers
from rich.console import Console

import seekgraph as sg
from seekgraph.core.memo import Memo
from seekgraph.evaluation.examples import write_examples
from seekgraph.nodes.rerank import Rerank
from seekgraph.nodes.retrieve import Retrieve
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.progress import Progress
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Query

PASSES = [Fit(), Tune(trials=8)]


def compiled(flow: sg.Flow = rivers.ranking, **options: Any) -> Compiled:
    options = {"metric": "support_recall", "passes": PASSES, **options}
    result: Compiled = rivers.bind(flow, memo=options.pop("memo", None)).compile(rivers.TRAIN, rivers.VAL, **options)
    return result


def test_the_compiled_flow_is_better_on_held_back_rows_and_on_rows_that_compiling_never_saw() -> None:
    train, val, test = rivers.examples(0, 8), rivers.examples(8, 16), rivers.examples(16, 24)
    bound = rivers.bind(rivers.ranking)
    result = bound.compile(train, val, metric="support_recall", passes=PASSES)
    assert result.status == "finished"
    assert result.gain.difference.mean is not None
    assert result.gain.difference.mean > 0.3
    before, after = bound.evaluate(test), result.bound.evaluate(test)
    assert after.metrics["support_recall@5"].mean > before.metrics["support_recall@5"].mean


def test_the_nodes_of_the_house_are_fitted_and_tuned_on_real_bm25() -> None:
    flow = sg.Flow(Retrieve("corpus", k=sg.Int(2, 2, 24)) >> Rerank(keep=2), output="context")
    result = compiled(flow, metric={"support_recall": 1.0, "ndcg@2": 1.0})
    assert result.objective == "1 support_recall + 1 ndcg@2"
    assert result.after.mean is not None
    assert result.before.mean is not None
    assert result.after.mean >= result.before.mean


def test_what_is_returned_is_what_was_compiled_with_other_params() -> None:
    mine = Memo()
    assert compiled(memo=mine).bound.memo is mine
    result = compiled()
    assert result.bound.memo is None
    assert isinstance(result.bound, sg.Bound)
    assert result.bound(question=rivers.VAL[0].question).status == "ok"


def test_without_val_every_row_judges_and_with_one_fold_two_fifths_are_held_back() -> None:
    rows = rivers.examples(0, 20)
    bound, options = rivers.bind(rivers.searching), {"metric": "support_recall", "passes": [Tune(trials=3)]}
    assert bound.compile(rows, **options).after.n == 20
    assert bound.compile(rows, folds=1, **options).after.n == 8


def test_rows_may_be_files_and_their_order_does_not_matter(tmp_path: Path) -> None:
    write_examples(tmp_path / "train.jsonl", reversed(rivers.TRAIN))
    write_examples(tmp_path / "val.jsonl", reversed(rivers.VAL))
    ways: list[list[Any]] = []
    results = []
    for rows in ((tmp_path / "train.jsonl", tmp_path / "val.jsonl"), (rivers.TRAIN, rivers.VAL)):
        way: list[Any] = []
        passes = [Tune(trials=12, patience=0.5)]

        def say(event: str, facts: Any, way: list[Any] = way) -> None:
            if event == "trial":
                way.append(facts)

        results.append(asyncio.run(compile_flow(rivers.bind(rivers.answering), *rows, passes=passes, say=say)))
        ways.append(way)
    assert ways[0] == ways[1]
    assert not all(facts["whole"] for facts in ways[0])
    assert results[0].changes == results[1].changes
    assert results[0].data == results[1].data


def test_nothing_is_left_open(tmp_path: Path) -> None:
    compiled()  # the thread that sync calls share
    before = threading.active_count()
    compiled(journal=tmp_path / "j")
    assert threading.active_count() == before
    assert (tmp_path / "j.memo").exists()
    assert not (tmp_path / "j.memo-wal").exists()


def test_passes_of_one_name_and_a_pass_of_the_users_own_all_run() -> None:
    class Most:
        name = "most"

        def work(self, flow: Any, train: int, val: int) -> Any:
            from seekgraph.optimizers.passes import Work

            return Work(self.name, val, val, 1)

        async def run(self, search: Any) -> None:
            await search.accept(self.name, {**search.values, "search.k": 24})

    result = compiled(rivers.searching, passes=[Most(), Tune(trials=3), Tune(trials=4)])
    assert [change.name for change in result.changes] == ["most", "tune", "tune"]
    assert result.flow.params()["search.k"].value == 24


def test_nothing_to_compile_changes_nothing() -> None:
    flow = sg.Flow(rivers.Search(k=3), output="passages")
    result = compiled(flow)
    assert result.changes == ()
    assert result.flow == flow
    assert result.before == result.after
    assert [candidate.name for candidate in result.front] == ["as written"]


def test_events_tell_the_plan_first_then_each_pass_and_each_change() -> None:
    events: list[str] = []

    def say(event: str, facts: Any) -> None:
        events.append(event)

    bound = rivers.bind(rivers.ranking)
    asyncio.run(compile_flow(bound, rivers.TRAIN, rivers.VAL, metric="support_recall", passes=PASSES, say=say))
    judged = ["part"] * 5 + ["change"]
    assert [event for event in events if event not in ("trying", "trial")] == [
        "plan",
        "pass",
        "fitted",
        *judged,
        "pass",
        "change",
    ]
    assert events.count("trial") == 8


def test_progress_shows_plan_bar_and_changes_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    compiled(progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    for said in ("plan", "rollouts", "fitted rank.follow on 12 visits", "accepted", "tune: "):
        assert said in shown.err


def test_progress_takes_brackets_in_names_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress("fitted", {"path": "a", "visits": 1, "params": [], "error": "boom [/red]"})
        progress("stopped", {"pass": "[b]", "why": "in trial 1"})
    assert "boom [/red]" in capsys.readouterr().err


def test_the_result_shows_itself_and_is_plain_data() -> None:
    result = compiled()
    console = Console(record=True, width=160)
    console.print(result)
    assert "accepted" in console.export_text()
    told = json.loads(json.dumps(result.to_json()))
    assert told["changes"][0]["pass"] == "fit"
    assert told["spent"]["searches"] == result.spent["searches"]
    assert told["plan"]["rollouts"] == list(result.plan.rollouts)
    assert "0.5 -> 1.0 on 12" in repr(result)


def test_an_artifact_answers_the_same_in_a_new_process(tmp_path: Path) -> None:
    result = compiled(rivers.answering, metric="answer_f1")
    path = result.save(tmp_path / "a.flow.json", location="rivers:answering")
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import seekgraph as sg, rivers\n"
        "ask = rivers.bind(sg.load(sys.argv[2]))\n"
        "print(json.dumps([ask(question=each.question).answer.text for each in rivers.VAL]))"
    )
    here = str(Path(__file__).parent)
    out = subprocess.run([sys.executable, "-c", code, here, str(path)], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == [result.bound(question=each.question).answer.text for each in rivers.VAL]
    assert json.loads(path.read_text())["scores"]["after"] == result.after.model_dump()


def test_a_fitted_artifact_loads_by_name(tmp_path: Path) -> None:
    result = compiled()
    path = result.save(tmp_path / "r.flow.json", location="rivers:ranking")
    assert sg.load(path, rivers.ranking) == result.flow


def test_compiles_in_threads_do_not_disturb_each_other() -> None:
    alone = [compiled(rivers.answering, seed=seed, metric="answer_f1").flow for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: compiled(rivers.answering, seed=seed, metric="answer_f1").flow, range(4)))
    assert together == alone


def test_compiles_on_one_loop_do_not_disturb_each_other() -> None:
    async def both() -> list[Compiled]:
        bound = rivers.bind(rivers.answering)
        return await asyncio.gather(
            *(compile_flow(bound, rivers.TRAIN, rivers.VAL, metric="answer_f1", passes=PASSES, seed=seed) for seed in (0, 1))
        )

    alone = [compiled(rivers.answering, seed=seed, metric="answer_f1") for seed in (0, 1)]
    assert [each.changes for each in asyncio.run(both())] == [each.changes for each in alone]


def test_optunas_logging_is_left_as_it_was() -> None:
    import optuna

    before = optuna.logging.get_verbosity()
    compiled(rivers.searching)
    assert optuna.logging.get_verbosity() == before


def test_cancelling_leaves_nothing_running_and_a_journal_to_go_on_from(tmp_path: Path) -> None:
    started = threading.Event()

    class Slow(rivers.Paid):
        running = 0

        async def search(self, query: Query, k: int) -> Any:
            self.running += 1
            try:
                if self.asked > 30:
                    started.set()
                    await asyncio.sleep(60)
                return await super().search(query, k)
            finally:
                self.running -= 1

    slow = Slow()
    options: dict[str, Any] = {"metric": "support_recall", "passes": [Tune(trials=5)], "journal": tmp_path / "j"}

    async def cancelled() -> None:
        task = asyncio.ensure_future(rivers.bind(rivers.searching, slow).acompile(rivers.TRAIN, rivers.VAL, **options))
        while not started.is_set():
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert slow.running == 0
    again = rivers.bind(rivers.searching, rivers.Paid()).compile(rivers.TRAIN, rivers.VAL, **options, resume=True)
    assert again.spent["resumed"] >= 24
    whole = rivers.bind(rivers.searching, rivers.Paid()).compile(rivers.TRAIN, rivers.VAL, **{**options, "journal": None})
    assert again.changes == whole.changes


def test_another_point_of_quality_against_cost_is_a_compiled_flow_of_its_own(tmp_path: Path) -> None:
    flow = sg.Flow(Retrieve("corpus", k=sg.Int(4, 2, 24)) >> Rerank(keep=2), output="context")
    result = compiled(flow, metric="support_recall")
    first = result.candidates[0]
    assert (first.name, dict(first.values)) == ("as written", {})
    assert len(first.rows) == len(rivers.VAL)
    wanted = min(each.quality for each in result.candidates)
    chosen = result.at(quality=wanted)
    assert (chosen.after.mean or 0.0) >= wanted
    assert chosen.before == result.before
    again = sg.load(chosen.save(tmp_path / "cheap.flow.json", location=""), flow)
    assert again.fingerprint == flow.fingerprint
    assert {name: param.value for name, param in again.params().items()} == {
        name: param.value for name, param in chosen.flow.params().items()
    }


def test_a_candidate_costs_what_it_takes_with_nothing_remembered() -> None:
    memo = Memo()
    bound = rivers.bind(rivers.ranking, memo=memo)
    first = bound.evaluate(rivers.VAL[:2], metrics=["support_recall"], rewards=[])
    again = bound.evaluate(rivers.VAL[:2], metrics=["support_recall"], rewards=[])
    for row in again.rows:
        assert row.latency >= row.seconds
    assert sum(row.latency for row in again.rows) >= 0.2 * sum(row.latency for row in first.rows)
