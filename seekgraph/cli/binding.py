"""--bind: any resource of a flow, from a module."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse, Place, called, kind, named, similar

if TYPE_CHECKING:
    from seekgraph.flow import Flow

BIND = Place("--bind", "NAME=package.module:attribute", "resource")


@dataclass(frozen=True)
class Bindings:
    """--bind, as it was written: `NAME=module:attribute`, several times."""

    pairs: tuple[str, ...] = ()

    def places(self, flow: Flow) -> dict[str, str]:
        """Where each resource is found, by its name or, for one node alone, `PATH.PARAMETER`.

        Raises `Misuse` for a name that the flow has not, and for one that is given twice.
        """
        known = {**{name: port for name, (_, port, _) in flow.resources.items()}, **flow.own_resources} if self.pairs else {}
        found: dict[str, str] = {}
        for pair in self.pairs:
            name, _, spec = (part.strip() for part in pair.partition("="))
            if not name or ":" not in spec:
                raise Misuse(f"--bind takes NAME=package.module:attribute, such as corpus=mine:index, not {pair!r}")
            if name not in known:
                hint = similar(name, known) or f"; it takes {', '.join([*flow.resources, *flow.own_resources]) or 'none'}"
                raise Misuse(f"--bind: the flow takes no resource {name!r}{hint}")
            if name in found:
                raise Misuse(f"--bind: {name} is given twice")
            found[name] = spec
        return found

    def open(self, flow: Flow) -> dict[str, Any]:
        """The resources. Raises `Misuse` for what is none, and `FlowNotLoaded` for a module, or a function, that raises."""
        ports = {**{name: port for name, (_, port, _) in flow.resources.items()}, **flow.own_resources}
        return {name: resource(name, spec, ports[name]) for name, spec in self.places(flow).items()}


def resource(name: str, spec: str, port: type) -> Any:
    """The thing at `spec` as a resource of type `port`: itself, what it makes when it is called without arguments, or, for a
    function `(text, k)`, the retriever that searches with it. For a model its name will do.
    """
    from seekgraph.core.language.lm import LM
    from seekgraph.core.language.ports import Retriever

    thing = named(spec, BIND, lambda value: _has_methods(value, port))
    if _has_methods(thing, port) or (port is LM and isinstance(thing, str)):
        return thing
    if not callable(thing):
        raise Misuse(f"--bind {name}: {spec} is {kind(thing)}, and no {port.__name__}: {_wanted(port)}")
    if port is Retriever and not isinstance(thing, type) and takes(thing, "text", 5) and not takes(thing):
        from seekgraph.tools import from_function

        return from_function(thing, name=name)
    if not takes(thing):
        raise Misuse(f"--bind {name}: {spec} cannot be called without arguments: make it a function that needs none")
    made = called(thing, spec, "--bind")
    if not _has_methods(made, port) and not (port is LM and isinstance(made, str)):
        raise Misuse(f"--bind {name}: {spec} gives {kind(made)}, and no {port.__name__}: {_wanted(port)}")
    return made


def _methods(port: type) -> list[str]:
    from seekgraph.core.language.ports import Port

    bases = [base for base in port.__mro__ if Port in base.__mro__ and base is not Port]
    return sorted({name for base in bases for name, member in vars(base).items() if callable(member) and name[0] != "_"})


def _has_methods(thing: Any, port: type) -> bool:
    return not isinstance(thing, type) and all(callable(getattr(thing, name, None)) for name in _methods(port))


def _wanted(port: type) -> str:
    return f"it needs {', '.join(f'{name}(...)' for name in _methods(port))}"


def takes(thing: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a thing can be called with these arguments."""
    try:
        inspect.signature(thing).bind(*arguments)
    except (TypeError, ValueError):
        return False
    return True
