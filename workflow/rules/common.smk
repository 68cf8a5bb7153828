# Checked settings for every rule: whatever the user can get wrong stops here, before the first job.
import itertools
import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Jobs inherit it: a program that one job has compiled is loaded by the next.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(".cache/jax").resolve()))

from fullfield.studies.code_hash import code
from fullfield.studies.configuration import simulated_names, validate
from fullfield.studies.recipes import SHIPPED, fiducial_losses, loss_module, recipe


configfile: "config.yaml"


try:
    CONFIGURATION = validate(config, Path(), check_files=workflow.is_main_process)
except ValueError as error:
    raise WorkflowError(str(error)) from None

SCALE = CONFIGURATION.scale
TASK = CONFIGURATION.task
SEED = CONFIGURATION.seed
SURVEY = CONFIGURATION.survey
SETTINGS = (
    CONFIGURATION.budgets
)  # of this scale: SETTINGS["num_pixels"], SETTINGS["reference"]["num_chains"], ...
OBSERVATIONS = CONFIGURATION.observations  # {name: path, or None for the simulated one}
COMPRESSORS = CONFIGURATION.compressors
METHODS = CONFIGURATION.methods


# A study runs reduced in the default run, and in full as a target; its mock observations are always simulated ones.
STUDIES = ("reduced", "full") if TASK == "lensing" else ()
MOCKS = {
    study: simulated_names({"num_observations": number, "num_prior_observations": 0})
    for study in STUDIES
    for number in [CONFIGURATION.budgets["losses"][study]["num_observations"]]
}
POSSIBLE_OBSERVATIONS = dict.fromkeys(
    [*OBSERVATIONS, *itertools.chain(*MOCKS.values())]
)


# Budgets are those of SCALE, so no job may write below another scale or task.
wildcard_constraints:
    scale=SCALE,
    task=TASK,
    observation="|".join(POSSIBLE_OBSERVATIONS),
    compressor="|".join(COMPRESSORS),
    method="|".join(METHODS),
    split="training|inference|calibration|fiducial",
    study="reduced|full",
    summary="|".join(SETTINGS["losses"]["summaries"]),
    size=r"\d+",
    sampler="|".join(["reference", *SETTINGS["explicit"]["samplers"]]),
    extent="default|published|all",


def budget(*keys):
    """Return the entry of this scale's budgets below the given keys."""
    entry = SETTINGS
    for key in keys:
        entry = entry[key]
    return entry


def observation_file(wildcards):
    """Return the user's file, or nothing for the simulated observation."""
    return OBSERVATIONS.get(wildcards.observation) or []


# What simulations are made from: the surrogate of the spectra, or the user's file.
SURROGATE = f"results/{SCALE}/lensing/theory/surrogate.safetensors"
surrogate_if_lensing = SURROGATE if TASK == "lensing" else []
problem_source = SURROGATE if TASK == "lensing" else str(CONFIGURATION.simulations)


def num_simulations(wildcards):
    """Return how many simulations a split takes."""
    compressor = budget("compressor")
    return {
        "training": compressor["num_simulations"] + compressor["num_validation"],
        "inference": budget("estimator", "num_simulations"),
        "calibration": budget("evaluation", "num_coverage_observations"),
        "fiducial": budget("losses", "num_fiducial"),
    }[wildcards.split]


def num_views(wildcards):
    """Return how often each simulation of a split is observed."""
    return budget("compressor", "num_views") if wildcards.split == "training" else 1


# Networks without convolutions see stored features alone.
IS_STORED = TASK == "lensing" and budget("compressor", "num_channels") == 0
DEFAULT_FEATURES = budget("compressor", "features")
RECIPES = {
    summary: recipe(summary, DEFAULT_FEATURES)
    for summary in budget("losses", "summaries")
}
FEATURES = list(
    dict.fromkeys([DEFAULT_FEATURES, *[made.features for made in RECIPES.values()]])
)


FIDUCIAL_LOSSES = fiducial_losses()


def stored_features(split):
    """Return the file of features that a compressor of the default run is fed with, if it sees nothing else."""
    return (
        f"results/{SCALE}/lensing/features/{split}/{DEFAULT_FEATURES}.nc"
        if IS_STORED
        else []
    )


def features_of_split(wildcards):
    """Return the same for the split of the wildcards."""
    return stored_features(wildcards.split)


# Checks of a fit and thresholds of the gate are no settings: changing them must not repeat the fit or the chains.
surrogate_budget = {
    name: value for name, value in budget("theory").items() if name != "num_checks"
}

# Chains by name of result: `reference` is split HMC, and the others check it.
OTHER_SAMPLERS = list(budget("explicit", "samplers"))
SAMPLER_SETS = {
    "default": ["reference", "mams"],
    "published": ["reference", "nuts_published"],
    "all": ["reference", *OTHER_SAMPLERS],
}
OBSERVED = next(iter(OBSERVATIONS))  # the observation that samplers are compared on


def sampler_name(wildcards):
    """Return the kernel behind a set of chains."""
    return "split_hmc" if wildcards.sampler == "reference" else wildcards.sampler


def sampler_budget(wildcards):
    """Return numbers of chains and steps."""
    reference = budget("reference")
    steps = (
        reference
        if wildcards.sampler == "reference"
        else budget("explicit", "samplers", wildcards.sampler)
    )
    return {
        "num_chains": reference["num_chains"],
        "num_warmup": steps["num_warmup"],
        "num_draws": steps["num_draws"],
    }


reference_budget = {
    name: budget("reference", name)
    for name in ("num_chains", "num_warmup", "num_draws")
}
