"""The architecture: layers, no circle of imports, manners, and a package that is imported in no time.

Layers: `types` < `text` < `core` < `prompts` < `nodes, tools, lms, rewards` < `evaluation` < `diagnosis` < `optimizers` <
`flow` < `flows` < `synthesis, demo, deploy, dspy` < `cli`.
A package imports from itself and from layers below it; neighbours in one layer do not know each other. Inside `core` it is the
same: `base` < `record` < `frame` < `language` < `check, memo, artifact` < `machine` < `draw`. Every import counts: those inside
functions, those for type checkers only, and `importlib.import_module` with a name spelled out.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import networkx as nx
import pytest
from amounts import PATIENCE

PACKAGE = Path(__file__).resolve().parent.parent / "seekgraph"
INIT = PACKAGE / "__init__.py"

LAYERS = (
    ("types",),
    ("text",),
    ("core",),
    ("prompts",),
    ("nodes", "tools", "lms", "rewards"),
    ("evaluation",),
    ("diagnosis",),
    ("optimizers",),
    ("flow",),
    ("flows",),
    ("synthesis", "demo", "deploy", "dspy"),
    ("cli",),
)
LAYER_OF = {package: number for number, packages in enumerate(LAYERS) for package in packages}
LAYER_OF["__main__"] = LAYER_OF["cli"] + 1

HEAVY = ("numpy", "networkx", "optuna", "rich", "typer", "bm25s", "torch", "langgraph")

# What `__init__` may load: it only says where each name lives.
INIT_IMPORTS = {"__future__", "importlib", "typing"}

needs_init = pytest.mark.skipif(not INIT.exists(), reason="seekgraph/__init__.py does not exist yet")


# --- reading the package -------------------------------------------------------------------------------------------


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules() -> list[Path]:
    """Every module of the package but the top `__init__`."""
    return sorted(path for path in PACKAGE.rglob("*.py") if path != INIT)


def dotted(path: Path) -> str:
    """`seekgraph/core/language/flow.py` -> `seekgraph.core.language.flow`; a package's `__init__.py` -> the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(PACKAGE.parent)}:{getattr(node, 'lineno', 1)}"


def package_of(module: str) -> str:
    """`seekgraph.core.language.flow` -> `core`. The empty string is the package itself."""
    return module.removeprefix("seekgraph").lstrip(".").partition(".")[0]


def base_of(path: Path, node: ast.ImportFrom) -> str:
    """The absolute name of the module that a `from ... import` names."""
    if not node.level:
        return node.module or ""
    package = dotted(path).split(".")
    ups = node.level - (path.name == "__init__.py")
    return ".".join([*package[: len(package) - ups], *([node.module] if node.module else [])])


def inside(module: str) -> bool:
    return module == "seekgraph" or module.startswith("seekgraph.")


@cache
def init_names() -> dict[str, str]:
    """Public name -> the module it lives in, as `__init__` tells type checkers; names that it defines map to ''."""
    if not INIT.exists():
        return {}
    table: dict[str, str] = {}
    for node in ast.walk(parsed(INIT)):
        if isinstance(node, ast.ImportFrom) and inside(base_of(INIT, node)):
            for alias in node.names:
                base = base_of(INIT, node)
                table[alias.asname or alias.name] = f"seekgraph.{alias.name}" if base == "seekgraph" else base
    for node in parsed(INIT).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        table |= {target.id: "" for target in targets if isinstance(target, ast.Name)}
    return table


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every import of a part of Seekgraph in a module: the place, and the absolute name of what is imported."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if inside(alias.name))
        elif isinstance(node, ast.ImportFrom) and inside(base := base_of(path, node)):
            for alias in node.names:
                if base != "seekgraph" or alias.name in LAYER_OF:
                    yield node, f"{base}.{alias.name}" if base == "seekgraph" else base
                elif home := init_names().get(alias.name, "seekgraph"):  # through `__init__`: what counts is where it lives
                    yield node, home
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"} and inside(name := str(node.args[0].value)):
                yield node, name


def layer_breaks(path: Path) -> list[str]:
    package = package_of(dotted(path))
    if package not in LAYER_OF:
        return [f"{place(path, parsed(path))} is in the package `{package}`, which has no layer: add it to LAYERS"]
    layer = LAYER_OF[package]
    broken = []
    for node, name in imports(path):
        other = package_of(name)
        if other == package:
            continue
        if not other:
            if layer < len(LAYERS) - 1:
                broken.append(
                    f"{place(path, node)} imports the whole of seekgraph from layer {layer}: import the module you need"
                )
        elif other not in LAYER_OF:
            broken.append(f"{place(path, node)} imports {name}, which has no layer: add it to LAYERS")
        elif LAYER_OF[other] >= layer:
            broken.append(f"{place(path, node)} imports {name} (layer {LAYER_OF[other]}) from layer {layer}")
    return broken


