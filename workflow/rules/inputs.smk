# What tables and figures of the default route are made of.
COMPRESSED = ("inference", "calibration")
TRAINED_COMPRESSORS = [name for name in COMPRESSORS if name != registry.NO_COMPRESSOR]
METHOD_NAMES = expand("{method}_{compressor}", method=METHODS, compressor=COMPRESSORS)
EXPLICIT_METHODS = ["power_spectrum", "gaussian_field", "reference"]
POSTERIORS = [
    {"observation": observation, "method": method}
    for observation in OBSERVATIONS
    for method in (
        EXPLICIT_METHODS if TASK == "lensing" else ["reference"] if IS_SMALL else []
    )
    + METHOD_NAMES
]
FOOTER = {
    "scale": SCALE,
    "num_pixels": budget("num_pixels") if TASK == "lensing" else None,
    "num_seeds": len(budget("estimator", "seeds")),
    "num_observations": len(OBSERVATIONS),
}
FOOTER_OF_ONE = {**FOOTER, "num_observations": 1}
FOOTER_OF_MAPS = {**FOOTER_OF_ONE, "num_seeds": None}
FOOTER_OF_CHAINS = {
    **FOOTER_OF_MAPS,
    "num_chains": budget("reference", "num_chains"),
}
FOOTER_OF_NETWORKS = {**FOOTER, "num_observations": None}
FOOTER_OF_CALIBRATION = {
    **FOOTER,
    "num_observations": (
        budget("evaluation", "num_coverage_observations") if TASK == "lensing" else None
    ),
}
FOOTER_OF_SIMULATOR = {**FOOTER_OF_NETWORKS, "num_seeds": None}


class Collected(NamedTuple):
    """A table that collects files; observation, method and compressor in their names become columns."""

    parts: str
    caption: str
    observations: tuple = tuple(OBSERVATIONS)


IMPLICIT = {
    "calibration": "evaluation/coverage_{method}_{compressor}.csv",
    "predictive": "evaluation/{observation}/predictive_{method}_{compressor}.csv",
}
EXPLICIT = {
    "surrogate": "theory/accuracy.csv",
    "convergence": "posteriors/{observation}/convergence_reference.csv",
    "merit": "evaluation/{observation}/merit.csv",
    "c2st": "evaluation/{observation}/c2st_{method}_{compressor}.csv",
    "shifts": "evaluation/{observation}/shifts_{method}_{compressor}.csv",
}
COMPARED = {name: EXPLICIT[name] for name in ("c2st", "shifts")}
# By name of the table; studies add theirs.
COLLECTED = {
    name: Collected(parts, f"workflow/report/tables/{name}.rst")
    for name, parts in (
        {**EXPLICIT, **IMPLICIT}
        if TASK == "lensing"
        else {**COMPARED, **IMPLICIT} if IS_SMALL else IMPLICIT
    ).items()
}


def names_in(pattern, observations):
    """Return the values of the names in braces of a file's path, for every file that it stands for."""
    names = {"observation": observations, "method": METHODS, "compressor": COMPRESSORS}
    used = {
        name: list(values) for name, values in names.items() if f"{{{name}}}" in pattern
    }
    return [dict(zip(used, values)) for values in itertools.product(*used.values())]


def labels_of_parts(wildcards):
    """Return, for every file that a collected table is made of, what tells it from the others."""
    table = COLLECTED[wildcards.table]
    return names_in(table.parts, table.observations)


def parts_of_table(wildcards):
    """Return the files that a collected table is made of."""
    folder = f"results/{wildcards.scale}/{wildcards.task}"
    parts = COLLECTED[wildcards.table].parts
    return [f"{folder}/{parts.format(**keys)}" for keys in labels_of_parts(wildcards)]


def caption_of_table(wildcards):
    """Return what the report says above a collected table."""
    return Path(COLLECTED[wildcards.table].caption).read_text()


def reference_if_lensing(wildcards):
    """Return the reference draws and what says that they may be compared with, where the task has them."""
    folder = (
        f"results/{wildcards.scale}/{wildcards.task}/posteriors/{wildcards.observation}"
    )
    return (
        [f"{folder}/reference.nc", f"{folder}/converged.txt", *gates(wildcards)]
        if TASK == "lensing"
        else ([f"{folder}/reference.nc", f"{folder}/converged.txt"] if IS_SMALL else [])
    )


