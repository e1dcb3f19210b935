"""Advice on what to try next: rules, each of which looks at a sweep's results and gives a sentence or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from analysis.configs import numbers
from analysis.formatting import counted, word
from analysis.plots.curves.history import history
from analysis.plots.verdicts import UNJUDGED, last_verdicts, verdicts_of
from analysis.report.differences import difference
from analysis.results import BEST_STEP, CONFIG, FAILED, HEALTHY, RUNNING, STATUS, STEP, STOPPED, TRIAL, SweepResults
from analysis.searched import Searched, searched_parameters

Rule = Callable[[SweepResults], Iterator[str]]

EDGE, NEAR_EDGE = 0.1, 0.2  # of a range: where the best lies, and where half of the top lie with it
MIN_CHOICES = 3  # of numbers that have an end
UNIMPORTANT = 0.02  # share of the importance
TRIALS_A_PARAMETER = 5
MANY = 0.2  # of the trials
MIN_STEPS = 5
MIN_TRIALS = 10

# What a verdict on most trials calls for.
REMEDIES: Mapping[str, str] = {
    "mode_collapse": "try a larger latent_dim, a lower lr_g, or a loss that collapses less (wgan_gp)",
    "low_diversity": "try a larger latent_dim or batch_size, or a loss that collapses less (wgan_gp)",
    "discriminator_wins": "hold the discriminator back: a lower lr_d, fewer d_steps, a narrower net",
    "generator_wins": "strengthen the discriminator: a higher lr_d, more d_steps, a wider net",
    "noise": "train longer, or try a convolutional model (dcgan)",
    "blurred": "train longer, or try a model with sharper samples",
    "diverged": "lower the learning rates",
    "frozen": "raise the learning rates or train longer",
    "memorised": "use more training images, a smaller model or fewer steps",
}


def advice(sweep: SweepResults) -> tuple[str, ...]:
    """What to try next, the most pressing first."""
    return tuple(sentence for rule in RULES for sentence in rule(sweep))


def interrupted(sweep: SweepResults) -> Iterator[str]:
    """Trials that have not ended."""
    count = int((sweep.trials[STATUS] == RUNNING).sum())
    if count:
        yield f"{counted(count, 'trial')} had not ended: unless the sweep runs still, sweeps resume goes on with them."


def failing(sweep: SweepResults) -> Iterator[str]:
    """Where training does not survive."""
    failed = (sweep.trials[STATUS] == FAILED).to_numpy()
    if failed.any() and failed.mean() >= MANY:
        found = difference(sweep, failed)
        where = f"; they go with {found.words}: leave that part of the space out" if found else ""
        yield f"{failed.mean():.0%} of the trials failed{where}."


def unhealthy(sweep: SweepResults) -> Iterator[str]:
    """The verdict that most judged trials share, what helps against it, and where it is rarer."""
    verdicts = last_verdicts(sweep)
    judged = verdicts[verdicts != UNJUDGED]
    if judged.empty or (judged == HEALTHY).mean() >= 0.5:
        return
    main = str(judged[judged != HEALTHY].value_counts().index[0])
    share = float((judged == main).mean())
    remedy = REMEDIES.get(main, "look at the samples")
    found = difference(sweep, (verdicts == main).to_numpy())
    where = f" It goes with {found.words}." if found else ""
    yield f"{main.replace('_', ' ').capitalize()} is the verdict on {share:.0%} of the judged trials: {remedy}.{where}"


def unhealthy_best(sweep: SweepResults) -> Iterator[str]:
    """A winner with a fault, and the best trial without one."""
    verdicts = verdicts_of(sweep)
    if sweep.best is None or verdicts[sweep.best] in (HEALTHY, UNJUDGED):
        return
    fault = str(verdicts[sweep.best]).replace("_", " ")
    healthy = [trial for trial in sweep.ranked if verdicts[trial] == HEALTHY]
    other = (
        f"the best healthy trial is {healthy[0]} ({word(sweep.score(healthy[0]))})"
        if healthy
        else "no trial is healthy"
    )
    yield f"The best trial is judged {fault} at its best step; {other}."


def at_the_edge(sweep: SweepResults) -> Iterator[str]:
    """Parameters whose best values lie at an end of what was searched."""
    top = _top(sweep)
    for searched in searched_parameters(sweep):
        end = _end(searched, numbers(top.get(CONFIG + searched.name, pd.Series(dtype=float))))
        if end:
            yield f"The best trials have {searched.name} at the {end} of what was searched: widen it."


def unimportant(sweep: SweepResults) -> Iterator[str]:
    """Parameters that did not matter."""
    shares = sweep.importance.get("shares", {})
    names = [name for name, share in shares.items() if share < UNIMPORTANT]
    if names and len(shares) > len(names):
        which = ", ".join(names) if len(names) < 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
        yield f"Fix {which}: next to no difference among the best trials came from there."


def still_improving(sweep: SweepResults) -> Iterator[str]:
    """Best trials that were best at their last step."""
    top = _top(sweep)
    top = top[top["steps"] >= MIN_STEPS] if len(top) else top
    if len(top) and sweep.best in set(top[TRIAL]) and (top[BEST_STEP] == top["steps"]).mean() > 0.5:
        steps = int(top["steps"].max())
        yield f"The best trials were still improving at their last step, {steps}: give them more steps."


def stopped_too_early(sweep: SweepResults) -> Iterator[str]:
    """Stopped trials that were ahead of the winner when they were stopped."""
    stopped = sweep.trials[sweep.trials[STATUS] == STOPPED][TRIAL]
    course = sweep.rows[sweep.rows[TRIAL] == sweep.best]
    if stopped.empty or sweep.objective not in course:
        return
    winner = course.set_index(STEP)[sweep.objective]
    last = sweep.final.loc[sweep.final.index.isin(stopped), [STEP, sweep.objective]]
    lead = (last[sweep.objective] - last[STEP].map(winner)) * (1 if sweep.goal == "maximize" else -1)
    ahead = int((lead > 0).sum())
    if ahead >= MANY * len(stopped):
        of = counted(len(stopped), "stopped trial")
        yield f"{ahead} of {of} were ahead of the winner at that step: stop later (min_iter)."


def too_few(sweep: SweepResults) -> Iterator[str]:
    """More parameters than the trials can tell apart."""
    parameters, trials = len(searched_parameters(sweep)), len(sweep.trials)
    if 0 < trials < TRIALS_A_PARAMETER * parameters:
        yield f"{trials} trials are few for {parameters} parameters: run {TRIALS_A_PARAMETER * parameters} or fix some."


def pace(sweep: SweepResults) -> Iterator[str]:
    """Whether the search was still finding better configs."""
    best = history(sweep).best_so_far
    best = best[np.isfinite(best)]
    if len(best) < MIN_TRIALS:
        return
    found = int(np.argmax(best == best[-1])) + 1  # the trial that brought the best score
    if found > len(best) * (1 - MANY):
        yield f"The best config came late, as trial {found} of {len(best)}: more trials may find a better one."
    elif found <= len(best) / 3:
        yield f"Nothing better came after trial {found} of {len(best)}: more trials of this search would hardly help."


RULES: tuple[Rule, ...] = (
    interrupted,
    failing,
    unhealthy_best,
    unhealthy,
    at_the_edge,
    still_improving,
    stopped_too_early,
    unimportant,
    too_few,
    pace,
)


def _top(sweep: SweepResults) -> pd.DataFrame:
    """The best tenth of the trials, at least three, the best first."""
    names = sweep.ranked[: max(3, len(sweep.trials) // 10)]
    table = sweep.trials.set_index(TRIAL, drop=False)
    return table.loc[names]


def _end(searched: Searched, values: pd.Series[float]) -> str:
    """The end of the range at which the values, the best first, lie: in words, empty if at none."""
    if len(values) < 3 or values.isna().any():
        return ""
    choices = [choice for choice in searched.choices if isinstance(choice, int | float)]
    if len(choices) >= MIN_CHOICES and len(choices) == len(searched.choices):
        ends = ((min(choices), "smallest"), (max(choices), "largest"))
        found = [
            f"{name} choice, {word(end)},"
            for end, name in ends
            if values.iloc[0] == end and (values == end).mean() > 0.5
        ]
        return found[0] if found else ""
    low, high = searched.bounds or (0.0, 0.0)
    if high <= low or (high - low < MIN_CHOICES - 1 and (values % 1 == 0).all()):
        return ""
    scale = np.log if searched.log and low > 0 else np.asarray
    places = (scale(values.to_numpy()) - scale(low)) / (scale(high) - scale(low))
    for distance, name, bound in ((places, "lower end", low), (1 - places, "upper end", high)):
        if distance[0] < EDGE and (distance < NEAR_EDGE).mean() > 0.5:
            return f"{name}, {word(bound)},"
    return ""
