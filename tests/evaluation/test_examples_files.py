"""Reading and writing dev sets: what is accepted, and what each refusal says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.evaluation.examples import ExampleError, check_gold, data_hash, read_examples, write_examples
from seekgraph.types import Example, SubQuestion

ROW: dict[str, Any] = {"id": "q1", "question": "Who?", "answers": ["Ada"], "supporting_ids": ["p1", "p2"]}


def rows_file(folder: Path, *rows: Any) -> Path:
    path = folder / "dev.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def refusal(folder: Path, *rows: Any) -> str:
    path = rows_file(folder, *rows)
    with pytest.raises(ExampleError) as caught:
        read_examples(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_row_becomes_an_example_and_its_other_fields_go_to_meta(tmp_path: Path) -> None:
    hop = {"question": "Who is #1?", "answer": "Ada", "supporting_id": "p1"}
    [example] = read_examples(rows_file(tmp_path, {**ROW, "decomposition": [hop], "type": None, "hops": 2}))
    assert example == Example(
        id="q1",
        question="Who?",
        answers=("Ada",),
        supporting_ids=("p1", "p2"),
        decomposition=(SubQuestion(question="Who is #1?", answer="Ada", supporting_id="p1"),),
        meta={"type": None, "hops": 2},
    )


def test_gold_may_be_absent_or_null(tmp_path: Path) -> None:
    [example] = read_examples(rows_file(tmp_path, {"id": "q", "question": "Who?", "answers": None}))
    assert (example.answers, example.supporting_ids, example.decomposition) == ((), (), ())


def test_a_hop_that_says_more_than_an_example_holds_is_kept_in_meta(tmp_path: Path) -> None:
    hops = [
        {"question": "Which?", "answer": ["Pat", "Mark"], "depends_on": []},
        {"question": "Is it?", "answer": True},
        {"question": "How many?", "answer": {"Pat": 3, "Mark": 1.5}},
        {"question": "What?", "answer": None},
    ]
    [example] = read_examples(rows_file(tmp_path, {**ROW, "decomposition": hops}))
    assert [hop.answer for hop in example.decomposition] == ["Pat, Mark", "yes", "Pat: 3, Mark: 1.5", ""]
    assert example.meta["decomposition"] == hops


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r\n\r\n" + json.dumps({**ROW, "id": "q2"}).encode())
    assert [example.id for example in read_examples(path)] == ["q1", "q2"]


def test_a_line_separator_inside_a_string_does_not_break_the_line(tmp_path: Path) -> None:
    path = rows_file(tmp_path, json.dumps({**ROW, "question": "a\u2028b\x85c"}, ensure_ascii=False))
    assert read_examples(path)[0].question == "a\u2028b\x85c"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{not json", ["line 2", "JSON object", "one object a line"]),
        ("[", ["line 2", "start of a list"]),
        ('{"id": NaN}', ["line 2", "NaN"]),
        ("[" * 100_000, ["line 2", "levels deep"]),
        (["q2"], ["line 2", 'the list ["q2"]']),
        ({"question": "Who?"}, ["line 2", "'id' is missing", "the row has 'question'"]),
        ({"id": "q2"}, ["line 2", "'question' is missing"]),
        ({**ROW, "id": 2}, ["line 2", "'id'", "the number 2", 'Write "2"']),
        ({**ROW, "id": "q2", "question": " "}, ["'question'", "not empty"]),
        ({**ROW, "id": "q2", "answers": "yes"}, ["'answers'", "a list of strings", 'the string "yes"', 'Write ["yes"]']),
        ({**ROW, "id": "q2", "answers": [1815]}, ["'answers'", "the number 1815"]),
        ({**ROW, "id": "q2", "answers": [""]}, ["'answers'", "not empty"]),
        ({**ROW, "id": "q2", "supporting_ids": {"a": 1}}, ["'supporting_ids'", 'the object {"a": 1}']),
        ({"id": "q2", "question": "Who?", "answer": "Ada"}, ["'answer'", "expected 'answers'"]),
        ({**ROW, "id": "q2", "decomposition": {}}, ["'decomposition'", "a list of objects"]),
        ({**ROW, "id": "q2", "decomposition": ["Who?"]}, ["'decomposition[0]'", 'the string "Who?"']),
        ({**ROW, "id": "q2", "decomposition": [{"answer": "x"}]}, ["'decomposition[0].question' is missing"]),
        ({**ROW, "id": "q2", "decomposition": [{"question": "a", "supporting_id": 3}]}, ["'decomposition[0].supporting_id'"]),
        ({**ROW, "id": "q2", "question": "\ud800"}, ["line 2", "'question'", r'the string "\ud800"', "surrogate"]),
        (json.dumps({**ROW, "id": "q2"})[:-1] + ', "x": ' + "[" * 500 + "]" * 500 + "}", ["line 2", "levels deep"]),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_its_field_and_the_way_out(row: Any, said: list[str], tmp_path: Path) -> None:
    message = refusal(tmp_path, ROW, row)
    for words in said:
        assert words in message


def test_a_duplicate_id_names_both_lines(tmp_path: Path) -> None:
    message = refusal(tmp_path, ROW, {**ROW, "id": "q2"}, "", ROW)
    assert "line 4" in message
    assert "line 1" in message
    assert "'q1'" in message


@pytest.mark.parametrize("content", [b"", b"\n  \n"])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_bytes(content)
    with pytest.raises(ExampleError, match="holds no examples"):
        read_examples(path)


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + '{"id": "q2", "question": "Où?"}'.encode("latin-1"))
    with pytest.raises(ExampleError, match=r"line 2: expected UTF-8, got byte 0xf9 at position 28"):
        read_examples(path)


def test_a_file_that_is_not_there_is_an_os_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.jsonl"):
        read_examples(tmp_path / "absent.jsonl")


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
hops = st.builds(SubQuestion, question=words, answer=st.just("") | words, supporting_id=st.none() | words)
examples = st.builds(
    Example,
    id=words,
    question=words,
    answers=st.lists(words, max_size=3).map(tuple),
    supporting_ids=st.lists(words, max_size=3).map(tuple),
    decomposition=st.lists(hops, max_size=3).map(tuple),
    meta=st.dictionaries(words.filter(lambda key: key not in {*Example.model_fields}), json_values, max_size=3),
)
sets = st.lists(examples, min_size=1, max_size=6, unique_by=lambda example: example.id)


@given(rows=sets)
def test_what_is_written_is_read_back_equal(rows: list[Example], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("written") / "dev.jsonl"
    write_examples(path, rows)
    assert read_examples(path) == tuple(rows)


@given(rows=sets, data=st.data())
def test_the_hash_does_not_see_the_order_of_rows(rows: list[Example], data: st.DataObject) -> None:
    assert data_hash(data.draw(st.permutations(rows))) == data_hash(rows)


def test_the_hash_sees_every_field() -> None:
    base = Example(id="q", question="Who?", answers=("Ada",))
    others = [
        base.model_copy(update=change)
        for change in (
            {"id": "r"},
            {"question": "Who"},
            {"answers": ("Ida",)},
            {"supporting_ids": ("p",)},
            {"decomposition": (SubQuestion(question="Who?"),)},
            {"meta": {"hops": 2}},
        )
    ]
    assert len({data_hash([base]), *(data_hash([other]) for other in others), data_hash([]), data_hash([base, base])}) == 9


def test_the_hash_stays_the_same_from_release_to_release() -> None:
    expected = "cbd25e21bb4f544ff0af75b012813759afbb3038beef874b75ba7fc685bca8a6"
    assert data_hash([Example(id="q1", question="Où?", answers=("Ada",), meta={"b": 1, "a": None})]) == expected


def test_the_hash_of_a_file_is_that_of_its_rows_however_their_keys_are_ordered(tmp_path: Path) -> None:
    first = read_examples(rows_file(tmp_path, {**ROW, "hops": 2, "type": "x"}))
    again = read_examples(rows_file(tmp_path, {"type": "x", "hops": 2, **dict(reversed(ROW.items()))}))
    assert data_hash(first) == data_hash(again)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], "no examples to write"),
        ([Example(id="q", question="a"), Example(id="q", question="b")], "two examples have the id 'q'"),
        ([Example(id="q", question="")], "'question'"),
        ([Example(id="q", question="a", meta={"answers": ["x"]})], r"meta has the keys \['answers'\]"),
        ([Example(id="q", question="a", meta={"x": float("inf")})], "what JSON cannot"),
        ([Example(id="q", question="\ud800")], "surrogate"),
        ([Example(id="q", question="a", meta={"decomposition": [{"question": "b"}]})], "does not say the same"),
    ],
)
def test_what_could_not_be_read_back_is_not_written_and_the_file_stays(bad: list[Example], said: str, tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_text("as it was")
    with pytest.raises(ExampleError, match=said):
        write_examples(path, bad)
    assert path.read_text() == "as it was"


def test_gold_that_the_corpus_has_passes() -> None:
    check_gold([Example(id="q", question="Who?", supporting_ids=("p1",)), Example(id="r", question="Who?")], ["p1", "p2"])


def test_gold_that_the_corpus_lacks_is_named_with_its_example_and_counted() -> None:
    lacking = [Example(id=f"q{n}", question="Who?", supporting_ids=("p1", f"x{n}")) for n in range(8)]
    with pytest.raises(ExampleError) as caught:
        check_gold([Example(id="fine", question="Who?", supporting_ids=("p1",)), *lacking], iter(["p1"]))
    message = str(caught.value)
    assert "8 of 9 examples name 8 gold passages" in message
    assert "example 'q0': 'x0'" in message
    assert "'q4'" in message
    assert "'q5'" not in message
    assert "and 3 more examples" in message


def test_gold_of_a_hop_is_checked_too() -> None:
    hop = SubQuestion(question="Who?", supporting_id="x")
    with pytest.raises(ExampleError, match="example 'q': 'x'"):
        check_gold([Example(id="q", question="Who?", decomposition=(hop,))], ["p1"])


def real_data() -> Path:
    return Path(os.environ.get("SEEKGRAPH_DATA") or Path(__file__).parents[2] / "../shared/data")


def test_every_real_question_file_parses_and_its_gold_is_in_its_corpus(tmp_path: Path) -> None:
    folder = real_data()
    files = [path for path in sorted(folder.glob("*/*.jsonl")) if path.name != "corpus.jsonl"]
    if not files:
        pytest.skip("no real data here: set SEEKGRAPH_DATA to its folder, or put it at ../shared/data beside the checkout")
    for path in files:
        rows = read_examples(path)
        write_examples(tmp_path / "again.jsonl", rows)
        assert read_examples(tmp_path / "again.jsonl") == rows, path
        corpus = path.with_name("corpus.jsonl")
        if corpus.exists():
            with corpus.open(encoding="utf-8") as lines:
                check_gold(rows, (json.loads(line)["id"] for line in lines))
