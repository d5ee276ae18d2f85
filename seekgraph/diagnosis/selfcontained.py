"""What every page of ours is made with: one HTML file that opens from disk, asks no network, and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape

_FIELD = re.compile(r"\{\{(\w+)\}\}")


def filled(template: str, fields: Mapping[str, str]) -> str:
    """A template with its `{{fields}}` filled in one pass, so that no text of the data is taken for a field."""
    return _FIELD.sub(lambda found: fields[found[1]], template)


def title(text: str) -> str:
    """Text from outside as the title of a page; characters that a page cannot hold are replaced."""
    return escape(text.encode(errors="replace").decode())


def policy(style: str, script: str | None = None) -> str:
    """What the browser lets the page do: this style and this script work, each by its hash; nothing is fetched.

    Without trusted types no text can become markup, whatever the script does. A page without a script may run none.
    """
    scripts = [f"script-src '{_hash(script)}'"] if script is not None else []
    types = ["require-trusted-types-for 'script'", "trusted-types 'none'"] if script is not None else []
    return "; ".join(
        ["default-src 'none'", f"style-src '{_hash(style)}'", *scripts, "base-uri 'none'", "form-action 'none'", *types]
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
