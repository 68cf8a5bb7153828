"""Write the table of convergence spectra of an independent code, CCL 3.3.6, that the tests compare against.

Needs `pyccl`: ``uv run --isolated --group ccl python tests/theory/make_ccl_table.py tests/theory/data``. Shares no
code with the library. Eisenstein-Hu transfer function with wiggles, halofit (Takahashi), no neutrinos, no radiation,
T_CMB = 2.726 K as in jax-cosmo; n(z) from its definition; the fiducial point and 20 draws of the prior.
"""

import csv
import sys

import numpy as np
import pyccl as ccl
from scipy.special import erf

EDGES = np.array([0.0, 0.45351, 0.72238, 1.04201, 1.53923, 10.0])
ELL = np.unique(np.geomspace(30.0, 6500.0, 16).round())
NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")
FIDUCIAL = (0.2664, 0.0492, 0.831, 0.6727, 0.9645, -1.0)
WIDTHS = (0.2, 0.006, 0.14, 0.063, 0.08, 0.9)
LOW = (0.03, 0.0, 0.0, 0.0, -np.inf, -2.0)
HIGH = (np.inf, np.inf, np.inf, np.inf, np.inf, -0.3)
NUM_DRAWS, SEED = 20, 1


def points():
    """Fiducial point and draws of the prior, (1 + NUM_DRAWS, 6)."""
    draws = np.random.default_rng(SEED).normal(FIDUCIAL, WIDTHS, size=(20 * NUM_DRAWS, len(NAMES)))
    inside = ((draws > LOW) & (draws < HIGH)).all(axis=1)
    return np.concatenate([[FIDUCIAL], draws[inside][:NUM_DRAWS].round(4)])


def bin_nz(z):
    """Smail distribution, z0 = 0.11, cut into five bins with a photometric scatter of 0.05 (1 + z)."""
    phi = erf((EDGES[:, None] - z) / (np.sqrt(2.0) * 0.05 * (1.0 + z)))
    return z**2 * np.exp(-((z / 0.11) ** 0.68)) * np.diff(phi, axis=0)


def spectra(point):
    """C_ell of the 15 pairs of one point."""
    values = dict(zip(NAMES, point, strict=True))
    cosmo = ccl.Cosmology(
        **values, T_CMB=2.726, Omega_g=0.0, Neff=0.0, m_nu=0.0,
        transfer_function="eisenstein_hu", matter_power_spectrum="halofit",
    )  # fmt: skip
    z = np.linspace(0.0, 10.0, 4001)
    tracers = [ccl.WeakLensingTracer(cosmo, dndz=(z, nz)) for nz in bin_nz(z)]
    pairs = zip(*np.triu_indices(len(tracers)), strict=True)
    return {(i, j): ccl.angular_cl(cosmo, tracers[i], tracers[j], ELL) for i, j in pairs}


def write(path, header, rows):
    """Write one table."""
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def main(folder):
    """Write the points, and one row per point, pair and multipole."""
    table = []
    for index, point in enumerate(points()):
        for (i, j), cl in spectra(point).items():
            table += [(index, i, j, int(ell), f"{value:.5e}") for ell, value in zip(ELL, cl, strict=True)]
    write(f"{folder}/ccl_points.csv", NAMES, points().tolist())
    write(f"{folder}/ccl_cl.csv", ("point", "bin_i", "bin_j", "ell", "cl"), table)


if __name__ == "__main__":
    main(sys.argv[1])
