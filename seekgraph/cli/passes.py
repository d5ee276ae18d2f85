"""--pass: what compiling does, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse, Place, called, kind, named, similar

if TYPE_CHECKING:
    from seekgraph.optimizers.passes import Pass

READY = ("fit", "demonstrate", "instruct", "tune")
PASS = Place("--pass", f"{', '.join(READY)} or package.module:attribute", "pass")


def find_passes(names: Sequence[str], trials: int, writes: bool = False) -> list[Pass]:
    """The passes that --pass names, in order: ready-made ones by name, others by `module:attribute`, each a pass, or a class or
    function that makes one when it is called without arguments. Without names the ready-made ones, of which those that search
    run only where there are `trials`, and writing instructions where a model `writes`.

    Raises `Misuse` for what is no pass, and `FlowNotLoaded` for a module that raises.
    """
    if not names:
        usual = [name for name in (READY if trials else READY[:1]) if writes or name != "instruct"]
        return [_ready(name, trials) for name in usual]
    return [_ready(name, trials) if name in READY else _own(name) for name in names]


def _ready(name: str, trials: int) -> Pass:
    from seekgraph.optimizers.demonstrate import Demonstrate
    from seekgraph.optimizers.fit import Fit
    from seekgraph.optimizers.instruct import Instruct
    from seekgraph.optimizers.tune import Tune

    made = {"fit": Fit, "demonstrate": Demonstrate, "instruct": Instruct}
    return made[name]() if name in made else Tune(trials=trials)


def _own(spec: str) -> Pass:
    if ":" not in spec:
        raise Misuse(f"--pass takes {PASS.forms}, not {spec!r}{similar(spec, READY)}")
    found = named(spec, PASS, _is_pass)
    if isinstance(found, type) or not _is_pass(found):
        if not callable(found):
            raise Misuse(f"--pass: {spec} is {kind(found)}, and no pass: it needs name, work(...) and run(...)")
        found = called(found, spec, "--pass")
    if not _is_pass(found):
        raise Misuse(f"--pass: {spec} gives {kind(found)}, and no pass: it needs name, work(...) and run(...)")
    return found  # type: ignore[no-any-return]


def _is_pass(thing: Any) -> bool:
    return (
        not isinstance(thing, type)
        and callable(getattr(thing, "work", None))
        and callable(getattr(thing, "run", None))
        and isinstance(getattr(thing, "name", None), str)
    )
