# Figures of explicit inference: what each likelihood knows, the field, cost and convergence of the samplers.


rule plot_knowledge:
    input:
        posteriors=expand(
            "results/{scale}/lensing/posteriors/{observation}/{method}.nc",
            method=EXPLICIT_METHODS,
            allow_missing=True,
        ),
        observation="results/{scale}/lensing/observations/{observation}.nc",
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_knowledge.png",
            caption="../report/knowledge.rst",
            category="Explicit inference",
            labels={
                "observation": "{observation}",
                "figure": "what each likelihood knows",
            },
        ),
    log:
        "results/{scale}/lensing/logs/plot_knowledge_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_knowledge_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        methods=EXPLICIT_METHODS,
        seed=SEED,
        footer=FOOTER_OF_CHAINS,
        code=code("studies.posteriors", "studies.problem", "plots.contours"),
    script:
        "../../scripts/plot_knowledge.py"


rule plot_field:
    input:
        field="results/{scale}/lensing/posteriors/{observation}/reference_field.nc",
        observation="results/{scale}/lensing/observations/{observation}.nc",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_field.png",
            caption="../report/field.rst",
            category="Explicit inference",
            labels={
                "observation": "{observation}",
                "figure": "posterior of the field",
            },
        ),
    log:
        "results/{scale}/lensing/logs/plot_field_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_field_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        survey=SURVEY,
        footer=FOOTER_OF_CHAINS,
        code=code("studies.field_posterior", "plots.field"),
    script:
        "../../scripts/plot_field.py"


rule plot_samplers:
    input:
        curves=curves_of_samplers,
        table="results/{scale}/lensing/explicit/{observation}/samplers_{extent}.csv",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_samplers_{extent}.png",
            caption="../report/samplers.rst",
            category="Explicit inference",
            labels={
                "observation": "{observation}",
                "figure": "accuracy against cost, {extent}",
            },
        ),
    log:
        "results/{scale}/lensing/logs/plot_samplers_{observation}_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_samplers_{observation}_{extent}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER_OF_CHAINS,
        code=code("plots.samplers"),
    script:
        "../../scripts/plot_samplers.py"


rule plot_explicit_calibration:
    input:
        curves="results/{scale}/lensing/explicit/calibration.nc",
    output:
        sbc=report(
            "results/{scale}/lensing/figures/sbc_explicit.png",
            caption="../report/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "SBC of the chains"},
        ),
        tarp=report(
            "results/{scale}/lensing/figures/tarp_explicit.png",
            caption="../report/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "TARP of the chains"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_explicit_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_explicit_calibration.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER_OF_CHAINS,
        size={
            "num_pixels": budget("explicit", "calibration", "num_pixels"),
            "num_observations": budget("explicit", "calibration", "num_observations"),
        },
        code=code("plots.coverage", "studies.explicit_calibration"),
    script:
        "../../scripts/plot_explicit_calibration.py"
