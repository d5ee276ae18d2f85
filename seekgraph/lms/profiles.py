"""What is known of small models by measuring: the roles that rules do better than they do, and how they are best asked.

A user adds to the table, for a program with `register_profile`, for the command line in pyproject.toml:

    [tool.seekgraph.models."ollama/qwen3:0.6b"]
    rules = ["plan", "refine"]
    source = "my own dev set"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from seekgraph.lms.errors import ModelOption

NO_RULES = "none"


@dataclass(frozen=True)
class Profile:
    """What is known of the models whose name `pattern` matches (in small letters; * stands for anything).

    `rules` are the roles that rules do better: of Seekgraph's own nodes "plan", "plan_next", "refine", "rerank",
    "rerank_pointwise", "read", "reflect", "judge", "standalone", "answer" (in prose), "answer_short", and "answer_goal" (of one
    goal of a plan); of a user's, what they give as `role`. `spans` is whether short answers are held to spans of what was read.
    `source` says where that was measured.
    """

    pattern: str
    rules: frozenset[str] = frozenset()
    spans: bool = False
    source: str = ""

    def matches(self, name: str) -> bool:
        """Whether this is known of the model of this name."""
        return fnmatchcase(name.lower(), self.pattern.lower())


PROFILES: tuple[Profile, ...] = (
    # Measured: refine, read, rerank, reflect and plan in benchmarks/agents.md (replies that cannot be used; 34 % of the
    # supporting passages found in the place of 53 %). answer_goal in benchmarks/local_flows.md: no better than the rules, and 26
    # seconds a question in the place of 5. The others are asked for the same kinds of reply.
    Profile(
        "*smollm2*135m*",
        frozenset("plan plan_next refine rerank rerank_pointwise read reflect judge standalone answer answer_goal".split()),
        spans=True,
        source="benchmarks/agents.md and local_flows.md",
    ),
)
"""What comes with Seekgraph."""

UNKNOWN = Profile("*")
_added: dict[str, Profile] = {}


def register_profile(profile: Profile) -> Profile:
    """Let this profile hold in this process, before ours; one of the same pattern is replaced. Gives it back.

    register_profile(Profile("ollama/qwen3:0.6b", rules=frozenset({"plan", "refine"}), source="my dev set"))
    """
    _added[profile.pattern] = profile
    return profile


def profile_of(name: str) -> Profile:
    """What is known of the model of this name: the first profile that matches, those that were registered last before all."""
    known = (*reversed(_added.values()), *PROFILES)
    return next((each for each in known if each.matches(name)), UNKNOWN)


def with_rules(profile: Profile, rules: str | Iterable[str] | None) -> Profile:
    """The profile with other roles left to rules: "none", roles joined by "+", or a collection of them; None keeps it."""
    if rules is None:
        return profile
    given = rules.replace("+", " ").split() if isinstance(rules, str) else list(rules)
    return Profile(profile.pattern, frozenset(given) - {NO_RULES}, profile.spans, "chosen by the user")


def profile_from(pattern: str, table: Mapping[str, Any]) -> Profile:
    """A profile from plain data, as it stands in a configuration file. Raises `ModelOption` naming what it does not take."""
    where = f"model {pattern!r}"
    if unknown := sorted(set(table) - {"rules", "spans", "source"}):
        raise ModelOption(f"{where} has no option {', '.join(unknown)}: there is rules, spans, source")
    rules, spans, source = table.get("rules", []), table.get("spans", False), table.get("source", "")
    if not isinstance(rules, list) or not all(isinstance(each, str) for each in rules):
        raise ModelOption(f'{where}: rules is a list of roles, such as ["plan", "refine"], not {rules!r}')
    if not isinstance(spans, bool) or not isinstance(source, str):
        raise ModelOption(f"{where}: spans is true or false, and source a text")
    return Profile(pattern, frozenset(rules), spans, source)
