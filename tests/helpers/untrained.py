"""What models have that are never trained, for tests where what they answer is all that matters."""

from __future__ import annotations

from trainables.base import Generative, State


class NothingToTrain:
    """What a model need not say that has nothing to train and nothing to save; the first base of its class."""

    finished = True

    def __init__(self) -> None:
        pass

    def step(self) -> dict[str, float]:
        return {}

    def state(self) -> State:
        return {}

    def load_state(self, state: State) -> None:
        pass


class Untrained(NothingToTrain, Generative):
    """A generative model that is never trained."""