# What the default route spends, below the folder of the task, by stage.
SPENT = {"training": "compressors/{compressor}.json"}
SPENT |= {split: f"summaries/{{compressor}}_{split}.nc" for split in COMPRESSED}
if IS_STORED:
    SPENT = {
        split: f"features/{split}/{DEFAULT_FEATURES}.nc"
        for split in ("training", *COMPRESSED)
    }
SPENT |= {
    "observed": "posteriors/{observation}/{method}_{compressor}.nc",
    "predictive": "evaluation/{observation}/predictive_{method}_{compressor}.nc",
}
if IS_SMALL:
    SPENT |= {"reference": "posteriors/{observation}/reference.nc"}
if TASK == "lensing":
    SPENT |= {
        "band covariance": "explicit/band_covariance.nc",
        "reference": "posteriors/{observation}/reference.nc",
    }


def costs_of_default_run():
    """Return the labels of every file whose cost is counted, by path; one that a study reads, too, counts once."""
    costs = {}
    for stage, pattern in SPENT.items():
        for names in names_in(pattern, tuple(OBSERVATIONS)):
            path = f"results/{SCALE}/{TASK}/{pattern.format(**names)}"
            costs[path] = {"stage": stage, **names}
    for labels, path in COSTS:
        costs.setdefault(path, labels)
    return costs


def costing_files(wildcards):
    """Return the files whose cost is counted."""
    return list(costs_of_default_run())


def labels_of_costs(wildcards):
    """Return the stage of each of them and, where they apply, compressor, method and observation."""
    return list(costs_of_default_run().values())


def references(wildcards):
    """Return the reference of every observation, converged, with its diagnosis."""
    return [
        f"results/{SCALE}/lensing/posteriors/{observation}/{name}"
        for observation in OBSERVATIONS
        for name in ("converged.txt", "convergence_reference.csv")
    ]


def judged_tables(wildcards):
    """Return the tables of the default route that are held against bounds."""
    of_lensing = ["main", "c2st", "shifts", "convergence", "surrogate"]
    names = ["calibration", "cost", *(of_lensing if TASK == "lensing" else [])]
    return [
        f"results/{wildcards.scale}/{wildcards.task}/tables/{name}.csv"
        for name in names
    ]


def judged_of_studies(wildcards):
    """Return the files that studies judge."""
    return list(itertools.chain(*ACCEPTED.values()))


def code_of_acceptance(wildcards):
    """Return the hash of what judges them."""
    own = [f"studies.{study}.acceptance" for study in ACCEPTED]
    return code("pipeline.default_checks", "settings.studies", *own)


def everything(wildcards):
    """Return figures and tables of the default route, what the default run shows of every study, and all gates.

    A run on own simulations is about these alone; the studies have targets of their own.
    """
    studies = REDUCED.values() if TASK == "lensing" else ()
    return [*FIGURES, *TABLES, *itertools.chain(*studies), *GATES]


def benchmarked(wildcards):
    """Return the last file of every chain of jobs, so that timings are collected when all have run."""
    return [path for path in everything(wildcards) if "timings" not in path]


# Figures by observation, by observation and method, and all of them.
PER_OBSERVATION = (
    ["maps", "spectra", "traces", "knowledge", "field"] if TASK == "lensing" else []
)
PER_OBSERVATION += ["contours", "contours_main"]
PREDICTIVE = ["prior_predictive"]
PREDICTIVE += ["posterior_predictive"] if TASK == "lensing" else []
FIGURES = expand(
    "results/{scale}/{task}/figures/{figure}.png",
    scale=SCALE,
    task=TASK,
    figure=[
        *(["surrogate"] if TASK == "lensing" else []),
        *expand("training_{network}", network=[*TRAINED_COMPRESSORS, *METHOD_NAMES]),
        *expand(
            "{observation}_{figure}", observation=OBSERVATIONS, figure=PER_OBSERVATION
        ),
        *expand(
            "{observation}_{figure}_{method}",
            observation=OBSERVATIONS,
            figure=PREDICTIVE,
            method=METHOD_NAMES,
        ),
        *expand("{figure}_{method}", figure=["sbc", "tarp"], method=METHOD_NAMES),
        "cost",
    ],
)
TABLES = expand(
    "results/{scale}/{task}/tables/{table}.csv",
    scale=SCALE,
    task=TASK,
    table=[
        *COLLECTED,
        *("posteriors", "cost", "timings", "acceptance"),
        *(["main"] if TASK == "lensing" else []),
    ],
)
