# What the study of scores is made of: parts, each a method on some cases at some numbers of simulations. A part fits
# simulations of its own, or those of another one.
SCORE_PARTS = ("reduced", "full", "few", "likelihood", "published", "benchmark")
CASES_OF_PART = {part: budget("scores", part, "cases") for part in SCORE_PARTS}


wildcard_constraints:
    fits="|".join(SCORE_PARTS),
    bank="|".join(sorted({budget("scores", part, "bank") for part in SCORE_PARTS})),
    contour_size=r"\d+",
    case="|".join(sorted(set(itertools.chain(*CASES_OF_PART.values())))),


def fits_of_part(wildcards):
    """Return the tables of all fits of a part."""
    return [
        f"results/{wildcards.scale}/scores/{wildcards.fits}/{case}.csv"
        for case in CASES_OF_PART[wildcards.fits]
    ]


def of_banks(wildcards, name):
    """Return a file of every bank that a part is fitted to."""
    bank = budget("scores", wildcards.fits, "bank")
    return [
        f"results/{wildcards.scale}/scores/{bank}/{case}/{name}"
        for case in CASES_OF_PART[wildcards.fits]
    ]


def banks_of_part(wildcards):
    """Return the simulations of all cases of a part."""
    return of_banks(wildcards, "bank.nc")


def noise_of_part(wildcards):
    """Return how much of the scores is noise."""
    return of_banks(wildcards, "noise.csv")


def yardsticks_of_part(wildcards):
    """Return what C2ST reads where there is no difference, or a small one."""
    return of_banks(wildcards, "yardsticks.csv")


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


def further_figures():
    """Return the figures of a full run beside its curves."""
    contours = expand(
        "score_contours_{case}_{size}",
        case=CASES_OF_PART["full"],
        size=budget("scores", "contour_sizes"),
    )
    return expand(
        "results/{scale}/scores/figures/{name}.png",
        scale=SCALE,
        name=[*contours, "score_fields", "score_noise", "score_gains"],
    )


def of_parts(table, parts):
    """Return one table of several parts."""
    return [f"results/{SCALE}/scores/{part}_{table}.csv" for part in parts]


def footer_of_part(part, **changes):
    """Return what a figure says of the scale, seeds and observations of a part, or of fewer of them."""
    sizes = budget("scores", "banks", budget("scores", part, "bank"))
    counts = {name: sizes[name] for name in ("num_seeds", "num_observations")}
    return {"scale": SCALE, "num_pixels": None} | counts | changes


def footer_of_scores(wildcards):
    """Return what the figure of a part says below it."""
    return footer_of_part(wildcards.fits)


def footer_of_contours(wildcards):
    """Return what contours say: of the first fit, for the first observation."""
    return footer_of_part("full", num_seeds=1, num_observations=1)


def footer_of_fields(wildcards):
    """Return what score fields say: there is no observation."""
    return footer_of_part("full", num_observations=None)


def footer_of_gains(wildcards):
    """Return what the figures of all tasks say: the fewest seeds of any."""
    return footer_of_part("few")


def bank_budget(wildcards):
    """Return numbers of simulations, observations and draws."""
    return budget("scores", "banks", wildcards.bank)


def part_budget(wildcards):
    """Return what a part fits and judges."""
    return budget("scores", wildcards.fits)


def estimator_budget(wildcards):
    """Return the settings of fits of a case: a flow of its own for the density in the plane, wider ones for sbibm."""
    if wildcards.case == "moons":
        return budget("scores", "moons")
    return budget("scores", "wide" if wildcards.fits == "benchmark" else "estimator")


def bank_of_part(wildcards):
    """Return the simulations that a part is fitted to."""
    bank = budget("scores", wildcards.fits, "bank")
    return f"results/{wildcards.scale}/scores/{bank}/{wildcards.case}/bank.nc"
