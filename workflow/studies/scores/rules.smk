# Study of scores: where gradients of a simulator help density estimation, and where they do not.
# Target scores_published: cells of it with the two-sample test of the published values, of ten thousand rows.
include: "inputs.smk"
include: "figures.smk"


REDUCED["scores"] = shown_of_scores(["reduced"])


localrules:
    scores,
    scores_published,


rule scores:
    input:
        shown_of_scores(["full", "few", "likelihood"]),
        further_figures(),


rule scores_published:
    input:
        shown_of_scores(["published", "benchmark"]),


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
        fits="results/{scale}/scores/{fits}/{case}.csv",
        examples="results/{scale}/scores/{fits}/{case}_examples.nc",
    log:
        "results/{scale}/scores/logs/fit_scores_{fits}_{case}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/fit_scores_{fits}_{case}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        budget=part_budget,
        estimator=estimator_budget,
        seed=SEED,
        checkpoint="results/{scale}/scores/checkpoints/{fits}_{case}.safetensors",
        code=lambda wildcards: code(
            "studies.scores.sweep",
            registry.method_module(budget("scores", wildcards.fits, "method")),
        ),
    script:
        "../../../scripts/scores/fit_scores.py"


rule tabulate_scores:
    input:
        banks=banks_of_part,
        fits=fits_of_part,
        noise=noise_of_part,
        yardsticks=yardsticks_of_part,
    output:
        curves="results/{scale}/scores/{fits}_curves.csv",
        differences="results/{scale}/scores/{fits}_differences.csv",
        noise="results/{scale}/scores/{fits}_noise.csv",
        yardsticks="results/{scale}/scores/{fits}_yardsticks.csv",
        costs="results/{scale}/scores/{fits}_costs.csv",
    log:
        "results/{scale}/scores/logs/tabulate_scores_{fits}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/tabulate_scores_{fits}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        code=code("studies.scores.tables"),
    script:
        "../../../scripts/scores/tabulate_scores.py"


rule fit_score_fields:
    input:
        bank="results/{scale}/scores/full/moons/bank.nc",
    output:
        fields="results/{scale}/scores/score_fields.nc",
        table="results/{scale}/scores/score_fields.csv",
    log:
        "results/{scale}/scores/logs/fit_score_fields.log",
    benchmark:
        "results/{scale}/scores/benchmarks/fit_score_fields.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=1,
    params:
        budget=budget("scores", "fields"),
        estimator=budget("scores", "moons"),
        seed=SEED,
        code=code("studies.scores.fields"),
    script:
        "../../../scripts/scores/fit_score_fields.py"
