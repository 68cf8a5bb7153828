# Study of the samplers behind the reference: cost and agreement (of two in the default run), calibration of chains.
SAMPLERS = budget("samplers", "kernels")
CHAINS |= {
    name: {
        "sampler": name,
        "num_chains": budget("reference", "num_chains"),
        **steps,
    }
    for name, steps in SAMPLERS.items()
}
SAMPLER_SETS = {
    "default": ["reference", "mams"],
    "published": ["reference", "nuts_published"],
    "all": ["reference", *SAMPLERS],
}


wildcard_constraints:
    sampler_set="|".join(SAMPLER_SETS),


def samplers_of(wildcards):
    """Return the chains that are compared, in the default run or in the whole study."""
    return SAMPLER_SETS[wildcards.sampler_set]


def of_samplers(file):
    """Return a function that lists a file of every compared sampler."""
    return lambda wildcards: [
        f"results/{wildcards.scale}/lensing/posteriors/{wildcards.observation}/{file.format(sampler=sampler)}"
        for sampler in samplers_of(wildcards)
    ]


draws_of_samplers = of_samplers("{sampler}.nc")
diagnoses_of_samplers = of_samplers("convergence_{sampler}.csv")
curves_of_samplers = of_samplers("curve_{sampler}.csv")


def independent_reference(wildcards):
    """Return chains of another sampler that convergence is judged by."""
    other = "mams" if wildcards.sampler == "reference" else "reference"
    return f"results/{wildcards.scale}/lensing/posteriors/{wildcards.observation}/{other}.nc"


def comparison_of(sampler_set):
    """Return what compares a set of samplers, on the first observation."""
    return expand(
        "results/{scale}/lensing/{result}",
        scale=SCALE,
        result=[
            f"figures/{OBSERVED}_samplers_{sampler_set}.png",
            f"explicit/{OBSERVED}/samplers_{sampler_set}.csv",
            f"explicit/{OBSERVED}/agreement_{sampler_set}.csv",
        ],
    )


if TASK == "lensing":
    COSTS.append(
        Cost(
            {"stage": "mams", "observation": OBSERVED},
            f"results/{SCALE}/lensing/posteriors/{OBSERVED}/mams.nc",
        )
    )
    COLLECTED |= {
        table: Collected(
            f"explicit/{{observation}}/{table}_default.csv",
            f"workflow/studies/samplers/captions/{table}_table.rst",
            (OBSERVED,),
        )
        for table in ("samplers", "agreement")
    }
    ACCEPTED["samplers"] = [
        f"results/{SCALE}/lensing/explicit/{OBSERVED}/agreement_default.csv"
    ]
    GATES.append(f"results/{SCALE}/lensing/explicit/{OBSERVED}/agreed.txt")
    REDUCED["samplers"] = [
        f"results/{SCALE}/lensing/figures/{OBSERVED}_samplers_default.png",
        f"results/{SCALE}/lensing/tables/samplers.csv",
        f"results/{SCALE}/lensing/tables/agreement.csv",
    ]


localrules:
    samplers,
    published,


rule samplers:
    input:
        only(
            "lensing",
            [
                *comparison_of("all"),
                *expand(
                    "results/{scale}/lensing/{result}",
                    scale=SCALE,
                    result=[
                        "figures/sbc_explicit.png",
                        "figures/tarp_explicit.png",
                        "explicit/calibration.csv",
                    ],
                ),
            ],
        ),


rule published:
    input:
        only("lensing", comparison_of("published")),


rule trace_convergence:
    input:
        draws="results/{scale}/lensing/posteriors/{observation}/{sampler}.nc",
        against=independent_reference,
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/posteriors/{observation}/curve_{sampler}.csv",
    log:
        "results/{scale}/lensing/logs/trace_convergence_{observation}_{sampler}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/trace_convergence_{observation}_{sampler}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        num_points=budget("samplers", "num_curve_points"),
        num_rows=budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("studies.samplers.convergence"),
    script:
        "../../../scripts/samplers/trace_convergence.py"


rule compare_samplers:
    input:
        draws=draws_of_samplers,
        converged="results/{scale}/lensing/posteriors/{observation}/converged.txt",
    output:
        "results/{scale}/lensing/explicit/{observation}/agreement_{sampler_set}.csv",
    log:
        "results/{scale}/lensing/logs/compare_samplers_{observation}_{sampler_set}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/compare_samplers_{observation}_{sampler_set}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        samplers=samplers_of,
        num_rows=budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("studies.samplers.convergence"),
    script:
        "../../../scripts/samplers/compare_samplers.py"


