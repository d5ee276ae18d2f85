"""Resuming: a compile that is killed in the middle repeats nothing, spends one budget, and comes to the same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rivers

from seekgraph.core.base.budget import Budget
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.journal import JournalError
from seekgraph.optimizers.tune import Tune
from seekgraph.rewards import novelty

CHILD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import rivers
from seekgraph.core.base.budget import Budget
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.tune import Tune
flow = getattr(rivers, sys.argv[3])
options = json.loads(sys.argv[4])
budget = Budget(**options.pop("budget")) if "budget" in options else None
passes = [Fit(), Tune(trials=10)]
done = rivers.bind(flow, rivers.Paid()).compile(
    rivers.TRAIN, rivers.VAL, metric="support_recall", passes=passes, journal=sys.argv[2], resume=True, budget=budget
)
print(json.dumps(done.to_json()))
"""


def child(journal: Path, flow: str, log: Path, die_at: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    here = str(Path(__file__).parent)
    return subprocess.run(
        [sys.executable, "-c", CHILD, here, str(journal), flow, json.dumps(options)],
        capture_output=True,
        text=True,
        env={**os.environ, "RIVERS_LOG": str(log), "RIVERS_DIE_AT": str(die_at)},
    )


def compiled(flow: Any = rivers.ranking, retriever: Any = None, **options: Any) -> Compiled:
    options = {"metric": "support_recall", "passes": [Fit(), Tune(trials=10)], **options}
    result: Compiled = rivers.bind(flow, retriever or rivers.Paid()).compile(rivers.TRAIN, rivers.VAL, **options)
    return result


def told(result: Compiled | dict[str, Any]) -> dict[str, Any]:
    """What has to be the same however often a compile was interrupted."""
    plain = json.loads(json.dumps(result if isinstance(result, dict) else result.to_json()))
    for candidate in plain["front"]:
        del candidate["costs"]["seconds"]
    return {name: plain[name] for name in ("changes", "front", "before", "after", "status")}


KILLS = [("ranking", 58), ("searching", 60), ("deepening", 90)]
MORE = [pytest.param("ranking", die_at, marks=pytest.mark.slow) for die_at in (20, 77, 110)]


@pytest.mark.parametrize(("flow", "die_at"), [*KILLS, *MORE])
def test_after_a_kill_nothing_finished_is_run_again_and_the_result_is_the_same(tmp_path: Path, flow: str, die_at: int) -> None:
    journal, first, second = tmp_path / "j", tmp_path / "first", tmp_path / "second"
    assert child(journal, flow, first, die_at).returncode == -signal.SIGKILL
    done = child(journal, flow, second)
    assert done.returncode == 0, done.stderr
    whole, found = compiled(getattr(rivers, flow)), json.loads(done.stdout)
    assert told(found) == told(whole)
    assert found["spent"]["rollouts"] == whole.spent["rollouts"]
    before, after = first.read_text().splitlines(), second.read_text().splitlines()
    assert len(before) == die_at
    in_flight = before[-1].split("Which")[-1]  # nothing here waits, so the kill met one rollout
    assert all(line.endswith(in_flight) for line in set(before) & set(after))
    assert len(set(before)) == len(before)


def test_an_interrupt_closes_the_journal_and_it_can_be_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIVERS_DIE_BY", "SIGINT")
    stopped = child(tmp_path / "j", "ranking", tmp_path / "first", die_at=60)
    assert "KeyboardInterrupt" in stopped.stderr
    last = json.loads((tmp_path / "j").read_bytes().splitlines()[-1])
    assert set(last) == {"spent", "crc32"}
    done = child(tmp_path / "j", "ranking", tmp_path / "second")
    found, whole = json.loads(done.stdout), compiled()
    assert told(found) == told(whole)


def test_however_often_it_is_killed_it_comes_to_the_same_result(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    for _ in range(12):
        done = child(journal, "ranking", tmp_path / "log", die_at=45)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0, f"no progress: {done.stderr}"
    found, whole = json.loads(done.stdout), compiled()
    assert told(found) == told(whole)


def test_a_finished_compile_resumes_to_the_same_result_without_running_anything(tmp_path: Path) -> None:
    first = compiled(journal=tmp_path / "j")
    idle = rivers.Paid()
    second = compiled(retriever=idle, journal=tmp_path / "j", resume=True)
    assert idle.asked == 0
    assert told(second) == told(first)
    assert second.flow == first.flow
    assert second.plan.rollouts == first.plan.rollouts


def test_what_earlier_sessions_spent_counts_against_the_budget(tmp_path: Path) -> None:
    options: dict[str, Any] = {"journal": tmp_path / "j", "budget": Budget(searches=70, seconds=60)}
    first = compiled(rivers.deepening, **options)
    assert first.status == "budget"
    idle = rivers.Paid()
    second = compiled(rivers.deepening, idle, **options, resume=True)
    assert first.spent["searches"] + idle.asked <= 70
    assert second.spent["searches"] == first.spent["searches"] + idle.asked
    assert second.spent["usd"] == pytest.approx(0.01 * second.spent["searches"])
    assert second.spent["seconds"] >= first.spent["seconds"]
    assert told(second) == told(first)


def test_killed_within_a_budget_both_sessions_together_stay_inside(tmp_path: Path) -> None:
    journal, log = tmp_path / "j", tmp_path / "log"
    assert child(journal, "deepening", log, die_at=60, budget={"searches": 100}).returncode == -signal.SIGKILL
    done = child(journal, "deepening", log, budget={"searches": 100})
    found = json.loads(done.stdout)
    assert found["spent"]["searches"] <= 100
    # What the kill left uncounted is at most what was in flight.
    assert len(log.read_text().splitlines()) <= 100 + 4 * 16


def test_with_a_larger_budget_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = compiled(rivers.searching, journal=tmp_path / "j", budget=Budget(searches=60))
    assert first.status == "budget"
    more = rivers.Paid()
    second = compiled(rivers.searching, more, journal=tmp_path / "j", resume=True, budget=Budget(searches=1000))
    whole = compiled(rivers.searching)
    assert second.changes[-1] == whole.changes[-1]
    assert second.flow == whole.flow
    assert first.spent["searches"] + more.asked <= whole.spent["searches"] + 16


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"seed": 1}, "seed"),
    ({"metric": "ndcg@5"}, "objective"),
    ({"rewards": [novelty]}, "objective"),
    ({"flow": rivers.searching}, "flow"),
    ({"retriever": rivers.corpus()}, "resources"),
]


@pytest.mark.parametrize(("options", "said"), OTHERS)
def test_the_journal_of_another_compile_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    compiled(journal=tmp_path / "j")
    with pytest.raises(JournalError, match=f"{said}.* differ"):
        compiled(**{"journal": tmp_path / "j", "resume": True, **options})


def test_other_rows_are_another_compile(tmp_path: Path) -> None:
    compiled(journal=tmp_path / "j")
    with pytest.raises(JournalError, match="data differ"):
        rivers.bind(rivers.ranking, rivers.Paid()).compile(
            rivers.TRAIN[1:], rivers.VAL, metric="support_recall", journal=tmp_path / "j", resume=True
        )


def test_a_journal_is_free_again_when_its_compile_is_over_also_after_an_error(tmp_path: Path) -> None:
    class Away(rivers.Paid):
        async def search(self, query: Any, k: int) -> Any:
            raise ConnectionError("away")

    with pytest.raises(ValueError, match="all 12 held-back rows fail"):
        compiled(retriever=Away(), journal=tmp_path / "j")
    compiled(journal=tmp_path / "j")
