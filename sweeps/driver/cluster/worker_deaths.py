"""Why a worker process died: Ray's long error text reduced to one line."""

from __future__ import annotations

import re

from sweeps.driver.trials.alone import OUT_OF_MEMORY

MEMORY = re.compile(r"low on memory|memory pressure|OutOfMemory|memory usage threshold|out of memory", re.IGNORECASE)
NODE = re.compile(r"node has died|node (was|is) (dead|lost|terminated|removed)|node .*preempted", re.IGNORECASE)
DETAIL = re.compile(r"Worker exit detail: (.*?)(?: There are some potential root causes|$)", re.DOTALL)


def of_node(text: str) -> bool:
    """Whether Ray knows already that the whole node was lost."""
    return NODE.search(text) is not None


def worker_death(text: str) -> str:
    """Why a worker died, from Ray's error text."""
    if of_node(text):
        return "the node it ran on was lost"
    if MEMORY.search(text):
        return f"{OUT_OF_MEMORY}: Ray ended it, for its node was about to have none left"
    if "Worker exit type" in text and "connection error code 2" in text:
        return "it was killed or crashed (too little memory is the usual cause; see ray/workers.log)"
    detail = DETAIL.search(text)
    lines = detail.group(1).strip().splitlines() if detail else _own_lines(text)
    return lines[0] if lines else "no reason given"


def _own_lines(text: str) -> list[str]:
    """The lines of the last failure in Ray's error file of a trial, without the file's headings."""
    account = re.split(r"Failure # \d+ \(occurred at .*\)\n", text)[-1]
    lines = [line.strip() for line in account.strip().splitlines()]
    return lines[-1:] if account.lstrip().startswith(("ray::", "\x1b")) else lines
