# Figures of the study of information-maximising summaries.


rule plot_imnn_training:
    input:
        history=of_fields("history.csv"),
        information="results/{scale}/imnn/{extent}/information.csv",
    output:
        report(
            "results/{scale}/imnn/{extent}/figures/training.png",
            caption="captions/imnn_training.rst",
            category="Random fields",
            labels={"figure": "information against training, {extent}"},
        ),
    log:
        "results/{scale}/imnn/logs/plot_imnn_training_{extent}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/plot_imnn_training_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_imnn(None),
        code=code("studies.imnn.figures", "studies.imnn.tables"),
    script:
        "../../../scripts/imnn/plot_imnn_training.py"


rule plot_imnn_estimates:
    input:
        estimates=of_fields("estimates.csv"),
        information="results/{scale}/imnn/{extent}/information.csv",
    output:
        report(
            "results/{scale}/imnn/{extent}/figures/estimates.png",
            caption="captions/imnn_estimates.rst",
            category="Random fields",
            labels={"figure": "score estimates, {extent}"},
        ),
    log:
        "results/{scale}/imnn/logs/plot_imnn_estimates_{extent}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/plot_imnn_estimates_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_imnn("num_targets"),
        code=code("studies.imnn.figures", "studies.imnn.tables"),
    script:
        "../../../scripts/imnn/plot_imnn_estimates.py"


rule plot_imnn_fields:
    input:
        of_fields("data.nc"),
    output:
        report(
            "results/{scale}/imnn/{extent}/figures/fields.png",
            caption="captions/imnn_fields.rst",
            category="Random fields",
            labels={"figure": "targets, {extent}"},
        ),
    log:
        "results/{scale}/imnn/logs/plot_imnn_fields_{extent}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/plot_imnn_fields_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_imnn("num_examples"),
        code=code("studies.imnn.figures", "studies.imnn.tables"),
    script:
        "../../../scripts/imnn/plot_imnn_fields.py"


rule plot_imnn_rejection:
    input:
        acceptance="results/{scale}/imnn/{extent}/acceptance.csv",
        posteriors="results/{scale}/imnn/{extent}/posteriors.csv",
    output:
        report(
            "results/{scale}/imnn/{extent}/figures/rejection.png",
            caption="captions/imnn_rejection.rst",
            category="Random fields",
            labels={"figure": "rejection, {extent}"},
        ),
    log:
        "results/{scale}/imnn/logs/plot_imnn_rejection_{extent}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/plot_imnn_rejection_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_imnn("num_targets"),
        code=code("studies.imnn.figures", "studies.imnn.tables"),
    script:
        "../../../scripts/imnn/plot_imnn_rejection.py"


rule plot_imnn_contours:
    input:
        data="results/{scale}/imnn/{extent}/{field}/data.nc",
        draws="results/{scale}/imnn/{extent}/{field}/imnn/draws.nc",
    output:
        report(
            "results/{scale}/imnn/{extent}/figures/contours_{field}.png",
            caption="captions/imnn_contours.rst",
            category="Random fields",
            labels={"figure": "posterior of a {field} field, {extent}"},
        ),
    log:
        "results/{scale}/imnn/logs/plot_imnn_contours_{extent}_{field}.log",
    benchmark:
        "results/{scale}/imnn/benchmarks/plot_imnn_contours_{extent}_{field}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_imnn("num_contours"),
        code=code("plots.contours"),
    script:
        "../../../scripts/imnn/plot_imnn_contours.py"
