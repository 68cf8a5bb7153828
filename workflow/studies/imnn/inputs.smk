# What the study of information-maximising summaries is made of: fields, each with a network's summary and, in the full
# study, the exact score.
IMNN_EXTENTS = ("reduced", "full")
FIELDS_OF_EXTENT = {extent: budget("imnn", extent, "fields") for extent in IMNN_EXTENTS}
FIELD_SUMMARIES = ("imnn", "score")
SUMMARIES_OF_EXTENT = {"reduced": ("imnn",), "full": FIELD_SUMMARIES}


wildcard_constraints:
    field="|".join(sorted(set(itertools.chain(*FIELDS_OF_EXTENT.values())))),
    field_summary="|".join(FIELD_SUMMARIES),


def field_budget(wildcards):
    """Return everything that the configuration says of an extent of the study."""
    return budget("imnn", wildcards.extent)


def part_of_budget(*names):
    """Return an input function for some keys of an extent, all that a job depends on."""

    def own(wildcards):
        return {name: field_budget(wildcards)[name] for name in names}

    return own


def of_fields(name):
    """Return an input function for a file of every field."""

    def files(wildcards):
        return expand(
            "results/{scale}/imnn/{extent}/{field}/{name}",
            scale=wildcards.scale,
            extent=wildcards.extent,
            field=FIELDS_OF_EXTENT[wildcards.extent],
            name=name,
        )

    return files


def of_summaries(name):
    """Return an input function for a file of every summary of every field."""

    def files(wildcards):
        return [
            path
            for summary in SUMMARIES_OF_EXTENT[wildcards.extent]
            for path in of_fields(f"{summary}/{name}")(wildcards)
        ]

    return files


def shown_of_imnn(extent):
    """Return tables and figures of an extent."""
    contours = expand("figures/contours_{field}.png", field=FIELDS_OF_EXTENT[extent])
    figures = expand(
        "figures/{name}.png", name=["training", "estimates", "fields", "rejection"]
    )
    return expand(
        "results/{scale}/imnn/{extent}/{shown}",
        scale=SCALE,
        extent=extent,
        shown=["posteriors.csv", *figures, *contours],
    )


def footer_of_imnn(counted):
    """Return a function for what figures say below them, with the observations that a key counts; None for none."""

    def footer(wildcards):
        own = field_budget(wildcards)
        fixed = {
            None: None,
            "num_examples": min(3, own["num_targets"]),
            "num_contours": 1,
        }
        return {
            "scale": SCALE,
            "num_pixels": own["num_pixels"],
            "num_seeds": 1,
            "num_observations": fixed.get(counted, own.get(counted)),
        }

    return footer
