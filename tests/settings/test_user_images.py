"""Images on file: what they must be, and symmetries that they contradict."""

import numpy as np
import pytest

from fullfield.settings.user_images import Images, check_images, check_symmetries

N = 16
NUM = 1200


def fields(seed, *, num=NUM, size=N, stretch=1.0, shear=0.0):
    """Skewed random fields of two bins; anisotropic where `stretch` or `shear` say so."""
    rng = np.random.default_rng(seed)
    ky, kx = np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij")
    k2 = (stretch * kx) ** 2 + (ky / stretch) ** 2 + 2 * shear * kx * ky
    g = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(num, 2, size, size))) / (0.05**2 + k2), s=(size, size))
    amplitude = rng.lognormal(0.0, 0.2, (num, 1, 1, 1))
    return (amplitude * np.expm1(0.5 * g / g.std())).astype(np.float32)


def check(x, *symmetries):
    check_symmetries(Images(x, symmetries, None), "a.npz")


@pytest.mark.parametrize("seed", range(5))
def test_a_symmetric_law_passes(seed):
    check(fields(seed), "roll", "flip", "rotate")


BROKEN = {
    "gradient": (fields(0) + 0.1 * np.linspace(-1, 1, N, dtype=np.float32), ["roll", "flip", "rotate"]),
    "cut-out": (fields(0, size=2 * N)[..., :N, :N], ["roll"]),
    "stretched": (fields(0, stretch=1.2), ["rotate"]),
    "sheared": (fields(0, shear=0.3), ["flip", "rotate"]),
    "one-sided": (fields(0) + (fields(0) - np.roll(fields(0), 1, axis=-1)) ** 2, ["flip", "rotate"]),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("symmetry", ["roll", "flip", "rotate"])
def test_a_broken_symmetry_is_refused_and_the_others_are_not(name, symmetry):
    x, broken = BROKEN[name]
    if symmetry in broken:
        with pytest.raises(ValueError, match=rf"a\.npz: symmetries hold '{symmetry}', but the images do not look"):
            check(x, symmetry)
    else:
        check(x, symmetry)


def images(**changes):
    return {"theta": np.zeros((NUM, 1)), "x": fields(0), "symmetries": np.array(["roll", "flip"])} | changes


def test_bins_noise_and_symmetries_are_read():
    made = check_images(images(noise_sigma=np.array(0.5)), "a.npz")
    assert (made.x.shape, made.symmetries) == ((NUM, 2, N, N), ("roll", "flip"))
    np.testing.assert_array_equal(made.noise_sigma, [0.5, 0.5])
    single = check_images(images(x=fields(0)[:, 0], symmetries=np.array([b"roll"])), "a.npz")
    assert (single.x.shape, single.symmetries, single.noise_sigma) == ((NUM, 1, N, N), ("roll",), None)


def with_constant_bin():
    x = fields(0).copy()
    x[:, 1] = 3.0
    return x


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((NUM, 5))}, r"a\.npz: x has shape \(1200, 5\); .* \(n, bins, N, N\) or \(n, N, N\) is allowed"),
        ({"x": fields(0)[:, :, 1:, 1:]}, r"x has shape \(1200, 2, 15, 15\); .* N even and at least 8"),
        ({"x": fields(0)[:, :, :, 2:]}, r"x has shape \(1200, 2, 16, 14\)"),
        ({"x": with_constant_bin()}, r"bins \[1\] of x are constant; every bin must vary"),
        ({"symmetries": np.array(["mirror"])}, r"symmetries are \['mirror'\]; allowed: roll, flip, rotate, each once"),
        ({"symmetries": np.array(["roll", "roll"])}, r"symmetries are \['roll', 'roll'\]"),
        ({"noise_sigma": np.array([0.1, 0.2, 0.3])}, r"noise_sigma is \[0\.1, 0\.2, 0\.3\]; .* each of the 2 bins"),
        ({"noise_sigma": np.array([0.0])}, r"noise_sigma is \[0\.0\]; allowed: one positive number"),
        ({"noise_sigma": np.array(["a"])}, r"noise_sigma is \['a'\]"),
    ],
)  # fmt: skip
def test_wrong_images_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        check_images(images(**changes), "a.npz")
