# What the study of losses is made of. A run is a summary and the number of simulations that it is trained on.
from fullfield.studies.losses.recipes import SHIPPED, is_fiducial, recipe

# The study runs reduced in the default run, and in full as a target; its mock observations are always simulated ones.
EXTENTS = ("reduced", "full")
MOCKS = {
    extent: simulated_names({"num_observations": number, "num_prior_observations": 0})
    for extent in EXTENTS
    for number in [budget("losses", extent, "num_observations")]
}
POSSIBLE_OBSERVATIONS |= dict.fromkeys(itertools.chain(*MOCKS.values()))
SPLITS["fiducial"] = budget("losses", "num_fiducial")
RECIPES = {
    summary: recipe(summary, DEFAULT_FEATURES)
    for summary in budget("losses", "summaries")
}
# The study has its own seeds, and its simulations are files: those of the estimator must not repeat its fits.
flow_budget = {
    name: value
    for name, value in budget("estimator").items()
    if name not in ("seeds", "num_simulations")
}


wildcard_constraints:
    extent="|".join(EXTENTS),
    summary="|".join(RECIPES),
    size=r"\d+",


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


def summaries_at(extent, size):
    """Return the summaries that are trained on so many simulations."""
    losses = budget("losses")
    return losses["summaries" if size == max(losses[extent]["sizes"]) else "swept"]


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


def judged_files(pattern):
    """Return a function that lists a file of every run of a study."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/judged/{pattern.format(**run)}"
        for run in RUNS[wildcards.extent]
    ]


def loss_of_summary(wildcards):
    """Return the loss that trains a summary."""
    return RECIPES[wildcards.summary].loss


def features_file(split, summary):
    """Return the file of a summary's features."""
    return f"results/{SCALE}/lensing/features/{split}/{RECIPES[summary].features}.nc"


def features_for_summary(split):
    """Return a function that names a summary's features of a split."""
    return lambda wildcards: features_file(split, wildcards.summary)


def training_split(summary):
    """Return what a summary is trained on: simulations over the prior, or at the fiducial point."""
    return "fiducial" if is_fiducial(RECIPES[summary].loss) else "training"


def training_features(wildcards):
    """Return the features of these simulations."""
    return features_file(training_split(wildcards.summary), wildcards.summary)


def features_of_mocks(wildcards):
    """Return a summary's features of the observations of a study."""
    return features_file(f"observed_{wildcards.extent}", wildcards.summary)


def prior_mocks_if_full(wildcards, features):
    """Return explicit posteriors over the prior, which the full study alone has."""
    return (
        f"results/{SCALE}/lensing/features/mocks/{features}.nc"
        if wildcards.extent == "full"
        else []
    )


def features_of_prior_mocks(wildcards):
    """Return the same with the features of a summary."""
    return prior_mocks_if_full(wildcards, RECIPES[wildcards.summary].features)


def networks_of_summary(wildcards):
    """Return the trained networks of a summary, if it has any."""
    return (
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/{wildcards.summary}_{wildcards.size}.safetensors"
        if RECIPES[wildcards.summary].loss
        else []
    )


def network_settings(wildcards):
    """Return the settings and costs of all networks of a study."""
    return [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/{run['summary']}_{run['size']}.json"
        for run in RUNS[wildcards.extent]
        if RECIPES[run["summary"]].loss
    ]


LARGEST = {extent: max(budget("losses", extent, "sizes")) for extent in EXTENTS}


def chosen(*names):
    """Return some of the project's summaries and all that a user has added, or else all that the study has."""
    added = [name for name in RECIPES if name not in SHIPPED]
    return [name for name in (*names, *added) if name in RECIPES] or list(RECIPES)


SCATTERED = chosen("mse", "mae", "gnll", "vmim", "imnn")
CONTOURED = chosen("mse", "gnll", "vmim", "imnn")
FOOTER_OF_MOMENTS = "toy with one parameter · 3 seeds · exact quadrature"


def is_largest(wildcards):
    """Return whether summaries are compared at this size: only there is a classifier trained."""
    return int(wildcards.size) == LARGEST[wildcards.extent]


def judged_at_largest_size(summaries):
    """Return a function that lists the results of some summaries at the size that they are compared at."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/judged/{summary}_{LARGEST[wildcards.extent]}.nc"
        for summary in summaries
    ]


def vmim_networks(wildcards):
    """Return VMIM's networks at the same size."""
    return f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/vmim_{LARGEST[wildcards.extent]}.safetensors"


def footer_of_losses(wildcards):
    """Return what the footer of a figure of the study says."""
    return {
        **FOOTER,
        "num_seeds": len(budget("losses", wildcards.extent, "seeds")),
        "num_observations": len(MOCKS[wildcards.extent]),
    }


def costs_of_study(extent):
    """Return labels and file of what a study spends; the default route has counted some of these files already."""
    costs = []
    for summary in RECIPES:
        splits = ["inference", "calibration", f"observed_{extent}"]
        splits += [training_split(summary)] if RECIPES[summary].loss else []
        for split in splits:
            stage = split if split == "fiducial" else "losses"
            costs.append(Cost({"stage": stage}, features_file(split, summary)))
    for name in MOCKS[extent]:
        path = f"results/{SCALE}/lensing/posteriors/{name}/reference.nc"
        costs.append(Cost({"stage": "reference", "observation": name}, path))
    return costs


def loss_study(extent):
    """Return the tables and figures of a study of losses."""
    figures = ["merit", "scatter", "contours"]
    figures += ["sizes"] if len(budget("losses", extent, "sizes")) > 1 else []
    figures += ["sensitivity"] if extent == "full" and "vmim" in RECIPES else []
    tables = ["losses.csv", "planes.csv", "ordering.csv", "sizes.csv", "findings.html"]
    return [
        *(
            f"results/{SCALE}/lensing/figures/losses_{extent}_{name}.png"
            for name in figures
        ),
        *(f"results/{SCALE}/lensing/losses/{extent}/tables/{name}" for name in tables),
        f"results/{SCALE}/lensing/figures/losses_moments.png",
    ]
