# Explicit posteriors over the prior: of the full field, and of the standard analyses, for the same mock observations.


rule sample_mocks:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        "results/{scale}/lensing/losses/mocks_{part}.nc",
    log:
        "results/{scale}/lensing/logs/sample_mocks_{part}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_mocks_{part}.tsv"
    # The longest jobs, on one core each: started last, they would leave other cores idle.
    priority: 1
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=360,
        gpu=1,
    params:
        budget=budget("losses", "mocks"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/mocks_{part}.safetensors",
        code=code(
            "studies.losses.information",
            "pipeline.mock_posteriors",
            "pipeline.problem",
        ),
    script:
        "../../../scripts/losses/sample_mocks.py"


rule measure_mocks:
    input:
        parts_of_mocks,
    output:
        "results/{scale}/lensing/losses/mocks.nc",
    log:
        "results/{scale}/lensing/logs/measure_mocks.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/measure_mocks.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=60,
        gpu=1,
    params:
        budget=budget("losses", "mocks"),
        seed=SEED,
        code=code("studies.losses.information", "pipeline.priors"),
    script:
        "../../../scripts/losses/measure_mocks.py"


rule calibrate_baseline:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        mocks="results/{scale}/lensing/losses/mocks.nc",
        covariance="results/{scale}/lensing/explicit/band_covariance.nc",
    output:
        "results/{scale}/lensing/losses/baselines/{baseline}_coverage.csv",
    log:
        "results/{scale}/lensing/logs/calibrate_baseline_{baseline}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/calibrate_baseline_{baseline}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        budget=budget("losses", "baselines"),
        seed=SEED,
        code=code("studies.losses.baselines", "pipeline.problem"),
    script:
        "../../../scripts/losses/calibrate_baseline.py"


rule extract_mocks:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        mocks="results/{scale}/lensing/losses/mocks.nc",
    output:
        "results/{scale}/lensing/features/mocks/{features}.nc",
    log:
        "results/{scale}/lensing/logs/extract_mocks_{features}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/extract_mocks_{features}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code("pipeline.map_features", "pipeline.problem"),
    script:
        "../../../scripts/losses/extract_mocks.py"
