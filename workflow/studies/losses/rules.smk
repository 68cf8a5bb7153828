# Study of the losses that train a compressor: one network, the same simulations, the same inference.
# Target losses_references: the explicit posteriors that all parts of the study stand on.
# Target informed: the same losses on gradients of the joint density (likelihood-informed).
# Target losses_local: what is lost by a summary, and what by the estimator, at a few observations.
# Target maps: a network that looks at maps, beside one that looks at their features alone.
# Its networks see stored features alone, but for those of `losses.convolutions`; the convolutions of the default route are
# none of its settings.


include: "inputs.smk"
include: "training.smk"
include: "judged.smk"
include: "mocks.smk"
include: "local.smk"
include: "tables.smk"
include: "figures.smk"


localrules:
    losses,
    losses_references,
    losses_local,
    informed,
    maps,


rule losses:
    input:
        only("lensing", loss_study("full")),


rule losses_references:
    input:
        only("lensing", references_of_the_study),


rule losses_local:
    input:
        only("lensing", local_tables),


rule informed:
    input:
        only("lensing", loss_study("informed")),


rule maps:
    input:
        only("lensing", loss_study("maps")),


rule extract_observed:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observations=mock_observations,
    output:
        "results/{scale}/lensing/features/observed_{extent}/{features}.nc",
    log:
        "results/{scale}/lensing/logs/extract_observed_{extent}_{features}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/extract_observed_{extent}_{features}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        names=names_of_mocks,
        seed=SEED,
        code=code("pipeline.map_features", "pipeline.problem"),
    script:
        "../../../scripts/losses/extract_observed.py"


rule train_summary:
    input:
        stored=training_features,
        over_prior=features_over_prior,
        surrogate=surrogate_if_maps,
    output:
        weights="results/{scale}/lensing/losses/{extent}/networks/{summary}_{size}.safetensors",
        settings="results/{scale}/lensing/losses/{extent}/networks/{summary}_{size}.json",
        history="results/{scale}/lensing/losses/{extent}/networks/{summary}_{size}_history.csv",
    log:
        "results/{scale}/lensing/logs/train_summary_{extent}_{summary}_{size}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/train_summary_{extent}_{summary}_{size}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=lambda wildcards: 24000 if has_convolutions(wildcards) else 6000,
        runtime=lambda wildcards: 2880 if has_convolutions(wildcards) else 240,
        gpu=1,
    params:
        loss=loss_of_summary,
        has_convolutions=has_convolutions,
        split=lambda wildcards: training_split(wildcards.extent, wildcards.summary),
        seeds=lambda wildcards: budget("losses", wildcards.extent, "seeds"),
        budget=budget_of_summary,
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/{extent}_{summary}_{size}.safetensors",
        code=lambda wildcards: code(
            "pipeline.compression", registry.loss_module(loss_of_summary(wildcards))
        ),
    script:
        "../../../scripts/losses/train_summary.py"


rule judge_summary:
    input:
        networks=networks_of_summary,
        surrogate=surrogate_if_maps,
        inference=inference_features,
        calibration=calibration_features,
        observed=features_of_mocks,
        mocks=features_of_prior_mocks,
        references=draws_of_mocks,
    output:
        judged="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}.nc",
        estimator="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}.safetensors",
        estimator_settings="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}.json",
        coverage="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}_coverage.csv",
        comparison="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}_c2st.csv",
    log:
        "results/{scale}/lensing/logs/judge_summary_{extent}_{summary}_{size}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/judge_summary_{extent}_{summary}_{size}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        names=names_of_mocks,
        has_convolutions=has_convolutions,
        splits=splits_with_maps,
        seeds=lambda wildcards: budget("losses", wildcards.extent, "seeds"),
        method=budget("losses", "method"),
        budget=flow_budget,
        num_flows=lambda wildcards: budget("losses", wildcards.extent, "num_flows"),
        num_rows=budget("losses", "num_c2st_rows"),
        classify=is_largest,
        num_draws=budget("posterior", "num_draws"),
        num_coverage_draws=budget("evaluation", "num_coverage_draws"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/judge_{extent}_{summary}_{size}.safetensors",
        code=code(
            "studies.losses.judgement",
            "pipeline.priors",
            registry.method_module(budget("losses", "method")),
        ),
    script:
        "../../../scripts/losses/judge_summary.py"


rule simulate_moments:
    output:
        table="results/{scale}/lensing/losses/moments.csv",
        curves="results/{scale}/lensing/losses/moments.nc",
    log:
        "results/{scale}/lensing/logs/simulate_moments.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/simulate_moments.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        budget=budget("losses", "moments"),
        seed=SEED,
        code=code("studies.losses.moments"),
    script:
        "../../../scripts/losses/simulate_moments.py"
