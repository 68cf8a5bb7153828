# HMC over parameters and field: draws, their diagnosis, and the gate that stops a comparison with an unconverged chain.


rule sample_reference:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/{observation}.nc",
    output:
        "results/{scale}/lensing/posteriors/{observation}/reference.nc",
    log:
        "results/{scale}/lensing/logs/sample_reference_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_reference_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=720,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        budget=reference_budget,
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/reference_{observation}.safetensors",
        code=code("studies.reference"),
    script:
        "../../scripts/sample_reference.py"


rule diagnose_reference:
    input:
        "results/{scale}/lensing/posteriors/{observation}/reference.nc",
    output:
        "results/{scale}/lensing/posteriors/{observation}/convergence.csv",
    log:
        "results/{scale}/lensing/logs/diagnose_reference_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/diagnose_reference_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        code=code("metrics.chains"),
    script:
        "../../scripts/diagnose_reference.py"


rule gate_reference:
    input:
        "results/{scale}/lensing/posteriors/{observation}/convergence.csv",
    output:
        "results/{scale}/lensing/posteriors/{observation}/converged.txt",
    log:
        "results/{scale}/lensing/logs/gate_reference_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_reference_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        max_rhat=budget("reference", "max_rhat"),
        min_ess=budget("reference", "min_ess"),
        code=code("metrics.chains"),
    script:
        "../../scripts/gate_reference.py"
