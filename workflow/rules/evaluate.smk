# How good the posteriors are: against the reference, against the truth over the prior, and the observation against the model.


rule evaluate_c2st:
    input:
        posterior="results/{scale}/{task}/posteriors/{observation}/{method}_{compressor}.nc",
        reference="results/{scale}/{task}/posteriors/{observation}/reference.nc",
        converged="results/{scale}/{task}/posteriors/{observation}/converged.txt",
        gates=gates,
    output:
        "results/{scale}/{task}/evaluation/{observation}/c2st_{method}_{compressor}.csv",
    log:
        "results/{scale}/{task}/logs/evaluate_c2st_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/evaluate_c2st_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        num_rows=budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("pipeline.comparison"),
    script:
        "../../scripts/evaluate_c2st.py"


rule evaluate_shifts:
    input:
        posterior="results/{scale}/{task}/posteriors/{observation}/{method}_{compressor}.nc",
        reference="results/{scale}/{task}/posteriors/{observation}/reference.nc",
        converged="results/{scale}/{task}/posteriors/{observation}/converged.txt",
        gates=gates,
    output:
        "results/{scale}/{task}/evaluation/{observation}/shifts_{method}_{compressor}.csv",
    log:
        "results/{scale}/{task}/logs/evaluate_shifts_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/evaluate_shifts_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code("pipeline.shifts"),
    script:
        "../../scripts/evaluate_shifts.py"


rule evaluate_coverage:
    input:
        simulations="results/{scale}/{task}/summaries/{compressor}_calibration.nc",
        estimator="results/{scale}/{task}/estimators/{method}_{compressor}.safetensors",
        settings="results/{scale}/{task}/estimators/{method}_{compressor}.json",
        own_simulations=own_simulations,
    output:
        curves="results/{scale}/{task}/evaluation/coverage_{method}_{compressor}.nc",
        table="results/{scale}/{task}/evaluation/coverage_{method}_{compressor}.csv",
    log:
        "results/{scale}/{task}/logs/evaluate_coverage_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/evaluate_coverage_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        num_draws=budget("evaluation", "num_coverage_draws"),
        seed=SEED,
        code=lambda wildcards: code(
            "pipeline.calibration",
            "pipeline.estimation",
            "pipeline.priors",
            registry.method_module(wildcards.method),
        ),
    script:
        "../../scripts/evaluate_coverage.py"


rule evaluate_observation:
    input:
        source=problem_source,
        observation="results/{scale}/{task}/observations/{observation}.nc",
        compressor="results/{scale}/{task}/compressors/{compressor}.safetensors",
        simulations="results/{scale}/{task}/summaries/{compressor}_inference.nc",
        posterior="results/{scale}/{task}/posteriors/{observation}/{method}_{compressor}.nc",
    output:
        distances="results/{scale}/{task}/evaluation/{observation}/predictive_{method}_{compressor}.nc",
        table="results/{scale}/{task}/evaluation/{observation}/predictive_{method}_{compressor}.csv",
    log:
        "results/{scale}/{task}/logs/evaluate_observation_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/evaluate_observation_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        num_predictive=budget("evaluation", "num_predictive"),
        seed=SEED,
        code=code("pipeline.criticism"),
    script:
        "../../scripts/evaluate_observation.py"


rule tabulate_merit:
    input:
        posteriors=expand(
            "results/{scale}/{task}/posteriors/{observation}/{method}.nc",
            method=EXPLICIT_METHODS,
            allow_missing=True,
        ),
        converged="results/{scale}/{task}/posteriors/{observation}/converged.txt",
        gates=gates,
    output:
        "results/{scale}/{task}/evaluation/{observation}/merit.csv",
    log:
        "results/{scale}/{task}/logs/tabulate_merit_{observation}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_merit_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        methods=EXPLICIT_METHODS,
        code=code("pipeline.merit"),
    script:
        "../../scripts/tabulate_merit.py"
