"""Prompts: one Markdown file each, and the code that renders a prompt into messages and reads what comes back.

`prompt.py` loads a prompt, `render.py` makes messages of it, `outputs.py` and `answers.py` turn replies into values, `span.py`
finds the spans that an answer may be held to. `guard.py` is what makes text from outside safe to show.
"""
