"""Hostile study documents, as TOML and as JSON: each must be refused in one sentence, and leave no trace."""

from __future__ import annotations

import json
from typing import Any

from odd_requests import SEARCH, STUDY, Odd, raw, study

TOML = {"Content-Type": "application/toml"}
CONTEXT = STUDY["contexts"][0]
LOCATE = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
HERE = {"eta": 0.02, "alpha": 0.5}
TWO_MARGINS = {"margin_points": 1.0, "margin_error_share": 0.1}
FIXED = {"kind": "cross_validation", "points": [{"eta": 0.01586792470492602, "alpha": 0.8740320488976421}]}
SUBSTITUTE = {"name": "substitute"}
TABLE = {"name": "table", "shares": [1.0] * 64}
TABLE_OF_FIRST = {"name": "table", "first": [1.0] * 64}
GOOD_TOML = 'name = "odd"\nlosses = ["golden"]\n'


def toml(what: str, text: str, status: int = 422) -> Odd:
    """A TOML document."""
    return raw(what, text.encode("utf-8", "surrogatepass"), status, **TOML)


def replaced(what: str, at: str, old: str, new: str) -> Odd:
    """The JSON of an acceptable study with one piece of its text replaced by what `json.dumps` would not write."""
    text = json.dumps(STUDY)
    assert old in text
    return Odd(what, 422, content=text.replace(old, new, 1).encode("utf-8", "surrogatepass"), at=at or None)


def context(what: str, at: str, **changes: Any) -> Odd:
    """A study whose context differs."""
    return study(what, f"contexts.0.{at}", contexts=[{**CONTEXT, **changes}])


def design(what: str, at: str, base: dict[str, Any] = LOCATE, **changes: Any) -> Odd:
    """A study whose design differs."""
    return study(what, f"design.{at}" if at else "design", design={**base, **changes})


def claim(what: str, at: str, **changes: Any) -> Odd:
    """A study whose claim differs."""
    return study(what, f"claim.{at}", design=LOCATE, claim=changes)


def third(what: str, at: str, **changes: Any) -> Odd:
    """A study of version 3 that differs."""
    return study(what, at, schema_version=3, **{"design": LOCATE, **changes})


def space(what: str, at: str, **changes: Any) -> Odd:
    """A study whose search space differs."""
    return study(what, f"search_space.{at}" if at else "search_space", search_space=changes)


