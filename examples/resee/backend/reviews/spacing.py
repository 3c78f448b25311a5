"""When to ask again: SM-2, without its first fixed steps for cards that are failed."""

from dataclasses import dataclass

GRADES = range(6)
PASSED = 3
LOWEST_EASE = 1.3


@dataclass(frozen=True)
class Spacing:
    interval_days: int
    ease: float


def next_spacing(current: Spacing, grade: int) -> Spacing:
    """The spacing after an answer of this grade (0: no idea … 5: at once)."""
    if grade not in GRADES:
        raise ValueError(f"a grade is 0 to 5, not {grade}")
    missed = 5 - grade
    ease = max(LOWEST_EASE, round(current.ease + 0.1 - missed * (0.08 + missed * 0.02), 2))
    if grade < PASSED:
        return Spacing(1, ease)
    if current.interval_days == 0:
        return Spacing(1, ease)
    if current.interval_days == 1:
        return Spacing(6, ease)
    return Spacing(round(current.interval_days * ease), ease)
