# What the summaries of the study of losses are trained on, and their budgets.


def loss_of_summary(wildcards):
    """Return the loss that trains a summary."""
    return RECIPES[wildcards.summary].loss


def budget_of_summary(wildcards):
    """Return the budget of a summary's training: the compressor's, with the study's steps and what differs at the
    fiducial point."""
    steps = {"num_steps": budget("losses", wildcards.extent, "num_steps")}
    own = {}
    if is_fiducial(loss_of_summary(wildcards)):
        own = {**budget("losses", "fiducial"), "max_validation_share": 1.0}
        # Of what is measured afterwards.
        del own["num_test"]
    if RECIPES[wildcards.summary].has_convolutions:
        own = budget("losses", "convolutions")
    return {**budget("compressor"), **steps, **own}


def has_convolutions(wildcards):
    """Return whether the network of a summary looks at maps."""
    return RECIPES[wildcards.summary].has_convolutions


def surrogate_if_maps(wildcards):
    """Return what the maps are made from, for a network that looks at them."""
    return SURROGATE if has_convolutions(wildcards) else []


def splits_with_maps(wildcards):
    """Return the splits, by their part in judgement, whose maps are made anew from their keys."""
    inference = SPLIT_OF[wildcards.extent]["inference"]
    return {"inference": inference, "calibration": "calibration"}


def features_file(split, summary):
    """Return the file of a summary's features."""
    return f"results/{SCALE}/lensing/features/{split}/{RECIPES[summary].features}.nc"


def inference_features(wildcards):
    """Return a summary's features of the simulations that NPE is trained on."""
    split = SPLIT_OF[wildcards.extent]["inference"]
    return features_file(split, wildcards.summary)


def calibration_features(wildcards):
    """Return a summary's features of the simulations that posteriors are tested on."""
    return features_file("calibration", wildcards.summary)


def training_split(extent, summary):
    """Return what a summary is trained on: simulations over the prior, or at the fiducial point."""
    at_fiducial = is_fiducial(RECIPES[summary].loss)
    return "fiducial" if at_fiducial else SPLIT_OF[extent]["training"]


def training_features(wildcards):
    """Return the features of these simulations."""
    split = training_split(wildcards.extent, wildcards.summary)
    return features_file(split, wildcards.summary)


def features_over_prior(wildcards):
    """Return, for a summary trained at the fiducial point, its features over the prior, which standardise it."""
    if not is_fiducial(loss_of_summary(wildcards)):
        return []
    # Those of NPE, which every summary needs.
    return features_file(SPLIT_OF[wildcards.extent]["inference"], wildcards.summary)


def features_of_mocks(wildcards):
    """Return a summary's features of the observations of a study."""
    return features_file(f"observed_{wildcards.extent}", wildcards.summary)


def prior_mocks_unless_reduced(wildcards, features):
    """Return explicit posteriors over the prior, which the default run does not have."""
    return (
        f"results/{SCALE}/lensing/features/mocks/{features}.nc"
        if wildcards.extent != "reduced"
        else []
    )


def features_of_prior_mocks(wildcards):
    """Return the same with the features of a summary."""
    return prior_mocks_unless_reduced(wildcards, RECIPES[wildcards.summary].features)


def networks_of_summary(wildcards):
    """Return the trained networks of a summary, if it has any."""
    return (
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/{wildcards.summary}_{wildcards.size}.safetensors"
        if RECIPES[wildcards.summary].loss
        else []
    )


def with_fisher_information(extent):
    """Return the summaries whose information at the fiducial point is measured: where one is trained there, all but
    those that look at maps."""
    own = SUMMARIES[extent]
    at_fiducial = any(is_fiducial(RECIPES[summary].loss) for summary in own)
    return [one for one in own if at_fiducial and not RECIPES[one].has_convolutions]


def networks_with_fisher_information(wildcards):
    """Return their networks, of those that have any, at the size that summaries are compared at."""
    return [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/{summary}_{LARGEST[wildcards.extent]}.safetensors"
        for summary in with_fisher_information(wildcards.extent)
        if RECIPES[summary].loss
    ]


def features_with_derivatives(wildcards):
    """Return the features at the fiducial point that their information is measured on."""
    return [
        features_file("fiducial_test", summary)
        for summary in with_fisher_information(wildcards.extent)
    ]


def network_settings(wildcards):
    """Return the settings and costs of all networks of a study."""
    return [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/{run['summary']}_{run['size']}.json"
        for run in RUNS[wildcards.extent]
        if RECIPES[run["summary"]].loss
    ]


LARGEST = {extent: max(budget("losses", extent, "sizes")) for extent in EXTENTS}
