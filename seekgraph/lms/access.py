"""The headers of a request to a model's host, looked up when it is sent, and what of them must be shown nowhere."""

from __future__ import annotations

from typing import NamedTuple

from seekgraph.lms.keys import KeySource, find_key, reply_without_key, without_key
from seekgraph.lms.options import Extras
from seekgraph.lms.protocols import HostProtocol


class Access(NamedTuple):
    """The headers of a request, and their secrets."""

    headers: dict[str, str]
    secrets: tuple[str, ...]

    def hidden(self, message: str) -> str:
        """A message without the secrets."""
        for secret in self.secrets:
            message = without_key(message, secret)
        return message

    def hidden_in_reply(self, text: str) -> str:
        """What a model wrote, without the secrets."""
        for secret in self.secrets:
            text = reply_without_key(text, secret)
        return text


def access(model: str, protocol: HostProtocol, key: KeySource, extras: Extras) -> Access:
    """What a request for this model is sent with, now. Raises `Rejected` where a key is missing."""
    found = find_key(key, model)
    headers = {"content-type": "application/json", "accept-encoding": "identity", **protocol.headers(found)}
    secrets: tuple[str, ...] = (found,) if found else ()
    if extras.headers:
        more, more_secrets = extras.found_headers(model)
        headers |= more
        secrets += tuple(each for each in more_secrets if each)
    return Access(headers, secrets)
