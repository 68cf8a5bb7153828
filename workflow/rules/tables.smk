# Tables: tidy CSV, one row per measurement; LaTeX beside those that a paper prints.


rule tabulate:
    input:
        parts=parts_of_table,
    output:
        report(
            "results/{scale}/{task}/tables/{table}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        "results/{scale}/{task}/logs/tabulate_{table}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_{table}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        labels=labels_of_parts,
        caption=caption_of_table,
        code=code("pipeline.tables"),
    script:
        "../../scripts/tabulate.py"


rule tabulate_posteriors:
    input:
        posteriors=[
            f"results/{{scale}}/{{task}}/posteriors/{keys['observation']}/{keys['method']}.nc"
            for keys in POSTERIORS
        ],
        simulations=own_simulations,
    output:
        report(
            "results/{scale}/{task}/tables/posteriors.csv",
            caption="../report/posteriors.rst",
            category="Tables",
            labels={"table": "posteriors"},
        ),
    log:
        "results/{scale}/{task}/logs/tabulate_posteriors.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_posteriors.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        labels=POSTERIORS,
        seed=SEED,
        code=code(
            "pipeline.posteriors",
            "pipeline.priors",
            "pipeline.tables",
            "plots.contours",
        ),
    script:
        "../../scripts/tabulate_posteriors.py"


rule tabulate_cost:
    input:
        files=costing_files,
    output:
        report(
            "results/{scale}/{task}/tables/cost.csv",
            caption="../report/cost_table.rst",
            category="Tables",
            labels={"table": "cost"},
        ),
    log:
        "results/{scale}/{task}/logs/tabulate_cost.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_cost.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        labels=labels_of_costs,
        code=code("pipeline.tables", "settings.provenance"),
    script:
        "../../scripts/tabulate_cost.py"


rule tabulate_main:
    input:
        c2st="results/{scale}/{task}/tables/c2st.csv",
        shifts="results/{scale}/{task}/tables/shifts.csv",
        calibration="results/{scale}/{task}/tables/calibration.csv",
        cost="results/{scale}/{task}/tables/cost.csv",
    output:
        report(
            "results/{scale}/{task}/tables/main.csv",
            caption="../report/main.rst",
            category="Tables",
            labels={"table": "main"},
        ),
    log:
        "results/{scale}/{task}/logs/tabulate_main.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_main.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        num_pixels=budget("num_pixels"),
        code=code("pipeline.tables"),
    script:
        "../../scripts/tabulate_main.py"


rule accept:
    input:
        tables=judged_tables,
        ledger=costing_files,
        studies=judged_of_studies,
    output:
        report(
            "results/{scale}/{task}/tables/acceptance.csv",
            caption="../report/acceptance.rst",
            category="Acceptance",
            labels={"table": "acceptance"},
        ),
    log:
        "results/{scale}/{task}/logs/accept.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/accept.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        bounds=BOUNDS.as_settings(),
        limits={
            **{
                name: budget("reference", name)
                for name in ("max_rhat", "min_ess", "max_divergent")
            },
            "max_error_percent": budget("theory", "max_error_percent"),
        },
        studies=lambda wildcards: ACCEPTED,
        code=code_of_acceptance,
    script:
        "../../scripts/accept.py"


rule tabulate_timings:
    input:
        inputs=benchmarked,
    output:
        "results/{scale}/{task}/tables/timings.csv",
    log:
        "results/{scale}/{task}/logs/tabulate_timings.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/tabulate_timings.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        benchmarks="results/{scale}/{task}/benchmarks",
        code=code("pipeline.tables"),
    script:
        "../../scripts/tabulate_timings.py"
