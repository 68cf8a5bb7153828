# What the standard analyses know, which sampler is cheapest, whether all agree, and whether the chains are calibrated.


rule estimate_covariance:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        "results/{scale}/lensing/explicit/band_covariance.nc",
    log:
        "results/{scale}/lensing/logs/estimate_covariance.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/estimate_covariance.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        num_simulations=budget("explicit", "num_covariance"),
        seed=SEED,
        code=code("studies.power_spectrum_posterior"),
    script:
        "../../scripts/estimate_covariance.py"


rule sample_power_spectrum:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/{observation}.nc",
        covariance="results/{scale}/lensing/explicit/band_covariance.nc",
    output:
        "results/{scale}/lensing/posteriors/{observation}/power_spectrum.nc",
    log:
        "results/{scale}/lensing/logs/sample_power_spectrum_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_power_spectrum_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        seed=SEED,
        code=code("studies.power_spectrum_posterior"),
    script:
        "../../scripts/sample_power_spectrum.py"


rule trace_convergence:
    input:
        draws="results/{scale}/lensing/posteriors/{observation}/{sampler}.nc",
        against=independent_reference,
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/posteriors/{observation}/curve_{sampler}.csv",
    log:
        "results/{scale}/lensing/logs/trace_convergence_{observation}_{sampler}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/trace_convergence_{observation}_{sampler}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        num_points=budget("explicit", "num_curve_points"),
        num_rows=budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("studies.convergence"),
    script:
        "../../scripts/trace_convergence.py"


rule compare_samplers:
    input:
        draws=draws_of_samplers,
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/explicit/{observation}/agreement_{extent}.csv",
    log:
        "results/{scale}/lensing/logs/compare_samplers_{observation}_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/compare_samplers_{observation}_{extent}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        samplers=samplers_of,
        num_rows=budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("studies.convergence"),
    script:
        "../../scripts/compare_samplers.py"


rule tabulate_samplers:
    input:
        diagnoses=diagnoses_of_samplers,
    output:
        "results/{scale}/lensing/explicit/{observation}/samplers_{extent}.csv",
    log:
        "results/{scale}/lensing/logs/tabulate_samplers_{observation}_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_samplers_{observation}_{extent}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        samplers=samplers_of,
        code=code("studies.diagnosis"),
    script:
        "../../scripts/tabulate_samplers.py"


rule tabulate_merit:
    input:
        posteriors=expand(
            "results/{scale}/lensing/posteriors/{observation}/{method}.nc",
            method=EXPLICIT_METHODS,
            allow_missing=True,
        ),
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/evaluation/{observation}/merit.csv",
    log:
        "results/{scale}/lensing/logs/tabulate_merit_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_merit_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        methods=EXPLICIT_METHODS,
        code=code("studies.merit"),
    script:
        "../../scripts/tabulate_merit.py"


use rule theory as theory_calibration with:
    output:
        surrogate="results/{scale}/lensing/explicit/surrogate.safetensors",
        settings="results/{scale}/lensing/explicit/surrogate.json",
        accuracy="results/{scale}/lensing/explicit/accuracy.csv",
    log:
        "results/{scale}/lensing/logs/theory_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/theory_calibration.tsv"
    params:
        survey=SURVEY,
        num_pixels=budget("explicit", "calibration", "num_pixels"),
        budget=surrogate_budget,
        exact=CONFIGURATION.theory == "exact",
        seed=SEED,
        code=code("studies.spectra"),


rule calibrate_explicit:
    input:
        surrogate="results/{scale}/lensing/explicit/surrogate.safetensors",
    output:
        curves="results/{scale}/lensing/explicit/calibration.nc",
        table="results/{scale}/lensing/explicit/calibration.csv",
    log:
        "results/{scale}/lensing/logs/calibrate_explicit.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/calibrate_explicit.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        survey=SURVEY,
        budget=budget("explicit", "calibration"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/calibrate_explicit.safetensors",
        code=code("studies.explicit_calibration", "studies.calibration"),
    script:
        "../../scripts/calibrate_explicit.py"
