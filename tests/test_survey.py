"""The survey: noise, n(z) and its errors."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import scipy.integrate

from fullfield import io
from fullfield.survey import SmailDistribution, Survey

SURVEY_FILE = Path(__file__).parents[1] / "workflow" / "surveys" / "lsst_y10.yaml"
Z = np.linspace(0.0, 10.0, 20001)


@pytest.fixture(scope="module")
def survey():
    return Survey.from_mapping(io.read_yaml(SURVEY_FILE))


def test_bins_are_normalised(survey):
    integrals = scipy.integrate.simpson(survey.bin_nz(Z), Z, axis=1)
    # Two Simpson rules of steps 1/2000 and 1/800 on curves of width >= 0.05: fourth order, far below 1e-6.
    np.testing.assert_allclose(integrals, 1.0, rtol=1e-6)


def test_bins_add_up_to_the_galaxies_that_have_a_photometric_redshift(survey):
    total = survey._unnormalised_bin_nz(Z).sum(0)
    inside = total / np.where(Z > 0, survey.nz(Z), np.inf)
    assert np.all(inside <= 1 + 1e-12)
    # At 0.3 < z < 5 scatter across the outer edges, at 0 and 10, is beyond 4 sigma.
    np.testing.assert_allclose(inside[(Z > 0.3) & (Z < 5)], 1.0, atol=1e-4)


def test_edges_hold_equal_numbers_of_galaxies(survey):
    cumulative = scipy.integrate.cumulative_simpson(survey.nz(Z), x=Z, initial=0.0)
    shares = np.diff(np.interp(survey.nz.edges, Z, cumulative)) / cumulative[-1]
    # Edges published with five digits move a share by 1e-5 or less each; the shares are off by 2e-5 at most.
    np.testing.assert_allclose(shares, 0.2, atol=4e-5)


def test_mean_redshifts_increase(survey):
    assert np.all(np.diff(survey.bin_nz(Z) @ Z) > 0)


@pytest.mark.parametrize("num_pixels", [16, 64, 256])
def test_noise_is_sigma_e_over_root_galaxies(survey, num_pixels):
    pixel = 600.0 / num_pixels
    np.testing.assert_allclose(survey.noise_sigma(pixel), [0.26 / np.sqrt(5.4 * pixel**2)] * 5, rtol=1e-15)


def test_noise_of_the_paper(survey):
    np.testing.assert_allclose(survey.noise_sigma(600.0 / 256.0), 0.0477, atol=5e-5)


def test_unknown_and_missing_keys_are_named():
    mapping = io.read_yaml(SURVEY_FILE)
    with pytest.raises(ValueError, match=r"missing keys \['sigma_e'\], unknown keys \['sigma_eps'\]"):
        Survey.from_mapping({"sigma_eps" if key == "sigma_e" else key: value for key, value in mapping.items()})
    with pytest.raises(ValueError, match=r"nz: missing keys \['z0'\]"):
        Survey.from_mapping({**mapping, "nz": {key: value for key, value in mapping["nz"].items() if key != "z0"}})


def test_impossible_values_are_refused(survey):
    with pytest.raises(ValueError, match="sigma_e is -1"):
        dataclasses.replace(survey, sigma_e=-1.0)
    with pytest.raises(ValueError, match="at least two increasing redshifts"):
        dataclasses.replace(survey.nz, edges=(0.0, 2.0, 1.0))
    with pytest.raises(ValueError, match="must be positive"):
        SmailDistribution(2.0, 0.68, 0.0, 10.0, (0.0, 10.0))
