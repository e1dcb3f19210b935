"""Counts the work of a call (instead of timing it), for tests that it does not grow."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

FILES = ("unlink", "rename", "replace", "scandir", "listdir", "rmdir", "mkdir", "stat", "lstat", "open")


def instructions(call: Callable[[], Any]) -> int:
    """The instructions that Python executes for a call, the same every time."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def file_operations(call: Callable[[], Any]) -> Counter[str]:
    """How often a call asks the file system for what."""
    found: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and arg.__name__ in FILES:
            found[arg.__name__] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found
