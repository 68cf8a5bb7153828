# What comes out of the runs of the study of losses, and what the study shows.


def judged_files(pattern):
    """Return a function that lists a file of every run of a study."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/judged/{pattern.format(**run)}"
        for run in RUNS[wildcards.extent]
    ]


def chosen(*names):
    """Return a function: some of the project's summaries and all that a user has added, or else all that there are."""

    def of_study(wildcards):
        own = SUMMARIES[wildcards.extent]
        added = [name for name in own if name not in shipped()]
        return [name for name in (*names, *added) if name in own] or own

    return of_study


scattered = chosen("mse", "mae", "gnll", "vmim", "vmim_maps", "imnn")
contoured = chosen("mse", "gnll", "vmim", "vmim_maps", "imnn")
FOOTER_OF_MOMENTS = (
    "toy with one parameter · {num_seeds} seeds · exact quadrature".format(
        **budget("losses", "moments")
    )
)


def is_largest(wildcards):
    """Return whether summaries are compared at this size: only there is a classifier trained."""
    return int(wildcards.size) == LARGEST[wildcards.extent]


def judged_at_largest_size(summaries):
    """Return a function that lists the results of some summaries at the size that they are compared at."""
    return lambda wildcards: [
        f"results/{SCALE}/lensing/losses/{wildcards.extent}/judged/{summary}_{LARGEST[wildcards.extent]}.nc"
        for summary in summaries(wildcards)
    ]


def vmim_networks(wildcards):
    """Return VMIM's networks at the same size."""
    return f"results/{SCALE}/lensing/losses/{wildcards.extent}/networks/vmim_{LARGEST[wildcards.extent]}.safetensors"


def footer_of_losses(wildcards):
    """Return what the footer of a figure of the study says."""
    return {
        **FOOTER,
        "num_seeds": len(budget("losses", wildcards.extent, "seeds")),
        "num_observations": budget("losses", wildcards.extent, "num_observations"),
    }


def costs_of_study(extent):
    """Return labels and file of what a study spends; the default route has counted some of these files already."""
    costs = []
    for summary in SUMMARIES[extent]:
        splits = [SPLIT_OF[extent]["inference"], "calibration", f"observed_{extent}"]
        splits += [training_split(extent, summary)] if RECIPES[summary].loss else []
        for split in splits:
            stage = split if split == "fiducial" else "losses"
            costs.append(Cost({"stage": stage}, features_file(split, summary)))
    for summary in with_fisher_information(extent):
        path = features_file("fiducial_test", summary)
        costs.append(Cost({"stage": "fiducial"}, path))
    for name in MOCKS[extent]:
        path = f"results/{SCALE}/lensing/posteriors/{name}/reference.nc"
        costs.append(Cost({"stage": "reference", "observation": name}, path))
    return costs


def references_of_the_study(wildcards):
    """Return the explicit posteriors of the full study's observations, and of mock ones over the prior."""
    folder = f"results/{SCALE}/lensing/posteriors"
    files = [f"{folder}/{name}/converged.txt" for name in MOCKS["full"]]
    files += [
        f"{folder}/{name}/{method}.nc"
        for name in fiducial_mocks("full")
        for method in EXPLICIT_BASELINES
    ]
    mocks = f"results/{SCALE}/lensing/losses/mocks.nc"
    return [*files, mocks, *COVERAGE_OF_BASELINES]


def local_tables(wildcards):
    """Return what is lost by each summary, and by the estimator, in the study that the summary is part of."""
    if budget("reference", "num_chains") < 3:
        raise WorkflowError(
            "config: reference.num_chains is below 3, which losses_local needs: the entropy of chains is measured on"
            " one that no flow was fitted to or stopped on"
        )
    tables = []
    for summary in budget("losses", "local", "summaries"):
        extents = [name for name in ("full", "informed") if summary in SUMMARIES[name]]
        if (
            not extents
            or not RECIPES[summary].loss
            or RECIPES[summary].has_convolutions
        ):
            raise WorkflowError(
                f"losses.local.summaries: {summary!r}; allowed: trained summaries of stored features that are among"
                " losses.full.summaries or losses.informed.summaries"
            )
        tables.append(
            f"results/{SCALE}/lensing/losses/{extents[0]}/tables/local_{summary}.csv"
        )
    return tables


def judged_file(wildcards, ending):
    """Return what has been judged of a summary at the size that summaries are compared at."""
    folder = f"results/{SCALE}/lensing/losses/{wildcards.extent}"
    return f"{folder}/judged/{wildcards.summary}_{LARGEST[wildcards.extent]}.{ending}"


def network_at_largest_size(wildcards):
    """Return the networks of a summary at that size."""
    folder = f"results/{SCALE}/lensing/losses/{wildcards.extent}"
    return (
        f"{folder}/networks/{wildcards.summary}_{LARGEST[wildcards.extent]}.safetensors"
    )


def local_parts(wildcards):
    """Return the comparisons of all observations."""
    folder = f"results/{SCALE}/lensing/losses/{wildcards.extent}/local"
    names = fiducial_mocks(wildcards.extent)
    names = names[: budget("losses", "local", "num_observations")]
    return [f"{folder}/{wildcards.summary}/{name}.csv" for name in names]


def loss_study(extent):
    """Return the tables and figures of a study of losses."""
    figures = ["merit", "scatter", "contours"]
    figures += ["sizes"] if len(budget("losses", extent, "sizes")) > 1 else []
    is_full = extent == "full"
    figures += ["sensitivity"] if is_full and "vmim" in SUMMARIES[extent] else []
    tables = ["losses.csv", "planes.csv", "ordering.csv", "sizes.csv", "findings.html"]
    tables += ["fisher.csv"] if with_fisher_information(extent) else []
    toy = [f"results/{SCALE}/lensing/figures/losses_moments.png"] if is_full else []
    return [
        *(
            f"results/{SCALE}/lensing/figures/losses_{extent}_{name}.png"
            for name in figures
        ),
        *(f"results/{SCALE}/lensing/losses/{extent}/tables/{name}" for name in tables),
        *toy,
    ]


if TASK == "lensing" and "simulated" in OBSERVATIONS:
    REDUCED["losses"] = loss_study("reduced")
    COSTS += costs_of_study("reduced")
    ACCEPTED["losses"] = [
        f"results/{SCALE}/lensing/losses/reduced/judged/{run['summary']}_{run['size']}_coverage.csv"
        for run in RUNS["reduced"]
    ]
