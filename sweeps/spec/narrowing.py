"""The space a sweep searches: the model's own, narrowed or overridden by what the spec names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from basics.text import shown
from search_spaces.conditions import AtLeast, Condition, OneOf, Value, same
from search_spaces.domains import Choice, Domain, SpaceError
from search_spaces.space import Space
from sweeps.errors import SpecError
from sweeps.spec.parameters import Constant

Activity = Literal["always", "sometimes", "never"]


@dataclass
class Narrowing:
    """What a model offers and what of it a sweep takes.

    `base` is the model's own space, `defaults` what it takes when nothing is said; `chosen` are the domains of the
    sweep, `named` those among them that the user wrote (the others came along with the whole space).
    """

    base: Mapping[str, Domain]
    defaults: Mapping[str, Any]
    chosen: Mapping[str, Domain]
    named: frozenset[str]
    anything: bool = False  # a user's own model that declares no names takes any
    fixed: dict[str, Value] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def space(self) -> Space:
        """The domains to search; `fixed` and `warnings` are filled on the way. SpecError for a name or a condition."""
        self._check_names()
        merged = {name: self._conditioned(name, domain) for name, domain in self.chosen.items()}
        self._fill_defaults(merged)
        try:
            ordered = Space(merged)
        except SpaceError as error:
            raise SpecError(str(error), key="parameters") from None
        searched: dict[str, Domain] = {}
        for name, domain in ordered.items():
            self._place(name, domain, searched)
        return Space(searched)

    def _check_names(self) -> None:
        known = dict.fromkeys([*self.base, *self.defaults])
        for name, domain in self.chosen.items():
            if name not in known and not self.anything:
                raise SpecError("unknown parameter", key=f"parameters.{name}", valid=known, near=name)
            for other, condition in domain.conditions.items():
                self._check_condition(f"parameters.{name}.when.{other}", other, condition, {**known, **self.chosen})

    def _check_condition(self, key: str, other: str, condition: Condition, known: Iterable[str]) -> None:
        """A condition on a name there is not, or on a value that the other parameter never takes, is a slip."""
        if other not in known:
            raise SpecError("unknown parameter", key=key, valid=known, near=other)
        domains = [where[other] for where in (self.chosen, self.base) if other in where]
        for value in condition.values if isinstance(condition, OneOf) else ():
            default = other in self.defaults and same(self.defaults[other], value)
            if domains and not default and not any(domain.contains(value) for domain in domains):
                valid = [str(choice) for domain in domains if isinstance(domain, Choice) for choice in domain.choices]
                raise SpecError(f"{other} is never {shown(value)}", key=key, valid=dict.fromkeys(valid), near=value)

    def _conditioned(self, name: str, domain: Domain) -> Domain:
        """`domain` under the model's own conditions, where the spec does not replace them."""
        own = self.base[name].conditions if name in self.base else {}
        return domain.when(**{**own, **domain.conditions})

    def _fill_defaults(self, merged: Mapping[str, Domain]) -> None:
        """What a condition asks for and the sweep leaves out has the model's default."""
        others = {other for domain in merged.values() for other in domain.conditions} - merged.keys()
        self.fixed |= {name: self.defaults[name] for name in self.defaults if name in others}

    def _place(self, name: str, domain: Domain, searched: dict[str, Domain]) -> None:
        activity = self._activity(domain, searched)
        if isinstance(domain, Constant) and activity != "sometimes" and (activity == "always" or name in self.named):
            self.fixed[name] = domain.value
            if activity == "never":
                self.warnings.append(f"parameters.{name} has no effect: {self._unmet(domain, searched)}")
        elif activity != "never":
            searched[name] = domain
        elif name in self.named:
            raise SpecError(f"has no effect: {self._unmet(domain, searched)}", key=f"parameters.{name}")

    def _activity(self, domain: Domain, searched: Mapping[str, Domain]) -> Activity:
        each = [self._meets(other, condition, searched) for other, condition in domain.conditions.items()]
        if "never" in each:
            return "never"
        return "sometimes" if "sometimes" in each else "always"

    def _meets(self, other: str, condition: Condition, searched: Mapping[str, Domain]) -> Activity:
        if other in self.fixed:
            return "always" if condition.holds(self.fixed[other]) else "never"
        return "sometimes" if other in searched and _possible(condition, searched[other]) else "never"

    def _unmet(self, domain: Domain, searched: Mapping[str, Domain]) -> str:
        for other, condition in domain.conditions.items():
            if self._meets(other, condition, searched) == "never":
                there = f"{other} is {shown(self.fixed[other])}" if other in self.fixed else f"{other} is never that"
                return f"it needs {other} {_words(condition)}, and {there}"
        return "its conditions are never met"


def activators(condition: Condition, domain: Domain) -> list[Value]:
    """Values of `domain` that meet `condition`."""
    if isinstance(condition, OneOf):
        return [value for value in condition.values if domain.contains(value)]
    if isinstance(domain, Choice):
        return [value for value in domain.choices if condition.holds(value)]
    low, high = getattr(domain, "low", condition.minimum), getattr(domain, "high", condition.minimum)
    return [max(low, condition.minimum), high] if high >= condition.minimum else []


def _possible(condition: Condition, domain: Domain) -> bool:
    return bool(activators(condition, domain))


def _words(condition: Condition) -> str:
    if isinstance(condition, AtLeast):
        return f"at least {condition.minimum:g}"
    return " or ".join(shown(value).strip("'") for value in condition.values)
