# Checked settings for every rule: whatever the user can get wrong stops here, before the first job.
import importlib.util
import itertools
import os
from pathlib import Path
from typing import NamedTuple

from snakemake.exceptions import WorkflowError

# Jobs inherit it: a program that one job has compiled is loaded by the next, however small it is.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(".cache/jax").resolve()))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

from fullfield.compilation import use_quick_flags
from fullfield.settings import registry
from fullfield.settings.acceptance import load_bounds
from fullfield.settings.code_hash import code
from fullfield.settings.configuration import simulated_names, validate


configfile: "config.yaml"


try:
    CONFIGURATION = validate(config, Path(), check_files=workflow.is_main_process)
    BOUNDS = load_bounds()
except ValueError as error:
    raise WorkflowError(str(error)) from None

SCALE = CONFIGURATION.scale
if SCALE == "smoke":
    # Jobs inherit it: at this scale every program runs for less time than it takes to optimise.
    use_quick_flags(os.environ)
TASK = CONFIGURATION.task
SEED = CONFIGURATION.seed
SURVEY = CONFIGURATION.survey
OBSERVATIONS = CONFIGURATION.observations  # {name: path, or None for the simulated one}
COMPRESSORS = CONFIGURATION.compressors
METHODS = CONFIGURATION.methods
OBSERVED = next(iter(OBSERVATIONS))  # the observation that samplers are compared on
budget = CONFIGURATION.budget  # budget("reference", "num_chains"), of this scale


def only(task, files):
    """Return an input function for a target that the other task does not have."""

    def files_of_target(wildcards):
        if TASK != task:
            raise WorkflowError(
                f"config: task is {TASK!r}; this target is for task {task} alone"
            )
        return files(wildcards) if callable(files) else files

    return files_of_target


# --- what studies add to: the default route runs without any of them -------------------------------------------------

# Names of observations that a job may write results of; mock ones of a study are always simulated.
POSSIBLE_OBSERVATIONS = dict.fromkeys(OBSERVATIONS)

# How many simulations each split takes, and how often each of them is observed.
SPLITS = {
    "training": {
        "num_simulations": budget("compressor", "num_simulations")
        + budget("compressor", "num_validation"),
        "num_views": budget("compressor", "num_views"),
    },
    "inference": {
        "num_simulations": budget("estimator", "num_simulations"),
        "num_views": 1,
    },
    "calibration": {
        "num_simulations": budget("evaluation", "num_coverage_observations"),
        "num_views": 1,
    },
}

# Chains by name of result: `reference` is split HMC, and others check it. Thresholds of the gate are no settings of the
# chains: changing them must not repeat these.
reference_budget = {
    name: budget("reference", name)
    for name in ("num_chains", "num_warmup", "num_draws")
}
CHAINS = {"reference": {"sampler": "split_hmc", **reference_budget}}


class Cost(NamedTuple):
    """A file that records what a stage has cost; labels are columns of the cost table, ``stage`` among them."""

    labels: dict
    path: str


# Thresholds are no settings of what they judge.
theory_budget = {
    name: budget("theory", name) for name in ("num_training", "num_validation")
}

# What the default run shows of each study, and files whose cost is counted beside that of the default route.
REDUCED = {}
COSTS = []

# Files of each study that `fullfield.studies.<study>.acceptance` judges, and files that exist once something has passed
# that every comparison with a reference rests on.
ACCEPTED = {}
GATES = [f"results/{SCALE}/lensing/theory/accurate.txt"] if TASK == "lensing" else []


def gates(wildcards):
    """Return what must have passed before anything is compared with a reference, its convergence apart.

    A gate passed anew repeats these comparisons, which take seconds. (As `ancient` inputs they would not; but Snakemake does
    not repeat a job with other parameters while a job behind an ancient input of it is to run.)
    """
    return GATES


# Budgets are those of SCALE, so no job may write below another scale or task.
wildcard_constraints:
    scale=SCALE,
    task=TASK,
    compressor="|".join(COMPRESSORS),
    method="|".join(METHODS),


def observation_file(wildcards):
    """Return the user's file, or nothing for the simulated observation."""
    return OBSERVATIONS.get(wildcards.observation) or []


# What simulations are made from: the surrogate of the spectra, or the user's file.
SURROGATE = f"results/{SCALE}/lensing/theory/surrogate.safetensors"
surrogate_if_lensing = SURROGATE if TASK == "lensing" else []
IS_SMALL = TASK in registry.SMALL_TASKS
simulations_on_file = (
    f"results/{SCALE}/{TASK}/simulations.nc"
    if IS_SMALL
    else str(CONFIGURATION.simulations)
)
problem_source = SURROGATE if TASK == "lensing" else simulations_on_file
# The prior alone follows from the simulations on file, or is the published one.
own_simulations = [] if TASK == "lensing" else simulations_on_file


def num_simulations(wildcards):
    """Return how many simulations a split takes."""
    return SPLITS[wildcards.split]["num_simulations"]


def num_views(wildcards):
    """Return how often each simulation of a split is observed."""
    return SPLITS[wildcards.split]["num_views"]


# Networks see stored features and, with convolutions, maps made anew; of vectors on file the vectors.
HAS_IMAGES = CONFIGURATION.has_images
IS_STORED = HAS_IMAGES or TASK == "lensing"
DEFAULT_FEATURES = "images" if HAS_IMAGES else budget("compressor", "features")
# Estimated spectra and filters that the features of images on file rest on.
image_features = (
    f"results/{SCALE}/files/features/images.safetensors" if HAS_IMAGES else []
)
image_settings = f"results/{SCALE}/files/features/images.json" if HAS_IMAGES else []


def stored_features(split):
    """Return the file of features that a compressor of the default run is fed with, if there are any."""
    return (
        f"results/{SCALE}/{TASK}/features/{split}/{DEFAULT_FEATURES}.nc"
        if IS_STORED
        else []
    )


def features_of_split(wildcards):
    """Return the same for the split of the wildcards."""
    return stored_features(wildcards.split)


def sampler_name(wildcards):
    """Return the kernel behind a set of chains."""
    return CHAINS[wildcards.sampler]["sampler"]


def sampler_budget(wildcards):
    """Return numbers of chains and steps."""
    return {
        name: value
        for name, value in CHAINS[wildcards.sampler].items()
        if name != "sampler"
    }


# What chains over the parameters alone must reach, those of learned likelihoods, too.
gate_of_chains = {
    name: budget("parameter_chains", name) for name in ("max_rhat", "min_ess")
}
