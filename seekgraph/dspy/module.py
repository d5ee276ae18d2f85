"""A flow as a DSPy module."""

from __future__ import annotations

import keyword
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, cast

import dspy

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BudgetExceeded, SeekgraphError
from seekgraph.core.base.identity import digest
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.sync import run_sync
from seekgraph.core.language.params import DemosParam
from seekgraph.core.machine.result import Result
from seekgraph.dspy.models import lm
from seekgraph.dspy.signatures import Fields
from seekgraph.flow import Bound, Flow
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.optimizers.allowance import over
from seekgraph.optimizers.models import control_tokens, demonstrable, instructed
from seekgraph.prompts.nearest import SHOWN
from seekgraph.prompts.written import safe
from seekgraph.types import Answer, Passage

KEPT = 8
"""How many sets of values are kept as flows that can run at once."""


class RunFailed(SeekgraphError):
    """A run of the flow failed, which for DSPy is an exception. The message names the step."""


def to_module(flow: Flow | Bound, resources: Mapping[str, Any] | None = None, *, budget: Budget | None = None) -> FlowModule:
    """A flow as a DSPy module: every node that asks a model that is bound, and has its instruction left to choose, is a predictor
    with a signature of its own.

    `flow` is bound, or is bound here to `resources`. A call runs the flow with the instructions and demonstrations that the
    predictors have, on the flow's own models, memo and limits; the predictors themselves are never asked. So what an optimizer
    measures is what the flow will do. The visits of the run stand in DSPy's trace, each visit of a looped node, in their order.

    `budget` is for all runs of the module, and of its copies, together, and for what `FlowModule.model` is asked; past it
    `BudgetExceeded` is raised. Of a `dspy.LM` that DSPy's settings or a predictor have, nothing is used but its temperature where
    an optimizer wants another sample (a `rollout_id`): models of the flow serve.

    Raises `ValueError` for a flow without such a node.
    """
    bound = flow if isinstance(flow, Bound) else flow.bind(resources or {})
    if not instructed(bound):
        raise ValueError(f"{bound.flow!r} has no node that asks a bound model by an instruction that is left to choose")
    return FlowModule(Shared(bound, Meter(budget)))


def from_module(module: Any) -> Flow:
    """The flow of a module that `to_module` made, or of a copy that an optimizer made of it, with the instructions and
    demonstrations that its predictors have, by the nodes' names.

    An instruction is made safe as any that a model writes (`prompts.written.safe`); demonstrations that are not whole, such as
    plain rows of the training set, are left out, and no more are taken than a node shows.
    """
    if not isinstance(module, FlowModule):
        raise ValueError(f"from_module takes what to_module made, not a {type(module).__name__}")
    return cast(Flow, module.bound.flow)


class FlowModule(dspy.Module):  # type: ignore[misc]
    """What `to_module` makes. `nodes` are the paths of the nodes by the names of their predictors."""

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self._shared = shared
        self.nodes = dict(_names(self, instructed(shared.bound)))
        for name, path in self.nodes.items():
            setattr(self, name, dspy.Predict(shared.fields[path].signature(shared.node(path))))

    @property
    def bound(self) -> Bound:
        """The bound flow with what the predictors have."""
        return self._shared.with_values(self.values())

    @property
    def spent(self) -> dict[str, float]:
        """What all runs have used, and `model`."""
        return self._shared.meter.used.spent()

    def model(self, model: Any = None, **settings: Any) -> Any:
        """A `dspy.LM` for what an optimizer asks by itself, counted in the module's budget: over `model`, or the flow's own."""
        if model is None:
            resources = self._shared.bound.resources
            model = next(thing for thing in (resources.get("lm"), *resources.values()) if hasattr(thing, "complete"))
        return lm(model, meter=self._shared.meter, **settings)

    def forward(self, **inputs: Any) -> Any:
        """Run the flow. Raises `RunFailed`, and `BudgetExceeded` where the budget is spent."""
        return self._told(*run_sync(self._run(inputs, _rollout(self))))

    async def aforward(self, **inputs: Any) -> Any:
        """`forward`, awaited."""
        return self._told(*await self._run(inputs, _rollout(self)))

    async def _run(self, inputs: Mapping[str, Any], rollout: Mapping[str, Any]) -> tuple[Bound, Result]:
        bound = self._shared.with_values(self.values(), rollout)
        taken = {name: value for name, value in inputs.items() if name in bound.flow.inputs}
        meter = Meter(None, self._shared.meter)
        result = await bound.execute(taken, meter=meter)
        if over(meter):
            raise BudgetExceeded("the budget of the module is spent", meter)
        if result.status == "failed":
            cause = result.cause
            raise RunFailed(f"{cause.id}: {cause.error.message}" if cause is not None and cause.error else "the run failed")
        return bound, result

    def _told(self, bound: Bound, result: Result) -> Any:
        """Append the visits to DSPy's trace; the prediction."""
        trace, most = dspy.settings.trace, dspy.settings.max_trace_size
        if trace is not None and most > 0:
            for entry in self._entries(bound, result):
                if len(trace) >= most:
                    trace.pop(0)
                trace.append(entry)
        return _prediction(self.nodes, result)

    def _entries(self, bound: Bound, result: Result) -> Iterator[tuple[Any, dict[str, Any], Any]]:
        names = {path: name for name, path in self.nodes.items()}
        for step in result.trace.steps:
            if step.kind != "node" or step.path not in names or step.error is not None or step.usage.get("fallbacks"):
                continue
            node = cast(LLMNode, bound.program.nodes[step.path].node)
            own = {channel: name for name, channel in node.writing.items()}
            reply = node.reply({own.get(channel, channel): value for channel, value in step.writes.items()})
            if reply is None:
                continue
            shown = node.prompt_inputs(bound.program.arguments(result.trace, step))
            inputs, outputs = self._shared.fields[step.path].to_dspy(shown, reply)
            yield getattr(self, names[step.path]), inputs, dspy.Prediction(**outputs)

    def values(self) -> dict[str, Any]:
        """The params that the predictors stand for, as plain data by their full names."""
        shared, found = self._shared, dict[str, Any]()
        for name, path in self.nodes.items():
            predictor, node = getattr(self, name), shared.node(path)
            found[shared.instructions[path]] = shared.instruction(path, predictor.signature.instructions)
            if path in shared.demos:
                param, most = shared.demos[path]
                demos = (shared.fields[path].demo(node, dict(each)) for each in predictor.demos)
                found[param] = [demo for demo in demos if demo is not None][:most]
        return found


