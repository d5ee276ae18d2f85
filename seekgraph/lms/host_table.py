"""The hosts that a model's name may begin with. Facts of November 2026, from the vendors' documentation; each row says where.

What a host refuses is found out when it refuses it (`refusals`), so that a row needs only what would cost a request to find out,
or what it does not say.
"""

from __future__ import annotations

import os
from types import MappingProxyType

from seekgraph.lms.hosts import Address, HostEntry, filled


def _azure(entry: HostEntry, model: str) -> Address:
    """Azure has one address for all models, or, with a dated version of the interface, one for each deployment."""
    version = os.environ.get("OPENAI_API_VERSION", "").strip() or os.environ.get("AZURE_OPENAI_API_VERSION", "").strip()
    base = os.environ.get("AZURE_BASE_URL", "").strip().rstrip("/")
    if base:
        return Address(base, {"api-version": version} if version else {})
    resource = filled("{AZURE_OPENAI_ENDPOINT}", "azure")
    if version:
        return Address(f"{resource}/openai/deployments/{model}", {"api-version": version})
    return Address(f"{resource}/openai/v1")


def _ollama(entry: HostEntry, model: str) -> Address:
    """OLLAMA_HOST is an address, with or without http://, or what the server listens on."""
    found = os.environ.get("OLLAMA_HOST", "").strip().rstrip("/")
    if not found or os.environ.get("OLLAMA_BASE_URL"):
        return Address(entry.base_url())
    scheme, _, rest = found.rpartition("://")
    name, _, port = rest.partition(":")
    name = "127.0.0.1" if name in ("", "0.0.0.0") else name
    return Address(f"{scheme or 'http'}://{name}:{port or 11434}/v1")


