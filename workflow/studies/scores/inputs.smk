# What the study of scores is made of: parts, each a method on some cases at some numbers of simulations. A part fits
# simulations of its own, or those of another one.
SCORE_PARTS = ("reduced", "full", "few", "likelihood")
CASES_OF_PART = {part: budget("scores", part, "cases") for part in SCORE_PARTS}


wildcard_constraints:
    fits="|".join(SCORE_PARTS),
    selection="small|all",
    bank="|".join(sorted({budget("scores", part, "bank") for part in SCORE_PARTS})),
    case="|".join(sorted(set(itertools.chain(*CASES_OF_PART.values())))),


# What stands in one table: the default run's part, or all others.
PARTS_OF_SELECTION = {"small": ["reduced"], "all": ["full", "few", "likelihood"]}


def fits_of_selection(wildcards):
    """Return the tables of all fits of a selection."""
    return [
        f"results/{wildcards.scale}/scores/{part}/{case}.csv"
        for part in PARTS_OF_SELECTION[wildcards.selection]
        for case in CASES_OF_PART[part]
    ]


def of_banks(selection, table):
    """Return a table of every bank that a selection is fitted to."""
    banks = {
        (budget("scores", part, "bank"), case)
        for part in PARTS_OF_SELECTION[selection]
        for case in CASES_OF_PART[part]
    }
    return [
        f"results/{SCALE}/scores/{bank}/{case}/{table}.csv"
        for bank, case in sorted(banks)
    ]


def noise_of_selection(wildcards):
    """Return how much of the scores is noise."""
    return of_banks(wildcards.selection, "noise")


def yardsticks_of_selection(wildcards):
    """Return what C2ST reads where there is no difference, or a small one."""
    return of_banks(wildcards.selection, "yardsticks")


def shown_of_scores(selection):
    """Return tables and figures of a selection."""
    return [
        f"results/{SCALE}/scores/{selection}_differences.csv",
        f"results/{SCALE}/scores/{selection}_noise.csv",
        f"results/{SCALE}/scores/figures/scores_{selection}.png",
    ]


def footer_of_scores(wildcards):
    """Return what the figure says of its scale, seeds and observations."""
    bank = budget("scores", PARTS_OF_SELECTION[wildcards.selection][0], "bank")
    sizes = budget("scores", "banks", bank)
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
