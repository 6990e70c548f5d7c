"""Files of webhooks, and services that deliver to them."""

from __future__ import annotations

from pathlib import Path

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = '["127.0.0.0/8"]'


def put(path: Path, text: str) -> None:
    """The text in place of what the file held, at once: a service that reads meanwhile finds the one or the other."""
    fresh = path.with_name(f"{path.name}.part")
    fresh.write_text(text)
    fresh.replace(path)


def webhooks_file(folder: Path, *urls: str, name: str = "webhooks.toml", **fields: str) -> Path:
    """A file with webhooks called hook-0, hook-1, ...; `fields` are TOML values that all of them have."""
    more = "".join(f"{key} = {value}\n" for key, value in fields.items())
    tables = (
        f'[[webhooks]]\nname = "hook-{number}"\nurl = "{url}"\nsecret = "{SECRET}"\n{more}'
        for number, url in enumerate(urls)
    )
    path = folder / name
    put(path, "\n".join(tables))
    return path


def variables(path: Path) -> dict[str, str]:
    """Settings of a service with these webhooks, which may reach this machine."""
    return {"GOLDEN_WEBHOOKS_FILE": str(path), "GOLDEN_WEBHOOK_ALLOW": LOOPBACK, "GOLDEN_TICK_SECONDS": "0.2"}