def report(findings: list[str]) -> None:
    if findings:
        pytest.fail("\n".join(["", *dict.fromkeys(findings)]), pytrace=False)


# --- layers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", sorted(LAYER_OF, key=lambda package: (LAYER_OF[package], package)))
def test_a_package_imports_only_from_layers_below_it(package: str) -> None:
    report([finding for path in modules() if package_of(dotted(path)) == package for finding in layer_breaks(path)])


def test_every_module_is_in_a_package_with_a_layer() -> None:
    report([finding for path in modules() if package_of(dotted(path)) not in LAYER_OF for finding in layer_breaks(path)])


@pytest.mark.parametrize(
    ("where", "source", "found"),
    [
        ("core/a.py", "from seekgraph.nodes.plan import Plan", "imports seekgraph.nodes.plan (layer 4) from layer 2"),
        ("core/a.py", "from seekgraph import cli", "imports seekgraph.cli (layer 11) from layer 2"),
        ("core/a.py", "from ..tools import bm25", "imports seekgraph.tools (layer 4) from layer 2"),
        ("core/a.py", "import seekgraph as sg", "imports the whole of seekgraph from layer 2"),
        ("nodes/a.py", "def f():\n    import seekgraph.tools.bm25", "imports seekgraph.tools.bm25 (layer 4) from layer 4"),
        (
            "types.py",
            "if TYPE_CHECKING:\n    from .core.flow import Flow",
            "imports seekgraph.core.flow (layer 2) from layer 0",
        ),
        ("demo/__init__.py", "from ..deploy import http", "imports seekgraph.deploy (layer 10) from layer 10"),
        ("flows/a.py", "importlib.import_module('seekgraph.cli')", "imports seekgraph.cli (layer 11) from layer 9"),
        ("attic/a.py", "x = 1", "has no layer"),
        ("nodes/a.py", "from . import plan\nfrom .plan import Plan\nfrom ..core.node import Node\nimport numpy", None),
        ("nodes/__init__.py", "from .plan import Plan\nfrom seekgraph.types import Query", None),
        ("cli.py", "import seekgraph\nfrom seekgraph.deploy.http import serve", None),
    ],
)
def test_the_layer_check_sees_what_it_should(where: str, source: str, found: str | None, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path / "seekgraph")
    path = tmp_path / "seekgraph" / where
    path.parent.mkdir(parents=True)
    path.write_text(source)
    breaks = layer_breaks(path)
    assert breaks == [] if found is None else (len(breaks) == 1 and found in breaks[0])


# --- core's layers, and no circle anywhere --------------------------------------------------------------------------

CORE_LAYERS = (("base",), ("record",), ("frame",), ("language",), ("check", "memo", "artifact"), ("machine",), ("draw",))
CORE_LAYER_OF = {package: number for number, packages in enumerate(CORE_LAYERS) for package in packages}
UPWARDS = {("seekgraph.core.record.trace", "_repr_html_")}
"""The functions that may import from a layer above: a notebook asks the object itself for its drawing."""

KNOWN_CIRCLES = {
    frozenset({"seekgraph.rewards", "seekgraph.rewards.catalog", "seekgraph.rewards.parsing"}),
}


def of_notebooks(path: Path) -> set[ast.AST]:
    """The imports of a module that stand in a function of `UPWARDS`."""
    functions = [
        node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef) and (dotted(path), node.name) in UPWARDS
    ]
    return {inner for function in functions for inner in ast.walk(function)}


def core_package(module: str) -> str:
    """`seekgraph.core.language.flow` -> `language`."""
    return ".".join(module.split(".")[2:3])


def test_core_imports_only_from_its_layers_below() -> None:
    found = []
    for path in modules():
        own = core_package(dotted(path)) if package_of(dotted(path)) == "core" else ""
        if not own:
            continue
        allowed = of_notebooks(path)
        for node, name in imports(path):
            other = core_package(name) if package_of(name) == "core" else ""
            if other and other != own and node not in allowed and CORE_LAYER_OF[other] >= CORE_LAYER_OF[own]:
                found.append(f"{place(path, node)} imports {name}: core/{other} is not below core/{own}")
    report(found)


