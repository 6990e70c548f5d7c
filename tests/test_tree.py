"""The tree itself: tests stand where one looks for them, files stay short, and plain words are used."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("golden_study", "service", "worker", "studies")
LEAST_MIRRORED = 0.75
MOST_LINES = 400
# Words that mean something else in English, or that only this project would use.
ODD_WORDS = re.compile(
    r"\bread over\b|\bmay lack\b|\bforetell|\bforetold\b|\bin vain\b|\bstands? twice\b|\bnot let in yet\b"
    r"|\bheard of for longest\b|\bgoes with\b",
    re.IGNORECASE,
)
REQUESTS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "Client", "AsyncClient"}
READ_BY_PEOPLE = (".py", ".md", ".html", ".j2", ".js", ".toml", ".yml", ".yaml", ".cpp", ".h", ".sbatch")


def _sources() -> Iterator[Path]:
    """Modules of the packages that hold code; migrations and empty package files are not counted."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name != "__init__.py" and "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def _tracked() -> list[Path]:
    """Files under version control, or none where this is no checkout."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_at_least_three_quarters_of_the_source_files_have_a_test_file_in_the_mirrored_place() -> None:
    sources = list(_sources())
    missing = [path for path in sources if not (ROOT / "tests" / path.parent / f"test_{path.name}").exists()]
    share = 1.0 - len(missing) / len(sources)
    assert share >= LEAST_MIRRORED, f"{share:.0%} are mirrored; missing: {', '.join(map(str, missing))}"


def test_no_source_file_is_longer_than_anybody_can_hold_in_their_head() -> None:
    files = [*_sources(), *(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))]
    long = {
        str(path): count for path in files if (count := len((ROOT / path).read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert not long


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_has_a_docstring(package: str) -> None:
    missing = []
    for path in _sources():
        if path.parts[0] == package:
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            nodes = [
                tree,
                *(n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)),
            ]
            missing += [
                f"{path}: {getattr(node, 'name', 'module')}"
                for node in nodes
                if not getattr(node, "name", "").startswith("_") and ast.get_docstring(node) is None
            ]
    assert not missing


def test_odd_words_are_gone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in _tracked()
        if path.suffix in READ_BY_PEOPLE and path != Path(__file__) and path.name != "CHANGELOG.md"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ODD_WORDS.search(line)
    ]
    assert not found


def test_the_api_document_uses_plain_words() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert not ODD_WORDS.search(json.dumps(document, ensure_ascii=False))


def test_no_test_turns_the_clock_of_the_whole_process() -> None:
    """Servers in other threads read it too: `turned_clocks.turn` gives one module a clock of its own."""
    turned = re.compile(r"setattr\(\s*(time,|[\"'][\w.]*\btime\.\w+[\"'])")
    assert turned.search('monkeypatch.setattr(time, "monotonic", clock)')
    assert turned.search('monkeypatch.setattr("service.door.security.time.time", clock)')
    found = [path.name for path in (ROOT / "tests").rglob("*.py") if turned.search(path.read_text("utf-8"))]
    assert set(found) == {Path(__file__).name}


def test_every_request_and_wait_of_a_test_has_the_one_ceiling() -> None:
    """A client of its own gives up after five seconds, which a busy machine takes: `waiting.CEILING` is far above."""
    paths = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "chaos" not in path.parts]
    assert list(_hasty("httpx2.get(url)\nhttpx.stream(url, timeout=9)\nprocess.wait(60)")) == [1, 2, 3]
    assert not list(_hasty("httpx2.get(url, timeout=CEILING)\nhttpx.Client(transport=app)\nevent.wait(0.05)"))
    found = [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in _hasty(path.read_text("utf-8"))]
    assert found == []


def _hasty(source: str) -> Iterator[int]:
    """Lines of requests over a socket without the ceiling, and of waits of whole seconds written as a number."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    for call in calls:
        owner, verb = ast.unparse(call.func).rpartition(".")[::2]
        named = {each.arg: each.value for each in call.keywords}
        limit = named.get("timeout")
        asks = owner in {"httpx", "httpx2"} and verb in REQUESTS and "transport" not in named
        first = call.args[0] if call.args else limit
        waits = verb in {"wait", "join"} and isinstance(first, ast.Constant) and isinstance(first.value, int | float)
        if (asks and (limit is None or isinstance(limit, ast.Constant))) or (waits and first.value >= 1.0):
            yield call.lineno


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_path_of_the_map_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"`((?:service|studies|worker|tests|docs)/[\w./-]+)`", text))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
