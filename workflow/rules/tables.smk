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
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        labels=labels_of_parts,
        code=code("studies.tables"),
    script:
        "../../scripts/tabulate.py"


rule tabulate_posteriors:
    input:
        posteriors=[
            f"results/{{scale}}/{{task}}/posteriors/{keys['observation']}/{keys['method']}.nc"
            for keys in POSTERIORS
        ],
        source=problem_source,
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
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        labels=POSTERIORS,
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        seed=SEED,
        code=code(
            "studies.posteriors", "studies.problem", "studies.tables", "plots.contours"
        ),
    script:
        "../../scripts/tabulate_posteriors.py"


rule tabulate_cost:
    input:
        compressors=expand(
            "results/{scale}/{task}/compressors/{compressor}.json",
            compressor=COMPRESSORS,
            allow_missing=True,
        ),
        simulations=expand(
            "results/{scale}/{task}/summaries/{compressor}_{split}.nc",
            compressor=COMPRESSORS,
            split=SPLITS,
            allow_missing=True,
        ),
        checks=(
            ["results/{scale}/lensing/simulator/histograms.nc"]
            if TASK == "lensing"
            else []
        ),
        covariance=(
            ["results/{scale}/lensing/explicit/band_covariance.nc"]
            if TASK == "lensing"
            else []
        ),
        chains=[
            f"results/{{scale}}/{{task}}/posteriors/{observation}/{sampler}.nc"
            for observation in (OBSERVATIONS if TASK == "lensing" else [])
            for sampler in (
                SAMPLER_SETS["default"] if observation == OBSERVED else ["reference"]
            )
        ],
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
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code("studies.tables"),
    script:
        "../../scripts/tabulate_cost.py"


rule tabulate_main:
    input:
        c2st="results/{scale}/lensing/tables/c2st.csv",
        shifts="results/{scale}/lensing/tables/shifts.csv",
        calibration="results/{scale}/lensing/tables/calibration.csv",
        cost="results/{scale}/lensing/tables/cost.csv",
    output:
        report(
            "results/{scale}/lensing/tables/main.csv",
            caption="../report/main.rst",
            category="Tables",
            labels={"table": "main"},
        ),
    log:
        "results/{scale}/lensing/logs/tabulate_main.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_main.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        num_pixels=budget("num_pixels"),
        code=code("studies.tables"),
    script:
        "../../scripts/tabulate_main.py"


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
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        benchmarks="results/{scale}/{task}/benchmarks",
        code=code("studies.tables"),
    script:
        "../../scripts/tabulate_timings.py"


TABLES = expand(
    "results/{scale}/{task}/tables/{table}.csv",
    scale=SCALE,
    task=TASK,
    table=[
        *PARTS[TASK],
        "posteriors",
        "cost",
        "timings",
        *(["main"] if TASK == "lensing" else []),
    ],
)
TABLES += [path for path in REDUCED_LOSS_STUDY if not path.endswith(".png")]
