"""How a program is started and ended, as its spec says it, and the macros that W&B's `command` may have."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

DEFAULT_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")
MACROS = (
    *("env", "interpreter", "program", "args", "args_no_equals", "args_no_hyphens", "args_no_boolean_flags"),
    *("args_json", "args_json_file", "args_append_hydra", "args_override_hydra"),
)
VARIABLE = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")
GRACE = 10.0  # seconds from SIGTERM to SIGKILL
SEED = "seed"  # the parameter that is one, where nothing is said


@dataclass(frozen=True)
class Program:
    """`path` as the spec has it, from the folder that the sweep is run in, or "" where `command` alone, which has W&B's
    macros, says what to start.

    `resumable`: it goes on from SWEEPS_CHECKPOINT_DIR. `seed_parameter`: the parameter that seeds it. `grace`: seconds
    from SIGTERM to SIGKILL. `environment`: variables it has besides those of the shell.
    """

    path: str
    command: tuple[str, ...] = DEFAULT_COMMAND
    resumable: bool = False
    seed_parameter: str | None = None
    grace: float = GRACE
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a sweep of it is called if nothing else is said."""
        return PurePath(self.path).stem or "program"

    def lines(self) -> dict[str, Any]:
        """The lines of a spec that say this, but for those that say what is so anyway."""
        lines = {
            "program": self.path or None,
            "command": None if self.command == DEFAULT_COMMAND else list(self.command),
            "resumable": self.resumable or None,
            "seed_parameter": self.seed_parameter,
            "grace": None if self.grace == GRACE else self.grace,
            "environment": dict(self.environment) or None,
        }
        return {name: value for name, value in lines.items() if value is not None}

    def seed_name(self, parameters: Collection[str]) -> str | None:
        """The one of the parameters that seeds the program, if one does."""
        name = self.seed_parameter or SEED
        return name if name in parameters else None


def unknown_macros(command: Sequence[str], parameters: Collection[str]) -> list[str]:
    """The words of a command that look like a macro and are none, nor the name of a parameter."""
    words = [word[2:-1] for word in command if word.startswith("${") and word.endswith("}")]
    return [word for word in words if word not in (*MACROS, *parameters) and not VARIABLE.fullmatch(f"${{{word}}}")]
