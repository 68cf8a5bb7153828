# What the study of scores is made of: parts, each a method on some cases at some numbers of simulations. A part fits
# simulations of its own, or those of another one.
SCORE_PARTS = ("reduced", "full", "few", "likelihood")
CASES_OF_PART = {part: budget("scores", part, "cases") for part in SCORE_PARTS}


wildcard_constraints:
    fits="|".join(SCORE_PARTS),
    bank="|".join(sorted({budget("scores", part, "bank") for part in SCORE_PARTS})),
    case="|".join(sorted(set(itertools.chain(*CASES_OF_PART.values())))),


def fits_of_part(wildcards):
    """Return the tables of all fits of a part."""
    return [
        f"results/{wildcards.scale}/scores/{wildcards.fits}/{case}.csv"
        for case in CASES_OF_PART[wildcards.fits]
    ]


def of_banks(wildcards, table):
    """Return a table of every bank that a part is fitted to."""
    bank = budget("scores", wildcards.fits, "bank")
    return [
        f"results/{wildcards.scale}/scores/{bank}/{case}/{table}.csv"
        for case in CASES_OF_PART[wildcards.fits]
    ]


def noise_of_part(wildcards):
    """Return how much of the scores is noise."""
    return of_banks(wildcards, "noise")


def yardsticks_of_part(wildcards):
    """Return what C2ST reads where there is no difference, or a small one."""
    return of_banks(wildcards, "yardsticks")


def shown_of_scores(parts):
    """Return tables and figures of some parts."""
    return expand(
        "results/{scale}/scores/{shown}",
        scale=SCALE,
        shown=[
            *expand("{part}_differences.csv", part=parts),
            *expand("figures/scores_{part}.png", part=parts),
        ],
    )


def footer_of_scores(wildcards):
    """Return what the figure says of its scale, seeds and observations."""
    sizes = budget("scores", "banks", budget("scores", wildcards.fits, "bank"))
    return {
        "scale": SCALE,
        "num_pixels": None,
        "num_seeds": sizes["num_seeds"],
        "num_observations": sizes["num_observations"],
    }


def bank_budget(wildcards):
    """Return numbers of simulations, observations and draws."""
    return budget("scores", "banks", wildcards.bank)


def part_budget(wildcards):
    """Return what a part fits and judges."""
    return budget("scores", wildcards.fits)


def estimator_budget(wildcards):
    """Return the settings of fits of a case: a flow of its own for the density in the plane."""
    return budget("scores", "moons" if wildcards.case == "moons" else "estimator")


def bank_of_part(wildcards):
    """Return the simulations that a part is fitted to."""
    bank = budget("scores", wildcards.fits, "bank")
    return f"results/{wildcards.scale}/scores/{bank}/{wildcards.case}/bank.nc"
