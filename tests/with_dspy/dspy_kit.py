"""A model for tests with DSPy: it answers questions of the rivers by our prompts, and speaks DSPy's form where DSPy asks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import seekgraph as sg
from seekgraph.nodes import Answer, Retrieve
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage

SEAS = ("Amber", "Cobalt", "Ivory", "Jade")
RIVERS = [f"{first}{last}" for first in ("Bel", "Cor", "Dun", "Fal", "Gor", "Hal") for last in ("mir", "nes", "tor", "vin")]
PASSAGES = [Passage(id=f"r{i}", title=name, text=f"The {name} reaches the {SEAS[i % 4]} sea.") for i, name in enumerate(RIVERS)]
CORPUS = BM25(PASSAGES)
ROWS = tuple(
    Example(id=f"q{i:02}", question=f"Which sea does the {name} reach?", answers=(SEAS[i % 4],), supporting_ids=(f"r{i}",))
    for i, name in enumerate(RIVERS)
)
TRAIN, VAL = ROWS[:12], ROWS[12:]
TOLD = "Copy the name of the sea in one word."


def flow() -> sg.Flow:
    return sg.Flow(Retrieve("corpus", k=1) >> Answer(instruction=sg.Text("Which sea is it?")), name="rivers")


def answers(head: str, text: str, shown: int) -> str:
    """The reply of a small model to our prompt: right where the instruction, or a demonstration, tells it to be brief."""
    sea = next((sea for sea in SEAS if f"the {sea} sea" in text), "")
    brief = "one word" in head or shown > 0
    return json.dumps({"text": sea if brief else f"I believe that it is called the sea of {sea}", "citations": []})


def speaks(text: str) -> str:
    """The reply of a strong model in the form that DSPy asks for at the end: every field, and an instruction as it should be."""
    as_json = re.search(r"Respond with a JSON object in the following order of fields: (.*)", text)
    asked = as_json[1] if as_json else text.rpartition("Respond with the corresponding output fields")[2]
    fields = re.findall(r"`(\w+)`" if as_json else r"\[\[ ## (\w+) ## \]\]", asked)
    values: dict[str, Any] = {name: TOLD for name in fields if name != "completed"}
    if "module_advice" in values:
        values["module_advice"] = {"answer": TOLD}
    if "answer" in values:
        values["answer"] = next((sea for sea in SEAS if f"the {sea} sea" in text), "none")
    if as_json:
        return json.dumps(values)
    parts = (f"[[ ## {name} ## ]]\n{value if isinstance(value, str) else json.dumps(value)}" for name, value in values.items())
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def model(asked: Any) -> str:
    """For `Scripted`."""
    if asked.output is None:
        return speaks(asked.messages[-1].content)
    return answers(asked.messages[0].content, asked.messages[-1].content, len(asked.messages) - 2)


@contextmanager
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The same model behind a server that speaks as OpenAI does: its address, and what it was sent."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            sent.append(body)
            messages = body["messages"]
            head, last = messages[0]["content"], messages[-1]["content"]
            text = speaks(last) if "response_format" not in body else answers(head, last, len(messages) - 2)
            message = {"role": "assistant", "content": text}
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            reply = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
            data = json.dumps({**reply, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    host = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=host.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{host.server_address[1]}/v1#small", sent
    finally:
        host.shutdown()
        host.server_close()
        thread.join()
