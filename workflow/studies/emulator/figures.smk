# Figures of the study of emulators.


rule plot_emulated_maps:
    input:
        "results/{scale}/emulator/{extent}/examples.nc",
    output:
        report(
            "results/{scale}/emulator/{extent}/figures/maps.png",
            caption="captions/emulated_maps.rst",
            category="Emulators",
            labels={"figure": "one box, {extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_maps_{extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_maps_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator(None),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulated_maps.py"


rule plot_emulated_spectra:
    input:
        "results/{scale}/emulator/{extent}/statistics.csv",
    output:
        report(
            "results/{scale}/emulator/{extent}/figures/spectra.png",
            caption="captions/emulated_spectra.rst",
            category="Emulators",
            labels={"figure": "spectra and correlations, {extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_spectra_{extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_spectra_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator("num_paired"),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulated_spectra.py"


rule plot_emulated_posteriors:
    input:
        "results/{scale}/emulator/{extent}/posteriors.csv",
    output:
        report(
            "results/{scale}/emulator/{extent}/figures/posteriors.png",
            caption="captions/emulated_posteriors.rst",
            category="Emulators",
            labels={"figure": "posteriors, {extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulated_posteriors_{extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulated_posteriors_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator("num_paired", has_seeds=True),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulated_posteriors.py"


rule plot_emulator_training:
    input:
        histories_of,
    output:
        report(
            "results/{scale}/emulator/{extent}/figures/training.png",
            caption="captions/emulator_training.rst",
            category="Emulators",
            labels={"figure": "training, {extent}"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_emulator_training_{extent}.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_emulator_training_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_emulator(None),
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_emulator_training.py"
