# Study of imnn: summaries of most Fisher information, trained on the pixels of random fields whose posterior is exact.
include: "inputs.smk"
include: "figures.smk"


REDUCED["imnn"] = shown_of_imnn("reduced")


localrules:
    imnn,


rule imnn:
    input:
        shown_of_imnn("full"),


rule train_points:
    output:
        summary="results/{scale}/imnn/{extent}/{field}/summary.safetensors",
        settings="results/{scale}/imnn/{extent}/{field}/summary.json",
        information="results/{scale}/imnn/{extent}/{field}/information.csv",
        history="results/{scale}/imnn/{extent}/{field}/history.csv",
        estimates="results/{scale}/imnn/{extent}/{field}/estimates.csv",
    log:
        "results/{scale}/imnn/logs/train_points_{extent}_{field}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/train_points_{extent}_{field}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        budget=part_of_budget(
            "num_pixels",
            "num_retrainings",
            "num_targets",
            "num_fresh",
            "compressor",
        ),
        seed=SEED,
        checkpoint="results/{scale}/imnn/checkpoints/train_points_{extent}_{field}.safetensors",
        code=code("studies.imnn.points"),
    script:
        "../../../scripts/imnn/train_points.py"


rule simulate_fields:
    input:
        summary="results/{scale}/imnn/{extent}/{field}/summary.safetensors",
        settings="results/{scale}/imnn/{extent}/{field}/summary.json",
    output:
        "results/{scale}/imnn/{extent}/{field}/data.nc",
    log:
        "results/{scale}/imnn/logs/simulate_fields_{extent}_{field}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/simulate_fields_{extent}_{field}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=120,
        gpu=1,
    params:
        budget=part_of_budget(
            "num_pixels", "num_bank", "num_targets", "num_calibration", "num_draws"
        ),
        seed=SEED,
        code=code("studies.imnn.data", "studies.imnn.points"),
    script:
        "../../../scripts/imnn/simulate_fields.py"


rule infer_field:
    input:
        summary="results/{scale}/imnn/{extent}/{field}/summary.safetensors",
        settings="results/{scale}/imnn/{extent}/{field}/summary.json",
        data="results/{scale}/imnn/{extent}/{field}/data.nc",
    output:
        draws="results/{scale}/imnn/{extent}/{field}/{field_summary}/draws.nc",
        verdicts="results/{scale}/imnn/{extent}/{field}/{field_summary}/verdicts.csv",
        acceptance="results/{scale}/imnn/{extent}/{field}/{field_summary}/acceptance.csv",
        calibration="results/{scale}/imnn/{extent}/{field}/{field_summary}/calibration.csv",
        convergence="results/{scale}/imnn/{extent}/{field}/{field_summary}/convergence.csv",
    log:
        "results/{scale}/imnn/logs/infer_field_{extent}_{field}_{field_summary}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/infer_field_{extent}_{field}_{field_summary}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        budget=part_of_budget(
            "num_pixels",
            "num_draws",
            "num_npe",
            "num_npe_members",
            "accepted",
            "num_abc_rows",
            "delfi",
            "npe",
        ),
        seed=SEED,
        checkpoint="results/{scale}/imnn/checkpoints/infer_field_{extent}_{field}_{field_summary}.safetensors",
        code=code("studies.imnn.posteriors", "studies.imnn.points"),
    script:
        "../../../scripts/imnn/infer_field.py"


rule tabulate_imnn:
    input:
        information=of_fields("information.csv"),
        verdicts=of_summaries("verdicts.csv"),
        acceptance=of_summaries("acceptance.csv"),
        calibration=of_summaries("calibration.csv"),
        convergence=of_summaries("convergence.csv"),
    output:
        information="results/{scale}/imnn/{extent}/information.csv",
        posteriors="results/{scale}/imnn/{extent}/posteriors.csv",
        acceptance="results/{scale}/imnn/{extent}/acceptance.csv",
        calibration="results/{scale}/imnn/{extent}/calibration.csv",
        convergence="results/{scale}/imnn/{extent}/convergence.csv",
    log:
        "results/{scale}/imnn/logs/tabulate_imnn_{extent}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/tabulate_imnn_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        num_pixels=lambda wildcards: field_budget(wildcards)["num_pixels"],
        num_draws=lambda wildcards: field_budget(wildcards)["num_draws"],
        num_abc_rows=lambda wildcards: field_budget(wildcards)["num_abc_rows"],
        code=code("studies.imnn.tables"),
    script:
        "../../../scripts/imnn/tabulate_imnn.py"