SHAPES = [
    toml("a key of 12,000 parts", "a" + ".a" * 12_000 + " = 1\n"),
    toml("a table header of 12,000 parts", "[a" + ".a" * 12_000 + "]\n"),
    toml("an array of tables of 12,000 parts", "[[a" + ".a" * 12_000 + "]]\n"),
    toml("a quoted key of 12,000 parts", '"a"' + '."a"' * 12_000 + " = 1\n"),
    toml("a key of many parts between blanks", "a" + " . a" * 12_000 + " = 1\n"),
    toml("a key of many parts in an inline table", "x = { a" + ".a" * 12_000 + " = 1 }\n"),
    toml("2,000 keys of 60 parts", "".join(f"k{i}{'.a' * 60} = 1\n" for i in range(2_000))),
    toml("20,000 keys", "".join(f"k{i} = 1\n" for i in range(20_000))),
    toml("20,000 tables", "".join(f"[t{i}]\n" for i in range(20_000))),
    toml("20,000 times the same array of tables", "[[contexts]]\n" * 20_000),
    toml("nested arrays", "a = " + "[" * 50_000 + "]" * 50_000),
    toml("nested arrays without an end", "a = " + "[" * 100_000),
    toml("nested inline tables", "a = " + "{ a = " * 20_000 + "1" + " }" * 20_000),
    toml("an array of 100,000 numbers", "losses = [" + "1," * 100_000 + "]"),
    toml("a number of 200,000 digits", "seed = " + "9" * 200_000),
    toml("a hexadecimal number of 100,000 digits", "seed = 0x" + "f" * 100_000),
    toml("a fraction of 200,000 digits", "seed = 0." + "9" * 200_000),
    toml("an exponent of 5,000 digits", "seed = 1e" + "9" * 5_000),
    toml("a string without an end", 'title = "' + "a" * 200_000),
    toml("a text of several lines without an end", 'title = """' + "a\n" * 100_000),
    toml("a comment and nothing else", "#" * 250_000),
    toml("line breaks and nothing else", "\n" * 250_000),
    toml("carriage returns alone", GOOD_TOML.replace("\n", "\r")),
    toml("a NUL in a comment", "# a\x00b\n" + GOOD_TOML),
    toml("an escape for a surrogate", 'name = "odd"\ntitle = "\\ud800"'),
    toml("an escape for NUL", 'name = "odd"\ntitle = "a\\u0000b"'),
    toml("an escape beyond Unicode", 'name = "odd"\ntitle = "\\UFFFFFFFF"'),
    toml("an unknown escape", 'name = "odd"\ntitle = "\\q"'),
    toml("a key twice", 'name = "odd"\nname = "even"\n'),
    toml("a table twice", '[design]\nkind = "search"\n[design]\nkind = "locate"\n'),
    toml("a table where a value was", 'name = "odd"\n[name.x]\ny = 1\n'),
    toml("a dotted key into a list", "contexts = []\ncontexts.x = 1\n"),
    toml("a date for a number", 'name = "odd"\nseed = 1979-05-27T07:32:00Z\n'),
    toml("a time for a list", 'name = "odd"\nlosses = 07:32:00\n'),
    toml("not a number", 'name = "odd"\n[claim]\neta = nan\n'),
    toml("a full-width digit", 'name = "odd"\nseed = １\n'),
    toml("a key in Cyrillic letters", "nаme = 'odd'\n"),
    toml("an invisible key", '"\u200b" = 1\n' + GOOD_TOML),
    toml("JSON as TOML", json.dumps(STUDY)),
    toml("UTF-16 as TOML", "\ufeff" + "n\x00a\x00"),
    raw("TOML as JSON", GOOD_TOML.encode()),
    raw("UTF-7", b"+AHsAIg-"),
    raw("100,000 open brackets", b"[" * 100_000),
    raw("nested objects in a value", b'{"name":"odd","claim":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_000 + b"}"),
    raw("nested lists in a value", b'{"losses":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
    raw("15,000 unknown keys", json.dumps({f"k{i}": i for i in range(15_000)}).encode()),
    raw("a key of 200,000 characters", b'{"' + b"k" * 200_000 + b'": 1}'),
    raw("30,000 losses that are numbers", json.dumps({**STUDY, "losses": list(range(30_000))}).encode()),
    raw("30,000 empty contexts", json.dumps({**STUDY, "contexts": [{}] * 30_000}).encode()),
    raw("a key twice, deep inside", b'{"name":"odd","contexts":[{"name":"a","name":"b"}]}'),
    raw("a key twice, once escaped", b'{"name": "odd", "n\\u0061me": "even"}'),
    raw("a key twice in a claim", b'{"name":"odd","claim":{"eta":0.1,"eta":0.2}}'),
    raw("a number without a digit", b'{"name": "odd", "seed": -}'),
    raw("a number with a leading zero", b'{"name": "odd", "seed": 007}'),
    raw("a number with a plus", b'{"name": "odd", "seed": +1}'),
    raw("a hexadecimal number", b'{"name": "odd", "seed": 0x10}'),
    raw("a number of 400 digits", b'{"name": "odd", "seed": ' + b"7" * 400 + b"}"),
    raw("minus infinity", b'{"name": "odd", "claim": {"eta": -Infinity}}'),
    raw("a raw line break in a text", b'{"name": "odd", "title": "a\nb"}'),
    raw("a raw escape character in a text", b'{"name": "odd", "title": "a\x1b[2Jb"}'),
    raw("half a surrogate pair in a list", b'{"name": "odd", "losses": ["\\udfff"]}'),
    raw("overlong UTF-8", b'{"name": "odd", "title": "\xc0\xaf"}'),
    raw("a surrogate in UTF-8", b'{"name": "odd", "title": "\xed\xa0\x80"}'),
    raw("text after the document", json.dumps(STUDY).encode() + b" //"),
    raw("another charset", json.dumps(STUDY).encode("utf-16"), **{"Content-Type": "application/json; charset=utf-16"}),
    raw("JSON lines", json.dumps(STUDY).encode(), 415, **{"Content-Type": "application/x-ndjson"}),
    raw("a media type with a line break", b"{}", 415, **{"Content-Type": "application/json\t/x"}),
    raw("deflated", json.dumps(STUDY).encode(), 415, **{"Content-Type": "application/json", "Content-Encoding": "br"}),
]  # fmt: skip

VALUES = [
    replaced("a trial number as a fraction", "design.trials", '"trials": 4', '"trials": 4.000000000000001'),
    replaced("a trial number with an exponent", "design.trials", '"trials": 4', '"trials": 4e0'),
    replaced("a trial number of 300 digits", "design.trials", '"trials": 4', f'"trials": {"4" * 300}'),
    replaced("minus zero trials", "design.trials", '"trials": 4', '"trials": -0'),
    replaced("a list for a text", "name", '"name": "odd"', '"name": ["odd"]'),
    replaced("null for a text", "name", '"name": "odd"', '"name": null'),
    replaced("a Cyrillic key", "nаme", '"name": "odd"', '"nаme": "odd"'),
    study("a name of soft hyphens", "name", name="\u00ad\u00ad"),
    study("a name in another script", "name", name="étude"),
    study("a name that is a path", "name", name="a/b"),
    study("a name with a dot at its end", "name", name="odd."),
    study("a name with a percent sign", "name", name="a%2fb"),
    study("a C1 control character in the title", "title", title="a\u009b31mb"),
    study("a left-to-right isolate in the title", "title", title="a\u2066b"),
    study("a paragraph separator in the title", "title", title="a\u2029b"),
    study("a byte order mark in the title", "title", title="a\ufeffb"),
    study("a tag character in the title", "title", title="a\U000e0041b"),
    study("a backspace in the description", "description", description="a\bb"),
    study("a hyperlink escape in the description", "description", description="\x1b]8;;http://x\x1b\\y"),
    study("a terminal's title in the claim", "claim.title", design=LOCATE, claim={"title": "\x1b]0;pwned\x07"}),
    study("an override in the claim", "claim.title", design=LOCATE, claim={"title": "a\u202eb"}),
    study("a NUL in the claim", "claim.title", design=LOCATE, claim={"title": "a\x00b"}),
    study("a line break in the claim", "claim.title", design=LOCATE, claim={"title": "a\nb"}),
    study("a negative seed", "seed", seed=-1),
    study("a seed that is true", "seed", seed=True),
    study("a priority of 10^12", "priority", priority=10**12),
    study("schema version 0", "schema_version", schema_version=0),
    study("schema version true", "schema_version", schema_version=True),
    study("losses as a text", "losses", losses="golden"),
    study("losses as an object", "losses", losses={"golden": 1}),
    study("an empty loss", "losses.0", losses=[""]),
    study("a loss with a control character", "losses.0", losses=["golden\x07"]),
    study("a loss in capitals", "losses.0", losses=["GOLDEN"]),
    study("two contexts of one name", "contexts.1.name", contexts=[CONTEXT, CONTEXT]),
    study("a context that is a list", "contexts.0", contexts=[[CONTEXT]]),
    context("no epochs", "epochs", epochs=0),
    context("10^9 epochs", "epochs", epochs=10**9),
    context("a batch of nothing", "batch_size", batch_size=0),
    context("a batch of 10^9", "batch_size", batch_size=10**9),
    context("negative weight decay", "weight_decay", weight_decay=-1e-4),
    context("weight decay of 10^300", "weight_decay", weight_decay=1e300),
    context("a target above one", "target_accuracy", target_accuracy=1.5),
    context("one image", "images", images=1),
    context("images as a text", "images", images="all"),
    context("a URL as network", "network", network="https://example.org/net.pt"),
    context("a module as update rule", "update_rule", update_rule="builtins.eval"),
    context("a schedule that runs", "schedule", schedule="__import__('os')"),
    context("an unknown rule in a table", "update_rule.name", update_rule={"name": "adamw", "beta1": 0.9}),
    context("a rule without a name", "update_rule.name", update_rule={"beta1": 0.9}),
    context("a rule that is a list", "update_rule", update_rule=["adam"]),
    context("a rule that is true", "update_rule", update_rule=True),
    context("a rule that is null", "update_rule", update_rule=None),
    context("a rule in capitals", "update_rule", update_rule="Adam"),
    context("a rule of 10,000 characters", "update_rule", update_rule="adam" * 2_500),
    context("a rule with a NUL", "update_rule", update_rule="adam\x00"),
    context("a rule whose name is a table", "update_rule", update_rule={"name": {"name": "adam"}}),
    context("a parameter of another rule", "update_rule.rho", update_rule={"name": "adam", "rho": 0.9}),
    context("a parameter that no rule has", "update_rule.nonsense", update_rule={"name": "adam", "nonsense": 1}),
    context("1,000 parameters", "update_rule.k0", update_rule={"name": "adam", **{f"k{i}": i for i in range(1_000)}}),
    context("a learning rate in a rule", "update_rule.eta", update_rule={"name": "adam", "eta": 0.1}),
    context("a DLR without an offset", "update_rule.a", update_rule={"name": "dlr", "a": 0.0}),
    context("a DLR with a negative offset", "update_rule.a", update_rule={"name": "dlr", "a": -0.4}),
    context("a DLR on a third side", "update_rule.side", update_rule={"name": "dlr", "side": "both"}),
    context("a flag as a number", "update_rule.warm_start", update_rule={"name": "dlr", "warm_start": 1}),
    context("an average that never forgets", "update_rule.beta2", update_rule={"name": "adam", "beta2": 1.0}),
    context("an epsilon of zero", "update_rule.epsilon", update_rule={"name": "adam", "epsilon": 0}),
    context("an epsilon of 10^300", "update_rule.epsilon", update_rule={"name": "adam", "epsilon": 1e300}),
    context("an end above the start", "schedule.end", schedule={"name": "cosine", "end": 1.5}),
    context("an annealing to the start", "schedule.end", schedule={"name": "anneal_eta", "end": 1.0}),
    context("an annealing over nothing", "schedule.share", schedule={"name": "anneal_eta", "share": 0.0}),
    context("an annealing over more than all", "schedule.share", schedule={"name": "anneal_eta", "share": 1.1}),
    context("an annealing that raises alpha", "schedule.end", schedule={"name": "anneal_alpha", "end": 0.95}),
    context("bounds the wrong way", "schedule.lo", schedule={"name": "mi_decay", "lo": 0.5, "hi": 0.5}),
    context("a bound above the eta", "schedule.hi", schedule={"name": "mi_decay", "hi": 1.5}),
    context("no image held back", "schedule.held", schedule={"name": "mi_decay", "held": 0}),
    context("every image held back", "schedule.held", schedule={"name": "mi_decay", "held": 1.0}),
    context("no threshold", "schedule.tau", schedule={"name": "mi_decay", "tau": 0.0}),
    context("layers that it does not have", "schedule.layers", schedule={"name": "mi_decay", "layers": "first"}),
    context("information from test images", "schedule.images", schedule={"name": "mi_decay", "images": "test"}),
    context("a table shorter than the run", "schedule.shares", schedule={"name": "table", "shares": [1.0]}),
    context("a layer's table shorter than the run", "schedule.last", schedule={"name": "table", "last": [1.0]}),
    context("more parts than a table has", "schedule.shares", schedule={**TABLE, "per_epoch": 9_999}),
    context("parts of no epoch", "schedule.per_epoch", schedule={**TABLE, "per_epoch": 0}),
    context("half a part of an epoch", "schedule.per_epoch", schedule={**TABLE, "per_epoch": 1.5}),
    context("a share below nothing", "schedule.shares.1", schedule={"name": "table", "shares": [1.0, -1e-9]}),
    context("a share in words", "schedule.shares.0", schedule={"name": "table", "shares": ["half"]}),
    context("a share within a share", "schedule.shares.0", schedule={"name": "table", "shares": [[1.0]]}),
    context("a table that is no list", "schedule.shares", schedule={"name": "table", "shares": 1.0}),
    context("a table without an end", "schedule.shares", schedule={"name": "table", "shares": [1.0] * 10_001}),
    context("a table of a layer that is not there", "schedule.first", schedule=TABLE_OF_FIRST, network="softmax"),
    context("a table of a rule without a rate", "schedule", schedule=TABLE, update_rule="yamadam"),
    context("a weight without an end", "backward_rule.w1", backward_rule={"name": "substitute_network", "w1": 1e300}),
    context("a weight in words", "backward_rule.w2", backward_rule={"name": "substitute_network", "w2": "one"}),
    context("a weight of another rule", "backward_rule.w1", backward_rule={**SUBSTITUTE, "w1": 1.0}),
    context("a step that rises", "schedule.factor", schedule={"name": "step", "factor": 10.0}),
    context("a hidden layer of no units", "network.width", network={"name": "mlp", "width": 0}),
    context("a hidden layer of 10^9 units", "network.width", network={"name": "mlp", "width": 10**9}),
    context("half a unit", "network.width", network={"name": "mlp", "width": 0.5}),
    context("a width of a convolution", "network.width", network={"name": "fig3", "width": 64}),
    context("a substitute without an activation", "backward_rule", network="softmax", backward_rule="substitute"),
    context("a substitute on the last layer", "backward_rule.layer", backward_rule={**SUBSTITUTE, "layer": "last"}),
    context("an odd derivative", "backward_rule.derivative", backward_rule={**SUBSTITUTE, "derivative": "x**2"}),
    context("plain SGD on a line", "update_rule", update_rule="sgd"),
    context("Adam with the momentum of SGD", "update_rule", update_rule="adam"),
    context("YamAdam with a learning rate", "update_rule", update_rule="yamadam"),
    study("a golden claim under LARS", "ridge", contexts=[{**CONTEXT, "update_rule": "lars"}]),
    study("momentum of plain SGD", "claim.alpha", contexts=[{**CONTEXT, "update_rule": "sgd"}], design=FIXED),
    context("a context's name with a slash", "name", name="a/b"),
    design("an unknown kind", "", kind="guess"),
    design("a list of kinds", "", kind=["locate"]),
    design("one map point", "map_points", map_points=1),
    design("10^9 map points", "map_points", map_points=10**9),
    design("negative blocks", "confirm_blocks", confirm_blocks=-1),
    design("10^7 blocks", "confirm_blocks", confirm_blocks=10**7),
    design("a mate at one", "mates.0", mates=[1.0]),
    design("a negative mate", "mates.0", mates=[-0.1]),
    design("1,000 mates", "mates", mates=[0.5] * 1_000),
    design("an unknown sampler", "sampler", SEARCH, sampler="oracle"),
    design("a sampler from a module", "sampler", SEARCH, sampler="optuna.samplers.TPESampler"),
    claim("a rate of zero", "eta", eta=0.0, alpha=0.9),
    claim("a denormal rate", "eta", eta=5e-324, alpha=0.9),
    claim("a rate of 10^300", "eta", eta=1e300, alpha=0.9),
    claim("momentum of one", "alpha", eta=0.01, alpha=1.0),
    claim("momentum next to one", "alpha", eta=0.01, alpha=1.0 - 1e-16),
    claim("no tolerance", "tolerance_factor", tolerance_factor=1.0),
    claim("a tolerance of 10^300", "tolerance_factor", tolerance_factor=1e300),
    claim("a negative margin", "margin_sigmas", margin_sigmas=-1.0),
    third("a margin of no points", "claim.margin_points", claim={"margin_points": 0.0}),
    third("a margin of the whole error", "claim.margin_error_share", claim={"margin_error_share": 1.0}),
    third("two margins", "claim.margin_points", claim={"margin_sigmas": 1.0, "margin_points": 1.0}),
    third("three margins", "claim.margin_error_share", claim={"margin_sigmas": 1.0, **TWO_MARGINS}),
    third("no margin", "claim.margin_sigmas", claim={"margin_sigmas": None}),
    third("a negative floor", "claim.margin_floor", claim={"margin_floor": -0.1}),
    third("a decoy at the claim", "claim.decoys.0", claim={"eta": 0.02, "alpha": 0.5, "decoys": [HERE]}),
    third("a decoy twice", "claim.decoys.1", claim={"decoys": [HERE, HERE]}),
    third("nine decoys", "claim.decoys", claim={"decoys": [{"eta": 0.01 * i, "alpha": 0.5} for i in range(1, 10)]}),
    third("a decoy that is a list", "claim.decoys.0", claim={"decoys": [[0.01, 0.9]]}),
    third("a decoy with a name", "claim.decoys.0.name", claim={"decoys": [{**HERE, "name": "best"}]}),
    third("a decoy outside", "claim.decoys.0", claim={"decoys": [{"eta": 50.0, "alpha": 0.5}]}),
    third("a confirmation by feeling", "design.confirmation", design={**LOCATE, "confirmation": "feeling"}),
    third("a rival that is a point", "design.rival", design={**LOCATE, "rival": HERE}),
    third("a likeliest that is null", "design.likeliest", design={**LOCATE, "likeliest": None}),
    third("a mate beyond the box", "design.mates.0", claim={"eta": 0.9, "alpha": 0.9}, design={"mates": [0.0]}),
    third("the claim as its own mate", "design.mates.0", claim=HERE, design={"mates": [0.5]}),
    study("a field of version 3 in version 2", "claim.decoys", schema_version=2, claim={"decoys": []}),
    study("a field of version 3 in version 1", "design.rival", schema_version=1, design={**LOCATE, "rival": True}),
    claim("a level of one", "level", level=1.0),
    claim("a level of zero", "level", level=0.0),
    claim("a first look of zero", "first_look", first_look=0.0),
    claim("a formula as curve", "curve", curve="eta=__import__('os')"),
    claim("an unknown objective", "objective", objective="profit"),
    space("a range of one unit in the last place", "eta", eta={"low": 0.1, "high": 0.10000000000000002}),
    space("denormal rates", "eta.low", eta={"low": 5e-324, "high": 1e-300}),
    space("a range that overflows", "eta.low", eta={"low": 1e-320, "high": 100.0}),
    space("rates of 10^308", "eta.high", eta={"low": 1e-3, "high": 1e308}),
    space("momentum in one unit of the last place", "alpha", alpha={"low": 0.5, "high": 0.5000000000000001}),
    space("momentum that rounds to one", "alpha.high", alpha={"low": 0.0, "high": 1.0 - 1e-17}),
    space("a range as a list", "eta", eta=[0.001, 1.0]),
    space("a range as a text", "eta.low", eta={"low": "0.001", "high": 1.0}),
    study("attempts without end", "limits.max_attempts", limits={"max_attempts": 10**6}),
    study("no time for a trial", "limits.trial_seconds", limits={"trial_seconds": 0}),
    study("a failed share above one", "limits.max_failed_share", limits={"max_failed_share": 1.5}),
    study("one fold", "replication.folds", replication={"folds": 1}),
    study("10^6 folds", "replication.folds", replication={"folds": 10**6}),
]  # fmt: skip

ROWS = [*SHAPES, *VALUES]
