"""Hosted models: of a host in the table, or behind any address that speaks as OpenAI does."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from seekgraph.lms.anthropic_messages import AnthropicMessages
from seekgraph.lms.client import BackedLM
from seekgraph.lms.errors import ModelOption
from seekgraph.lms.host import Host
from seekgraph.lms.host_table import HOSTS
from seekgraph.lms.hosts import MODES, HostEntry
from seekgraph.lms.keys import KeySource, checked_source
from seekgraph.lms.openai_chat import Dialect, OpenAIChat
from seekgraph.lms.options import Extras, sampled
from seekgraph.lms.prices import Price, price_of
from seekgraph.lms.protocols import HostProtocol
from seekgraph.lms.refusals import Aspect, Refusal, Terms
from seekgraph.lms.structured import Policy
from seekgraph.lms.transport import Sending, Transport

TABLE_VALUE: Any = object()
"""Of `key`: as the host's entry says."""


def openai(model: str, **options: Any) -> BackedLM:
    """A model of OpenAI's, such as "gpt-4.1-mini". See `of_host` for the options."""
    return of_host(HOSTS["openai"], model, **options)


def anthropic(model: str, **options: Any) -> BackedLM:
    """A model of Anthropic's, such as "claude-haiku-4-5". See `of_host` for the options."""
    return of_host(HOSTS["anthropic"], model, **options)


def of_host(
    entry: HostEntry, model: str, *, key: KeySource = TABLE_VALUE, base_url: str | None = None, **options: Any
) -> BackedLM:
    """A model of a host in the table. `base_url`: another address than its own, or than its variable says.

    `key` and the other options are those of `openai_compatible`. Raises `Rejected` naming a variable that the address needs.
    """
    where = entry.where(model) if base_url is None else None
    if where is not None and where.query:
        options["query"] = {**where.query, **options.get("query", {})}
    if entry.headers:
        options["headers"] = {**entry.headers, **options.get("headers", {})}
    if entry.name not in ("openai", "anthropic"):  # the same name of a model need not be the same model at another host
        options["version"] = options.get("version") or entry.name
    protocol: HostProtocol = AnthropicMessages()
    if entry.language == "openai":
        dialect = Dialect(entry.key_header, entry.renames, entry.values)
        protocol = OpenAIChat(exact=entry.limit == "max_completion_tokens", dialect=dialect, paid=entry.paid)
    address = base_url if where is None else where.url
    source = entry.key if key is TABLE_VALUE else key
    mode = options.pop("mode", entry.mode)
    return hosted_lm(f"{entry.name}/{model}", protocol, model, address or entry.url, source, mode, options, entry)


def openai_compatible(url: str, model: str, *, key: KeySource = None, mode: str = "json_schema", **options: Any) -> BackedLM:
    """A model behind any address that speaks as OpenAI does: "http://127.0.0.1:8080/v1".

    `key`: the name of an environment variable or a function; none is sent without it, so that OpenAI's key goes to OpenAI only.
    `mode`: how a type is asked for first: "json_schema" (a response format), "tools" (a forced function call), "json_object" or
    "words"; what the host refuses is asked for in another of these.
    `settings`: `Settings`. `reasks`: how often what was wrong goes back (2). `fallback`: whether plain text will do in the end.
    `retries`: further tries after transport errors, 429 and 5xx (4), with `Retry-After` up to `longest_wait` seconds (60).
    `timeout`: seconds for one try (120). `limit`: a `RateLimit`. `price`: a `Price`, or prices by name;
    calls without one count as free, and are refused under a budget in US dollars, but for servers of this machine or network.
    `version`: part of the identity, for a server whose model changes under one name.
    `effort`: how much it is to reason ("low"). `headers`, `body`, `query`: additions to each request (`options.Extras`).
    """
    return hosted_lm(f"{url.rstrip('/')}#{model}", OpenAIChat(exact=False), model, url, key, mode, options, None)


def hosted_lm(
    name: str,
    protocol: HostProtocol,
    model: str,
    url: str,
    key: KeySource,
    mode: str,
    options: dict[str, Any],
    entry: HostEntry | None = None,
    *,
    transport: Sending | None = None,
) -> BackedLM:
    """A model behind an address, with the options of `openai_compatible`; `transport` sends what is not sent by HTTP."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or parts.query:
        raise ModelOption(
            "a model's address is http(s)://host[:port]/path, without a user, a password or a query in it: "
            "query= takes parameters of the address"
        )
    if mode not in MODES:
        raise ModelOption(f"{name}: mode is one of {MODES}, not {mode!r}")
    settings = sampled(options.pop("settings", None), options.pop("sampling", {}))
    policy = Policy(options.pop("reasks", 2), options.pop("fallback", True))
    own_price = options.pop("price", None)
    price = own_price if isinstance(own_price, Price) else price_of(name, own_price, entry.prices if entry else "")
    extras = Extras(
        options.pop("effort", None) or "", *(_strings(name, each, options.pop(each, {})) for each in ("headers", "body", "query"))
    )
    known = {"version", "retries", "longest_wait", "limit"} & set(options)
    chosen = {each: options.pop(each) for each in known if options[each] is not None}
    timeout = options.pop("timeout", 120.0)
    if options:
        raise TypeError(f"{name} has no option {sorted(options)}")
    refused = entry.refuses if entry else ()
    forms = tuple(form for form in (mode, *(form for form in protocol.forms if form != mode)) if form not in refused)
    chosen["terms"] = Terms({each: Refusal(Aspect(each, None), "parameter", 0) for each in refused})
    free_without_price = not entry.paid if entry else transport is None and _near(url)
    host = Host(
        name, protocol, model, url.rstrip("/"), checked_source(key), forms, extras=extras, price=price,
        free_without_price=free_without_price, transport=transport or Transport(timeout), **chosen,
    )  # fmt: skip
    return BackedLM(host, settings, policy)


def _strings(name: str, option: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found):
        raise ModelOption(f"{name}: {option} is a mapping from names to values, not {type(found).__name__}")
    return dict(found)


def _near(url: str) -> bool:
    """Whether an address is on this machine or in a private network, where calls cost nothing unless a price is given."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host
    return address.is_private


__all__ = ["MODES", "anthropic", "of_host", "openai", "openai_compatible"]
