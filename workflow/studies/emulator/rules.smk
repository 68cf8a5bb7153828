# Study of emulators: cheap simulations turned into expensive ones, judged by the posteriors that they give.
# Target emulator_controls: trainings that differ in one setting.
# Target emulator_explicit: chains over initial conditions, through the emulator and by the cheap simulator alone.
# Target bridge: an emulator between two simulators of one's own (key `bridge`), and what it makes of the cheap one's maps.
include: "inputs.smk"
include: "figures.smk"
include: "bridge.smk"


REDUCED["emulator"] = shown_of_emulator("reduced") if has_simulators() else []


localrules:
    emulator,
    emulator_controls,
    emulator_explicit,
    bridge,


rule emulator:
    input:
        shown_of_emulator("full"),
        f"results/{SCALE}/emulator/control/figures/paths.png",


rule emulator_controls:
    input:
        expand(
            "results/{scale}/emulator/controls/{shown}",
            scale=SCALE,
            shown=["statistics.csv", "figures/spectra.png"],
        ),


rule emulator_explicit:
    input:
        expand(
            "results/{scale}/emulator/full/explicit.csv",
            scale=SCALE,
        ),


rule bridge:
    input:
        bridge_or_refusal,


rule simulate_maps:
    output:
        "results/{scale}/emulator/{map_extent}/maps_{map_simulator}.nc",
    log:
        "results/{scale}/emulator/logs/simulate_maps_{map_extent}_{map_simulator}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/simulate_maps_{map_extent}_{map_simulator}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        budget=lambda wildcards: budget("emulator", wildcards.map_extent, "maps"),
        seed=SEED,
        checkpoint="results/{scale}/emulator/checkpoints/simulate_maps_{map_extent}_{map_simulator}.safetensors",
        code=code("studies.emulator.maps"),
    script:
        "../../../scripts/emulator/simulate_maps.py"


rule train_emulator:
    input:
        cheap=maps_of("cheap"),
        expensive=maps_of("expensive"),
    output:
        emulator="results/{scale}/emulator/{map_extent}/{emulator}/emulator.safetensors",
        settings="results/{scale}/emulator/{map_extent}/{emulator}/emulator.json",
        history="results/{scale}/emulator/{map_extent}/{emulator}/history.csv",
    log:
        "results/{scale}/emulator/logs/train_emulator_{map_extent}_{emulator}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/train_emulator_{map_extent}_{emulator}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=480,
        gpu=1,
    params:
        budget=flow_budget,
        seed=SEED,
        checkpoint="results/{scale}/emulator/checkpoints/train_emulator_{map_extent}_{emulator}.safetensors",
        code=code("studies.emulator.kinds"),
    script:
        "../../../scripts/emulator/train_emulator.py"


rule judge_maps:
    input:
        cheap=maps_of("cheap"),
        expensive=maps_of("expensive"),
        emulators=emulators_of,
    output:
        statistics="results/{scale}/emulator/{map_extent}/statistics.csv",
        steps="results/{scale}/emulator/{map_extent}/steps.csv",
        examples="results/{scale}/emulator/{map_extent}/examples.nc",
    log:
        "results/{scale}/emulator/logs/judge_maps_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/judge_maps_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=1,
    params:
        emulators=lambda wildcards: FITS_OF_EXTENT[wildcards.map_extent],
        side=side_of_maps,
        seed=SEED,
        code=code("studies.emulator.judgement"),
    script:
        "../../../scripts/emulator/judge_maps.py"


rule infer_maps:
    input:
        cheap=maps_of("cheap"),
        expensive=maps_of("expensive"),
        emulator=emulator_of_kind,
    output:
        draws="results/{scale}/emulator/{map_extent}/{map_kind}/draws.nc",
        history="results/{scale}/emulator/{map_extent}/{map_kind}/summary_history.csv",
    log:
        "results/{scale}/emulator/logs/infer_maps_{map_extent}_{map_kind}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/infer_maps_{map_extent}_{map_kind}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        budget=budget("emulator", "full", "inference"),
        seed=SEED,
        checkpoint="results/{scale}/emulator/checkpoints/infer_maps_{map_extent}_{map_kind}.safetensors",
        code=code("studies.emulator.inference", "studies.emulator.kinds"),
    script:
        "../../../scripts/emulator/infer_maps.py"


rule tabulate_emulator:
    input:
        draws=draws_of,
    output:
        posteriors="results/{scale}/emulator/{map_extent}/posteriors.csv",
    log:
        "results/{scale}/emulator/logs/tabulate_emulator_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/tabulate_emulator_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        kinds=lambda wildcards: kinds_of_posteriors(wildcards.map_extent),
        code=code("studies.emulator.tables"),
    script:
        "../../../scripts/emulator/tabulate_emulator.py"


rule sample_explicitly:
    input:
        maps="results/{scale}/emulator/full/maps_expensive.nc",
        draws="results/{scale}/emulator/full/{map_kind}/draws.nc",
        emulator=emulator_of_kind,
    output:
        draws="results/{scale}/emulator/full/{map_kind}/explicit.nc",
        convergence="results/{scale}/emulator/full/{map_kind}/convergence.csv",
    log:
        "results/{scale}/emulator/logs/sample_explicitly_{map_kind}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/sample_explicitly_{map_kind}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=480,
        gpu=1,
    params:
        maps=budget("emulator", "full", "maps"),
        noise=budget("emulator", "full", "inference", "noise"),
        budget=chains_budget,
        seed=SEED,
        checkpoint="results/{scale}/emulator/checkpoints/sample_explicitly_{map_kind}.safetensors",
        code=code("studies.emulator.explicit"),
    script:
        "../../../scripts/emulator/sample_explicitly.py"


rule tabulate_explicit:
    input:
        draws=expand(
            "results/{{scale}}/emulator/full/{kind}/explicit.nc", kind=EXPLICIT_KINDS
        ),
        convergence=expand(
            "results/{{scale}}/emulator/full/{kind}/convergence.csv",
            kind=EXPLICIT_KINDS,
        ),
        reference="results/{scale}/emulator/full/expensive/draws.nc",
    output:
        "results/{scale}/emulator/full/explicit.csv",
    log:
        "results/{scale}/emulator/logs/tabulate_explicit.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/tabulate_explicit.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        kinds=EXPLICIT_KINDS,
        thresholds={
            name: budget("emulator", "explicit", name)
            for name in ("max_rhat", "min_ess")
        },
        code=code("studies.emulator.tables"),
    script:
        "../../../scripts/emulator/tabulate_explicit.py"


rule control_gaussians:
    output:
        errors="results/{scale}/emulator/control/errors.csv",
        paths="results/{scale}/emulator/control/paths.nc",
    log:
        "results/{scale}/emulator/logs/control_gaussians.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/control_gaussians.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=1,
    params:
        budget=budget("emulator", "gaussians"),
        seed=SEED,
        code=code("studies.emulator.control"),
    script:
        "../../../scripts/emulator/control_gaussians.py"
