"""What can be said of a target accuracy before anything is trained: that it is out of reach, or that it says nothing.

Whether a training that can reach its target does so within its epochs is what a study measures; that is not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from studies.language.context import Context
from studies.language.spec import StudySpec
from studies.learning import networks

# Highest accuracy that any classifier can have in the long run, of data whose law is known.
HIGHEST = {"two-gaussians": 0.921}  # the normal distribution function at the square root of 2
ONE_CLASS = 2  # classes that a network which models class 0 alone can have right: it, and one other
TARGET = "epochs_to_target"


def target_notes(spec: StudySpec) -> tuple[str, ...]:
    """A sentence for each context of whose target something is known; none where no target is looked at."""
    asked = spec.compares or spec.claim.objective == TARGET
    looked_at = [context for context in spec.built_in if asked or context.stop_at_target]
    found = (f"context {_name(c)}: {text}." for c in looked_at for text in _said(c, spec.replication.folds))
    return tuple(dict.fromkeys(found))


def _name(context: Context) -> str:
    """As the document has it: arms share their context's target."""
    return context.name if context.arm is None else context.arm.context


def _said(context: Context, folds: int) -> Iterator[str]:
    tested = math.ceil(context.tested(folds))
    trained = context.image_count - context.tested(folds)
    if limit := _limit(context):
        yield limit
    elif context.target_accuracy * tested > tested - 1:
        yield (
            f"`target_accuracy` {context.target_accuracy:g} is reached only where all of the {tested:,} test images "
            "are right; lower it if one may be wrong"
        )
    elif context.target_accuracy < 1.0 / context.classes:
        yield (
            f"`target_accuracy` {context.target_accuracy:g} lies below chance, one in {context.classes}, so a network "
            "that has learned nothing reaches it; raise it"
        )
    if context.evaluate_every is not None and context.evaluate_every >= trained:
        yield (
            f"`evaluate_every` is {context.evaluate_every:,} images and an epoch trains on {trained:,.0f}, so the "
            "target is looked at after each epoch alone; lower it to look within epochs"
        )


def _limit(context: Context) -> str:
    """Why no arm can reach the target, however long it trains; "" where nothing says so."""
    target, network = context.target_accuracy, networks.by_name(context.choice("network").name)
    highest = HIGHEST.get(context.dataset, 1.0)
    if target > highest:
        return (
            f"`target_accuracy` {target:g} lies above {highest:g}, the most that any classifier of {context.dataset} "
            "has in the long run, so no run is expected to reach it; lower it"
        )
    if network.one_class and target > ONE_CLASS / context.classes:
        return (
            f"`target_accuracy` {target:g} cannot be reached, since the network {network.name} tells class 0 from the "
            f"rest alone and {context.dataset} has {context.classes} classes; choose another network"
        )
    return ""
