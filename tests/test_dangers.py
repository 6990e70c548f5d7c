"""Nothing in the source unpickles, evaluates or runs text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FORBIDDEN_IMPORTS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "code",
    "codeop",
    "yaml",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "execfile", "import_module"}
# Whose names come from the listing of a folder of the program's own.
ALLOWED = {
    "worker/training/folder.py": [".import_module()"],
    "studies/late_scipy.py": ["import_module()"] * 2,  # of names that stand in that file
}
FORBIDDEN_METHODS = {"read_pickle", "to_pickle", "load_module", "import_module", "system", "popen", "unsafe_load"}
OURS = sorted(p for room in ("studies", "service", "worker") for p in (ROOT / room).rglob("*.py"))


def _dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {n.name}" for n in names if n.name.split(".")[0] in FORBIDDEN_IMPORTS)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in FORBIDDEN_IMPORTS:
                yield f"from {module} import"
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant()]):
                pass
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"{name}()"
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant()]):
                pass  # a name that stands in the program is an import like any other
            case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_METHODS:
                yield f".{name}()"
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle=True"
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield "shell=True"
            case ast.keyword(arg="weights_only", value=ast.Constant(value=False)):
                yield "weights_only=False"
            case _:
                pass


def test_the_search_for_dangers_finds_them() -> None:
    text = "import pickle\nfrom yaml import load\neval('1')\nnp.load(f, allow_pickle=True)\nrun('x', shell=True)\n"
    text += "import_module(x)\nimport_module('resource')\n"
    assert len(list(_dangers(ast.parse(text)))) == 6


def test_nothing_is_unpickled_evaluated_or_run_by_a_shell() -> None:
    assert len(OURS) > 150
    found = {str(p.relative_to(ROOT)): list(_dangers(ast.parse(p.read_text("utf-8")))) for p in OURS}
    assert {path: dangers for path, dangers in found.items() if dangers} == ALLOWED
