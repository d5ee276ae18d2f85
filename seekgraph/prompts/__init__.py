"""Prompts: one Markdown file each, and the code that renders a prompt into messages and reads what comes back.

`prompt.py` loads a prompt, `render.py` makes messages of it, `outputs.py` and `answers.py` turn replies into values, `support.py`
says whether a passage supports an answer. `guard.py` makes text from outside safe to show.
"""
