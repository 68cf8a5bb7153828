# Figures of what comes out: chains, posteriors, the field, calibration, predictive checks, cost.


rule plot_chains:
    input:
        reference="results/{scale}/{task}/posteriors/{observation}/reference.nc",
        convergence="results/{scale}/{task}/posteriors/{observation}/convergence_reference.csv",
        observation="results/{scale}/{task}/observations/{observation}.nc",
    output:
        traces=report(
            "results/{scale}/{task}/figures/{observation}_traces.png",
            caption="../report/traces.rst",
            category="Reference",
            labels={"observation": "{observation}", "figure": "traces and ranks"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_chains_{observation}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_chains_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CHAINS,
        code=code("metrics.chains", "plots.chains"),
    script:
        "../../scripts/plot_chains.py"


rule plot_contours:
    input:
        posteriors=expand(
            "results/{scale}/{task}/posteriors/{{observation}}/{method}.nc",
            method=METHOD_NAMES,
            allow_missing=True,
        ),
        reference=reference_if_lensing,
        simulations=own_simulations,
        observation="results/{scale}/{task}/observations/{observation}.nc",
    output:
        all=report(
            "results/{scale}/{task}/figures/{observation}_contours.png",
            caption="../report/contours.rst",
            category="Posterior",
            labels={"observation": "{observation}", "figure": "all parameters"},
        ),
        main=report(
            "results/{scale}/{task}/figures/{observation}_contours_main.png",
            caption="../report/contours_main.rst",
            category="Posterior",
            labels={
                "observation": "{observation}",
                "figure": "constrained parameters",
            },
        ),
    log:
        "results/{scale}/{task}/logs/plot_contours_{observation}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_contours_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        methods=METHOD_NAMES,
        seed=SEED,
        footer=FOOTER_OF_ONE,
        code=code("pipeline.posteriors", "pipeline.priors", "plots.contours"),
    script:
        "../../scripts/plot_contours.py"


rule plot_knowledge:
    input:
        posteriors=expand(
            "results/{scale}/lensing/posteriors/{observation}/{method}.nc",
            method=EXPLICIT_METHODS,
            allow_missing=True,
        ),
        observation="results/{scale}/lensing/observations/{observation}.nc",
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
    params:
        methods=EXPLICIT_METHODS,
        seed=SEED,
        footer=FOOTER_OF_CHAINS,
        code=code("pipeline.posteriors", "pipeline.priors", "plots.contours"),
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
    params:
        field_deg=SURVEY.get("field_deg"),
        footer=FOOTER_OF_CHAINS,
        code=code("pipeline.field_posterior", "plots.field"),
    script:
        "../../scripts/plot_field.py"


rule plot_coverage:
    input:
        curves="results/{scale}/{task}/evaluation/coverage_{method}_{compressor}.nc",
    output:
        sbc=report(
            "results/{scale}/{task}/figures/sbc_{method}_{compressor}.png",
            caption="../report/sbc.rst",
            category="Calibration",
            labels={"method": "{method}, {compressor}", "figure": "SBC"},
        ),
        tarp=report(
            "results/{scale}/{task}/figures/tarp_{method}_{compressor}.png",
            caption="../report/tarp.rst",
            category="Calibration",
            labels={"method": "{method}, {compressor}", "figure": "TARP"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_coverage_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_coverage_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CALIBRATION,
        code=code("plots.coverage"),
    script:
        "../../scripts/plot_coverage.py"


rule plot_predictive:
    input:
        distances="results/{scale}/{task}/evaluation/{observation}/predictive_{method}_{compressor}.nc",
    output:
        prior=report(
            "results/{scale}/{task}/figures/{observation}_prior_predictive_{method}_{compressor}.png",
            caption="../report/prior_predictive.rst",
            category="Observation",
            labels={"observation": "{observation}", "figure": "prior predictive"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_predictive_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_predictive_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_ONE,
        code=code("plots.predictive"),
    script:
        "../../scripts/plot_predictive.py"


rule plot_predictive_maps:
    input:
        distances="results/{scale}/lensing/evaluation/{observation}/predictive_{method}_{compressor}.nc",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_posterior_predictive_{method}_{compressor}.png",
            caption="../report/posterior_predictive.rst",
            category="Observation",
            labels={"observation": "{observation}", "figure": "posterior predictive"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_predictive_maps_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_predictive_maps_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_ONE,
        code=code("plots.predictive"),
    script:
        "../../scripts/plot_predictive_maps.py"


rule plot_cost:
    input:
        cost="results/{scale}/{task}/tables/cost.csv",
    output:
        report(
            "results/{scale}/{task}/figures/cost.png",
            caption="../report/cost.rst",
            category="Cost",
            labels={"figure": "simulations and gradients"},
        ),
    log:
        "results/{scale}/{task}/logs/plot_cost.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/plot_cost.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        footer=FOOTER,
        code=code("plots.cost"),
    script:
        "../../scripts/plot_cost.py"