class Shared:
    """What copies of a module have in common."""

    def __init__(self, bound: Bound, meter: Meter) -> None:
        self.bound = bound
        self.meter = meter
        self.instructions = instructed(bound)
        self.fields = {path: Fields.of(self.node(path), path) for path in self.instructions}
        mine = {path: (name, cast(DemosParam, site.params[name])) for path, (site, name) in demonstrable(bound).items()}
        self.demos = {path: (name, min(SHOWN, param.most)) for path, (name, param) in mine.items()}
        self._tokens = control_tokens(bound)
        self._made: OrderedDict[str, Bound] = OrderedDict()
        self._lock = threading.Lock()

    def node(self, path: str) -> LLMNode:
        """The node at a path, with plain settings."""
        return cast(LLMNode, self.bound.program.nodes[path].node)

    def instruction(self, path: str, text: str) -> str:
        """An instruction as it may stand in a prompt; the node's own as it is."""
        own = self.node(path).instruction
        return own if text.strip() == own.strip() else safe(text, self._tokens)

    def with_values(self, values: Mapping[str, Any], rollout: Mapping[str, Any] | None = None) -> Bound:
        """The flow under these values of params; its models sample as `rollout` says."""
        key = digest([dict(values), dict(rollout or {})])
        with self._lock:
            if key not in self._made:
                made = self.bound.with_params(values)
                if rollout:
                    again = {
                        name: thing.with_settings(**rollout)
                        for name, thing in made.resources.items()
                        if hasattr(thing, "complete") and hasattr(thing, "with_settings")
                    }
                    made = made.with_resources(again)
                self._made[key] = made
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]

    def __deepcopy__(self, memo: Any) -> Shared:
        return self

    def __copy__(self) -> Shared:
        return self


def _names(module: Any, paths: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A name for the predictor of each node, which can be an attribute: its path, with `__` between its parts."""
    taken = {*dir(module), "nodes"}
    for path in paths:
        name = re.sub(r"\W", "_", path.replace("/", "__"))
        while name in taken or keyword.iskeyword(name) or not name.isidentifier():
            name = f"node_{name}"
        taken.add(name)
        yield name, path


def _rollout(module: Any) -> dict[str, Any]:
    """How an optimizer wants this run sampled: the temperature and the number of the sample, where it asks for another one."""
    own = [predictor.lm for predictor in module.predictors() if predictor.lm is not None]
    chosen = own[0] if own else dspy.settings.lm
    settings: Mapping[str, Any] = getattr(chosen, "kwargs", None) or {}
    if settings.get("rollout_id") is None:
        return {}
    temperature = settings.get("temperature")
    sample = {"sample": max(0, int(settings["rollout_id"]))}
    return sample if temperature is None else {**sample, "temperature": float(temperature)}


def _prediction(nodes: Mapping[str, str], result: Result) -> Any:
    """The outcome as DSPy's metrics read it: `answer` is text; `passages` are those that were handed on."""
    answer = result.values.get("answer")
    found: dict[str, Any] = {}
    if isinstance(answer, Answer):
        found = {"answer": answer.text, "citations": list(answer.citations), "refused": answer.refused}
    elif answer is not None:
        found = {"answer": str(answer)}
    passages = [each for each in result.passages if isinstance(each, Passage)]
    made = dspy.Prediction(**found, passages=[f"{each.title}: {each.text}" for each in passages])
    made._result, made._nodes = result, nodes  # for `scoring.metric`
    return made
