"""State that a forked process must create again."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class _Forkable(Protocol):
    def after_fork(self) -> None:
        """Called in the child before it has a second thread, because locks and threads do not survive a fork."""


_FORKABLES: weakref.WeakSet[_Forkable] = weakref.WeakSet()


def begin_again_after_fork(thing: _Forkable) -> None:
    _FORKABLES.add(thing)


def _after_fork() -> None:
    for thing in list(_FORKABLES):
        thing.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
