"""Why a worker process died: Ray's long error text reduced to one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

MEMORY = re.compile(r"low on memory|memory pressure|OutOfMemory|memory usage threshold|out of memory", re.IGNORECASE)
NODE = re.compile(r"node has died|node (was|is) (dead|lost|terminated|removed)|node .*preempted", re.IGNORECASE)
DETAIL = re.compile(r"Worker exit detail: (.*?)(?: There are some potential root causes|$)", re.DOTALL)


@dataclass(frozen=True)
class WorkerDeath:
    """The `reason` in words; `of_node`: the whole node was lost, so it was not the trial's fault."""

    reason: str
    of_node: bool = False


def worker_death(text: str) -> WorkerDeath:
    """Why a worker died, from Ray's error text."""
    if NODE.search(text):
        return WorkerDeath("the node it ran on was lost", of_node=True)
    if MEMORY.search(text):
        return WorkerDeath("out of memory: Ray ended it, for its node was about to have none left")
    if "Worker exit type" in text and "connection error code 2" in text:
        return WorkerDeath("it was killed or crashed (out of memory is the usual cause; see ray/workers.log)")
    detail = DETAIL.search(text)
    lines = detail.group(1).strip().splitlines() if detail else _own_lines(text)
    return WorkerDeath(lines[0] if lines else "no reason given")


def _own_lines(text: str) -> list[str]:
    """The lines of the last failure in Ray's error file of a trial, without the file's headings."""
    account = re.split(r"Failure # \d+ \(occurred at .*\)\n", text)[-1]
    lines = [line.strip() for line in account.strip().splitlines()]
    return lines[-1:] if account.lstrip().startswith(("ray::", "\x1b")) else lines
