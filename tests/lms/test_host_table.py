"""Each host of the table as it really is: a server on the loopback address that enforces it, and one flow that answers on all.

What each enforces is from the vendor's documentation, or from the words of the host itself in a public report; `source` says
where. Needs the extra `lm`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from lm_kit import Sent, chat, host

from seekgraph.core.language.lm import Rejected, Settings
from seekgraph.flows.reader import flow
from seekgraph.lms import HostEntry, ModelName, ModelOption, price_of, register_host, resolve
from seekgraph.lms.abilities import Capital, abilities
from seekgraph.lms.host_table import HOSTS
from seekgraph.lms.hosts import entry_of
from seekgraph.lms.prices import context_window
from seekgraph.tools import open_corpus

for package in ("aiohttp", "tenacity", "genai_prices"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

pytestmark = pytest.mark.lm
SECRET = "sk-sentinel-3b9d04a7c1e85f62"
QUESTION = "Which river flows through Vienna?"
Body = dict[str, Any]

# --- how hosts say no ---------------------------------------------------------------------------------------------------


def openai_error(status: int, name: str, message: str) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "invalid_request_error", "param": name or None, "code": None}}


def plain_no(name: str) -> tuple[int, Any]:
    return openai_error(400, name, f"Unsupported parameter: '{name}' is not supported with this model.")


def google_no(name: str) -> tuple[int, Any]:
    said = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    return 400, [{"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}]


def mistral_no(name: str) -> tuple[int, Any]:
    detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}]
    return 422, {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error", "param": None, "code": None}


def lmstudio_no(name: str) -> tuple[int, Any]:
    said = {
        "json_object": "'response_format.type' must be 'json_schema' or 'text'",
        "tools": "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
    }
    return 400, {"error": said.get(name, f"unknown field {name}")}


def xai_no(name: str) -> tuple[int, Any]:
    return 400, {"code": "Client specified an invalid argument", "error": f"Model grok-4 does not support parameter {name}."}


def deepseek_no(name: str) -> tuple[int, Any]:
    said = {
        "json_schema": "This response_format type is unavailable now",
        "tools": "deepseek-reasoner does not support this tool_choice",
    }
    return openai_error(400, "", said.get(name, f"{name} is not supported"))


def cohere_no(name: str) -> tuple[int, Any]:
    return 422, {"id": "x", "message": f"{name} is not supported by the compatibility API"}


def aws_no(name: str) -> tuple[int, Any]:
    return 400, {"message": f"The parameter {name} is not supported by this model"}


@dataclass(frozen=True)
class Real:
    """A host as it is: where and with which key it is asked, what it refuses, and how it streams."""

    name: str
    source: str
    path: str
    variable: str
    at: str = "{server}"
    """What the variable of the address is set to."""
    key: str = ""
    header: str = "authorization"
    query: str = ""
    more: dict[str, str] = field(default_factory=dict)
    model: str = "m"
    refuses: tuple[str, ...] = ()
    no: Callable[[str], tuple[int, Any]] = plain_no
    limit: str = "max_tokens"
    """The name of the reply's limit; the other one is refused."""
    takes_both: bool = True
    comments: str = ""
    """What stands between the events of a stream."""
    unauthorised: tuple[int, Any] = (401, {"error": {"message": "Incorrect API key provided"}})


