# What the study of losses is made of. A run is a summary and the number of simulations that it is trained on.


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


def features_for_summary(split):
    """Return a function that names a summary's features of a split."""
    return lambda wildcards: features_file(split, wildcards.summary)


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


def chosen(*names):
    """Return some of the project's summaries and all that a user has added, or else all that the study has."""
    added = [name for name in RECIPES if name not in SHIPPED]
    return [name for name in (*names, *added) if name in RECIPES] or list(RECIPES)


SCATTERED = chosen("mse", "mae", "gnll", "vmim", "imnn")
CONTOURED = chosen("mse", "gnll", "vmim", "imnn")
FOOTER_OF_MOMENTS = "toy with one parameter · 3 seeds · exact quadrature"


def is_largest(wildcards):
    """Return whether summaries are compared at this size: only there is a classifier trained."""
    return int(wildcards.size) == LARGEST[wildcards.study]


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
    figures = ["merit", "scatter", "contours"]
    figures += ["sizes"] if len(budget("losses", study, "sizes")) > 1 else []
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


def full_loss_study(wildcards):
    """Return the full study; networks with convolutions see maps, which it does not store."""
    if TASK == "lensing" and not IS_STORED:
        raise WorkflowError(
            f"the study of losses needs networks that see stored features alone: scales.{SCALE}.compressor.num_channels"
            f" is {budget('compressor', 'num_channels')}; allowed here: 0"
        )
    return loss_study("full") if TASK == "lensing" else []


REDUCED_LOSS_STUDY = (
    loss_study("reduced") if IS_STORED and "simulated" in OBSERVATIONS else []
)
