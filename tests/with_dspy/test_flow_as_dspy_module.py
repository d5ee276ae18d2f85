"""A flow as a DSPy module: its optimizers run on it, and what they find comes back by the nodes' names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dspy_kit as kit
import pytest

import seekgraph as sg
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Refine, Retrieve

pytestmark = pytest.mark.dspy
dspy = pytest.importorskip("dspy", minversion="3.4", exc_type=ImportError)


def bound(**options: Any) -> Any:
    return kit.flow().bind(corpus=kit.CORPUS, lm=Scripted(kit.model, identity="dspy"), **options)


def right(flow: sg.Flow) -> float:
    report = flow.bind(corpus=kit.CORPUS, lm=Scripted(kit.model, identity="dspy")).evaluate(kit.VAL, metrics=["answer_f1"])
    return report.metrics["answer_f1"].mean or 0.0


def plain(name: str = "answer_f1") -> Any:
    score = sg.dspy.metric(name)
    return lambda example, prediction, trace=None: score(example, prediction)


def test_every_node_that_asks_is_a_predictor_with_a_signature_of_its_own() -> None:
    made = sg.Flow(Refine() >> Retrieve("corpus") >> sg.call(Answer().named("one")).named("call") >> Answer().named("two"))
    module = sg.dspy.to_module(made, {"corpus": kit.CORPUS, "lm": Scripted(kit.model)})
    names = dict(module.named_predictors())
    assert list(names) == ["refine", "call__answer", "two"]
    assert not names["call__answer"].signature.equals(names["two"].signature)
    assert "question" in names["refine"].signature.input_fields
    assert "query" in names["refine"].signature.output_fields
    assert names["two"].signature.instructions == made.params()["two.instruction"].value


def test_a_call_runs_the_flow_and_stands_in_the_trace() -> None:
    module = sg.dspy.to_module(bound())
    with dspy.context(trace=[]):
        found = module(question=kit.ROWS[0].question)
        (entry,) = dspy.settings.trace
    assert "I believe that it is called the sea of Amber" in found.answer
    assert entry[0] is module.answer
    assert entry[1]["question"] == kit.ROWS[0].question
    assert entry[1]["context"][0]["id"] == "r0"
    assert entry[2].text == found.answer


def test_random_search_gathers_demonstrations() -> None:
    module = sg.dspy.to_module(bound())
    rows = sg.dspy.examples(kit.TRAIN)
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric=lambda e, p, t=None: True if t is not None else plain()(e, p),
        max_bootstrapped_demos=2,
        max_labeled_demos=2,
        num_candidate_programs=1,
        num_threads=2,
    )
    with dspy.context(lm=module.model()):
        best = optimizer.compile(module, trainset=rows[:6], valset=rows[6:])
    demos = sg.dspy.from_module(best).params()["answer.demos"].value
    assert 0 < len(demos) <= 4
    assert all(set(demo) == {"inputs", "output"} for demo in demos)  # plain rows, which have no context, are no demonstrations
    assert right(sg.dspy.from_module(best)) == 1.0
    assert right(kit.flow()) < 0.5


def test_mipro_and_gepa_write_instructions() -> None:
    rows = sg.dspy.examples(kit.TRAIN)
    module = sg.dspy.to_module(bound())
    with dspy.context(lm=module.model()):
        mipro = dspy.MIPROv2(
            metric=plain(), auto=None, num_candidates=2, num_threads=2, max_bootstrapped_demos=0, max_labeled_demos=0
        )
        best = mipro.compile(module, trainset=rows[:6], valset=rows[6:], num_trials=2, minibatch=False)
    assert sg.dspy.from_module(best).params()["answer.instruction"].value == kit.TOLD
    module = sg.dspy.to_module(bound())
    gepa = dspy.GEPA(metric=sg.dspy.metric("answer_f1"), max_metric_calls=40, reflection_lm=module.model(), num_threads=2)
    best = gepa.compile(module, trainset=rows[:6], valset=rows[6:])
    assert sg.dspy.from_module(best).params()["answer.instruction"].value == kit.TOLD
    assert right(sg.dspy.from_module(best)) == 1.0


def test_simba_samples_anew_and_its_result_comes_back() -> None:
    tossed = iter(range(10**6))

    def unsteady(asked: Any) -> str:
        """Brief every other time, where it is sampled."""
        if asked.output is None or asked.settings.temperature == 0:
            return kit.model(asked)
        return kit.answers("one word" if next(tossed) % 2 else "", asked.messages[-1].content, 0)

    lm = Scripted(unsteady)
    module = sg.dspy.to_module(kit.flow().bind(corpus=kit.CORPUS, lm=lm))
    with dspy.context(lm=module.model()):
        simba = dspy.SIMBA(metric=lambda e, p: plain()(e, p), bsize=4, num_candidates=2, max_steps=2, num_threads=1)
        best = simba.compile(module, trainset=sg.dspy.examples(kit.TRAIN), seed=1)
    assert {asked.settings.sample for asked in lm.asked if asked.settings.temperature == 1.0} == {0, 1}
    params = sg.dspy.from_module(best).params()
    assert params["answer.demos"].value or kit.TOLD in params["answer.instruction"].value
    assert right(sg.dspy.from_module(best)) == 1.0


def test_a_flow_on_a_server_is_optimized_over_its_own_models_and_the_meter_knows_each_call() -> None:
    pytest.importorskip("aiohttp")
    with kit.server() as (address, sent):
        module = sg.dspy.to_module(kit.flow().bind(corpus=kit.CORPUS, lm=address))
        rows = sg.dspy.examples(kit.TRAIN)
        gepa = dspy.GEPA(metric=sg.dspy.metric("answer_f1"), max_metric_calls=40, reflection_lm=module.model(), num_threads=2)
        best = gepa.compile(module, trainset=rows[:6], valset=rows[6:])
        assert sg.dspy.from_module(best).params()["answer.instruction"].value == kit.TOLD
        assert module.spent["calls"] == len(sent)
        assert module.spent["tokens_out"] == 5 * len(sent)


def test_no_call_is_made_past_the_budget() -> None:
    lm = Scripted(kit.model)
    module = sg.dspy.to_module(kit.flow().bind(corpus=kit.CORPUS, lm=lm), budget=sg.Budget(calls=3))
    for row in kit.ROWS[:3]:
        module(question=row.question)
    with pytest.raises(BudgetExceeded):
        module(question=kit.ROWS[3].question)
    with pytest.raises(Exception, match=r"budget|spent"):
        module.model()("Say something.")
    assert len(lm.asked) == 3


def test_a_failed_run_is_an_exception_that_names_the_step() -> None:
    class Broken:
        async def search(self, query: Any, k: int) -> Any:
            raise ConnectionError("the index is away")

    module = sg.dspy.to_module(kit.flow().bind(corpus=Broken(), lm=Scripted(kit.model)))
    with pytest.raises(sg.SeekgraphError, match=r"retrieve.*the index is away"):
        module(question="Which sea?")


def test_feedback_for_a_predictor_has_the_rewards_of_all_its_visits() -> None:
    module = sg.dspy.to_module(bound())
    (example,) = sg.dspy.examples(kit.TRAIN[:1])
    told = sg.dspy.metric("answer_f1")(example, module(question=example.question), None, "answer", None)
    assert told.score < 0.5
    assert "right is Amber" in told.feedback
    assert "answer_f1" in told.feedback


def test_a_saved_program_holds_predictors_by_the_names_of_nodes(tmp_path: Path) -> None:
    module = sg.dspy.to_module(bound())
    module.answer.signature = module.answer.signature.with_instructions(kit.TOLD)
    module.save(str(tmp_path / "rivers.json"))
    other = sg.dspy.to_module(bound())
    other.load(str(tmp_path / "rivers.json"))
    assert sg.dspy.from_module(other).params()["answer.instruction"].value == kit.TOLD


def test_a_dspy_optimizer_is_a_pass_whose_result_is_judged() -> None:
    made = bound()
    compiled = made.compile(
        kit.TRAIN,
        kit.VAL,
        metric="answer_f1",
        passes=[sg.dspy.Optimize(lambda metric: dspy.GEPA(metric=metric, max_metric_calls=30, reflection_lm=lm(made)))],
    )
    assert (compiled.changes[0].name, compiled.changes[0].accepted) == ("dspy", True)
    assert compiled.flow.params()["answer.instruction"].value == kit.TOLD


def lm(made: Any) -> Any:
    return sg.dspy.lm(made.resources["lm"])


def test_what_is_no_module_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="what to_module made"):
        sg.dspy.from_module(dspy.Predict("question -> answer"))
    with pytest.raises(ValueError, match="no node that asks"):
        sg.dspy.to_module(kit.flow().bind(corpus=kit.CORPUS))
