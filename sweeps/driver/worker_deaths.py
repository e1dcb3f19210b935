"""Why a worker died, in a line, from what Ray says of it in many."""

from __future__ import annotations

import re
from dataclasses import dataclass

MEMORY = re.compile(r"low on memory|memory pressure|OutOfMemory|memory usage threshold|out of memory", re.IGNORECASE)
NODE = re.compile(r"node has died|node (was|is) (dead|lost|terminated|removed)|node .*preempted", re.IGNORECASE)
DETAIL = re.compile(r"Worker exit detail: (.*?)(?: There are some potential root causes|$)", re.DOTALL)


@dataclass(frozen=True)
class Death:
    """`reason` in words; `of_node`: the node went, so it says nothing of the trial."""

    reason: str
    of_node: bool = False


def death(text: str) -> Death:
    """What became of a worker, read from Ray's account of it."""
    if NODE.search(text):
        return Death("the node it ran on was lost", of_node=True)
    if MEMORY.search(text):
        return Death("out of memory: Ray ended it, for its node was about to have none left")
    if "Worker exit type" in text and "connection error code 2" in text:
        return Death("it was killed or crashed (out of memory is the usual cause; see ray/workers.log)")
    detail = DETAIL.search(text)
    lines = detail.group(1).strip().splitlines() if detail else _own_lines(text)
    return Death(lines[0] if lines else "no reason given")


def _own_lines(text: str) -> list[str]:
    """The lines of the last account in Ray's file of a trial's failures, without the file's own headings."""
    account = re.split(r"Failure # \d+ \(occurred at .*\)\n", text)[-1]
    lines = [line.strip() for line in account.strip().splitlines()]
    return lines[-1:] if account.lstrip().startswith(("ray::", "\x1b")) else lines
