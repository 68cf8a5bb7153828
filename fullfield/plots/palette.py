"""Colours and names that belong to methods, labels of parameters: the same in every figure."""

# Okabe & Ito's palette, which readers with colour-vision deficiency can tell apart.
ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
BLACK, GREY, LIGHT_GREY, LIGHTER_GREY = "#000000", "#999999", "#DDDDDD", "#EEEEEE"

COLOURS = {
    "reference": BLUE,
    "npe": VERMILION,
    "nle": GREEN,
    "nre": PURPLE,
    "prior": GREY,
    "power_spectrum": BLACK,
    # The palette's yellow vanishes on white paper: this wine red keeps the eighth place.
    "gaussian_field": "#882255",
    "mse": ORANGE,
    "mae": SKY,
    "gnll": GREEN,
    "vmim": VERMILION,
    "imnn": PURPLE,
    "moped": "#CC6677",
    "gnll_covariance": "#44AA99",
    "gaussian_score": "#882255",
    "vmim_spectra": "#999933",
    "vmim_maps": "#332288",
    "vmim_informed": "#661100",
    "vmim_informed_twice": "#AA4499",
    "none": VERMILION,
    "truth": BLACK,
    "split_hmc": BLUE,
    "split_hmc_half": SKY,
    "mams": GREEN,
    "nuts": ORANGE,
    "nuts_published": VERMILION,
    "no_scores": BLACK,
    "joint": ORANGE,
    "control_variate": GREEN,
    "marginal": PURPLE,
    "score": BLACK,
    "delfi": GREEN,
    "abc": ORANGE,
    "fisher_gaussian": SKY,
    "cheap": ORANGE,
    "transfer": SKY,
    "emulated": VERMILION,
    "emulated_quarter": "#CC6677",
    "emulated_sixteenth": "#882255",
    "generated": PURPLE,
    "expensive": BLACK,
    "aligned": GREEN,
    "independent": GREY,
    "beta_0": "#44AA99",
    "beta_1": "#999933",
    "beta_30": "#332288",
    "beta_1000": "#661100",
    "batch_32": "#AA4499",
    "batch_128": "#117733",
    "oracle": BLUE,
}
"""Colour of every method, compressor, baseline and kind of scores, the same in every figure."""

NAMES = {
    "reference": "reference posterior",
    "npe": "NPE",
    "nle": "NLE",
    "nre": "NRE",
    "prior": "prior",
    "power_spectrum": "power spectrum",
    "gaussian_field": "Gaussian field",
    "mse": "MSE",
    "mae": "MAE",
    "gnll": "GNLL",
    "vmim": "VMIM",
    "imnn": "IMNN",
    "moped": "MOPED",
    "gnll_covariance": "GNLL, mean and covariance",
    "gaussian_score": "Gaussian score",
    "vmim_spectra": "VMIM, spectra",
    "vmim_maps": "VMIM, maps",
    "vmim_informed": "VMIM, field scores",
    "vmim_informed_twice": "VMIM, field scores at two points",
    "none": "all data",
    "truth": "true value",
    "split_hmc": "split HMC",
    "split_hmc_half": "split HMC, half the step",
    "mams": "MAMS",
    "nuts": "NUTS, Wiener coordinates",
    "nuts_published": "NUTS as published",
    "no_scores": "no scores",
    "joint": "joint scores",
    "control_variate": "with a control variate",
    "marginal": "marginal scores",
    "score": "exact score",
    "delfi": "DELFI",
    "abc": "ABC",
    "fisher_gaussian": "Gaussian approximation",
    "cheap": "LPT",
    "transfer": "transfer function",
    "emulated": "emulator",
    "emulated_quarter": "emulator, 1/4 of the maps",
    "emulated_sixteenth": "emulator, 1/16 of the maps",
    "generated": "generator from noise",
    "expensive": "particle mesh",
    "aligned": "aligned, all parameters",
    "independent": "independent pairs",
    "beta_0": r"$\beta = 0$",
    "beta_1": r"$\beta = 1$",
    "beta_30": r"$\beta = 30$",
    "beta_1000": r"$\beta = 1000$",
    "batch_32": "batches of 32",
    "batch_128": "batches of 128",
    "oracle": "true pairs",
}
"""How legends spell the keys of `COLOURS`."""

INFORMED = "_informed"
"""What the name of a loss on gradients of the joint density ends with."""
TWICE = "_twice"
"""And what is appended where these are of two points."""

METHODS = ("npe", "nle", "nre")
"""What a pair with a compressor may begin with."""

LABELS = {
    "Omega_c": r"$\Omega_c$",
    "Omega_b": r"$\Omega_b$",
    "sigma8": r"$\sigma_8$",
    "h": r"$h$",
    "n_s": r"$n_s$",
    "w0": r"$w_0$",
    "S8": r"$S_8$",
    "log_alpha": r"$\ln\alpha$",
    "log_beta": r"$\ln\beta$",
    "log_gamma": r"$\ln\gamma$",
    "log_delta": r"$\ln\delta$",
}
"""Labels of parameters of the project's tasks; others keep their own names."""

OWN_COLOUR = "#665577"
"""Colour of losses that users add."""

SEED_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
"""Colours of seeds and chains, in order; repeated when there are more."""


def label(name: str) -> str:
    """Return the label of a parameter, its own name where the project has none."""
    return LABELS.get(name, name)


def colour(name: str) -> str:
    """Return the colour that belongs to a method, compressor or baseline.

    A pair ``{method}_{compressor}`` has the colour of its method, with NPE that of its compressor: the two choices that
    figures compare most are told apart, and ``npe`` and ``npe_vmim`` agree. So does a loss on field scores with the
    loss, but for VMIM, with which it is compared. A loss of a user's own is `OWN_COLOUR`.
    """
    if name not in COLOURS:
        name = name.removesuffix(TWICE).removesuffix(INFORMED)
    method, compressor = _split(name)
    return COLOURS.get(compressor if method == "npe" and compressor else method, OWN_COLOUR)


def spelled(name: str) -> str:
    """Return how a legend spells a method, compressor, baseline or pair, such as ``NPE, VMIM``."""
    if name not in NAMES and (loss := name.removesuffix(TWICE)).endswith(INFORMED):
        return f"{spelled(loss.removesuffix(INFORMED))}, field scores{' at two points' * (loss != name)}"
    return ", ".join(NAMES.get(part, part) for part in _split(name) if part)


def _split(name: str) -> tuple[str, str]:
    method, _, compressor = name.partition("_")
    return (method, compressor) if method in METHODS else (name, "")


def seed_colour(index: int) -> str:
    """Return the colour of the seed or chain with this index."""
    return SEED_COLOURS[index % len(SEED_COLOURS)]
