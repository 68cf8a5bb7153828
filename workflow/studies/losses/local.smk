# What is lost by a summary and what by the estimator: posteriors from many simulations near an observation.


rule judge_locally:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        networks=network_at_largest_size,
        estimator=lambda wildcards: judged_file(wildcards, "safetensors"),
        judged=lambda wildcards: judged_file(wildcards, "nc"),
        observed=features_of_mocks,
        reference="results/{scale}/lensing/posteriors/{observation}/reference.nc",
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/losses/{extent}/local/{summary}/{observation}.csv",
    log:
        "results/{scale}/lensing/logs/judge_locally_{extent}_{summary}_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/judge_locally_{extent}_{summary}_{observation}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        features=lambda wildcards: RECIPES[wildcards.summary].features,
        num_flows=lambda wildcards: budget("losses", wildcards.extent, "num_flows"),
        num_rows=budget("losses", "num_c2st_rows"),
        method=budget("losses", "method"),
        budget=local_budget,
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/local_{extent}_{summary}_{observation}.safetensors",
        code=code(
            "studies.losses.local_comparison",
            "pipeline.problem",
            registry.method_module(budget("losses", "method")),
        ),
    script:
        "../../../scripts/losses/judge_locally.py"


rule tabulate_local:
    input:
        local_parts,
    output:
        report(
            "results/{scale}/lensing/losses/{extent}/tables/local_{summary}.csv",
            caption="captions/losses_local.rst",
            category="Losses ({extent})",
            labels={"table": "summary or estimator, {summary}"},
        ),
    log:
        "results/{scale}/lensing/logs/tabulate_local_{extent}_{summary}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_local_{extent}_{summary}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        code=code("io"),
    script:
        "../../../scripts/losses/tabulate_local.py"
