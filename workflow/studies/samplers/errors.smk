# Are the Monte-Carlo errors of chains right? Signed pulls of samplers over many mock observations.


rule sample_errors:
    input:
        surrogate=surrogate_at_size,
    output:
        "results/{scale}/lensing/explicit/errors/{map_size}_{kernel}.nc",
    log:
        "results/{scale}/lensing/logs/sample_errors_{map_size}_{kernel}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_errors_{map_size}_{kernel}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        budget=error_budget,
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/errors_{map_size}_{kernel}.safetensors",
        code=code("pipeline.mock_posteriors", "pipeline.problem"),
    script:
        "../../../scripts/samplers/sample_errors.py"


rule tabulate_errors:
    input:
        draws_of_kernels,
    output:
        pulls=report(
            "results/{scale}/lensing/explicit/errors/{map_size}_pulls.csv",
            caption="captions/errors.rst",
            category="Explicit inference",
            labels={"table": "pulls between samplers, {map_size} maps"},
        ),
        scatter=report(
            "results/{scale}/lensing/explicit/errors/{map_size}_scatter.csv",
            caption="captions/errors.rst",
            category="Explicit inference",
            labels={"table": "scatter of chains, {map_size} maps"},
        ),
    log:
        "results/{scale}/lensing/logs/tabulate_errors_{map_size}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_errors_{map_size}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        kernels=lambda wildcards: ERRORS[wildcards.map_size],
        code=code("studies.samplers.errors"),
    script:
        "../../../scripts/samplers/tabulate_errors.py"
