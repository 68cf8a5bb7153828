# What tables and figures are made of.
import itertools

SPLITS = ("inference", "calibration")
METHOD_NAMES = expand("{method}_{compressor}", method=METHODS, compressor=COMPRESSORS)
EXPLICIT_METHODS = ["power_spectrum", "gaussian_field", "reference"]
EXPLICIT = EXPLICIT_METHODS if TASK == "lensing" else []
POSTERIORS = [
    {"observation": observation, "method": method}
    for observation in OBSERVATIONS
    for method in EXPLICIT + METHOD_NAMES
]
FOOTER = {
    "scale": SCALE,
    "num_pixels": budget("num_pixels") if TASK == "lensing" else None,
    "num_seeds": len(budget("estimator", "seeds")),
    "num_observations": len(OBSERVATIONS),
}
FOOTER_OF_CHAINS = {
    **FOOTER,
    "num_seeds": None,
    "num_chains": budget("reference", "num_chains"),
    "num_observations": 1,
}

# What each collected table is made of; the keys of a file's name become columns.
IMPLICIT_PARTS = {
    "calibration": "results/{scale}/{task}/evaluation/coverage_{method}_{compressor}.csv",
    "predictive": "results/{scale}/{task}/evaluation/{observation}/predictive_{method}_{compressor}.csv",
}
PARTS = {
    "lensing": {
        "surrogate": "results/{scale}/{task}/theory/accuracy.csv",
        "simulator": "results/{scale}/{task}/simulator/summary.csv",
        "convergence": "results/{scale}/{task}/posteriors/{observation}/convergence_reference.csv",
        "merit": "results/{scale}/{task}/evaluation/{observation}/merit.csv",
        "samplers": "results/{scale}/{task}/explicit/{observation}/samplers_default.csv",
        "agreement": "results/{scale}/{task}/explicit/{observation}/agreement_default.csv",
        "c2st": "results/{scale}/{task}/evaluation/{observation}/c2st_{method}_{compressor}.csv",
        "shifts": "results/{scale}/{task}/evaluation/{observation}/shifts_{method}_{compressor}.csv",
        **IMPLICIT_PARTS,
    },
    "files": IMPLICIT_PARTS,
}


wildcard_constraints:
    table="|".join(PARTS[TASK]),


def labels_of_parts(wildcards):
    """Return, for every file that a collected table is made of, what tells it from the others."""
    pattern = PARTS[wildcards.task][wildcards.table]
    compared = wildcards.table in ("samplers", "agreement")
    names = {
        "observation": [OBSERVED] if compared else OBSERVATIONS,
        "method": METHODS,
        "compressor": COMPRESSORS,
    }
    used = {
        name: list(values) for name, values in names.items() if f"{{{name}}}" in pattern
    }
    return [dict(zip(used, values)) for values in itertools.product(*used.values())]


def parts_of_table(wildcards):
    """Return the files that a collected table is made of."""
    pattern = PARTS[wildcards.task][wildcards.table]
    return [pattern.format(**wildcards, **keys) for keys in labels_of_parts(wildcards)]


def reference_if_lensing(wildcards):
    """Return the reference draws and the file that says that they have converged, where the task has them."""
    folder = (
        f"results/{wildcards.scale}/{wildcards.task}/posteriors/{wildcards.observation}"
    )
    return (
        [f"{folder}/reference.nc", f"{folder}/converged.txt"]
        if wildcards.task == "lensing"
        else []
    )


def benchmarked(wildcards):
    """Return the last file of every chain of jobs, so that timings are collected when all have run."""
    tables = [path for path in TABLES if "timings" not in path]
    return [*FIGURES, *tables]


def samplers_of(wildcards):
    """Return the chains that are compared, in the default run or in the whole study."""
    return SAMPLER_SETS[wildcards.extent]


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


def sampler_study(extent):
    """Return what compares a set of samplers."""
    return expand(
        "results/{scale}/lensing/{result}",
        scale=SCALE,
        result=[
            f"figures/{OBSERVED}_samplers_{extent}.png",
            f"explicit/{OBSERVED}/samplers_{extent}.csv",
            f"explicit/{OBSERVED}/agreement_{extent}.csv",
        ],
    )


REFERENCES = [
    f"results/{SCALE}/lensing/posteriors/{observation}/{name}"
    for observation in (OBSERVATIONS if TASK == "lensing" else [])
    for name in ("converged.txt", "convergence_reference.csv")
]
