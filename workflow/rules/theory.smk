# Exact spectra over the prior, the fast surrogate that simulator and likelihood share, and maps checked against them.


rule theory:
    output:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        settings="results/{scale}/lensing/theory/surrogate.json",
        accuracy="results/{scale}/lensing/theory/accuracy.csv",
    log:
        "results/{scale}/lensing/logs/theory.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/theory.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        budget=surrogate_budget,
        exact=CONFIGURATION.theory == "exact",
        seed=SEED,
        code=code("studies.spectra"),
    script:
        "../../scripts/theory.py"


rule check_simulator:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        table="results/{scale}/lensing/simulator/checks.csv",
        summary="results/{scale}/lensing/simulator/summary.csv",
        histograms="results/{scale}/lensing/simulator/histograms.nc",
    log:
        "results/{scale}/lensing/logs/check_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/check_simulator.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        num_simulations=budget("theory", "num_checks"),
        seed=SEED,
        code=code("studies.simulator_checks"),
    script:
        "../../scripts/check_simulator.py"


rule compare_theories:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/simulated.nc",
    output:
        posteriors="results/{scale}/lensing/simulator/theory_posteriors.csv",
        scores="results/{scale}/lensing/simulator/theory_scores.csv",
    log:
        "results/{scale}/lensing/logs/compare_theories.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/compare_theories.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        budget=reference_budget,
        num_simulations=budget("theory", "num_checks"),
        seed=SEED,
        code=code("studies.theory_comparison"),
    script:
        "../../scripts/compare_theories.py"


rule benchmark_simulator:
    output:
        "results/{scale}/lensing/simulator/benchmark.csv",
    log:
        "results/{scale}/lensing/logs/benchmark_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/benchmark_simulator.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: workflow.cores
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        num_pixels=[16, 32] if SCALE == "smoke" else [64, 128, 256, 512],
    script:
        "../../scripts/benchmark_simulator.py"
