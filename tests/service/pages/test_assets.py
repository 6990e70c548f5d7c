"""Assets are cached by browsers for ever."""

from __future__ import annotations

from typing import Any

from service.pages import assets


def test_assets_are_kept_for_ever(get: Any) -> None:
    for path in (f"/assets/{assets.DIGEST}/study.js", f"/assets/{assets.PLOTLY}"):
        answer = get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    plain = get(f"/assets/{assets.DIGEST}/base.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
