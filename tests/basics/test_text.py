"""Which name was probably meant, and what a person at a terminal is told."""

import pytest

from basics.terminal import say
from basics.text import did_you_mean, nearest

MODELS = ("logistic_regression", "mlp", "wgan_gp", "C")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("logistic_regresion", "logistic_regression"),
        ("MLP", "mlp"),
        ("c", "C"),
        ("Wgan-GP", "wgan_gp"),
        ("zebra", None),
    ],
)
def test_the_nearest_name_in_whatever_letters(name: str, meant: str | None) -> None:
    assert nearest(name, MODELS) == meant
    assert did_you_mean(name, MODELS) == (f"; did you mean {meant}?" if meant else "")


def test_how_like_a_name_must_be() -> None:
    assert nearest("x_train", ["x_val"]) == "x_val"
    assert nearest("x_train", ["x_val"], likeness=0.6) is None


def test_names_need_not_be_text() -> None:
    assert nearest(1.5, [1.5, None]) == "1.5"
    assert nearest(None, []) is None


def test_a_line_is_for_stderr_and_holds_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    say("results go to \x1b[31mred")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "sweeps: results go to �[31mred\n")
