"""Signals that end a program in order."""

from __future__ import annotations

import os
import signal

import pytest

from service.commands.interrupts import interrupted_by


def test_a_signal_counts_as_an_interrupt_inside_and_as_before_outside() -> None:
    found = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup
    try:
        with pytest.raises(KeyboardInterrupt), interrupted_by(signal.SIGHUP):
            os.kill(os.getpid(), signal.SIGHUP)
            signal.pause()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, found)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupted_by(signal.SIGHUP):
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
