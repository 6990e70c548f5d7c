"""The file of webhooks: what it may say, and one sentence without a secret for everything else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.webhooks.config import MAX_BYTES, Standing, WebhooksError, WebhooksFile, key_of, read_webhooks
from studies.records import NoticeEvent

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = f'[[webhooks]]\nname = "lab"\nurl = "https://hooks.example.org/a/b?c=d"\nsecret = "{SECRET}"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webhooks.toml"


def test_a_webhook_wants_everything_unless_it_says_otherwise(path: Path) -> None:
    path.write_text(GOOD)
    (webhook,) = read_webhooks(path)
    assert (webhook.name, webhook.origin, webhook.key) == ("lab", "https://hooks.example.org", key_of(SECRET))
    assert all(webhook.wants(event, "any") for event in NoticeEvent)
    path.write_text(GOOD + 'events = ["failed"]\nstudies = ["mnist-*", "one"]\n')
    (webhook,) = read_webhooks(path)
    wanted = [name for name in ("mnist-1", "one", "mnist", "one-more") if webhook.wants(NoticeEvent.FAILED, name)]
    assert wanted == ["mnist-1", "one"]
    assert not webhook.wants(NoticeEvent.DECIDED, "one")


def test_a_secret_may_lie_in_a_file_beside(path: Path) -> None:
    (path.parent / "lab.secret").write_text(SECRET + "\n")
    path.write_text(GOOD.replace("secret =", "secret_file =").replace(SECRET, "lab.secret"))
    assert read_webhooks(path)[0].key == key_of(SECRET)


def test_nothing_shows_a_secret(path: Path) -> None:
    path.write_text(GOOD)
    found = read_webhooks(path)
    for text in (repr(found), str(found), found[0].model_dump_json(), str(found[0].model_dump())):
        assert SECRET not in text and "a/b" not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("webhooks = 1", "webhooks: "),
        ("[[webhooks]]\nnam = 1", "webhooks.0."),
        ("[[webhook]]", "webhook: is no field"),
        ("a = = 1", "is not TOML"),
        ("a" + ".a" * 40 + " = 1", "webhooks"),
        ("x = " + "[" * 5000, "is "),
        (GOOD + GOOD, "two webhooks are named lab"),
        (GOOD.replace('"lab"', '"Lab 1"'), "webhooks.0.name: must be made of a to z"),
        (GOOD.replace("https", "ftp"), "webhooks.0.url: must begin with https://"),
        (GOOD.replace("https://", "https://user:hidden@"), "holds a user name or password"),
        (GOOD.replace("https://hooks.example.org", "https://"), "names no host"),
        (GOOD.replace("c=d", "c=d#e"), "a part behind #"),
        (GOOD.replace("https://hooks", "https://[hooks"), "is no URL"),
        (GOOD.replace(SECRET, "hidden"), "must be whsec_ and 24 to 64 random bytes"),
        (GOOD.replace(SECRET, "whsec_" + "aGlkZGVu"), "must be whsec_ and 24 to 64 random bytes"),
        (GOOD.replace("secret =", "secret_file ="), "a secret itself is given as secret"),
        (GOOD.replace(f'secret = "{SECRET}"', 'secret_file = "none"'), "cannot be read: No such file"),
        (GOOD + 'secret_file = "x"', "give either secret or secret_file"),
        (GOOD.replace(f'secret = "{SECRET}"', ""), "give either secret or secret_file"),
        (GOOD + 'secret_file = "a\\u0000b"', "give either"),
        (GOOD.replace(f'secret = "{SECRET}"', 'secret_file = "a\\u0000b"'), "cannot be read"),
        (GOOD + 'events = ["paused"]', "webhooks.0.events.0: input should be"),
        (GOOD + "events = []", "webhooks.0.events: "),
        (GOOD + "port = 1", "webhooks.0.port: is no field of a webhook"),
        ("#" * (MAX_BYTES + 1), "more than 65,536 bytes"),
        ("".join(GOOD.replace('"lab"', f'"lab-{n}"') for n in range(33)), "webhooks: "),
    ],
)
def test_what_cannot_be_is_one_sentence(path: Path, text: str, says: str) -> None:
    path.write_text(text)
    with pytest.raises(WebhooksError) as refused:
        read_webhooks(path)
    sentence = str(refused.value)
    assert sentence.startswith(f"{path.parent}") and says in sentence, sentence
    assert "\n" not in sentence
    for hidden in (SECRET, "hidden", "aGlkZGVu", "a/b"):
        assert hidden not in sentence


def test_bytes_that_are_no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(WebhooksError, match="not UTF-8"):
        read_webhooks(path)
    with pytest.raises(WebhooksError, match="cannot be read"):
        read_webhooks(path.parent)


def test_a_pipe_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(WebhooksError, match="is no regular file"):
        read_webhooks(path)


def test_the_last_good_file_stays_in_force(path: Path) -> None:
    file = WebhooksFile(path)
    first = file.look()
    assert (first.webhooks, "cannot be read" in first.problem) == (None, True)
    path.write_text(GOOD)
    assert [webhook.name for webhook in file.look().webhooks or ()] == ["lab"]
    path.write_text("nonsense")
    bad = file.look()
    assert ([webhook.name for webhook in bad.webhooks or ()], "is not TOML" in bad.problem) == (["lab"], True)
    path.write_text("")
    assert file.look() == Standing((), "")
    assert WebhooksFile(None).look().webhooks == ()
