"""Write the table of convergence spectra of an independent code, CCL 3.3.6, that the tests compare against.

Needs `pyccl`, which is no dependency of this project: run it in an environment of its own,
``python tests/theory/make_ccl_table.py tests/theory/data/ccl_cl.csv``. Eisenstein-Hu transfer function with wiggles,
halofit (Takahashi), no neutrinos, no radiation, T_CMB = 2.726 K as in jax-cosmo; n(z) from its definition.
"""

import csv
import sys

import numpy as np
import pyccl as ccl
from scipy.special import erf

EDGES = np.array([0.0, 0.45351, 0.72238, 1.04201, 1.53923, 10.0])
ELL = np.unique(np.geomspace(36.0, 6500.0, 16).round())
NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")
POINTS = [
    (0.2664, 0.0492, 0.831, 0.6727, 0.9645, -1.0),
    (0.4502, 0.0531, 0.712, 0.7304, 0.9011, -0.652),
    (0.1483, 0.0447, 0.995, 0.6018, 1.0514, -1.613),
    (0.5871, 0.0426, 0.634, 0.6551, 1.0203, -1.274),
    (0.0785, 0.0553, 0.903, 0.7162, 0.9289, -0.871),
    (0.3127, 0.0489, 1.041, 0.5887, 0.8873, -0.447),
]


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


def main(path):
    """Write one row per point, pair and multipole."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*NAMES, "bin_i", "bin_j", "ell", "cl"])
        for point in POINTS:
            for (i, j), cl in spectra(point).items():
                writer.writerows([*point, i, j, int(ell), f"{value:.6e}"] for ell, value in zip(ELL, cl, strict=True))


if __name__ == "__main__":
    main(sys.argv[1])