REAL = (
    Real(
        "openai", "platform.openai.com/docs/api-reference/chat: models that reason refuse max_tokens",
        "/v1/chat/completions", "OPENAI_BASE_URL", "{server}/v1", "OPENAI_API_KEY", limit="max_completion_tokens",
        takes_both=False,
    ),
    Real(
        "anthropic", "docs.anthropic.com/en/api/messages", "/v1/messages", "ANTHROPIC_BASE_URL", key="ANTHROPIC_API_KEY",
        header="x-api-key",
        unauthorised=(401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}),
    ),
    Real(
        "gemini", "ai.google.dev/gemini-api/docs/openai; the words in github.com/Vali-98/ChatterUI/issues/227",
        "/v1beta/openai/chat/completions", "GOOGLE_GEMINI_BASE_URL", key="GEMINI_API_KEY", refuses=("seed", "logprobs"),
        no=google_no,
        unauthorised=(400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]),
    ),
    Real(
        "mistral", "docs.mistral.ai/api; the words in github.com/editor-code-assistant/eca/issues/231", "/v1/chat/completions",
        "MISTRAL_BASE_URL", "{server}/v1", "MISTRAL_API_KEY", refuses=("seed", "logprobs", "stream_options"), no=mistral_no,
        takes_both=False, unauthorised=(401, {"message": "Unauthorized", "request_id": "r"}),
    ),
    Real(
        "groq", "console.groq.com/docs/openai: logprobs are a 400", "/openai/v1/chat/completions", "GROQ_BASE_URL",
        key="GROQ_API_KEY", refuses=("logprobs", "json_schema"), limit="max_completion_tokens",
        no=lambda name: openai_error(400, "", "This model does not support response format `json_schema`.")
        if name == "json_schema" else plain_no(name),
    ),
    Real(
        "openrouter", "openrouter.ai/docs/api-reference/streaming", "/api/v1/chat/completions", "OPENROUTER_BASE_URL",
        "{server}/api/v1", "OPENROUTER_API_KEY", model="openai/gpt-4.1-mini", comments=": OPENROUTER PROCESSING\n\n",
        unauthorised=(401, {"error": {"code": 401, "message": "No auth credentials found"}}),
    ),
    Real(
        "together", "docs.together.ai/reference/chat-completions: logprobs is a number", "/v1/chat/completions",
        "TOGETHER_BASE_URL", "{server}/v1", "TOGETHER_API_KEY",
    ),
    Real(
        "deepseek", "api-docs.deepseek.com/guides/json_mode; the words in github.com/llm-exe/llm-exe/issues/662",
        "/chat/completions", "DEEPSEEK_BASE_URL", key="DEEPSEEK_API_KEY", refuses=("json_schema", "tools"), no=deepseek_no,
        comments=": keep-alive\n\n",
    ),
    Real(
        "xai", "docs.x.ai/docs/api-reference: models that reason refuse stop", "/v1/chat/completions", "XAI_BASE_URL",
        "{server}/v1", "XAI_API_KEY", refuses=("stop",), no=xai_no, limit="max_completion_tokens",
        unauthorised=(400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided."}),
    ),
    Real(
        "cohere", "docs.cohere.com/docs/compatibility-api", "/compatibility/v1/chat/completions", "CO_API_URL",
        key="COHERE_API_KEY", refuses=("stream_options", "logprobs"), no=cohere_no,
        unauthorised=(401, {"message": "invalid api token"}),
    ),
    Real(
        "azure", "learn.microsoft.com/azure/foundry/openai/api-version-lifecycle", "/openai/v1/chat/completions",
        "AZURE_OPENAI_ENDPOINT", "{server}/", "AZURE_OPENAI_API_KEY", header="api-key", limit="max_completion_tokens",
    ),
    Real(
        "azure", "learn.microsoft.com/azure/ai-services/openai/reference, dated versions: the deployment is in the path",
        "/openai/deployments/m/chat/completions", "AZURE_OPENAI_ENDPOINT", "{server}/", "AZURE_OPENAI_API_KEY", header="api-key",
        query="api-version=2024-10-21", more={"OPENAI_API_VERSION": "2024-10-21"}, limit="max_completion_tokens",
    ),
    Real(
        "bedrock", "docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html", "/openai/v1/chat/completions",
        "BEDROCK_BASE_URL", "{server}/openai/v1", "AWS_BEARER_TOKEN_BEDROCK", model="openai.gpt-oss-20b-1:0",
        refuses=("logprobs",), no=aws_no, limit="max_completion_tokens",
        unauthorised=(403, {"Message": "Authentication failed: Please make sure your API Key is valid."}),
    ),
    Real("ollama", "docs.ollama.com/api/openai-compatibility", "/v1/chat/completions", "OLLAMA_HOST", "{netloc}", model="a:3b"),
    Real(
        "vllm", "docs.vllm.ai/en/latest/serving/openai_compatible_server.html", "/v1/chat/completions", "VLLM_BASE_URL",
        "{server}/v1", "VLLM_API_KEY", unauthorised=(401, {"error": "Unauthorized"}),
    ),
    Real(
        "lmstudio", "lmstudio.ai/docs; the words in github.com/lmstudio-ai/lmstudio-bug-tracker/issues/670 and 307",
        "/v1/chat/completions", "LMSTUDIO_BASE_URL", "{server}/v1", refuses=("json_object", "tools"), no=lmstudio_no,
    ),
    Real(
        "llama.cpp", "github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, --api-key", "/v1/chat/completions",
        "LLAMA_CPP_BASE_URL", "{server}/v1", "LLAMA_API_KEY",
        unauthorised=(401, {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}),
    ),
)  # fmt: skip
NAMES = [f"{real.name}{'-dated' if real.query else ''}" for real in REAL]
every = pytest.mark.parametrize("real", REAL, ids=NAMES)


