# Posterior estimators from compressed simulations, all seeds in one job, and their draws at each observation.


rule train_estimator:
    input:
        simulations="results/{scale}/{task}/summaries/{compressor}_inference.nc",
    output:
        weights="results/{scale}/{task}/estimators/{method}_{compressor}.safetensors",
        settings="results/{scale}/{task}/estimators/{method}_{compressor}.json",
        history="results/{scale}/{task}/estimators/{method}_{compressor}_history.csv",
    log:
        "results/{scale}/{task}/logs/train_estimator_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/train_estimator_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=1,
    params:
        budget=budget("estimator"),
        seed=SEED,
        checkpoint="results/{scale}/{task}/checkpoints/{method}_{compressor}.safetensors",
        code=lambda wildcards: code(
            "pipeline.estimation", registry.method_module(wildcards.method)
        ),
    script:
        "../../scripts/train_estimator.py"


rule sample_posterior:
    input:
        source=problem_source,
        image_features=image_features,
        image_settings=image_settings,
        observation="results/{scale}/{task}/observations/{observation}.nc",
        compressor="results/{scale}/{task}/compressors/{compressor}.safetensors",
        compressor_settings="results/{scale}/{task}/compressors/{compressor}.json",
        estimator="results/{scale}/{task}/estimators/{method}_{compressor}.safetensors",
        estimator_settings="results/{scale}/{task}/estimators/{method}_{compressor}.json",
    output:
        "results/{scale}/{task}/posteriors/{observation}/{method}_{compressor}.nc",
    log:
        "results/{scale}/{task}/logs/sample_posterior_{observation}_{method}_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/sample_posterior_{observation}_{method}_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        features=budget("compressor", "features"),
        num_draws=budget("posterior", "num_draws"),
        gate=gate_of_chains,
        seed=SEED,
        code=lambda wildcards: code(
            "pipeline.estimation",
            "pipeline.problem",
            "pipeline.summaries",
            registry.method_module(wildcards.method),
        ),
    script:
        "../../scripts/sample_posterior.py"
