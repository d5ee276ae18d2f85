"""Dev sets: examples from and to JSON lines, splits and folds, a check against the corpus, a content hash.

One row a line: `{"id", "question", "answers": [...], "supporting_ids": [...], "decomposition"?: [{"question", "answer"?,
"supporting_id"?}, ...], "step_labels"?: [{"path", "visit"?, "writes": {...}}, ...]}`. All other fields go to `Example.meta`.
`answers` and `supporting_ids` may be absent, as in a set for planning alone: then the metrics that need them do not apply.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.reading import MOST_LEVELS, levels, lines_of
from seekgraph.evaluation.nearest import nearest_ids
from seekgraph.evaluation.recorded import changes
from seekgraph.types import Example, StepLabel, SubQuestion

_FIELDS = ("id", "question", "answers", "supporting_ids", "step_labels")
_MISSPELT = {"answer": "answers", "supporting_id": "supporting_ids"}
_SHOWN = 5


class ExampleError(SeekgraphError, ValueError):
    """A dev set that cannot be used as it is. The message names the file and line or the ids, and says how to fix it."""


class Fold(NamedTuple):
    """One part of a cross-validation: what is judged, and all the rest."""

    train: tuple[Example, ...]
    test: tuple[Example, ...]


def read_examples(path: str | PathLike[str]) -> tuple[Example, ...]:
    """The examples of a JSON-lines file in UTF-8, in file order. Blank lines are skipped.

    A hop whose answer is not a string is read with the answer in words; where a hop has more than `Example` can hold, the rows
    of the file stay in `meta["decomposition"]`. Raises `ExampleError` for the first line that is wrong, `OSError` for a file
    that cannot be opened.
    """
    lines: dict[str, int] = {}
    examples: list[Example] = []
    # bytes, because text mode and splitlines would also break lines at U+2028 inside a string
    for number, raw in lines_of(Path(path), ExampleError):
        where = f"{path}, line {number}"
        text = _decoded(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw, where)
        if not text.strip():
            continue
        example = _example(_loaded(text, where), where)
        if example.id in lines:
            raise ExampleError(
                f"{where}: field 'id': {example.id!r} is also the id of line {lines[example.id]}. "
                "Give each question an id of its own, or delete one of the two lines"
            )
        lines[example.id] = number
        examples.append(example)
    if not examples:
        raise ExampleError(f"{path} holds no examples: write one JSON object a line, with at least 'id' and 'question'")
    return tuple(examples)


def write_examples(path: str | PathLike[str], examples: Iterable[Example]) -> None:
    """Write the examples so that `read_examples` gives them back equal.

    Raises `ExampleError`, and leaves the file as it was, for examples that the form cannot hold: none at all, two with one id, an
    empty question, a field of the row among the keys of `meta`, a number that is not finite.
    """
    rows = _distinct(examples)
    if not rows:
        raise ExampleError(f"{path}: there are no examples to write")
    Path(path).write_bytes(b"".join(_line(example).encode() + b"\n" for example in rows))


def split(examples: Iterable[Example], *fractions: float, seed: int = 0) -> tuple[tuple[Example, ...], ...]:
    """Disjoint parts that hold all examples, of sizes as near to the fractions as whole rows allow, none empty.

    `train, val, test = split(examples, 0.6, 0.2, 0.2, seed=0)`. The parts and their order follow from the ids and the seed
    alone, not from the order of the file. Raises `ExampleError` for fractions that are not positive or do not add up to 1,
    for fewer examples than parts, and for two examples with one id.
    """
    if not fractions or not all(math.isfinite(part) and part > 0 for part in fractions) or abs(sum(fractions) - 1) > 1e-6:
        raise ExampleError(f"fractions are positive and add up to 1, for instance 0.6, 0.2, 0.2; got {list(fractions)}")
    rows = _shuffled(examples, seed)
    if len(rows) < len(fractions):
        raise ExampleError(f"{len(rows)} examples cannot fill {len(fractions)} parts: give more examples or fewer fractions")
    shares = [len(rows) * part for part in fractions]
    sizes = [max(1, math.floor(share)) for share in shares]
    while (spare := len(rows) - sum(sizes)) != 0:
        step = 1 if spare > 0 else -1
        # The part that is furthest below its share grows, or the one furthest above it shrinks; never to nothing.
        sizes[max((i for i in range(len(sizes)) if sizes[i] + step > 0), key=lambda i: step * (shares[i] - sizes[i]))] += step
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return tuple(tuple(rows[end - size : end]) for size, end in zip(sizes, ends, strict=True))


def folds(examples: Iterable[Example], n: int = 5, seed: int = 0) -> tuple[Fold, ...]:
    """`n` folds for cross-validation: each example is in the `test` of exactly one fold and in the `train` of all others.

    The sizes of the tests differ by at most one. Ids and seed alone decide, as in `split`. Raises `ExampleError` for n < 2,
    fewer than n examples, and two examples with one id.
    """
    rows = _shuffled(examples, seed)
    if not 2 <= n <= len(rows):
        raise ExampleError(f"{len(rows)} examples cannot make {n} folds: n is at least 2 and at most the number of examples")
    return tuple(
        Fold(train=tuple(row for i, row in enumerate(rows) if i % n != part), test=tuple(rows[part::n])) for part in range(n)
    )


def check_recorded(examples: Iterable[Example], texts: Iterable[tuple[str, str]]) -> None:
    """Raise `ExampleError` where a row records the hash of a gold passage (`supporting_hashes`) that now has another text.

    `texts` are the passages of the corpus as (id, text). The message says where the recorded text is now, if it is anywhere.
    """
    if found := list(changes(examples, texts)):
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise ExampleError(
            f"{'; '.join(found[:_SHOWN])}{more}. Look whether the passage still answers the question, and "
            "correct 'supporting_ids' and 'supporting_hashes'"
        )


def check_gold(examples: Iterable[Example], passage_ids: Iterable[str]) -> None:
    """Raise `ExampleError` if a gold passage, of an example or of one of its hops, is not among `passage_ids`.

    Such a row can never reach full recall, so the metric would understate every flow. The message names the ids of the same
    document that are nearest: a passage whose text or headings changed has another id, and is never taken for a different one.
    """
    known = frozenset(passage_ids)
    missing: dict[str, list[str]] = {}
    total = 0
    for example in examples:
        total += 1
        gold = (*example.supporting_ids, *(hop.supporting_id for hop in example.decomposition if hop.supporting_id is not None))
        if unknown := [found for found in dict.fromkeys(gold) if found not in known]:
            missing[example.id] = unknown
    if not missing:
        return
    count = len({found for ids in missing.values() for found in ids})
    shown = "; ".join(f"example {name!r}: {_first(ids)}{_nearest(ids[0], known)}" for name, ids in list(missing.items())[:_SHOWN])
    more = f"; and {len(missing) - _SHOWN} more examples" if len(missing) > _SHOWN else ""
    raise ExampleError(
        f"{len(missing)} of {total} examples name {count} gold passages that are not among the {len(known)} of the corpus: "
        f"{shown}{more}. Check that questions and corpus belong together, or fix 'supporting_ids'"
    )


def _nearest(id: str, known: Iterable[str]) -> str:
    near = nearest_ids(id, known)
    return f" (nearest to {id!r}: {_first(near)})" if near else ""


def data_hash(examples: Iterable[Example]) -> str:
    """SHA-256, in hex, of what the examples hold: every field, in the form of the file, whatever the order of rows and keys."""
    rows = (json.dumps(_row(example), sort_keys=True, separators=(",", ":")) for example in examples)
    digests = sorted(hashlib.sha256(row.encode()).hexdigest() for row in rows)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _shuffled(examples: Iterable[Example], seed: int) -> list[Example]:
    """In the order of a hash of seed and id. Sorting, and not the hash modulo parts, gives the sizes that were asked for."""
    return sorted(
        _distinct(examples),
        key=lambda row: (hashlib.sha256(f"{seed}:{row.id}".encode("utf-8", "surrogatepass")).digest(), row.id),
    )


def _distinct(examples: Iterable[Example]) -> list[Example]:
    seen: dict[str, Example] = {}
    rows = list(examples)
    for row in rows:
        if row.id in seen:
            raise ExampleError(f"two examples have the id {row.id!r}: give each question an id of its own")
        seen[row.id] = row
    return rows


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ExampleError(
            f"{where}: expected UTF-8, got byte 0x{raw[error.start]:02x} at position {error.start + 1}. Save the file as UTF-8, "
            "for instance with: iconv -f LATIN1 -t UTF-8"
        ) from None


def _loaded(text: str, where: str) -> dict[str, Any]:
    if levels(text.encode("utf-8", "surrogatepass")) > MOST_LEVELS:
        raise ExampleError(f"{where}: nested more than {MOST_LEVELS} levels deep. Write one flat object a line")
    try:
        row = json.loads(text, parse_constant=_refused_constant)
    except (ValueError, RecursionError) as error:
        got = "the start of a list" if text.strip() == "[" else f"text that is not JSON ({error})"
        raise ExampleError(
            f"{where}: expected a JSON object, got {got}. Write one object a line, without commas between"
        ) from None
    if not isinstance(row, dict):
        raise ExampleError(f"{where}: expected a JSON object, got {_shown(row)}. Write one object a line")
    return row


def _refused_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _example(row: Mapping[str, Any], where: str) -> Example:
    for wrong, right in _MISSPELT.items():
        if wrong in row and right not in row:
            raise ExampleError(f'{where}: field {wrong!r}: expected {right!r}, a list of strings. Write {{"{right}": [...]}}')
    for name, value in row.items():
        if not _is_text({name: value}):
            raise _wrong(where, name, "Unicode text", value, "It holds half of a surrogate pair: write the whole character")
    meta = {key: value for key, value in row.items() if key not in (*_FIELDS, "decomposition")}
    hops = row.get("decomposition")
    if hops is None:
        hops = []
    if not isinstance(hops, list):
        raise _wrong(where, "decomposition", "a list of objects, one for each hop", hops, "Leave it out if there are no hops")
    parsed = tuple(_hop(hop, f"decomposition[{index}]", where) for index, hop in enumerate(hops))
    if not all(_is_plain(hop) for hop in hops):
        meta["decomposition"] = hops
    try:
        return Example(
            id=_string(row, "id", where),
            question=_string(row, "question", where),
            answers=_strings(row, "answers", where),
            supporting_ids=_strings(row, "supporting_ids", where),
            decomposition=parsed,
            step_labels=_labels(row, where),
            meta=meta,
        )
    except ValidationError as error:  # what pydantic alone sees: lists in lists hundreds deep
        first = error.errors()[0]
        name = next((str(part) for part in first["loc"] if part != "meta"), "meta")
        raise ExampleError(f"{where}: field {name!r}: {first['msg']}. Correct or delete the field") from None


def _string(row: Mapping[str, Any], name: str, where: str, label: str | None = None) -> str:
    label = label or name
    if name not in row:
        raise ExampleError(f'{where}: field {label!r} is missing; the row has {_first(row)}. Add {{"{name}": "..."}}')
    value = row[name]
    if not isinstance(value, str) or not value.strip():
        hint = f'Write "{value}"' if type(value) is int else "Write some text between quotes"
        raise _wrong(where, label, "a string that is not empty", value, hint)
    return value


def _strings(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong(
            where,
            name,
            "a list of strings",
            value,
            f"Write [{json.dumps(value)}]" if isinstance(value, str) else "Write [] if there are none",
        )
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise _wrong(where, name, "a list of strings that are not empty", item, "Quote each item, or delete an empty one")
    return tuple(value)


def _hop(hop: Any, label: str, where: str) -> SubQuestion:
    if not isinstance(hop, dict):
        raise _wrong(where, label, "an object with 'question'", hop, 'Write {"question": "..."}')
    gold = hop.get("supporting_id")
    if gold is not None and not isinstance(gold, str):
        raise _wrong(where, f"{label}.supporting_id", "a passage id (a string) or null", gold, "Quote the id")
    question = _string(hop, "question", where, f"{label}.question")
    return SubQuestion(question=question, answer=_in_words(hop.get("answer")), supporting_id=gold)


def _labels(row: Mapping[str, Any], where: str) -> tuple[StepLabel, ...]:
    labels = row.get("step_labels") or []
    if not isinstance(labels, list):
        raise _wrong(where, "step_labels", "a list of objects, one for each step", labels, "Leave it out if there are none")
    found = []
    for index, label in enumerate(labels):
        try:
            found.append(StepLabel.model_validate(label))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, (f"step_labels[{index}]", *first["loc"])))
            raise _wrong(where, name, first["msg"], label, 'Write {"path": "rerank", "visit": 1, "writes": {...}}') from None
    return tuple(found)


def _is_plain(hop: Mapping[str, Any]) -> bool:
    """Whether `SubQuestion` holds all that the hop says."""
    return hop.keys() <= SubQuestion.model_fields.keys() and isinstance(hop.get("answer", ""), str)


def _in_words(value: JsonValue) -> str:
    """An answer as a string: yes or no, a number, parts joined by commas, keys before their values."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_in_words(part) for part in value)
        case dict():
            return ", ".join(f"{key}: {_in_words(part)}" for key, part in value.items())
        case _:
            return str(value)


