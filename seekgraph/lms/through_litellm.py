"""Models that only litellm knows: "litellm/PROVIDER/MODEL", as litellm names them. Needs the extra `litellm`."""

from __future__ import annotations

import re
from typing import Any

from seekgraph.lms.client import BackedLM
from seekgraph.lms.hosted import hosted_lm
from seekgraph.lms.keys import Variables
from seekgraph.lms.litellm_transport import LiteLLMTransport
from seekgraph.lms.openai_chat import OpenAIChat


def through_litellm(model: str, *, base_url: str | None = None, **options: Any) -> BackedLM:
    """A model by litellm's name for it, such as "watsonx/ibm/granite-3-8b-instruct".

    The key is that of PROVIDER_API_KEY, or where litellm itself looks for one (AWS, Google); `key` names another variable.
    `base_url` is another address than the vendor's: the vendor's key is not sent there, only one that `key` names. The other
    options are those of `openai_compatible`; `body` may have what litellm takes besides. litellm retries nothing and looks up
    nothing. Raises `MissingExtra` where litellm is not installed.
    """
    provider = model.partition("/")[0]
    own = None if base_url else Variables((f"{re.sub('[^A-Z0-9]', '_', provider.upper())}_API_KEY",), needed=False)
    transport = LiteLLMTransport(model, options.get("timeout") or 120.0, base_url)
    return hosted_lm(
        f"litellm/{model}",
        OpenAIChat(exact=False),
        model,
        base_url or f"https://{provider}.litellm.invalid",
        options.pop("key", own),
        options.pop("mode", "json_schema"),
        options,
        transport=transport,
    )