# --- a server that is such a host ----------------------------------------------------------------------------------------


def enforced(real: Real) -> Callable[[Sent, int], Any]:
    """Answers as the host does: 404 at another path, its own words without the key, and for what it refuses."""

    def answer(sent: Sent, number: int) -> Any:
        path, _, query = sent.path.partition("?")
        if (path, query) != (real.path, real.query):
            return 404, {}, {"error": {"message": f"no such path: {sent.path}"}}
        wanted = f"Bearer {SECRET}" if real.header == "authorization" else SECRET
        if real.key and sent.headers.get(real.header) != wanted:
            return real.unauthorised[0], {}, real.unauthorised[1]
        if not real.key and "authorization" in sent.headers:
            return 400, {}, {"error": "a key that nobody asked for"}
        if real.name == "anthropic":
            return _anthropic(sent)
        form = _form(sent.body)
        for name in (*real.refuses, *(() if real.takes_both else _other(real.limit))):
            if name in sent.body or name == form:
                status, said = real.no(name)
                return status, {}, said
        if real.name == "together" and sent.body.get("logprobs", 1) is True:
            return 400, {}, {"error": {"message": "logprobs: expected an integer, got a boolean", "param": "logprobs"}}
        if form == "json_object" and "json" not in json.dumps(sent.body["messages"]).lower():
            return 400, {}, {"error": {"message": "Prompt must contain the word 'json'"}}
        return _completed(real, sent.body, form)

    return answer


def _other(limit: str) -> tuple[str]:
    return ("max_tokens" if limit == "max_completion_tokens" else "max_completion_tokens",)


def _form(body: Body) -> str:
    if body.get("tools"):
        return "tools"
    return str(body.get("response_format", {}).get("type", "words"))


def _text(body: Body, form: str) -> str:
    """What a model would say: an object of the schema that it was shown, wherever that stands."""
    if form == "tools":
        schema = body["tools"][0]["function"]["parameters"]
    elif form == "json_schema":
        schema = body["response_format"]["json_schema"]["schema"]
    else:
        words = body["messages"][0]["content"]
        at = words.find('{"', words.find("Its JSON schema:"))
        if at < 0:
            return "Danube"
        schema = json.JSONDecoder().raw_decode(words[at:])[0]
    return json.dumps(filled(schema))


def filled(schema: Body) -> Body:
    known: Body = {"string": "Danube", "array": [], "boolean": False, "number": 0.5, "integer": 1}
    return {name: known[kind["type"]] for name, kind in schema["properties"].items() if "type" in kind}


