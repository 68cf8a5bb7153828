# Study of scores: where gradients of a simulator help density estimation, and where they do not.
include: "inputs.smk"


REDUCED["scores"] = shown_of_scores(["reduced"])


localrules:
    scores,


rule scores:
    input:
        shown_of_scores(["full", "few", "likelihood"]),


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
        "results/{scale}/scores/{fits}/{case}.csv",
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
        num_c2st_rows=budget("scores", "num_c2st_rows"),
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
        fits=fits_of_part,
        noise=noise_of_part,
        yardsticks=yardsticks_of_part,
    output:
        curves="results/{scale}/scores/{fits}_curves.csv",
        differences="results/{scale}/scores/{fits}_differences.csv",
        noise="results/{scale}/scores/{fits}_noise.csv",
        yardsticks="results/{scale}/scores/{fits}_yardsticks.csv",
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


rule plot_scores:
    input:
        curves="results/{scale}/scores/{fits}_curves.csv",
        yardsticks="results/{scale}/scores/{fits}_yardsticks.csv",
    output:
        report(
            "results/{scale}/scores/figures/scores_{fits}.png",
            caption="captions/scores.rst",
            category="Scores",
            labels={"figure": "against the number of simulations, {fits}"},
        ),
    log:
        "results/{scale}/scores/logs/plot_scores_{fits}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/plot_scores_{fits}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_scores,
        code=code("studies.scores.figures", "studies.scores.tables"),
    script:
        "../../../scripts/scores/plot_scores.py"