def _row(example: Example) -> dict[str, Any]:
    hops = [hop.model_dump(exclude_defaults=True) for hop in example.decomposition]
    gold = {"answers": list(example.answers), "supporting_ids": list(example.supporting_ids)}
    labels = [label.model_dump(exclude_defaults=True) for label in example.step_labels]
    more = {**({"decomposition": hops} if hops else {}), **({"step_labels": labels} if labels else {})}
    return {"id": example.id, "question": example.question, **gold, **more, **example.meta}


def _line(example: Example) -> str:
    where = f"example {example.id!r}"
    if taken := [name for name in _FIELDS if name in example.meta]:
        raise ExampleError(f"{where}: meta has the keys {taken}, which are fields of the row. Rename them in meta")
    try:
        line = json.dumps(_row(example), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ExampleError(f"{where}: meta holds what JSON cannot: {error}. Correct or delete it") from None
    if _example(json.loads(line), where) != example:
        raise ExampleError(f"{where}: meta['decomposition'] does not say the same as the decomposition. Delete one of them")
    return line


def _wrong(where: str, name: str, expected: str, value: Any, hint: str) -> ExampleError:
    return ExampleError(f"{where}: field {name!r}: expected {expected}, got {_shown(value)}. {hint}")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=not _is_text(value))
    kinds = {str: "the string ", list: "the list ", dict: "the object ", int: "the number ", float: "the number "}
    return kinds.get(type(value), "") + (text if len(text) <= 60 else text[:57] + "...")


def _is_text(value: Any) -> bool:
    """Whether UTF-8 can hold it. JSON may escape half of a surrogate pair, which nothing downstream could write or hash."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _first(names: Iterable[str]) -> str:
    names = list(names)
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + rest
