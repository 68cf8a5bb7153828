# Figures of the study of scores.


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
        early_stopping=lambda wildcards: budget(
            "scores", wildcards.fits, "early_stopping"
        ),
        code=code("studies.scores.figures", "studies.scores.tables"),
    script:
        "../../../scripts/scores/plot_scores.py"


rule plot_score_contours:
    input:
        "results/{scale}/scores/full/{case}_examples.nc",
    output:
        report(
            "results/{scale}/scores/figures/score_contours_{case}_{contour_size}.png",
            caption="captions/score_contours.rst",
            category="Scores",
            labels={"figure": "posterior of {case}, {contour_size} simulations"},
        ),
    log:
        "results/{scale}/scores/logs/plot_score_contours_{case}_{contour_size}.log",
    benchmark:
        "results/{scale}/scores/benchmarks/plot_score_contours_{case}_{contour_size}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_contours,
        code=code("plots.contours", "studies.scores.figures"),
    script:
        "../../../scripts/scores/plot_score_contours.py"


rule plot_score_fields:
    input:
        fields="results/{scale}/scores/score_fields.nc",
        table="results/{scale}/scores/score_fields.csv",
    output:
        report(
            "results/{scale}/scores/figures/score_fields.png",
            caption="captions/score_fields.rst",
            category="Scores",
            labels={"figure": "score fields of two moons"},
        ),
    log:
        "results/{scale}/scores/logs/plot_score_fields.log",
    benchmark:
        "results/{scale}/scores/benchmarks/plot_score_fields.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_fields,
        code=code("studies.scores.field_figures"),
    script:
        "../../../scripts/scores/plot_score_fields.py"


rule plot_score_noise:
    input:
        noise=lambda wildcards: of_parts("noise", ["full", "few"]),
        differences=lambda wildcards: of_parts("differences", ["full", "few"]),
        yardsticks=lambda wildcards: of_parts("yardsticks", ["full", "few"]),
    output:
        noise=report(
            "results/{scale}/scores/figures/score_noise.png",
            caption="captions/score_noise.rst",
            category="Scores",
            labels={"figure": "noise of scores"},
        ),
        gains=report(
            "results/{scale}/scores/figures/score_gains.png",
            caption="captions/score_gains.rst",
            category="Scores",
            labels={"figure": "gain against non-Gaussianity"},
        ),
    log:
        "results/{scale}/scores/logs/plot_score_noise.log",
    benchmark:
        "results/{scale}/scores/benchmarks/plot_score_noise.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_gains,
        code=code("studies.scores.figures", "studies.scores.tables"),
    script:
        "../../../scripts/scores/plot_score_noise.py"
