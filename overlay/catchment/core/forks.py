"""Whether this process was forked off since: a number to compare, where asking the system for the process's own costs a
call each time.
"""

from __future__ import annotations

import os

generation: int = 0
"""How many forks lie between the process that loaded this module and this one."""


def _forked() -> None:
    global generation
    generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
