"""Commands as a person may paste them into a shell, whatever a folder is called."""

from __future__ import annotations

import shlex


def command_line(*words: object) -> str:
    """`sweeps` and these words, each quoted where the shell would take it for something else."""
    return shlex.join(["sweeps", *map(str, words)])
