# What the study of emulators is made of: maps of two simulators, trainings, and posteriors learned from maps of each kind.
MAP_EXTENTS = ("reduced", "full")
FITS_OF_EXTENT = {
    extent: budget("emulator", extent, "fits") for extent in (*MAP_EXTENTS, "controls")
}
SHOWN_OF_MAPS = ("maps", "spectra", "training")
BRIDGE = {kind: str(path) for kind, path in CONFIGURATION.bridge.items()}
EXPLICIT_KINDS = ("cheap", "emulated")
# Thresholds are no settings of the chains that they judge.
chains_budget = {
    name: value
    for name, value in budget("emulator", "explicit").items()
    if name not in ("max_rhat", "min_ess")
}
SIMULATED_KINDS = ("cheap", "transfer", "expensive")


wildcard_constraints:
    map_simulator="cheap|expensive",
    map_extent="|".join([*MAP_EXTENTS, "controls"]),
    emulator="|".join(sorted(set(itertools.chain(*FITS_OF_EXTENT.values())))),
    map_kind="|".join(
        [*SIMULATED_KINDS, *sorted(set(itertools.chain(*FITS_OF_EXTENT.values())))]
    ),


def extent_of_maps(extent):
    """Return the extent whose maps one is made of: controls have none of their own."""
    return "full" if extent == "controls" else extent


def maps_of(simulator):
    """Return an input function for the maps of a simulator."""

    def maps(wildcards):
        extent = extent_of_maps(wildcards.map_extent)
        return f"results/{wildcards.scale}/emulator/{extent}/maps_{simulator}.nc"

    return maps


def flow_budget(wildcards):
    """Return the settings of a training; controls are shorter."""
    own = budget("emulator", extent_of_maps(wildcards.map_extent), "flow")
    if wildcards.map_extent != "controls":
        return own
    return own | {"num_steps": budget("emulator", "controls", "num_steps")}


def side_of_maps(wildcards):
    """Return the side of the box, Mpc/h."""
    return budget("emulator", extent_of_maps(wildcards.map_extent), "maps", "side")


def num_training_maps(wildcards):
    """Return how many expensive simulations the whole training set has."""
    maps = budget("emulator", extent_of_maps(wildcards.map_extent), "maps")
    return maps["num_points"] * maps["num_per_point"]


def emulators_of(wildcards):
    """Return all trainings of an extent."""
    return [
        f"results/{wildcards.scale}/emulator/{wildcards.map_extent}/{name}/emulator.safetensors"
        for name in FITS_OF_EXTENT[wildcards.map_extent]
    ]


def histories_of(wildcards):
    """Return the learning curves of all trainings of an extent."""
    return [
        f"results/{wildcards.scale}/emulator/{wildcards.map_extent}/{name}/history.csv"
        for name in FITS_OF_EXTENT[wildcards.map_extent]
    ]


def emulator_of_kind(wildcards):
    """Return the training behind a kind of maps, if there is one."""
    if wildcards.map_kind in SIMULATED_KINDS:
        return []
    extent = getattr(wildcards, "map_extent", "full")
    return [
        f"results/{wildcards.scale}/emulator/{extent}/{wildcards.map_kind}/emulator.safetensors"
    ]


def kinds_of_posteriors(extent):
    """Return the kinds of maps that posteriors are learned from."""
    return [*SIMULATED_KINDS, *(fit for fit in FITS_OF_EXTENT[extent])]


def draws_of(wildcards):
    """Return the posteriors of all kinds of maps."""
    return [
        f"results/{wildcards.scale}/emulator/{wildcards.map_extent}/{kind}/draws.nc"
        for kind in kinds_of_posteriors(wildcards.map_extent)
    ]


def shown_of_emulator(extent):
    """Return tables and figures of an extent; posteriors are of the full study."""
    shown = ["statistics.csv", *expand("figures/{name}.png", name=SHOWN_OF_MAPS)]
    if extent == "full":
        shown += [
            "posteriors.csv",
            "figures/posteriors.png",
            "figures/scaling.png",
            "figures/contours.png",
        ]
    return expand(
        "results/{scale}/emulator/{map_extent}/{shown}",
        scale=SCALE,
        map_extent=extent,
        shown=shown,
    )


def bridge_or_refusal(wildcards):
    """Return the tables, figures and maps of an emulator between own simulators, where the configuration names them."""
    if not CONFIGURATION.bridge:
        raise WorkflowError(
            "config: bridge names no files; this target needs bridge.cheap and bridge.expensive, .npz or .nc with theta and x"
        )
    shown = ["emulated.nc", "statistics.csv", "figures/spectra.png"]
    return expand("results/{scale}/emulator/own/{shown}", scale=SCALE, shown=shown)


def has_simulators():
    """Return whether JaxPM is there, which has no wheels for some platforms: elsewhere the default run goes without."""
    return importlib.util.find_spec("jaxpm") is not None


def footer_of_emulator(counted, has_seeds=False):
    """Return a function for what figures say below them, with the maps that a key counts."""

    def footer(wildcards):
        own = budget("emulator", extent_of_maps(wildcards.map_extent))
        return {
            "scale": SCALE,
            "num_pixels": own["maps"]["num_pixels"],
            "num_seeds": (
                budget("emulator", "full", "inference", "num_seeds") if has_seeds else 1
            ),
            "num_observations": own["maps"].get(counted),
        }

    return footer
