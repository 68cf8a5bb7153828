# What the study of losses is made of. A run is a summary and the number of simulations that it is trained on.
from fullfield.studies.losses.recipes import is_fiducial, recipe, shipped

# The study runs reduced in the default run, and in full as a target; `maps` sets a network that looks at maps beside one
# that does not, and `informed` has gradients of the joint density, both on the simulations of the full study. Mock
# observations are always simulated ones, at the fiducial point and at draws of the prior.
EXTENTS = ("reduced", "full", "informed", "maps")
MOCKS = {
    extent: simulated_names(
        {
            name: budget("losses", extent, name)
            for name in ("num_observations", "num_prior_observations")
        }
    )
    for extent in EXTENTS
}
POSSIBLE_OBSERVATIONS |= dict.fromkeys(itertools.chain(*MOCKS.values()))
# The reduced study sees the simulations of the default route; the full one has more, of its own.
SPLITS |= {
    "fiducial": {
        "num_simulations": budget("losses", "fiducial", "num_simulations")
        + budget("losses", "fiducial", "num_validation"),
        "num_views": 1,
    },
    "fiducial_test": {
        "num_simulations": budget("losses", "fiducial", "num_test"),
        "num_views": 1,
    },
    "full_training": {
        "num_simulations": budget("losses", "full", "num_simulations")
        + budget("compressor", "num_validation"),
        "num_views": budget("losses", "full", "num_views"),
    },
    "full_inference": {
        "num_simulations": budget("losses", "full", "num_inference"),
        "num_views": 1,
    },
}
SPLIT_OF = {
    "reduced": {"training": "training", "inference": "inference"},
    "full": {"training": "full_training", "inference": "full_inference"},
}
SPLIT_OF |= dict.fromkeys(("maps", "informed"), SPLIT_OF["full"])
SUMMARIES = {extent: budget("losses", extent, "summaries") for extent in EXTENTS}
RECIPES = {
    summary: recipe(summary, DEFAULT_FEATURES)
    for summary in itertools.chain(*SUMMARIES.values())
}
# The study has its own seeds, and its simulations are files: those of the estimator must not repeat its fits.
flow_budget = {
    name: value
    for name, value in budget("estimator").items()
    if name not in ("seeds", "num_simulations")
}
# Which summaries and observations are looked at is no setting of the job that looks at one; widths are tried in turn.
local_budget = {
    name: value
    for name, value in {**flow_budget, **budget("losses", "local")}.items()
    if name not in ("summaries", "num_observations", "num_hidden")
}


wildcard_constraints:
    part=r"\d+",
    extent="|".join(EXTENTS),
    baseline="power_spectrum|gaussian_field",
    summary="|".join(RECIPES),
    size=r"\d+",


def parts_of_mocks(wildcards):
    """Return the explicit posteriors over the prior, of all jobs that share them."""
    parts = range(budget("losses", "mocks", "num_parts"))
    return [f"results/{SCALE}/lensing/losses/mocks_{part}.nc" for part in parts]


def names_of_mocks(wildcards):
    """Return the observations that a study is judged on."""
    return MOCKS[wildcards.extent]


def files_of_mocks(pattern):
    """Return a function that lists a file of every observation of a study."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/{pattern.format(observation=name)}"
        for name in MOCKS[wildcards.extent]
    ]


mock_observations = files_of_mocks("observations/{observation}.nc")
draws_of_mocks = files_of_mocks("posteriors/{observation}/reference.nc")
gates_of_mocks = files_of_mocks("posteriors/{observation}/converged.txt")
EXPLICIT_BASELINES = ("power_spectrum", "gaussian_field")
COVERAGE_OF_BASELINES = [
    f"results/{SCALE}/lensing/losses/baselines/{name}_coverage.csv"
    for name in EXPLICIT_BASELINES
]


def references_of_mocks(wildcards):
    """Return the reference chains of a study's observations and what says that they may be compared with."""
    return [*draws_of_mocks(wildcards), *gates_of_mocks(wildcards), *gates(wildcards)]


def explicit_of_mocks(wildcards):
    """Return the posteriors of the standard analyses, by method and observation."""
    return [
        f"results/{SCALE}/lensing/posteriors/{name}/{method}.nc"
        for method in EXPLICIT_BASELINES
        for name in fiducial_mocks(wildcards.extent)
    ]


def fiducial_mocks(extent):
    """Return the observations at the fiducial point, where figures of merit are compared."""
    return MOCKS[extent][: budget("losses", extent, "num_observations")]


def coverage_of_baselines(wildcards):
    """Return the calibration of the standard analyses over the prior, which the default run does not have."""
    if wildcards.extent == "reduced":
        return []
    return COVERAGE_OF_BASELINES


def summaries_at(extent, size):
    """Return the summaries that are trained on so many simulations."""
    own = budget("losses", extent)
    return own["summaries" if size == max(own["sizes"]) else "swept"]


RUNS = {
    extent: [
        {"summary": summary, "size": size}
        for size in sorted(budget("losses", extent, "sizes"), reverse=True)
        for summary in summaries_at(extent, size)
    ]
    for extent in EXTENTS
}


def runs_of_study(wildcards):
    """Return summary and size of every run of a study."""
    return RUNS[wildcards.extent]
