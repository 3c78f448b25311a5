import pytest

from reviews.spacing import LOWEST_EASE, Spacing, next_spacing


@pytest.mark.parametrize(
    ("days", "following"), [(0, 1), (1, 6), (6, 16), (16, 42)], ids=lambda days: f"{days}d"
)
def test_an_easy_card_comes_again_at_growing_intervals(days: int, following: int) -> None:
    assert next_spacing(Spacing(days, 2.5), 5).interval_days == following


@pytest.mark.parametrize("grade", [0, 1, 2])
def test_a_failed_card_comes_again_tomorrow(grade: int) -> None:
    assert next_spacing(Spacing(42, 2.5), grade).interval_days == 1


def test_a_hard_card_gets_harder_but_never_below_the_lowest_ease() -> None:
    spacing = Spacing(6, 2.5)
    eases = []
    for _ in range(12):
        spacing = next_spacing(spacing, 3)
        eases.append(spacing.ease)
    assert eases[0] < 2.5
    assert eases[-1] == LOWEST_EASE
    assert eases == sorted(eases, reverse=True)


@pytest.mark.parametrize("grade", [-1, 6])
def test_a_grade_outside_0_to_5_is_refused(grade: int) -> None:
    with pytest.raises(ValueError, match="0 to 5"):
        next_spacing(Spacing(0, 2.5), grade)
