"""What a user's map must be, and the tool that averages its pixels."""

import numpy as np
import pytest
import xarray as xr
from astropy.io import fits

from fullfield import io, maps_io
from fullfield.settings import degrade, observation
from fullfield.survey import Survey, remove_mean

BINS, PIXELS, PIXEL = 5, 64, 9.375
SIGMA = np.full(BINS, 0.26 / np.sqrt(5.4 * PIXEL**2))
SURVEY = {
    "name": "test",
    "field_deg": 10.0,
    "sigma_e": 0.26,
    "galaxy_density_per_bin_arcmin2": 5.4,
    "nz": {"a": 2.0, "beta": 0.68, "z0": 0.11, "z_max": 10.0, "edges": [0.0, 0.5, 0.7, 1.0, 1.5, 10.0]},
    "photoz_scatter": 0.05,
}


def periodic_maps(seed, size=PIXELS, slope=2.0, noise=1.0, lognormal=False):
    """Return (BINS, size, size): correlated bins with power k^-slope and an rms of 1.5 sigma, plus white noise."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)) * size
    amplitude = np.where(frequency > 0, np.maximum(frequency, 1.0) ** (-slope / 2.0), 0.0)

    def draw():
        field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(size, size))) * amplitude, s=(size, size))
        return np.expm1(field / field.std()) - np.expm1(0.5) if lognormal else field / field.std()

    shared = draw()
    signal = np.array([1.2 * shared + 0.9 * draw() for _ in range(BINS)])
    sigma = SIGMA[0] * size / PIXELS
    return (sigma * (signal + noise * rng.normal(size=signal.shape))).astype(np.float32)


def check(x, pixel_arcmin=PIXEL, **changes):
    settings = {"survey": Survey.from_mapping(SURVEY), "num_pixels": PIXELS}
    return observation.check(x, pixel_arcmin, name="my.npy", **(settings | changes))


def with_values(value, count=3):
    x = periodic_maps(0)
    x[0, 0, :count] = value
    return x


def test_both_orders_of_axes_give_the_same_map():
    x = periodic_maps(0)
    np.testing.assert_allclose(check(x), remove_mean(x), atol=1e-8)
    np.testing.assert_allclose(check(np.moveaxis(x, 0, 2).astype(">f8")), remove_mean(x), atol=1e-8)
    assert check(x.astype(">f4")).dtype == np.float32


@pytest.mark.parametrize("mean_convergence", ["unknown", "measured"])
def test_an_offset_is_data_only_where_means_are_measured(mean_convergence):
    survey = Survey.from_mapping(SURVEY | {"mean_convergence": mean_convergence})
    x = periodic_maps(0)
    offset = 0.1 * SIGMA[:, None, None].astype(np.float32)
    moved = check(x + offset, survey=survey) - check(x, survey=survey)
    np.testing.assert_allclose(moved, 0 * x if mean_convergence == "unknown" else offset + 0 * x, atol=1e-8)
    if mean_convergence == "measured":
        with pytest.raises(ValueError, match="bin 1 has an rms of 1"):
            check(x + 1.0, survey=survey)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (periodic_maps(0)[:4], r"^my\.npy: its shape is \(4, 64, 64\); allowed: \(5, N, N\) or \(N, N, 5\)"),
        (periodic_maps(0)[:, :32], r"its shape is \(5, 32, 64\); allowed"),
        (periodic_maps(0)[0], r"its shape is \(64, 64\)"),
        (np.zeros((5, 0, 0)), r"the map is empty, its shape is \(5, 0, 0\)"),
        (periodic_maps(0).astype(complex), r"of type complex128; real numbers"),
        (with_values(np.nan), r"3 of 20480 pixels are NaN or infinite; the model has no masks"),
        (with_values(-np.inf, 1), r"1 of 20480 pixels are NaN or infinite"),
        (with_values(0.0, 64), r"64 of 20480 pixels are exactly zero, which looks like a mask"),
        (np.zeros((5, 64, 64)), r"bins \[1, 2, 3, 4, 5\] of 5 hold a single value \(e\.g\. 0\.0\)"),
        (0.1 * periodic_maps(0), r"bin 1 has an rms of .*; allowed: 0\.7 to 20 times"),
        (100.0 * periodic_maps(0), r"times the survey's shape noise of 0\.0119 a pixel; .*not convergence plus"),
        (periodic_maps(0, size=96), r"96 x 96 pixels; allowed at this scale: 64 x 64, and 96 is not a multiple"),
        (periodic_maps(0, size=32), r"32 x 32 pixels; .*not a multiple of 64"),
    ],
)  # fmt: skip
def test_wrong_maps_are_named(x, message):
    pixel_arcmin = PIXEL if PIXELS in x.shape else None
    with pytest.raises(ValueError, match=message):
        check(x, pixel_arcmin)


@pytest.mark.parametrize("pixel_arcmin", [None, 600 / 256])
def test_a_finer_map_comes_with_the_command_that_helps(pixel_arcmin):
    command = r"python -m fullfield\.settings\.degrade my\.npy --num-pixels 64 -o my_64\.npy\n"
    with pytest.raises(ValueError, match=command + r"then set observation: my_64\.npy and .*arcmin: 9\.375"):
        check(periodic_maps(0, size=256), pixel_arcmin)


def test_pixel_size():
    check(periodic_maps(0), 9.4)
    with pytest.raises(ValueError, match=r"64 pixels of 9 arcmin span 576 arcmin; the survey's field spans 600 arcmin"):
        check(periodic_maps(0), 9.0)
    with pytest.raises(ValueError, match=r"does not say how large its pixels are; .*observation_pixel_arcmin: 9\.375"):
        check(periodic_maps(0), None)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize("slope", [0.0, 2.0, 3.0])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_periodic_maps_are_not_refused(size, slope, noise):
    limit = 1.0 + 32.0 / min(size, 32)
    jumps = [observation.edge_jump(periodic_maps(seed, size, slope, noise, seed % 2 == 1)) for seed in range(150)]
    assert max(jumps) < limit  # the largest of 48 000 such maps had 0.7 and 0.85 of the limit


def test_a_gradient_is_refused():
    ramp = np.linspace(-1.5, 1.5, PIXELS)[:, None] * SIGMA[0]
    for tilted in (ramp, ramp.T):
        with pytest.raises(ValueError, match="its opposite edges do not meet"):
            check(periodic_maps(0, slope=0.0) + tilted)


def test_smooth_cutouts_are_refused():
    jumps = [observation.edge_jump(periodic_maps(seed, 128, 3.0, 0.1)[:, :64, :64]) for seed in range(50)]
    assert np.mean(np.array(jumps) > 2.0) > 0.9


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def header():
    return fits.Header({"CDELT1": -PIXEL / 60.0, "CUNIT1": "deg"})


def test_formats_agree(tmp_path, header):
    x = periodic_maps(0)
    maps_io.save_map(tmp_path / "a.npy", x)
    maps_io.save_map(tmp_path / "a.nc", x, PIXEL)
    fits.PrimaryHDU(x, header).writeto(tmp_path / "a.fits")
    fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(one, header) for one in x)]).writeto(tmp_path / "b.fits")
    np.testing.assert_allclose(observation.load(tmp_path / "a.npy", SURVEY, PIXELS, PIXEL), remove_mean(x), atol=1e-8)
    for name in ("a.nc", "a.fits", "b.fits"):
        assert maps_io.load_map(tmp_path / name)[1] == pytest.approx(PIXEL, rel=1e-12)
        np.testing.assert_allclose(observation.load(tmp_path / name, SURVEY, PIXELS), remove_mean(x), atol=1e-8)


def test_file_and_key_must_agree(tmp_path):
    maps_io.save_map(tmp_path / "a.nc", periodic_maps(0), PIXEL)
    with pytest.raises(
        ValueError, match=r"pixels have 9\.375 arcmin, the key observation_pixel_arcmin 2\.34; one of them"
    ):
        observation.load(tmp_path / "a.nc", SURVEY, PIXELS, 2.34)


def test_unreadable_files_are_named(tmp_path):
    for name in ("a.npy", "a.nc", "a.fits", "a.txt"):
        (tmp_path / name).write_text("nothing of the kind")
        with pytest.raises(ValueError, match=rf"{name}: (cannot be read as|its suffix is)"):
            maps_io.load_map(tmp_path / name)
    np.save(tmp_path / "a.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"a\.npy: cannot be read"):
        maps_io.load_map(tmp_path / "a.npy")
    with pytest.raises(ValueError, match="there is no such file"):
        maps_io.load_map(tmp_path / "b.npy")
    with pytest.raises(ValueError, match="a map is written as .npy or .nc"):
        maps_io.save_map(tmp_path / "b.fits", np.zeros((1, 2, 2)))
    io.save_dataset(tmp_path / "a.nc", xr.Dataset({"u": 1.0, "v": 2.0}))
    with pytest.raises(ValueError, match="its variables are u, v; the map must be called x"):
        maps_io.load_map(tmp_path / "a.nc")


# --- degrade ---------------------------------------------------------------------------------------------------------


def test_block_average_of_known_blocks():
    x = np.kron(np.arange(8.0).reshape(2, 2, 2), np.ones((3, 3)))
    np.testing.assert_allclose(degrade.block_average(x, 2), np.arange(8.0).reshape(2, 2, 2))


def test_band_limit_keeps_modes():
    row, column = np.mgrid[:32, :32] / 32.0
    wave = np.cos(2 * np.pi * (3 * row + 2 * column) + 0.3)[None]
    high = np.cos(2 * np.pi * 13 * row)[None]
    np.testing.assert_allclose(degrade.band_limit(wave + high, 16), wave[:, ::2, ::2], atol=1e-12)


@pytest.mark.parametrize("function", [degrade.block_average, degrade.band_limit])
def test_white_noise_scales_with_the_pixel(function):
    noise = np.random.default_rng(0).normal(size=(5, 256, 256))
    coarse = function(noise, 64)
    num_modes = coarse.size * (1.0 if function is degrade.block_average else (63 / 64) ** 2)
    expected = np.sqrt(num_modes / coarse.size) / 4.0
    assert abs(coarse.std() / expected - 1.0) < 5.0 / np.sqrt(2.0 * coarse.size)


@pytest.mark.parametrize("function", [degrade.block_average, degrade.band_limit])
def test_degrading_needs_a_divisor(function):
    with pytest.raises(ValueError, match="64 pixels a side cannot become 48; allowed: a divisor of 64"):
        function(periodic_maps(0), 48)


def test_command_makes_a_map_that_passes(tmp_path, capsys):
    maps_io.save_map(tmp_path / "fine.nc", np.moveaxis(periodic_maps(0, size=256), 0, 2), 600 / 256)
    degrade.main([str(tmp_path / "fine.nc"), "--num-pixels", "64", "-o", str(tmp_path / "coarse.nc")])
    assert "shape (5, 64, 64), pixels 9.375 arcmin" in capsys.readouterr().out
    observation.load(tmp_path / "coarse.nc", SURVEY, PIXELS)


def test_command_shows_no_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        degrade.main([str(tmp_path / "none.npy"), "--num-pixels", "64", "-o", "out.npy"])
    assert "there is no such file" in capsys.readouterr().err
