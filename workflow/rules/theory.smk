# Exact spectra over the prior, and the fast surrogate that simulator and likelihood share.


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
        budget=budget("theory"),
        exact=CONFIGURATION.theory == "exact",
        seed=SEED,
        code=code("pipeline.spectra"),
    script:
        "../../scripts/theory.py"
