# Study of the samplers behind the reference: cost and agreement (of two in the default run), calibration of chains.
# Target chain_errors: signed pulls of all samplers, and of two at full size: are the errors of their means right?


include: "inputs.smk"
include: "errors.smk"
include: "figures.smk"


localrules:
    samplers,
    published,
    chain_errors,


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


rule chain_errors:
    input:
        only(
            "lensing",
            expand(
                "results/{scale}/lensing/explicit/errors/{map_size}_{table}.csv",
                scale=SCALE,
                map_size=ERRORS,
                table=["pulls", "scatter"],
            ),
        ),


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
        code=code("pipeline.spectra", "pipeline.accuracy"),
    script:
        "../../../scripts/theory.py"


rule calibrate_explicit:
    input:
        surrogate="results/{scale}/lensing/explicit/surrogate.safetensors",
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
