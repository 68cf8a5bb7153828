# Study of the losses that train a compressor: one network, the same simulations, the same inference. Its networks see stored
# features alone, at every scale; the convolutions of the default route are none of its settings.


include: "inputs.smk"
include: "figures.smk"


if TASK == "lensing" and "simulated" in OBSERVATIONS:
    REDUCED["losses"] = loss_study("reduced")
    COSTS += costs_of_study("reduced")


localrules:
    losses,


rule losses:
    input:
        only("lensing", loss_study("full")),


rule extract_observed:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observations=mock_observations,
    output:
        expand(
            "results/{scale}/lensing/features/observed_{extent}/{features}.nc",
            features=FEATURES,
            allow_missing=True,
        ),
    log:
        "results/{scale}/lensing/logs/extract_observed_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/extract_observed_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        features=FEATURES,
        names=names_of_mocks,
        seed=SEED,
        code=code("pipeline.map_features", "pipeline.problem"),
    script:
        "../../../scripts/losses/extract_observed.py"


rule sample_mocks:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        accurate=accurate_if_lensing,
    output:
        expand(
            "results/{scale}/lensing/features/mocks/{features}.nc",
            features=FEATURES,
            allow_missing=True,
        ),
    log:
        "results/{scale}/lensing/logs/sample_mocks.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_mocks.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        features=FEATURES,
        budget=budget("losses", "mocks"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/mocks.safetensors",
        code=code(
            "studies.losses.information", "pipeline.problem", "pipeline.reference"
        ),
    script:
        "../../../scripts/losses/sample_mocks.py"


rule train_summary:
    input:
        stored=training_features,
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
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        loss=loss_of_summary,
        seeds=lambda wildcards: budget("losses", wildcards.extent, "seeds"),
        budget=budget("compressor"),
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
        inference=features_for_summary("inference"),
        calibration=features_for_summary("calibration"),
        observed=features_of_mocks,
        mocks=features_of_prior_mocks,
        references=draws_of_mocks,
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        judged="results/{scale}/lensing/losses/{extent}/judged/{summary}_{size}.nc",
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
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        names=names_of_mocks,
        seeds=lambda wildcards: budget("losses", wildcards.extent, "seeds"),
        budget=flow_budget,
        num_flows=budget("losses", "num_flows"),
        classify=is_largest,
        num_draws=budget("posterior", "num_draws"),
        num_coverage_draws=budget("evaluation", "num_coverage_draws"),
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/judge_{extent}_{summary}_{size}.safetensors",
        code=code("studies.losses.judgement", "pipeline.problem"),
    script:
        "../../../scripts/losses/judge_summary.py"


rule tabulate_losses:
    input:
        judged=judged_files("{summary}_{size}.nc"),
        coverage=judged_files("{summary}_{size}_coverage.csv"),
        comparison=judged_files("{summary}_{size}_c2st.csv"),
        settings=network_settings,
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
        mocks=lambda wildcards: prior_mocks_if_full(wildcards, DEFAULT_FEATURES),
        references=references_of_mocks,
        explicit=explicit_of_mocks,
    output:
        losses=report(
            "results/{scale}/lensing/losses/{extent}/tables/losses.csv",
            caption="captions/losses.rst",
            category="Losses ({extent})",
            labels={"table": "losses"},
        ),
        planes=report(
            "results/{scale}/lensing/losses/{extent}/tables/planes.csv",
            caption="captions/losses.rst",
            category="Losses ({extent})",
            labels={"table": "figures of merit"},
        ),
        merit="results/{scale}/lensing/losses/{extent}/tables/merit.csv",
        ordering=report(
            "results/{scale}/lensing/losses/{extent}/tables/ordering.csv",
            caption="captions/losses.rst",
            category="Losses ({extent})",
            labels={"table": "pairs of losses"},
        ),
        sizes="results/{scale}/lensing/losses/{extent}/tables/sizes.csv",
        explicit="results/{scale}/lensing/losses/{extent}/tables/explicit.csv",
        findings=report(
            "results/{scale}/lensing/losses/{extent}/tables/findings.html",
            caption="captions/losses.rst",
            category="Losses ({extent})",
            labels={"table": "findings"},
        ),
    log:
        "results/{scale}/lensing/logs/tabulate_losses_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/tabulate_losses_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        runs=runs_of_study,
        names=names_of_mocks,
        num_pixels=budget("num_pixels"),
        seed=SEED,
        code=code("studies.losses.tables", "studies.losses.findings"),
    script:
        "../../../scripts/losses/tabulate_losses.py"


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
        seed=SEED,
        code=code("studies.losses.moments"),
    script:
        "../../../scripts/losses/simulate_moments.py"
