# What the study of samplers compares, and what the default run shows of it.
SAMPLERS = budget("samplers", "kernels")
CHAINS |= {
    name: {
        "sampler": name,
        "num_chains": budget("reference", "num_chains"),
        **steps,
    }
    for name, steps in SAMPLERS.items()
}
SAMPLER_SETS = {
    "default": ["reference", "mams"],
    "published": ["reference", "nuts_published"],
    "all": ["reference", *SAMPLERS],
}


wildcard_constraints:
    sampler_set="|".join(SAMPLER_SETS),


def samplers_of(wildcards):
    """Return the chains that are compared, in the default run or in the whole study."""
    return SAMPLER_SETS[wildcards.sampler_set]


def of_samplers(file):
    """Return a function that lists a file of every compared sampler."""
    return lambda wildcards: [
        f"results/{wildcards.scale}/lensing/posteriors/{wildcards.observation}/{file.format(sampler=sampler)}"
        for sampler in samplers_of(wildcards)
    ]


draws_of_samplers = of_samplers("{sampler}.nc")
diagnoses_of_samplers = of_samplers("convergence_{sampler}.csv")
curves_of_samplers = of_samplers("curve_{sampler}.csv")


def independent_reference(wildcards):
    """Return chains of another sampler that convergence is judged by."""
    other = "mams" if wildcards.sampler == "reference" else "reference"
    return f"results/{wildcards.scale}/lensing/posteriors/{wildcards.observation}/{other}.nc"


def comparison_of(sampler_set):
    """Return what compares a set of samplers, on the first observation."""
    return expand(
        "results/{scale}/lensing/{result}",
        scale=SCALE,
        result=[
            f"figures/{OBSERVED}_samplers_{sampler_set}.png",
            f"explicit/{OBSERVED}/samplers_{sampler_set}.csv",
            f"explicit/{OBSERVED}/agreement_{sampler_set}.csv",
        ],
    )


# Errors of chains are judged on small maps with every sampler, and on maps of this scale's size with two.
ERRORS = {"small": ["split_hmc", *SAMPLERS], "full": ["split_hmc", "mams"]}


wildcard_constraints:
    kernel="|".join(ERRORS["small"]),
    map_size="|".join(ERRORS),


def surrogate_at_size(wildcards):
    """Return the surrogate of the spectra for the size of the maps."""
    name = "explicit" if wildcards.map_size == "small" else "theory"
    return f"results/{wildcards.scale}/lensing/{name}/surrogate.safetensors"


def error_budget(wildcards):
    """Return observations and steps of the chains whose errors are judged."""
    own = budget("samplers", "errors")
    count = (
        "num_observations" if wildcards.map_size == "small" else "num_full_observations"
    )
    steps = {name: own[name] for name in ("num_chains", "num_warmup", "num_draws")}
    return {"num_observations": own[count], **steps}


def draws_of_kernels(wildcards):
    """Return the chains of every sampler, on the same observations."""
    folder = f"results/{wildcards.scale}/lensing/explicit/errors"
    return [
        f"{folder}/{wildcards.map_size}_{kernel}.nc"
        for kernel in ERRORS[wildcards.map_size]
    ]


if TASK == "lensing":
    COSTS.append(
        Cost(
            {"stage": "mams", "observation": OBSERVED},
            f"results/{SCALE}/lensing/posteriors/{OBSERVED}/mams.nc",
        )
    )
    COLLECTED |= {
        table: Collected(
            f"explicit/{{observation}}/{table}_default.csv",
            f"workflow/studies/samplers/captions/{table}_table.rst",
            (OBSERVED,),
        )
        for table in ("samplers", "agreement")
    }
    ACCEPTED["samplers"] = [
        f"results/{SCALE}/lensing/explicit/{OBSERVED}/agreement_default.csv"
    ]
    GATES.append(f"results/{SCALE}/lensing/explicit/{OBSERVED}/agreed.txt")
    REDUCED["samplers"] = [
        f"results/{SCALE}/lensing/figures/{OBSERVED}_samplers_default.png",
        f"results/{SCALE}/lensing/tables/samplers.csv",
        f"results/{SCALE}/lensing/tables/agreement.csv",
    ]