def module_graph() -> dict[str, set[str]]:
    """Each module with the modules that it imports: at run time, inside functions, for type checkers.

    `from package import name` is an import of the module `package.name` where there is one.
    """
    names = {dotted(path) for path in modules()}
    graph: dict[str, set[str]] = {name: set() for name in names}
    for path in modules():
        allowed = of_notebooks(path)
        for node, name in imports(path):
            if node in allowed:
                continue
            inner = {f"{name}.{alias.name}" for alias in node.names} & names if isinstance(node, ast.ImportFrom) else set()
            graph[dotted(path)] |= inner or ({name} & names)
    return {module: others - {module} for module, others in graph.items()}


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of modules that import one another in a circle."""
    return {frozenset(group) for group in nx.strongly_connected_components(nx.DiGraph(graph)) if len(group) > 1}


def test_no_modules_import_one_another_in_a_circle() -> None:
    found = circles(module_graph())
    report([f"in a circle: {', '.join(sorted(each))}" for each in found - KNOWN_CIRCLES])
    report([f"no circle any more, take it from KNOWN_CIRCLES: {', '.join(sorted(each))}" for each in KNOWN_CIRCLES - found])


def test_a_circle_is_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc")}


# --- manners -------------------------------------------------------------------------------------------------------


def is_public(path: Path) -> bool:
    return not any(part.startswith("_") and part != "__init__" for part in path.relative_to(PACKAGE).with_suffix("").parts)


def may_print(path: Path) -> bool:
    return package_of(dotted(path)) in {"cli", "demo", "__main__"}


def calls(path: Path, *names: str) -> list[ast.Call]:
    """Calls of built-in functions by their names; a method of the same name does not count."""
    return [
        node
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in names)
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in names
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "builtins"
            )
        )
    ]


def everywhere() -> list[Path]:
    return [*modules(), *([INIT] if INIT.exists() else [])]


def test_every_public_module_says_what_it_is_for() -> None:
    report([f"{place(p, parsed(p))} has no docstring" for p in everywhere() if is_public(p) and not ast.get_docstring(parsed(p))])


def test_the_library_prints_nothing() -> None:
    report([f"{place(p, node)} prints" for p in everywhere() if not may_print(p) for node in calls(p, "print")])


def test_no_except_is_bare() -> None:
    handlers = [(p, node) for p in everywhere() for node in ast.walk(parsed(p)) if isinstance(node, ast.ExceptHandler)]
    report([f"{place(p, node)} has a bare except" for p, node in handlers if node.type is None])


def test_no_text_is_ever_run_as_code() -> None:
    report([f"{place(p, node)} calls eval or exec" for p in everywhere() for node in calls(p, "eval", "exec")])


EXTRA_AT = {"need": 1, "_installed": 1, "MissingExtra": 1}  # the argument that names the extra to install


def test_an_extra_that_a_message_names_can_be_installed() -> None:
    with (PACKAGE.parent / "pyproject.toml").open("rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    named = [
        (p, node, node.args[at].value)
        for p in everywhere()
        for name, at in EXTRA_AT.items()
        for node in calls(p, name)
        if len(node.args) > at and isinstance(node.args[at], ast.Constant)
    ]
    assert {extra for _, _, extra in named} >= {"dense", "lm", "local", "hub"}
    report([f"{place(p, node)} names the extra {extra!r}" for p, node, extra in named if extra not in extras])


# --- the top `__init__` ------------------------------------------------------------------------------------------------------


def at_run_time(body: Sequence[ast.AST]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run when a module is imported: not those for type checkers, not those inside functions."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_run_time(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_run_time(list(ast.iter_child_nodes(node)))


def child(code: str) -> dict:
    """Run code in a fresh interpreter and read the JSON object that it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seconds_to_import(name: str) -> float:
    code = f"import json, time\nt = time.perf_counter()\nimport {name}\nprint(json.dumps({{'s': time.perf_counter() - t}}))"
    return child(code)["s"]


@needs_init
def test_the_init_is_only_a_table() -> None:
    found = []
    for node in at_run_time(parsed(INIT).body):
        names = [base_of(INIT, node)] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        found += [f"{place(INIT, node)} imports {name} at run time" for name in names if name.split(".")[0] not in INIT_IMPORTS]
    report(found)


@needs_init
def test_importing_seekgraph_loads_no_package_and_nothing_heavy() -> None:
    loaded = child("import json, sys, seekgraph; print(json.dumps({'modules': sorted(sys.modules)}))")["modules"]
    packages = [name for name in loaded if name.startswith("seekgraph.")]
    report([f"`import seekgraph` loads {name}" for name in loaded if name.split(".")[0] in HEAVY])
    report([f"`import seekgraph` loads {name}: look it up when the name is asked for" for name in packages])


@needs_init
def test_importing_seekgraph_costs_at_most_three_times_pydantic() -> None:
    pairs = [(seconds_to_import("seekgraph"), seconds_to_import("pydantic")) for _ in range(5)]
    ours, pydantic = (min(times) for times in zip(*pairs, strict=True))
    assert ours <= 3 * pydantic, f"import seekgraph {ours * 1e3:.1f} ms, import pydantic {pydantic * 1e3:.1f} ms"
