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
    params:
        footer=FOOTER_OF_SIMULATOR,
        goal=budget("theory", "max_error_percent"),
        code=code("plots.surrogate"),
    script:
        "../../scripts/plot_surrogate.py"


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
    params:
        field_deg=SURVEY.get("field_deg"),
        footer=FOOTER_OF_MAPS,
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
    params:
        seed=SEED,
        footer=FOOTER_OF_MAPS,
        code=code("pipeline.band_powers", "plots.spectra"),
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
    params:
        footer=FOOTER_OF_NETWORKS,
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
    params:
        footer=FOOTER_OF_NETWORKS,
        code=code("plots.training"),
    script:
        "../../scripts/plot_estimator_training.py"
