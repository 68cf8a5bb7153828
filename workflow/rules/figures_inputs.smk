# Figures of what goes in: spectra, maps and trainings. PNG for the report, PDF beside it for the paper; every one is
# stamped with scale, seeds and observations.


rule plot_surrogate:
    input:
        accuracy="results/{scale}/lensing/theory/accuracy.csv",
    output:
        report(
            "results/{scale}/lensing/figures/surrogate.png",
            caption="../report/surrogate.rst",
            category="Simulator",
            labels={"figure": "surrogate accuracy"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_surrogate.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_surrogate.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER,
        goal=budget("theory", "max_error_percent"),
        code=code("plots.surrogate"),
    script:
        "../../scripts/plot_surrogate.py"


rule plot_simulator:
    input:
        table="results/{scale}/lensing/simulator/checks.csv",
        histograms="results/{scale}/lensing/simulator/histograms.nc",
    output:
        spectra=report(
            "results/{scale}/lensing/figures/simulator_spectra.png",
            caption="../report/simulator_spectra.rst",
            category="Simulator",
            labels={"figure": "spectra of the maps"},
        ),
        one_point=report(
            "results/{scale}/lensing/figures/simulator_one_point.png",
            caption="../report/simulator_one_point.rst",
            category="Simulator",
            labels={"figure": "one-point law"},
        ),
        moments=report(
            "results/{scale}/lensing/figures/simulator_moments.png",
            caption="../report/simulator_moments.rst",
            category="Simulator",
            labels={"figure": "variance, skewness, score"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_simulator.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER,
        code=code("plots.simulator"),
    script:
        "../../scripts/plot_simulator.py"


rule plot_simulator_cost:
    input:
        table="results/{scale}/lensing/simulator/benchmark.csv",
    output:
        report(
            "results/{scale}/lensing/figures/simulator_cost.png",
            caption="../report/simulator_cost.rst",
            category="Simulator",
            labels={"figure": "time per map"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_simulator_cost.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_simulator_cost.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER,
        code=code("plots.cost"),
    script:
        "../../scripts/plot_simulator_cost.py"


rule plot_maps:
    input:
        observation="results/{scale}/lensing/observations/{observation}.nc",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_maps.png",
            caption="../report/maps.rst",
            category="Observation",
            labels={"observation": "{observation}", "figure": "maps"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_maps_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_maps_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        field_deg=SURVEY.get("field_deg"),
        footer=FOOTER,
        code=code("plots.maps"),
    script:
        "../../scripts/plot_maps.py"


rule plot_spectra:
    input:
        source=SURROGATE,
        observation="results/{scale}/lensing/observations/{observation}.nc",
        reference="results/{scale}/lensing/posteriors/{observation}/reference.nc",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_spectra.png",
            caption="../report/spectra.rst",
            category="Observation",
            labels={"observation": "{observation}", "figure": "spectra"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_spectra_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_spectra_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        seed=SEED,
        footer=FOOTER,
        code=code("studies.band_powers", "plots.spectra"),
    script:
        "../../scripts/plot_spectra.py"


rule plot_compressor_training:
    input:
        history="results/{scale}/{task}/compressors/{compressor}_history.csv",
    output:
        report(
            "results/{scale}/{task}/figures/training_{compressor}.png",
            caption="../report/training_compressor.rst",
            category="Training",
            labels={"network": "{compressor}", "figure": "learning curves"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_compressor_training_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_compressor_training_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER,
        code=code("plots.training"),
    script:
        "../../scripts/plot_compressor_training.py"


rule plot_estimator_training:
    input:
        history="results/{scale}/{task}/estimators/{method}_{compressor}_history.csv",
    output:
        report(
            "results/{scale}/{task}/figures/training_{method}_{compressor}.png",
            caption="../report/training_estimator.rst",
            category="Training",
            labels={"network": "{method}, {compressor}", "figure": "learning curves"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_estimator_training_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_estimator_training_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER,
        code=code("plots.training"),
    script:
        "../../scripts/plot_estimator_training.py"
