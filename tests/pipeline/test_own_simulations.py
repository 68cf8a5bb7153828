"""From a file of images to a posterior by one call."""

import functools

import numpy as np
import pytest

from fullfield import io
from fullfield.pipeline import estimated_spectra, image_features
from fullfield.pipeline.own_simulations import infer
from fullfield.settings import schema
from fullfield.train import FitSettings

N = 8
TRUTH = np.array([0.8, -1.0])


def simulate(rng, theta):
    """Return white noise of a variance that grows with the first parameter, about a mean that is the second."""
    return np.exp(0.5 * theta[..., :1, None]) * rng.normal(size=(*theta.shape[:-1], N, N)) + theta[..., 1:, None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1000, 2))
    declared = {"symmetries": ["roll", "flip", "rotate"], "prior": "normal", "loc": np.zeros(2), "scale": np.ones(2)}
    np.savez(folder / "images.npz", theta=theta, x=simulate(rng, theta), parameter_names=["a", "b"], **declared)
    np.save(folder / "observed.npy", simulate(rng, TRUTH))
    return folder


@pytest.mark.slow
def test_images_give_a_posterior_about_the_truth(folder, monkeypatch):
    monkeypatch.setattr(estimated_spectra, "FIT", FitSettings(num_steps=200, learning_rate=3e-3))
    config = io.read_yaml(schema.REPOSITORY / "config.yaml")
    config["scales"]["smoke"]["compressor"] |= {"num_steps": 400, "learning_rate": 0.01}
    config["scales"]["smoke"]["estimator"] |= {"num_steps": 400, "learning_rate": 0.004, "seeds": [0]}
    posterior = infer(folder / "images.npz", folder / "observed.npy", config=config, scale="smoke", seed=3)
    assert dict(posterior.sizes) == {"seed": 1, "draw": 500, "parameter": 2}
    assert posterior["parameter"].values.tolist() == ["a", "b"]
    draws = posterior["theta"].values.reshape(-1, 2)
    # Of the exact posterior they are .17 and .18; of the prior 1.
    assert (draws.std(0) < 0.6).all()
    assert (np.abs(draws.mean(0) - TRUTH) < 3.5 * draws.std(0)).all()


def test_a_wrong_observation_is_refused_before_anything_is_trained(folder, monkeypatch):
    monkeypatch.delattr(image_features, "fit_image_features")
    np.save(folder / "wrong.npy", np.zeros((N, N + 1)))
    with pytest.raises(ValueError, match=r"wrong\.npy: its shape is \(8, 9\); one x .* has shape \(1, 8, 8\)"):
        infer(folder / "images.npz", folder / "wrong.npy", scale="smoke")
    config = io.read_yaml(schema.REPOSITORY / "config.yaml")
    config["scales"]["smoke"]["compressor"]["num_channels"] = 4
    arrays = dict(np.load(folder / "images.npz"))
    np.savez(folder / "ten.npz", **arrays | {"x": np.random.default_rng(0).normal(size=(1000, 10, 10))})
    message = r"ten\.npz: its images have 10 x 10 pixels, and compressor\.num_channels is 4; allowed: a side that is a"
    with pytest.raises(ValueError, match=message):
        infer(folder / "ten.npz", folder / "observed.npy", config=config, scale="smoke")
    with pytest.raises(ValueError, match="methods"):
        infer(folder / "images.npz", folder / "observed.npy", methods=["abc"])


@pytest.fixture(scope="module")
def with_scores(tmp_path_factory):
    """Make x = theta + noise on file with its scores; return the folder and the arrays."""
    folder = tmp_path_factory.mktemp("scores")
    rng = np.random.default_rng(1)
    theta = rng.normal(size=(1000, 2))
    x = theta + 0.3 * rng.normal(size=theta.shape)
    arrays = {"theta": theta, "x": x, "score": (x - theta) / 0.3**2}
    np.save(folder / "observed.npy", np.array([0.5, -0.5]))
    return folder, arrays | {"prior": "normal", "loc": np.zeros(2), "scale": np.ones(2)}


def draws_of(folder, arrays, **choices):
    np.savez(folder / "vectors.npz", **arrays)
    return infer(folder / "vectors.npz", folder / "observed.npy", scale="smoke", **choices)["theta"].values


@pytest.fixture(scope="module")
def learned(with_scores):
    """Return a function of a method: its draws at the observation, each method fitted once."""
    folder, arrays = with_scores

    @functools.cache
    def draws(method, *, has_scores=True):
        config = io.read_yaml(schema.REPOSITORY / "config.yaml")
        config["scales"]["smoke"]["estimator"] |= {"num_steps": 400, "learning_rate": 0.004, "seeds": [0]}
        seen = {name: values for name, values in arrays.items() if has_scores or name != "score"}
        return draws_of(folder, seen, config=config, compressors=["none"], methods=[method])

    return draws


@pytest.mark.slow
def test_scores_on_file_change_the_fit(learned):
    assert not np.array_equal(learned("npe"), learned("npe", has_scores=False))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["npe", "nle", "nre"])
def test_every_method_sees_vectors_as_they_are(learned, method):
    draws = learned(method).reshape(-1, 2)
    # The posterior is normal about x / (1 + .09), of standard deviation .3 / sqrt(1.09).
    assert (np.abs(draws.mean(0) - np.array([0.5, -0.5]) / 1.09) < 0.15).all()
    assert (np.abs(draws.std(0) / 0.287 - 1) < 0.3).all()


def test_wrong_scores_on_file_are_refused(with_scores):
    folder, arrays = with_scores
    for wrong in (-arrays["score"], arrays["score"][::-1]):
        with pytest.raises(ValueError, match=r"vectors\.npz: score cannot be gradients of log p\(x, z \| theta\)"):
            draws_of(folder, arrays | {"score": wrong})


def test_what_needs_a_prior_is_refused_without_one(with_scores):
    folder, arrays = with_scores
    bare = {name: arrays[name] for name in ("theta", "x")}
    for method in ("nle", "nre"):
        with pytest.raises(
            ValueError, match=f"it holds no prior, which method '{method}' multiplies its likelihood by"
        ):
            draws_of(folder, bare, methods=[method])
    with pytest.raises(ValueError, match="it holds score but no prior, in whose coordinates scores are learned from"):
        draws_of(folder, bare | {"score": arrays["score"]})
