# Study of scores: where gradients of a simulator help density estimation, and where they do not.
include: "inputs.smk"


localrules:
    scores,


rule scores:
    input:
        tables_of_scores(["full", "few", "likelihood"]),


rule simulate_bank:
    output:
        bank="results/{scale}/scores/{bank}/{case}/bank.nc",
        noise="results/{scale}/scores/{bank}/{case}/noise.csv",
        yardsticks="results/{scale}/scores/{bank}/{case}/yardsticks.csv",
    log:
        "results/{scale}/scores/logs/simulate_bank_{bank}_{case}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/simulate_bank_{bank}_{case}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=1,
    params:
        budget=bank_budget,
        compressor=budget("scores", "compressor"),
        num_c2st_rows=budget("scores", "num_c2st_rows"),
        seed=SEED,
        code=code("studies.scores.bank", "studies.scores.sweep"),
    script:
        "../../../scripts/scores/simulate_bank.py"


rule fit_scores:
    input:
        bank=bank_of_part,
    output:
        "results/{scale}/scores/{part}/{case}.csv",
    log:
        "results/{scale}/scores/logs/fit_scores_{part}_{case}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/fit_scores_{part}_{case}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        budget=part_budget,
        estimator=estimator_budget,
        num_c2st_rows=budget("scores", "num_c2st_rows"),
        seed=SEED,
        checkpoint="results/{scale}/scores/checkpoints/{part}_{case}.safetensors",
        code=lambda wildcards: code(
            "studies.scores.sweep",
            registry.method_module(budget("scores", wildcards.part, "method")),
        ),
    script:
        "../../../scripts/scores/fit_scores.py"
