# Figures of the study of emulators.


rule plot_emulated_maps:
    input:
        "results/{scale}/emulator/{map_extent}/examples.nc",
    output:
        report(
            "results/{scale}/emulator/{map_extent}/figures/maps.png",
            caption="captions/emulated_maps.rst",
            category="Emulators",
            labels={"figure": "one box, {map_extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_maps_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_maps_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator(None),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulated_maps.py"


rule plot_emulated_spectra:
    input:
        "results/{scale}/emulator/{map_extent}/statistics.csv",
    output:
        report(
            "results/{scale}/emulator/{map_extent}/figures/spectra.png",
            caption="captions/emulated_spectra.rst",
            category="Emulators",
            labels={"figure": "spectra and correlations, {map_extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_spectra_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_spectra_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator("num_paired"),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulated_spectra.py"


rule plot_emulated_posteriors:
    input:
        "results/{scale}/emulator/{map_extent}/posteriors.csv",
    output:
        report(
            "results/{scale}/emulator/{map_extent}/figures/posteriors.png",
            caption="captions/emulated_posteriors.rst",
            category="Emulators",
            labels={"figure": "posteriors, {map_extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_posteriors_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_posteriors_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator("num_paired", has_seeds=True),
        code=code("studies.emulator.posterior_figures"),
    script:
        "../../../scripts/emulator/plot_emulated_posteriors.py"


rule plot_emulated_scaling:
    input:
        "results/{scale}/emulator/{map_extent}/posteriors.csv",
    output:
        report(
            "results/{scale}/emulator/{map_extent}/figures/scaling.png",
            caption="captions/emulated_scaling.rst",
            category="Emulators",
            labels={"figure": "number of simulations, {map_extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_scaling_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_scaling_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        num_simulations=num_training_maps,
        footer=footer_of_emulator("num_paired", has_seeds=True),
        code=code("studies.emulator.posterior_figures", "studies.emulator.settings"),
    script:
        "../../../scripts/emulator/plot_emulated_scaling.py"


rule plot_emulator_training:
    input:
        histories_of,
    output:
        report(
            "results/{scale}/emulator/{map_extent}/figures/training.png",
            caption="captions/emulator_training.rst",
            category="Emulators",
            labels={"figure": "training, {map_extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulator_training_{map_extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulator_training_{map_extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator(None),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulator_training.py"


rule plot_emulated_contours:
    input:
        [
            f"results/{{scale}}/emulator/full/{kind}/draws.nc"
            for kind in (*SIMULATED_KINDS, "emulated")
        ],
    output:
        report(
            "results/{scale}/emulator/full/figures/contours.png",
            caption="captions/emulated_contours.rst",
            category="Emulators",
            labels={"figure": "posterior of one observation"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_contours.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_contours.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        kinds=(*SIMULATED_KINDS, "emulated"),
        ranges=((0.1, 0.5), (0.6, 1.0)),
        footer=lambda wildcards: {
            "scale": SCALE,
            "num_pixels": budget("emulator", "full", "maps", "num_pixels"),
            "num_seeds": budget("emulator", "full", "inference", "num_seeds"),
            "num_observations": 1,
        },
        code=code("plots.contours"),
    script:
        "../../../scripts/emulator/plot_emulated_contours.py"


rule plot_paths:
    input:
        paths="results/{scale}/emulator/control/paths.nc",
        errors="results/{scale}/emulator/control/errors.csv",
    output:
        report(
            "results/{scale}/emulator/control/figures/paths.png",
            caption="captions/paths.rst",
            category="Emulators",
            labels={"figure": "paths between Gaussians"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_paths.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_paths.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer={
            "scale": SCALE,
            "num_pixels": None,
            "num_seeds": budget("emulator", "gaussians", "num_seeds"),
            "num_observations": None,
        },
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_paths.py"
