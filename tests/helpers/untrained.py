"""A generative model that is never trained, for tests where what it answers is all that matters."""

from __future__ import annotations

from trainables.base import Generative, State


class Untrained(Generative):
    """What a subclass has not to say again of a model with nothing to train and nothing to save."""

    finished = True

    def __init__(self) -> None:
        pass

    def step(self) -> dict[str, float]:
        return {}

    def state(self) -> State:
        return {}

    def load_state(self, state: State) -> None:
        pass
