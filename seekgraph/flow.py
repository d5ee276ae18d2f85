"""Flows as users have them: the language's, with evaluating and compiling.

`core` knows neither metrics nor optimizers; this is where they meet. A flow is declared as `sg.Flow(body, name=...)`, bound
to what it needs from outside, and then called, evaluated, or compiled into a better one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seekgraph.core.artifact import load as load_artifact
from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.base.sync import run_sync
from seekgraph.core.check import Finding, check, require
from seekgraph.core.language import flow as core_flow
from seekgraph.core.machine import bound as core_bound
from seekgraph.core.machine.bound import resolve_memo
from seekgraph.core.memo import Memo
from seekgraph.core.record.trace import Trace
from seekgraph.types import Example

if TYPE_CHECKING:
    from seekgraph.core.machine.recorded import Change
    from seekgraph.core.machine.result import Result
    from seekgraph.diagnosis.diagnosis import Diagnosis
    from seekgraph.evaluation.metrics import Metric
    from seekgraph.evaluation.report import Report
    from seekgraph.optimizers.compiled import Compiled
    from seekgraph.optimizers.passes import Pass
    from seekgraph.rewards.algebra import Reward


class Flow(core_flow.Flow):
    __doc__ = core_flow.Flow.__doc__

    def check(self) -> tuple[Finding, ...]:
        """The warnings about this flow, seen without running it. Raises `FlowError` with all errors."""
        require(self)
        return check(self)

    def draw(self, format: str = "mermaid") -> str:
        """A drawing of the flow: text for Mermaid, or an "svg" that stands by itself."""
        from seekgraph.core.draw import drawn

        return drawn(self, format)

    def _repr_html_(self) -> str:
        return self.draw("html")

    def bind(
        self,
        resources: Mapping[str, Any] | None = None,
        /,
        *,
        memo: Memo | str | Path | None = None,
        budget: Budget | None = None,
        concurrency: int = 32,
        **named: Any,
    ) -> Bound:
        """The flow with what it needs from outside, ready to be called.

        `named` resources must all be ones that the flow asks for; from the mapping it takes those. `budget` limits each run.
        A model may be given by its name (`lm="local/smollm2-135m"`, see `seekgraph.lms.resolve`). What stands in the mapping
        under `PATH.PARAMETER` is for one node alone: `bind({"plan.lm": "openai/gpt-4.1"}, corpus=..., lm="local")`.
        `memo` is where equal steps are kept (a path, or a `Memo`). `concurrency` is how many visits may run at the same time.
        Raises `FlowError` with everything that is wrong with the flow or its resources.
        """
        given = _resolved(self, core_bound.gather(self, resources or {}, named))
        return Bound(self, given, memo=resolve_memo(memo), budget=budget, concurrency=concurrency)


class Bound(core_bound.Bound):
    __doc__ = core_bound.Bound.__doc__

    def evaluate(self, examples: Iterable[Example] | str | Path, **options: Any) -> Report:
        """`aevaluate`, from ordinary code."""
        return run_sync(self.aevaluate(examples, **options))

    async def aevaluate(
        self,
        examples: Iterable[Example] | str | Path,
        *,
        metrics: Sequence[Metric | str] | None = None,
        rewards: Sequence[Reward] | None = None,
        parallel: int = 32,
        seed: int = 0,
        budget: Budget | None = None,
        progress: bool = False,
    ) -> Report:
        """Run every example and score it: metrics with intervals, rewards by node, cost, errors apart.

        `examples` may be a path to JSON lines. `parallel` is how many examples run at the same time. `budget` is for all of
        them together. `progress` shows a bar with running score, cost and time left.
        """
        from seekgraph.evaluation.evaluate import evaluate

        return await evaluate(
            self, examples, metrics=metrics, rewards=rewards, parallel=parallel, seed=seed, budget=budget, progress=progress
        )

    def replay(self, trace: Trace | str | Path, **options: Any) -> Result:
        """`areplay`, from ordinary code."""
        return run_sync(self.areplay(trace, **options))

    async def areplay(
        self,
        trace: Trace | str | Path,
        *,
        at: str | None = None,
        write: Change | None = None,
        changes: Mapping[str, Change] | None = None,
        params: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> Result:
        """A finished run of this flow once more, with something different in it; `trace` may be a path.

        `at` is a step: its id, `path#visit`, or its path for all of its visits; `write` is what it writes instead, by channel.
        `changes` are several of both. `params` are other values of params, `resources` other things; a model may be given by its
        name. Only what depends on a change runs again, through the memo; all else is taken from the trace. Without a change the
        same trace comes out.

        Raises `ReplayError` for a trace of another flow or version, and for a change that does not fit its step.
        """
        from seekgraph.core.machine import replay

        then = trace if isinstance(trace, Trace) else Trace.load(trace, self.flow.channels)
        found = None if resources is None else _resolved(self.flow, resources)
        return await replay.areplay(then, self, at=at, write=write, changes=changes, params=params, resources=found)

    def diagnose(self, examples: Iterable[Example] | str | Path, **options: Any) -> Diagnosis:
        """`adiagnose`, from ordinary code."""
        return run_sync(self.adiagnose(examples, **options))

    async def adiagnose(
        self,
        examples: Iterable[Example] | str | Path,
        *,
        metric: Metric | str | None = None,
        good: float | None = None,
        rewards: Sequence[Reward] | None = None,
        headroom: bool = True,
        worst: int = 20,
        parallel: int = 32,
        seed: int = 0,
        budget: Budget | None = None,
        progress: bool = False,
    ) -> Diagnosis:
        """Which step loses the points on these examples, why each failed example failed, what perfect steps would gain.

        An example below `good` in `metric` has failed: below .5 in answers' token F1, unless told otherwise. For each the first
        broken step is sought and confirmed by a replay in which it is fixed. With `headroom` each node is replayed as a perfect
        one. `worst` examples are kept with their traces. `budget` is for all of it.
        """
        from seekgraph.diagnosis.diagnose import diagnose

        return await diagnose(
            self,
            examples,
            metric=metric,
            good=good,
            rewards=rewards,
            headroom=headroom,
            worst=worst,
            parallel=parallel,
            seed=seed,
            budget=budget,
            progress=progress,
        )

    def compile(
        self, train: Iterable[Example] | str | Path, val: Iterable[Example] | str | Path | None = None, **options: Any
    ) -> Compiled:
        """`acompile`, from ordinary code."""
        return run_sync(self.acompile(train, val, **options))

    async def acompile(
        self,
        train: Iterable[Example] | str | Path,
        val: Iterable[Example] | str | Path | None = None,
        *,
        metric: Metric | str | Mapping[str, float] | None = None,
        rewards: Sequence[Reward] | None = None,
        passes: Sequence[Pass] | None = None,
        reflect_lm: Any = None,
        hold: Sequence[Metric | str] | None = None,
        accept: Literal["likely", "proven"] = "proven",
        folds: int | None = None,
        own_plan: bool | None = None,
        budget: Budget | None = None,
        seed: int = 0,
        journal: str | Path | None = None,
        resume: bool = False,
        progress: bool = False,
    ) -> Compiled:
        """Search the flow's params for better values on `train`, and accept them if `val` agrees.

        Where rollouts ask no model, every row judges, each by what was found without it, in `folds` parts; else, without `val`,
        two fifths of `train` are held back for it. `accept="likely"` also takes what probably gains, but is not proven.
        With nothing said of `passes`, nodes at which a perfect step would gain nothing are left as they are (`own_plan`).

        `metric` is what to compile for: a metric, or weights by name; without it answers and their support count half each,
        where the examples have gold for both. `rewards` are the step rewards that the search looks at beside it, in place of
        the default ones. `reflect_lm` is a model, or its name, that writes instructions. `hold` are metrics that no change may
        make worse beyond noise: all that an evaluation reports but costs, unless told otherwise; () for none. `budget` caps
        everything that compiling spends; nothing starts past it. With a `journal` every finished evaluation is kept, and
        `resume` goes on from there without repeating one. `progress` shows the plan, a bar and each change as it is judged.

        Raises `CompileError` where the examples have not the gold that the metric needs, `RewardError` where they or the flow
        cannot feed a reward, `ExampleError` where some are in both `train` and `val`.
        """
        from contextlib import nullcontext

        from seekgraph.optimizers.compile import compile_flow
        from seekgraph.optimizers.progress import Progress

        with Progress() if progress else nullcontext() as say:
            return await compile_flow(
                self,
                train,
                val,
                metric=metric,
                rewards=rewards,
                passes=passes,
                reflect_lm=reflect_lm,
                hold=hold,
                accept=accept,
                folds=folds,
                own_plan=own_plan,
                budget=budget,
                seed=seed,
                journal=journal,
                resume=resume,
                say=say,
            )


def replay(trace: Trace | str | Path, bound: Bound, **options: Any) -> Result:
    """A finished run once more, with something different in it: see `Bound.areplay`, which takes the same options.

    replay(result.trace, bound, at="rerank#2", write={"context": kept}).answer
    """
    return bound.replay(trace, **options)


def _resolved(flow: core_flow.Flow, given: Mapping[str, Any]) -> dict[str, Any]:
    """The resources, with the models that are given by name made: one for each name, whatever it is bound to."""
    from seekgraph.core.language.lm import LM

    ports = {name: port for name, (_, port, _) in flow.resources.items()} | flow.own_resources
    named = {name: thing for name, thing in given.items() if isinstance(thing, str) and ports.get(name) is LM}
    if not named:
        return {**given}
    from seekgraph.lms import resolve

    models = {model: resolve(model) for model in dict.fromkeys(named.values())}
    return {**given, **{name: models[model] for name, model in named.items()}}


def load(path: str | Path, flow: Flow | None = None) -> Flow:
    """The flow of an artifact, with the artifact's params: `load("hira.flow.json").bind(...)` is the deployed function.

    The artifact names the module in which the flow stands; nothing else of it is used to find code. `flow` is the flow itself
    where it stands in no module, as in a notebook. Raises `ArtifactError` for an artifact of another flow or version, with what
    has changed.
    """
    found = load_artifact(path, flow)
    if not isinstance(found, Flow):
        raise ArtifactError(f"{path}: the flow was made by the core's class: declare it with seekgraph.Flow")
    return found
