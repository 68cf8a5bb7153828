# What the study of scores is made of: parts, each a method on some cases at some numbers of simulations. A part fits
# simulations of its own, or those of another one.
SCORE_PARTS = ("reduced", "full", "few", "likelihood")
CASES_OF_PART = {part: budget("scores", part, "cases") for part in SCORE_PARTS}


wildcard_constraints:
    part="|".join(SCORE_PARTS),
    bank="|".join(sorted({budget("scores", part, "bank") for part in SCORE_PARTS})),
    case="|".join(sorted(set(itertools.chain(*CASES_OF_PART.values())))),


def tables_of_scores(parts):
    """Return the tables of some parts, with the noise of their scores and what the measures say of no difference."""
    fits = [
        f"results/{SCALE}/scores/{part}/{case}.csv"
        for part in parts
        for case in CASES_OF_PART[part]
    ]
    banks = {
        (budget("scores", part, "bank"), case)
        for part in parts
        for case in CASES_OF_PART[part]
    }
    return fits + [
        f"results/{SCALE}/scores/{bank}/{case}/{table}.csv"
        for bank, case in sorted(banks)
        for table in ("noise", "yardsticks")
    ]


def bank_budget(wildcards):
    """Return numbers of simulations, observations and draws."""
    return budget("scores", "banks", wildcards.bank)


def part_budget(wildcards):
    """Return what a part fits and judges."""
    return budget("scores", wildcards.part)


def estimator_budget(wildcards):
    """Return the settings of fits of a case: a flow of its own for the density in the plane."""
    return budget("scores", "moons" if wildcards.case == "moons" else "estimator")


def bank_of_part(wildcards):
    """Return the simulations that a part is fitted to."""
    bank = budget("scores", wildcards.part, "bank")
    return f"results/{wildcards.scale}/scores/{bank}/{wildcards.case}/bank.nc"
