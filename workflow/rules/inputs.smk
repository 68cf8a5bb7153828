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


# The study of losses. A run is a summary and the number of simulations that it is trained on.
def names_of_mocks(wildcards):
    """Return the observations that a study is judged on."""
    return MOCKS[wildcards.study]


def files_of_mocks(pattern):
    """Return a function that lists a file of every observation of a study."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/{pattern.format(observation=name)}"
        for name in MOCKS[wildcards.study]
    ]


mock_observations = files_of_mocks("observations/{observation}.nc")
draws_of_mocks = files_of_mocks("posteriors/{observation}/reference.nc")
gates_of_mocks = files_of_mocks("posteriors/{observation}/converged.txt")
EXPLICIT_BASELINES = ("power_spectrum", "gaussian_field")


def references_of_mocks(wildcards):
    """Return the reference chains of a study's observations and what says that they have converged."""
    return [*draws_of_mocks(wildcards), *gates_of_mocks(wildcards)]


def explicit_of_mocks(wildcards):
    """Return the posteriors of the standard analyses, by method and observation."""
    return [
        path
        for method in EXPLICIT_BASELINES
        for path in files_of_mocks(f"posteriors/{{observation}}/{method}.nc")(wildcards)
    ]


def summaries_at(study, size):
    """Return the summaries that are trained on so many simulations."""
    losses = budget("losses")
    return losses["summaries" if size == max(losses[study]["sizes"]) else "swept"]


RUNS = {
    study: [
        {"summary": summary, "size": size}
        for size in sorted(budget("losses", study, "sizes"), reverse=True)
        for summary in summaries_at(study, size)
    ]
    for study in STUDIES
}


def runs_of_study(wildcards):
    """Return summary and size of every run of a study."""
    return RUNS[wildcards.study]


def judged_files(pattern):
    """Return a function that lists a file of every run of a study."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.study}/judged/{pattern.format(**run)}"
        for run in RUNS[wildcards.study]
    ]


def loss_of_summary(wildcards):
    """Return the loss that trains a summary."""
    return RECIPES[wildcards.summary].loss


def features_file(split, summary):
    """Return the file of a summary's features."""
    return f"results/{SCALE}/lensing/features/{split}/{RECIPES[summary].features}.nc"


def features_for_summary(pattern, split):
    """Return a function that names a summary's features of a split."""
    return lambda wildcards: features_file(
        pattern.format(split=split), wildcards.summary
    )


def training_features(wildcards):
    """Return what a summary is trained on: simulations over the prior, or at the fiducial point."""
    loss = RECIPES[wildcards.summary].loss
    split = "fiducial" if loss in FIDUCIAL_LOSSES else "training"
    return features_file(split, wildcards.summary)


def features_of_mocks(wildcards):
    """Return a summary's features of the observations of a study."""
    return features_file(f"observed_{wildcards.study}", wildcards.summary)


def replicas_if_full(wildcards, features):
    """Return explicit posteriors over the prior, which the full study alone has."""
    return (
        f"results/{SCALE}/lensing/features/replicas/{features}.nc"
        if wildcards.study == "full"
        else []
    )


def features_of_replicas(wildcards):
    """Return the same with the features of a summary."""
    return replicas_if_full(wildcards, RECIPES[wildcards.summary].features)


def networks_of_summary(wildcards):
    """Return the trained networks of a summary, if it has any."""
    return (
        f"results/{SCALE}/lensing/losses/{wildcards.study}/networks/{wildcards.summary}_{wildcards.size}.safetensors"
        if RECIPES[wildcards.summary].loss
        else []
    )


def network_settings(wildcards):
    """Return the settings and costs of all networks of a study."""
    return [
        f"results/{SCALE}/lensing/losses/{wildcards.study}/networks/{run['summary']}_{run['size']}.json"
        for run in RUNS[wildcards.study]
        if RECIPES[run["summary"]].loss
    ]


LARGEST = {study: max(budget("losses", study, "sizes")) for study in STUDIES}
SCATTERED = [name for name in ("mse", "mae", "gnll", "vmim", "imnn") if name in RECIPES]
CONTOURED = [name for name in ("mse", "gnll", "vmim", "imnn") if name in RECIPES]
FOOTER_OF_MOMENTS = "toy with one parameter · 3 seeds · exact quadrature"


def judged_at_largest_size(summaries):
    """Return a function that lists the results of some summaries at the size that they are compared at."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.study}/judged/{summary}_{LARGEST[wildcards.study]}.nc"
        for summary in summaries
    ]


def vmim_networks(wildcards):
    """Return VMIM's networks at the same size."""
    return f"results/{SCALE}/lensing/losses/{wildcards.study}/networks/vmim_{LARGEST[wildcards.study]}.safetensors"


def footer_of_losses(wildcards):
    """Return what the footer of a figure of the study says."""
    return {
        **FOOTER,
        "num_seeds": len(budget("losses", wildcards.study, "seeds")),
        "num_observations": len(MOCKS[wildcards.study]),
    }


def loss_study(study):
    """Return the tables and figures of a study of losses."""
    figures = ["merit", "sizes", "scatter", "contours"]
    figures += ["sensitivity"] if study == "full" and "vmim" in RECIPES else []
    tables = ["losses.csv", "ordering.csv", "sizes.csv", "findings.html"]
    return [
        *(
            f"results/{SCALE}/lensing/figures/losses_{study}_{name}.png"
            for name in figures
        ),
        *(f"results/{SCALE}/lensing/losses/{study}/tables/{name}" for name in tables),
        f"results/{SCALE}/lensing/figures/losses_moments.png",
    ]


# Networks with convolutions see maps, which the study does not store: it needs num_channels = 0.
LOSS_STUDY = loss_study("full") if IS_STORED else []
REDUCED_LOSS_STUDY = (
    loss_study("reduced") if IS_STORED and "simulated" in OBSERVATIONS else []
)