def _completed(real: Real, body: Body, form: str) -> Any:
    text = _text(body, form)
    call = {"id": "t1", "type": "function", "function": {"name": "x", "arguments": text}}
    logprobs: Any = {"content": [{"token": "a", "logprob": -0.5}]}
    if real.name == "together":
        logprobs = {"tokens": ["a"], "token_logprobs": [-0.5]}
    if not body.get("stream"):
        found = chat("" if form == "tools" else text, **({"tool_calls": [call]} if form == "tools" else {}))
        if body.get("logprobs"):
            found["choices"][0]["logprobs"] = logprobs
        return 200, {}, found
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    deltas: list[Body] = [{"content": piece} for piece in pieces]
    if form == "tools":
        deltas = [{"tool_calls": [{**call, "index": 0, "function": {"name": "x", "arguments": piece}}]} for piece in pieces]
    events: list[Body] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if body.get("stream_options", {}).get("include_usage"):
        events.append({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
    data = real.comments + real.comments.join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return 200, {"x-type": "text/event-stream"}, data.encode()


def _anthropic(sent: Sent) -> Any:
    if sent.headers.get("anthropic-version") != "2023-06-01" or "max_tokens" not in sent.body:
        return 400, {}, {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: Field required"}}
    if unknown := sorted(set(sent.body) & {"seed", "logprobs", "response_format", "stream_options"}):
        said = f"{unknown[0]}: Extra inputs are not permitted"
        return 400, {}, {"type": "error", "error": {"type": "invalid_request_error", "message": said}}
    tools = sent.body.get("tools")
    config = sent.body.get("output_config", {}).get("format")
    schema = tools[0]["input_schema"] if tools else config["schema"] if config else None
    if schema is None:
        value: Any = filled(json.JSONDecoder().raw_decode(sent.body["system"].partition("Its JSON schema:\n")[2])[0])
    else:
        value = filled(schema)
    block = {"type": "tool_use", "id": "t", "name": "x", "input": value} if tools else {"type": "text", "text": json.dumps(value)}
    head = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": {"input_tokens": 10}}
    if not sent.body.get("stream"):
        return 200, {}, {**head, "content": [block], "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 5}}
    text = json.dumps(value)
    kind = "input_json_delta" if tools else "text_delta"
    part = "partial_json" if tools else "text"
    deltas = [{"type": kind, part: text[at : at + 5]} for at in range(0, len(text), 5)]
    events = [
        {"type": "message_start", "message": head},
        {"type": "content_block_start", "index": 0, "content_block": block | ({"input": {}} if tools else {"text": ""})},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    lines = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return 200, {}, lines.encode()


def at(real: Real, use: Callable[[], Any], monkeypatch: Any, key: str = SECRET) -> tuple[Any, list[Sent]]:
    """Run `use` with the environment saying where the host is."""
    for each in ("OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION", "OLLAMA_API_KEY", "LM_API_TOKEN", "LM_STUDIO_API_KEY"):
        monkeypatch.delenv(each, raising=False)
    for name, value in real.more.items():
        monkeypatch.setenv(name, value)
    if real.key:
        monkeypatch.setenv(real.key, key)

    async def run() -> Any:
        async with host(enforced(real)) as found:
            netloc = f"127.0.0.1:{found.port}"
            monkeypatch.setenv(real.variable, real.at.format(server=f"http://{netloc}", netloc=netloc))
            return await use(), found.sent

    found: tuple[Any, list[Sent]] = asyncio.run(run())
    return found


# --- the same everywhere -------------------------------------------------------------------------------------------------


def test_every_row_of_the_table_has_its_server() -> None:
    assert {real.name for real in REAL} == set(HOSTS)
    assert all(real.source for real in REAL)


@every
@pytest.mark.parametrize("aloud", [False, True], ids=["whole", "streamed"])
def test_the_same_flow_gives_the_same_answer_on_every_host(real: Real, aloud: bool, monkeypatch: Any, tmp_path: Any) -> None:
    (tmp_path / "rivers.md").write_text("# Rivers\n\nThe Danube flows through Vienna.\n", encoding="utf-8")
    corpus = open_corpus(tmp_path)["corpus"]

    async def use() -> Any:
        lm = resolve(f"{real.name}/{real.model}", settings=Settings(seed=7, logprobs=True, stop=("###",), max_tokens=50))
        async with lm:
            bound = flow.bind(corpus=corpus, lm=lm)
            return [event async for event in bound.stream(question=QUESTION, text=aloud)][-1]

    result, sent = at(real, use, monkeypatch)
    assert not result.errors
    assert result.answer.text == "Danube"
    assert result.trace.usage().calls == len(sent)
    assert len(sent) <= 2  # what a row does not say is found out in one more call


@every
def test_a_wrong_key_is_said_with_its_variable_and_not_shown(real: Real, monkeypatch: Any) -> None:
    if not real.key:
        pytest.skip("it takes no key")

    async def use() -> Any:
        async with resolve(f"{real.name}:{real.model}", retries=0) as lm:
            with pytest.raises(Rejected) as caught:
                await lm.complete([], Capital)
        return str(caught.value)

    said, sent = at(real, use, monkeypatch, key="sk-wrong-0123456789abcdef")
    assert len(sent) == 1
    assert "sk-wrong" not in said
    assert real.key in said or "key" in said.lower()


@pytest.mark.parametrize("real", [real for real in REAL if real.key and HOSTS[real.name].key_needed], ids=lambda real: real.name)
def test_a_missing_key_is_asked_for_before_anything_is_sent(real: Real, monkeypatch: Any) -> None:
    for variable in HOSTS[real.name].keys:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(real.variable, "http://127.0.0.1:9")

    async def use() -> None:
        async with resolve(f"{real.name}/{real.model}") as lm:
            await lm.complete([], Capital)

    with pytest.raises(Rejected, match=rf"set the environment variable {HOSTS[real.name].keys[0]}"):
        asyncio.run(use())


@every
def test_what_a_host_can_do_is_found_out(real: Real, monkeypatch: Any) -> None:
    found, _ = at(real, lambda: abilities(f"{real.name}/{real.model}"), monkeypatch)
    outcomes = {each.name: each.outcome for each in found.tried}
    no_logprobs = {"gemini", "mistral", "groq", "anthropic", "cohere", "bedrock"}
    refused = {name for name, outcome in outcomes.items() if outcome == "refused"}
    assert refused - {"log-probabilities"} == set(real.refuses) & set(outcomes)
    assert outcomes["words"] == outcomes["streaming"] == "yes"
    assert (outcomes["log-probabilities"] == "yes") == (real.name not in no_logprobs)


# --- the table ------------------------------------------------------------------------------------------------------------


def test_a_users_host_is_known_by_its_name(monkeypatch: Any) -> None:
    monkeypatch.setattr("seekgraph.lms.host_table._added", {})
    register_host(HostEntry("mine", "https://models.example.org/v1", keys=("MY_KEY",), headers={"X-Team": "search"}))
    lm = resolve("mine/owner/m:7b,effort=low")
    source: Any = lm.source
    assert (lm.name, source.base_url, str(source.key)) == ("mine/owner/m:7b", "https://models.example.org/v1", "MY_KEY")
    assert dict(source.extras.headers) == {"X-Team": "search"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "needs a url"),
        ({"url": "models.example.org"}, "url is http"),
        ({"url": "https://h/v1", "key": SECRET}, "name of an environment variable"),
        ({"url": "https://h/v1", "mode": "xml"}, "mode one of"),
        ({"url": "https://h/v1", "heat": 1}, "no option heat"),
        ({"url": "https://h/v1", "paid": "yes"}, "paid cannot be"),
    ],
)
def test_what_a_users_host_cannot_be_is_said(table: Body, words: str) -> None:
    with pytest.raises(ModelOption, match=words) as caught:
        entry_of("mine", table)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("gpt-4.1-mini", "did you mean openai/gpt-4.1-mini"),
        ("grok-4", "did you mean xai/grok-4"),
        ("opnai/gpt-4.1", "did you mean openai/gpt-4.1"),
        ("gemni:x", "did you mean gemini/x"),
        ("nothing-like-it/x", r"tool\.seekgraph\.hosts\.NAME.*register_host"),
    ],
)
def test_a_name_of_no_host_is_told_the_nearest_and_how_to_add_one(name: str, guess: str) -> None:
    with pytest.raises(ModelName, match=guess):
        resolve(name)


@pytest.mark.parametrize(
    ("variable", "value", "name", "url"),
    [
        ("OLLAMA_HOST", "0.0.0.0", "ollama/x", "http://127.0.0.1:11434/v1"),
        ("OLLAMA_HOST", "https://box.example.org:443", "ollama/x", "https://box.example.org:443/v1"),
        ("AWS_DEFAULT_REGION", "eu-west-1", "bedrock/x", "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1"),
        ("ANTHROPIC_BASE_URL", "https://p.example.org/v1/", "anthropic/x", "https://p.example.org/v1"),
        ("LLAMA_CPP_BASE_URL", "http://box:9/v1", "llamacpp/x", "http://box:9/v1"),
    ],
)
def test_the_environment_says_where_a_host_is(variable: str, value: str, name: str, url: str, monkeypatch: Any) -> None:
    monkeypatch.setenv(variable, value)
    source: Any = resolve(name).source
    assert source.base_url == url


def test_a_host_whose_address_nobody_knows_asks_for_its_variable(monkeypatch: Any) -> None:
    for variable in ("AZURE_OPENAI_ENDPOINT", "AZURE_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(Rejected, match="set the environment variable AZURE_OPENAI_ENDPOINT"):
        resolve("azure/x")


def test_list_prices_are_those_of_the_package_and_of_the_hour_that_costs_most() -> None:
    long = price_of("gemini/gemini-2.5-pro")
    assert long is not None
    assert (long.of(200_000, 0), long.of(200_001, 0)) == (pytest.approx(0.25), pytest.approx(0.5000025))
    assert long.dearest(200_000).input < long.dearest(200_001).input
    assert price_of("azure/gpt-4.1-mini") == price_of("openai/gpt-4.1-mini")
    assert price_of("ollama/llama3.2") is None
    assert (context_window("anthropic/claude-haiku-4-5") or 0) >= 200_000