rule gate_samplers:
    input:
        "results/{scale}/lensing/explicit/{observation}/agreement_default.csv",
    output:
        "results/{scale}/lensing/explicit/{observation}/agreed.txt",
    log:
        "results/{scale}/lensing/logs/gate_samplers_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_samplers_{observation}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        rate=BOUNDS.gate_false_alarm_rate,
        room=BOUNDS.pull_room,
        code=code("studies.samplers.acceptance"),
    script:
        "../../../scripts/samplers/gate_samplers.py"


rule tabulate_samplers:
    input:
        diagnoses=diagnoses_of_samplers,
    output:
        "results/{scale}/lensing/explicit/{observation}/samplers_{sampler_set}.csv",
    log:
        "results/{scale}/lensing/logs/tabulate_samplers_{observation}_{sampler_set}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_samplers_{observation}_{sampler_set}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        samplers=samplers_of,
        code=code("studies.samplers.cost"),
    script:
        "../../../scripts/samplers/tabulate_samplers.py"


rule theory_calibration:
    output:
        surrogate="results/{scale}/lensing/explicit/surrogate.safetensors",
        settings="results/{scale}/lensing/explicit/surrogate.json",
        accuracy="results/{scale}/lensing/explicit/accuracy.csv",
    log:
        "results/{scale}/lensing/logs/theory_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/theory_calibration.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("samplers", "calibration", "num_pixels"),
        budget=theory_budget,
        exact=CONFIGURATION.theory == "exact",
        seed=SEED,
        code=code("pipeline.spectra"),
    script:
        "../../../scripts/theory.py"


rule gate_theory_calibration:
    input:
        "results/{scale}/lensing/explicit/accuracy.csv",
    output:
        "results/{scale}/lensing/explicit/accurate.txt",
    log:
        "results/{scale}/lensing/logs/gate_theory_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_theory_calibration.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        max_error_percent=budget("theory", "max_error_percent"),
        code=code("pipeline.accuracy"),
    script:
        "../../../scripts/gate_theory.py"


rule calibrate_explicit:
    input:
        surrogate="results/{scale}/lensing/explicit/surrogate.safetensors",
        accurate=ancient("results/{scale}/lensing/explicit/accurate.txt"),
    output:
        curves="results/{scale}/lensing/explicit/calibration.nc",
        table="results/{scale}/lensing/explicit/calibration.csv",
    log:
        "results/{scale}/lensing/logs/calibrate_explicit.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/calibrate_explicit.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        budget=budget("samplers", "calibration"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/calibrate_explicit.safetensors",
        code=code("studies.samplers.calibration", "pipeline.calibration"),
    script:
        "../../../scripts/samplers/calibrate_explicit.py"


rule plot_samplers:
    input:
        curves=curves_of_samplers,
        table="results/{scale}/lensing/explicit/{observation}/samplers_{sampler_set}.csv",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_samplers_{sampler_set}.png",
            caption="captions/samplers.rst",
            category="Explicit inference",
            labels={
                "observation": "{observation}",
                "figure": "accuracy against cost, {sampler_set}",
            },
        ),
    log:
        "results/{scale}/lensing/logs/plot_samplers_{observation}_{sampler_set}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_samplers_{observation}_{sampler_set}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CHAINS,
        code=code("studies.samplers.figures"),
    script:
        "../../../scripts/samplers/plot_samplers.py"


rule plot_explicit_calibration:
    input:
        curves="results/{scale}/lensing/explicit/calibration.nc",
    output:
        sbc=report(
            "results/{scale}/lensing/figures/sbc_explicit.png",
            caption="captions/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "SBC of the chains"},
        ),
        tarp=report(
            "results/{scale}/lensing/figures/tarp_explicit.png",
            caption="captions/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "TARP of the chains"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_explicit_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_explicit_calibration.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CHAINS,
        size={
            "num_pixels": budget("samplers", "calibration", "num_pixels"),
            "num_observations": budget("samplers", "calibration", "num_observations"),
            "num_chains": budget("samplers", "calibration", "num_chains"),
        },
        code=code("plots.coverage"),
    script:
        "../../../scripts/samplers/plot_explicit_calibration.py"
