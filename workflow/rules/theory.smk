# Exact spectra over the prior, and the fast surrogate that simulator and likelihood share. A surrogate that is not good
# enough stops the run there; the gate holds it against a threshold that was changed later.


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
        budget=theory_budget,
        exact=CONFIGURATION.theory == "exact",
        seed=SEED,
        code=code("pipeline.spectra", "pipeline.accuracy"),
    script:
        "../../scripts/theory.py"


rule gate_theory:
    input:
        "results/{scale}/lensing/theory/accuracy.csv",
    output:
        "results/{scale}/lensing/theory/accurate.txt",
    log:
        "results/{scale}/lensing/logs/gate_theory.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_theory.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        max_error_percent=budget("theory", "max_error_percent"),
        code=code("pipeline.accuracy"),
    script:
        "../../scripts/gate_theory.py"
