"""Reports: what is computed from rows, comparing, saving and reading back, tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seekgraph.evaluation.intervals import Interval
from seekgraph.evaluation.report import Cost, Report, ReportError, Row, RowError


def row(id: str, f1: float | None, **more: object) -> Row:
    return Row.model_validate({"id": id, "metrics": {"answer_f1": f1}, **more})


BROKEN = row(
    "c", None, status="failed", error=RowError(code="raised", message="search: away", step="search@1"), step_errors={"raised": 2}
)
SKIPPED = Row(id="d", status="skipped")


def report(*rows: Row, names: tuple[str, ...] = ("answer_f1",), **more: object) -> Report:
    return Report("cities", "f00", rows, names, **more)  # type: ignore[arg-type]


FOUR = report(row("a", 1.0), row("b", 0.5, status="partial"), BROKEN, SKIPPED)


def test_errors_partial_and_skipped_examples_are_counted_apart() -> None:
    assert (FOUR.n, FOUR.errors, FOUR.partial, FOUR.skipped) == (4, 1, 1, 1)
    assert FOUR.step_errors == {"raised": 2}


def test_a_mean_is_over_the_rows_that_have_a_value() -> None:
    found = FOUR.metrics["answer_f1"]
    assert (found.mean, found.n) == (0.75, 2)


def test_a_metric_without_any_value_has_no_mean() -> None:
    assert report(BROKEN).metrics == {"answer_f1": Interval(mean=None, low=None, high=None, n=0)}


def test_values_count_an_error_as_told_and_never_a_skipped_row() -> None:
    assert FOUR.values("answer_f1") == [1.0, 0.5, None, None]
    assert FOUR.values("answer_f1", errors=0.0) == [1.0, 0.5, 0.0, None]


def test_an_error_does_not_count_for_a_metric_that_its_example_has_no_gold_for() -> None:
    made = report(row("a", 1.0), Row(id="b", status="failed", metrics={}))
    assert made.values("answer_f1", errors=0.0) == [1.0, None]


def test_asking_for_a_metric_that_was_not_evaluated_lists_those_that_were() -> None:
    with pytest.raises(ReportError, match="no metric 'answer_em': it has answer_f1"):
        FOUR.values("answer_em")


def test_an_example_counts_once_in_a_reward_however_often_the_node_ran() -> None:
    often = Row(
        id="a", rewards={"search": ((1, "gain", 0.0), (2, "gain", 0.0), (3, "gain", 0.6), (3, "new", 1.0))}, visits={"search": 3}
    )
    once = Row(id="b", rewards={"search": ((1, "gain", 1.0),)}, visits={"search": 1, "say": 1})
    made = report(often, once)
    assert made.rewards["search"]["gain"].mean == pytest.approx((0.2 + 1.0) / 2)
    assert made.rewards["search"]["gain"].n == 2
    assert made.visits == {"search": 4, "say": 1}
    assert made.reward_values("search", "new") == [1.0, None]
    assert made.reward_values("nowhere", "new") == [None, None]


def test_cost_is_the_sum_over_all_rows_and_what_the_memo_saved_is_told() -> None:
    usage = {"searches": 3, "calls": 2, "tokens_in": 100, "tokens_out": 20, "usd": 0.5}
    hit = Row(id="a", usage=usage, paid={"searches": 1}, seconds=0.5)
    cost = report(hit, row("b", 1.0, usage={"searches": 1}, paid={"searches": 1}, seconds=1.0)).cost
    assert cost["searches"] == Cost(4, 2)
    assert (cost["tokens"], cost["usd"].memo, cost["calls"].memo) == (Cost(120, 0), 0.5, 2)
    assert cost["seconds"] == Cost(1.5, 1.5)


# --- comparing -----------------------------------------------------------------------------------------------------


def test_reports_are_compared_example_by_example_whatever_their_order() -> None:
    a = report(row("a", 1.0), row("b", 0.5), row("c", 0.2))
    b = report(row("c", 0.2), row("a", 0.0), row("b", 0.75))
    found = a.compare(b)["answer_f1"]
    assert (found.wins, found.ties, found.losses, found.n) == (1, 1, 1, 3)
    assert found.difference.mean == pytest.approx((1.0 - 0.25 + 0) / 3)


def test_less_wins_where_less_is_better() -> None:
    a, b = (
        report(Row(id="a", metrics={"calls": calls}), names=("calls",), lower_is_better=frozenset({"calls"})) for calls in (1, 3)
    )
    found = a.compare(b)["calls"]
    assert (found.wins, found.difference.mean) == (1, -2)


def test_an_error_is_left_out_of_a_comparison_or_counts_as_told() -> None:
    other = report(*(row(each.id, 0.5) for each in FOUR.rows))
    assert (FOUR.compare(other)["answer_f1"].n, FOUR.compare(other)["answer_f1"].left_out) == (2, 2)
    assert FOUR.compare(other, errors=0.0)["answer_f1"].losses == 1


def test_only_metrics_of_both_are_compared() -> None:
    assert FOUR.compare(report(*FOUR.rows, names=("answer_em",))) == {}


def test_reports_of_other_examples_cannot_be_compared() -> None:
    with pytest.raises(ReportError, match="2 ids are in one only: 'b', 'x'"):
        report(row("a", 1.0), row("b", 1.0)).compare(report(row("a", 1.0), row("x", 1.0)))


def test_the_worst_rows_come_first_and_have_values() -> None:
    made = report(row("a", 0.5), row("b", 0.1), BROKEN, row("e", 0.5), row("f", 0.9))
    assert [each.id for each in made.worst("answer_f1", 3)] == ["b", "a", "e"]
    costly = report(
        *(Row(id=str(n), metrics={"calls": n}) for n in range(3)), names=("calls",), lower_is_better=frozenset({"calls"})
    )
    assert [each.id for each in costly.worst("calls", 2)] == ["2", "1"]


# --- files ---------------------------------------------------------------------------------------------------------

FULL = report(
    row(
        "a",
        1.0,
        rewards={"search": [[1, "gain", 0.5]]},
        visits={"search": 1},
        usage={"searches": 1},
        paid={"searches": 1},
        seconds=0.25,
        answer="Zürich \u2028 <b>",
        citations=["p1"],
        passages=["p1", "p2"],
    ),
    BROKEN,
    SKIPPED,
    lower_is_better=frozenset(),
    seed=7,
    seconds=1.5,
)


def test_the_json_has_counts_and_metrics_in_their_fixed_form() -> None:
    data = json.loads(json.dumps(FULL.to_json()))
    assert (data["n"], data["errors"], data["partial"], data["skipped"]) == (3, 1, 0, 1)
    assert data["metrics"] == {
        "answer_f1": {"mean": 1.0, "low": pytest.approx(0.025), "high": 1.0, "method": "Clopper-Pearson"}  # of one row
    }
    assert data["rewards"]["search"]["gain"]["mean"] == 0.5
    assert data["cost"]["searches"] == {"total": 1, "paid": 1, "memo": 0}


def test_a_report_survives_a_round_trip_to_disk(tmp_path: Path) -> None:
    again = Report.load(FULL.save(tmp_path / "report.json"))
    assert again == FULL
    assert again.to_json() == FULL.to_json()
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "report.json: "),
        ("[]", "not a report of version 1"),
        ('{"report": 2}', "not a report of version 1"),
        ('{"report": 1, "flow": "x"}', "not a whole report: KeyError: 'fingerprint'"),
        (json.dumps({**FULL.to_json(), "rows": [{"id": "a", "status": "fine"}]}), "not a whole report: ValidationError"),
    ],
)
def test_what_is_no_report_is_refused_with_the_name_of_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=message) as raised:
        Report.load(path)
    assert "report.json" in str(raised.value)


# --- for people ----------------------------------------------------------------------------------------------------


def drawn(made: Report) -> str:
    from rich.console import Console

    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(made)
    console.file.close()
    return console.export_text()


def test_a_terminal_shows_metrics_nodes_cost_and_errors() -> None:
    text = " ".join(drawn(FULL).split())
    for part in (
        "3 examples in 1.5 s, 1 failed, 1 not started",
        "answer_f1",
        "search 1 gain 0.500",
        "searches 1 1 0",
        "search: away",
    ):
        assert part in text


def test_text_from_outside_is_shown_and_never_interpreted() -> None:
    nasty = report(
        row("[red]<i>x</i>", None, status="failed", error=RowError(code="raised", message="[/] <script>alert(1)</script>"))
    )
    assert "[red]<i>x</i>" in drawn(nasty)
    html = nasty._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_notebook_shows_the_same_tables_and_the_repr_one_line() -> None:
    html = FULL._repr_html_()
    assert "<th>metric</th>" in html
    assert "answer_f1" in html
    assert repr(FULL) == "Report('cities': 3 examples, 1 errors, answer_f1 1.0)"
