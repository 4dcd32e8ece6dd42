"""Colour maps: more is always darker (or lighter), steps are even, and people without red or green cones see it so too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib import colormaps
from matplotlib.colors import Colormap, to_rgb

from jobs.plots.colours import D65, LESS_HUE, LIGHT, SERIES, XYZ_TO_RGB, amounts, differences, srgb

Floats = npt.NDArray[np.float64]
#: Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB.
EYES = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
#: Just noticeable is a distance of about 2.3 in CIELAB.
JUST_NOTICEABLE = 2.3


def linear(rgb: Floats) -> Floats:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: Floats, eyes: str = "all cones") -> Floats:
    """CIELAB of sRGB colours, as these eyes see them."""
    xyz = np.clip(linear(rgb) @ EYES[eyes].T, 0, 1) @ np.linalg.inv(XYZ_TO_RGB).T / D65
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def shades(colours: Colormap, count: int = 65) -> Floats:
    return np.asarray(colours(np.linspace(0, 1, count)))[:, :3]


def distances(seen: Floats) -> Floats:
    return np.linalg.norm(np.diff(seen, axis=0), axis=1)


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("on_dark", [False, True])
def test_more_is_always_further_from_the_ground(eyes: str, on_dark: bool) -> None:
    lightness = lab(shades(amounts(on_dark)), eyes)[:, 0]

    steps = np.diff(lightness) * (1 if on_dark else -1)
    assert steps.min() > 0
    assert abs(lightness[-1] - lightness[0]) > 60


def evenness(colours: Colormap) -> float:
    """The largest step of lightness over the smallest."""
    steps = np.abs(np.diff(lab(shades(colours))[:, 0]))
    return float(steps.max() / steps.min())


@pytest.mark.parametrize("on_dark", [False, True])
def test_equal_steps_of_an_amount_are_even_steps_of_lightness(on_dark: bool) -> None:
    assert evenness(amounts(on_dark)) < 3.5


def test_a_map_whose_steps_are_not_even_fails_this_measure() -> None:
    assert evenness(colormaps["hot"]) > 3.5


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("on_dark", [False, True])
def test_a_larger_difference_is_always_further_from_zero(eyes: str, on_dark: bool) -> None:
    lightness = lab(shades(differences(on_dark)), eyes)[:, 0]

    steps = np.diff(lightness) * (1 if on_dark else -1)
    # The less's arm leads to the middle, the more's arm away from it.
    assert (steps[:32] < 0).all() and (steps[32:] > 0).all()


@pytest.mark.parametrize("on_dark", [False, True])
def test_equal_differences_of_opposite_sign_look_equally_strong(on_dark: bool) -> None:
    seen = lab(shades(differences(on_dark)))
    from_zero = np.linalg.norm(seen - seen[32], axis=1)

    assert np.abs(seen[:, 0] - seen[::-1, 0]).max() < 1.5
    assert np.abs(from_zero - from_zero[::-1]).max() < 3
    steps = distances(seen)
    assert steps.max() / steps.min() < 1.5


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("on_dark", [False, True])
def test_less_and_more_are_told_apart(eyes: str, on_dark: bool) -> None:
    seen = lab(shades(differences(on_dark)), eyes)
    apart = np.linalg.norm(seen - seen[::-1], axis=1)

    # From an eighth of the scale on either side.
    assert apart[:28].min() > 4 * JUST_NOTICEABLE


def test_a_map_that_colour_blind_people_cannot_read_fails_this_measure() -> None:
    seen = lab(shades(colormaps["RdYlGn"]), "no green cones")
    apart = np.linalg.norm(seen - seen[::-1], axis=1)

    assert apart[:28].min() < 4 * JUST_NOTICEABLE


def test_colours_are_made_of_what_a_screen_can_show() -> None:
    end = np.radians(LESS_HUE)
    wanted = np.array([[LIGHT[1], 46 * np.cos(end), 46 * np.sin(end)]])

    assert lab(srgb(wanted)) == pytest.approx(wanted, abs=0.2)


@pytest.mark.parametrize("eyes", EYES)
def test_lines_of_a_plot_are_told_apart(eyes: str) -> None:
    seen = lab(np.array([to_rgb(colour) for colour in SERIES]), eyes)

    for one, other in combinations(seen[:3], 2):
        assert np.linalg.norm(one - other) > 4 * JUST_NOTICEABLE
    # All lines differ in mark and dashes; their colours at least a little.
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(one - other) > JUST_NOTICEABLE
