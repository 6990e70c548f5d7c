"""The account of a worker's time."""

import time

from worker.occupancy import Occupancy


def test_the_share_outside_training_leaves_waits_for_work_out() -> None:
    account = Occupancy()
    with account.spent("training"):
        time.sleep(0.3)
    with account.spent("idle"):
        time.sleep(0.6)
    with account.spent("storing"):
        time.sleep(0.1)
    summary = account.summary()
    assert 0.2 < summary["outside_training"] < 0.6
    assert summary["training_seconds"] >= 0.3
    assert summary["wall_seconds"] >= 1.0
    assert summary["beside_cpu_seconds"] < 0.1, "sleep takes no processor"
