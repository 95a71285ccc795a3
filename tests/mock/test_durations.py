"""Durations, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paiflow.mock.durations import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("500ms", 0.5),
        ("5s", 5),
        ("1.5s", 1.5),
        ("2m", 120),
        ("1h30m", 5400),
        ("1d2h3m4s5ms", 93784.005),
        ("2m500ms", 120.5),
        (7, 7),
        (0.25, 0.25),
    ],
)
def test_a_duration_is_text_with_units_or_a_number_of_seconds(text, seconds):
    assert pytest.approx(seconds) == duration(text)


@pytest.mark.parametrize(
    "value",
    [
        *["", "5", "s", "-5s", "5 s", "5x", "5s2m", "2m2m", "1e3s", "5S", ".5s", "١s", " 5s", "5s\n"],
        *[-1, float("nan"), float("inf"), True, None, [5], {"s": 5}],
    ],
)
def test_anything_else_is_an_error_that_names_it(value):
    with pytest.raises(ValueError, match="is not a duration, such as 500ms, 5s, 2m or 1h30m") as caught:
        duration(value)
    assert str(caught.value).startswith(repr(value))


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_the_units_of_a_duration_add_up(hours, minutes, seconds):
    assert 3600 * hours + 60 * minutes + seconds == duration(f"{hours}h{minutes}m{seconds}s")
