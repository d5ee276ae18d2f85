"""A DSPy module as a node of a flow."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import dspy
from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node as CoreNode
from seekgraph.core.language.node import OrElse, Writes
from seekgraph.core.record.ledger import Digests, EvidenceList, Passages
from seekgraph.dspy.models import over
from seekgraph.types import Answer, Digest, Evidence, Goal, Passage, Plan, Query, Turn, Verdict

READS: Mapping[str, Any] = {
    "question": str,
    "context": Annotated[tuple[Passage, ...], OrElse("passages")],
    "passages": tuple[Passage, ...],
    "history": tuple[Turn, ...],
    "query": Query,
    "queries": tuple[Query, ...],
    "plan": Plan,
    "goal": Goal,
    "evidence": tuple[Evidence, ...],
    "digests": tuple[Digest, ...],
    "answer": Answer,
    "verdict": Verdict,
}
"""The types of channels that inputs of these names read; others have the type that the signature says."""

WRITES: Mapping[str, Any] = {
    "answer": Answer,
    "query": Query,
    "queries": tuple[Query, ...],
    "passages": Passages,
    "evidence": EvidenceList,
    "digests": Digests,
}
"""The same of what outputs of these names write."""


class OwnModels(ValueError):
    """A module has models of its own, whose calls no budget would count."""


class DspyNode(CoreNode):
    """Base of nodes that run a DSPy module; `Node` makes one."""

    memo: ClassVar[bool] = False  # what a module does besides asking its model is not known
    for_trace = True
    module: ClassVar[Any] = None
    signature: ClassVar[Any] = None

    lm: str = "lm"

    async def call(self, inputs: Mapping[str, Any], lm: Any) -> Any:
        """The module's prediction; its model is the step's, counted with it."""
        model = over(lm, str(getattr(lm, "name", "model")), loop=asyncio.get_running_loop())
        shown = {name: _shown(value) for name, value in inputs.items()}
        try:
            with dspy.context(lm=model):
                if hasattr(type(self.module), "aforward"):
                    return await self.module.acall(**shown)
                return await asyncio.to_thread(self.module, **shown)
        except Exception as error:
            if (refused := _refused(error)) is not None:
                raise refused from None  # DSPy wraps what its engines raise; for a run a spent budget is no failure
            raise


def Node(
    module: Any,
    *,
    reads: Mapping[str, Any] | Sequence[str] | None = None,
    writes: Mapping[str, Any] | Sequence[str] | None = None,
    name: str | None = None,
    lm: str = "lm",
) -> CoreNode:
    """A node that runs a DSPy module on what the flow has, with the model that is bound to the flow under `lm`.

        flow = sg.Flow(Retrieve("corpus") >> sg.dspy.Node(dspy.ChainOfThought("context, question -> answer")))

    The inputs of its signature are the channels that it reads, the outputs those that it writes; for a module of several
    predictors `reads` and `writes` are names, or map names to types, and for any module they go before its signature.
    Passages are shown as a list of "title: text"; other values as plain data. A text under `answer` becomes an `Answer`, one
    under `query` a `Query`; a list of texts under `citations` are the answer's. `name` is the node's kind, and so the
    beginning of its path.

    Every call of the module counts in the step's usage and in all budgets around it, and is in the trace as part of the step.
    The module must have no model of its own. An output that it does not give, or not of its type, is an error of the step.

    Raises `OwnModels` for a module that has, and `ValueError` where it is not known what it reads or writes.
    """
    if own := [place for place, predictor in module.named_predictors() if predictor.lm is not None]:
        raise OwnModels(f"the predictors {own} have models of their own: set their lm to None, and bind the model to the flow")
    signature = _signature(module)
    if signature is None and (reads is None or writes is None):
        raise ValueError(f"{type(module).__name__} has no signature of its own: say reads=['question'], writes=['answer']")
    takes = _typed(reads, signature and signature.input_fields, READS)
    gives = _typed(writes, signature and signature.output_fields, WRITES)
    cited = "answer" in gives and "citations" in gives
    written = {each: kind for each, kind in gives.items() if not (cited and each == "citations")}
    kind = name or type(module).__name__
    returns = create_model(f"{kind}Writes", __base__=Writes, **{each: (of, ...) for each, of in written.items()})  # type: ignore[call-overload]

    async def run(self: DspyNode, **inputs: Any) -> Any:
        found = await self.call({each: inputs[each] for each in takes if each in inputs}, inputs["lm"])
        values = {each: _value(found, each, of) for each, of in written.items()}
        if cited and isinstance(values["answer"], Answer):
            values["answer"] = values["answer"].model_copy(update={"citations": tuple(map(str, found.citations or ()))})
        return returns(**values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own_self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [inspect.Parameter(each, keyword, annotation=of) for each, of in takes.items()]
    parameters.append(inspect.Parameter("lm", keyword, annotation=LM))
    run.__signature__ = inspect.Signature([own_self, *parameters], return_annotation=returns)  # type: ignore[attr-defined]
    run.__annotations__ = {**takes, "lm": LM, "return": returns}
    body = {"run": run, "kind": kind.lower(), "module": module, "signature": signature, "__doc__": Node.__doc__}
    body["__module__"] = __name__
    made: type[DspyNode] = type(kind, (DspyNode,), body)
    return made(lm=lm)


def _signature(module: Any) -> Any:
    """The signature of a module that is one predictor, such as `Predict` and `ChainOfThought`; None for others."""
    if isinstance(module, dspy.Predict):
        return module.signature
    if (own := getattr(module, "signature", None)) is not None:
        return own
    predictors = module.predictors()
    return predictors[0].signature if len(predictors) == 1 and type(module).__module__.startswith("dspy.") else None


def _typed(said: Mapping[str, Any] | Sequence[str] | None, fields: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Names with their types: as said, else those of a signature's fields. Of a name alone it is the known one, or text."""
    if isinstance(said, Mapping):
        return dict(said)
    if said is not None:
        return {name: known.get(name, str) for name in said}
    return {name: known.get(name, info.annotation) for name, info in fields.items()}


def _refused(error: BaseException | None) -> BudgetExceeded | None:
    """The refusal of a budget among the causes of an error."""
    while error is not None and not isinstance(error, BudgetExceeded):
        error = error.__cause__ or error.__context__
    return error


def _shown(value: Any) -> Any:
    """A value as DSPy's adapters show it."""
    if isinstance(value, Passage):
        return f"{value.title}: {value.text}" if value.title else value.text
    if isinstance(value, Query | Goal):
        return value.text
    if isinstance(value, tuple | list):
        return [_shown(each) for each in value]
    return to_jsonable_python(value) if isinstance(value, BaseModel) else value


def _value(found: Any, name: str, kind: Any) -> Any:
    """An output as the channel's value."""
    value = getattr(found, name)
    if kind is Answer and isinstance(value, str):
        return Answer(text=value, refused=not value.strip())
    if kind is Query and isinstance(value, str):
        return Query(text=value)
    if kind == tuple[Query, ...] and isinstance(value, list | tuple):
        return tuple(Query(text=each) if isinstance(each, str) else each for each in value)
    return value