_ENTRIES = (
    HostEntry(  # platform.openai.com/docs/api-reference/chat
        "openai", "https://api.openai.com/v1", ("OPENAI_API_KEY",), url_variables={"OPENAI_BASE_URL": ""}, mode="tools",
        limit="max_completion_tokens", prices="openai", example="gpt-4.1-mini", about="OpenAI",
    ),
    HostEntry(  # docs.anthropic.com/en/api/messages
        "anthropic", "https://api.anthropic.com/v1", ("ANTHROPIC_API_KEY",), url_variables={"ANTHROPIC_BASE_URL": "/v1"},
        language="anthropic", mode="tools", prices="anthropic", example="claude-haiku-4-5", about="Anthropic",
    ),
    HostEntry(  # ai.google.dev/gemini-api/docs/openai; it answers 400 to fields that it does not know, seed among them
        "gemini", "https://generativelanguage.googleapis.com/v1beta/openai", ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        url_variables={"GOOGLE_GEMINI_BASE_URL": "/v1beta/openai"}, refuses=("seed", "logprobs"), prices="google",
        example="gemini-2.5-flash", about="Google's Gemini, through its endpoint that speaks as OpenAI does",
    ),
    HostEntry(  # docs.mistral.ai/api: the seed is random_seed, and what it does not know is 422, extra_forbidden
        "mistral", "https://api.mistral.ai/v1", ("MISTRAL_API_KEY",), renames={"seed": "random_seed"},
        refuses=("logprobs", "stream_options"), prices="mistral", example="mistral-small-latest", about="Mistral",
    ),
    HostEntry(  # console.groq.com/docs/openai: logprobs are a 400
        "groq", "https://api.groq.com/openai/v1", ("GROQ_API_KEY",), url_variables={"GROQ_BASE_URL": "/openai/v1"},
        limit="max_completion_tokens", refuses=("logprobs",), prices="groq", example="llama-3.3-70b-versatile", about="Groq",
    ),
    HostEntry(  # openrouter.ai/docs/api-reference
        "openrouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), prices="openrouter",
        example="openai/gpt-4.1-mini", about="OpenRouter, hundreds of models of others",
    ),
    HostEntry(  # docs.together.ai/reference/chat-completions: logprobs is a number
        "together", "https://api.together.xyz/v1", ("TOGETHER_API_KEY",), values={"logprobs": 1}, prices="together",
        example="meta-llama/Llama-3.3-70B-Instruct-Turbo", about="Together AI",
    ),
    HostEntry(  # api-docs.deepseek.com/guides/json_mode: JSON without a schema; those that reason refuse a forced tool
        "deepseek", "https://api.deepseek.com", ("DEEPSEEK_API_KEY",), mode="json_object", refuses=("json_schema",),
        prices="deepseek", example="deepseek-chat", about="DeepSeek",
    ),
    HostEntry(  # docs.x.ai/docs/api-reference
        "xai", "https://api.x.ai/v1", ("XAI_API_KEY",), limit="max_completion_tokens", prices="x-ai", example="grok-4",
        about="xAI's Grok",
    ),
    HostEntry(  # docs.cohere.com/docs/compatibility-api
        "cohere", "https://api.cohere.ai/compatibility/v1", ("COHERE_API_KEY", "CO_API_KEY"),
        url_variables={"CO_API_URL": "/compatibility/v1"}, refuses=("stream_options",), prices="cohere",
        example="command-a-03-2025", about="Cohere, through its endpoint that speaks as OpenAI does",
    ),
    HostEntry(  # learn.microsoft.com/azure/foundry/openai/api-version-lifecycle
        "azure", "https://RESOURCE.openai.azure.com/openai/v1", ("AZURE_OPENAI_API_KEY",), key_header="api-key", address=_azure,
        limit="max_completion_tokens", prices="azure", example="DEPLOYMENT", about="Azure, where AZURE_OPENAI_ENDPOINT says",
    ),
    HostEntry(  # docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html
        "bedrock", "https://bedrock-runtime.{AWS_REGION|AWS_DEFAULT_REGION}.amazonaws.com/openai/v1",
        ("AWS_BEARER_TOKEN_BEDROCK",), limit="max_completion_tokens", prices="aws", example="openai.gpt-oss-20b-1:0",
        about="Amazon Bedrock, through its endpoint that speaks as OpenAI does, with a Bedrock API key",
    ),
    HostEntry(  # docs.ollama.com/api/openai-compatibility
        "ollama", "http://127.0.0.1:11434/v1", ("OLLAMA_API_KEY",), key_needed=False, address=_ollama, paid=False,
        example="llama3.2", about="Ollama on this machine, or where OLLAMA_HOST says",
    ),
    HostEntry(  # docs.vllm.ai/en/latest/serving/openai_compatible_server.html
        "vllm", "http://127.0.0.1:8000/v1", ("VLLM_API_KEY",), key_needed=False, paid=False, example="Qwen/Qwen3-8B",
        about="vLLM on this machine, or where VLLM_BASE_URL says",
    ),
    HostEntry(  # lmstudio.ai/docs/developer/openai-compat: JSON by schema alone, no forced tool by name
        "lmstudio", "http://127.0.0.1:1234/v1", ("LM_API_TOKEN", "LM_STUDIO_API_KEY"), key_needed=False, paid=False,
        url_variables={"LM_STUDIO_API_BASE": ""}, refuses=("json_object", "tools"), example="qwen3-4b",
        about="LM Studio on this machine, or where LMSTUDIO_BASE_URL says",
    ),
    HostEntry(  # github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
        "llama.cpp", "http://127.0.0.1:8080/v1", ("LLAMA_API_KEY",), key_needed=False, paid=False, example="MODEL",
        about="The llama.cpp server on this machine, or where LLAMA_CPP_BASE_URL says",
    ),
)  # fmt: skip

HOSTS = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""The hosts that come with Seekgraph, by name."""
ALIASES = MappingProxyType({
    "google": "gemini", "llamacpp": "llama.cpp", "llama-cpp": "llama.cpp", "together_ai": "together", "x-ai": "xai",
    "lm_studio": "lmstudio", "hosted_vllm": "vllm", "aws": "bedrock", "grok": "xai",
})  # fmt: skip
"""Other names that are in use for the same."""

_added: dict[str, HostEntry] = {}


def register_host(entry: HostEntry) -> HostEntry:
    """Let names in this process begin with this host's; one of the same name is replaced, ours too. Gives the entry back.

    register_host(HostEntry("mine", "https://models.example.org/v1", keys=("MY_KEY",)))
    """
    _added[entry.name] = entry
    return entry


def known_hosts() -> dict[str, HostEntry]:
    """Every host by name: ours, and those that were registered."""
    return {**HOSTS, **_added}
