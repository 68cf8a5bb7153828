# One number per parameter from each set of maps.


rule train_compressor:
    input:
        source=problem_source,
        features=stored_features("training"),
        image_features=image_features,
        image_settings=image_settings,
    output:
        weights="results/{scale}/{task}/compressors/{compressor}.safetensors",
        settings="results/{scale}/{task}/compressors/{compressor}.json",
        history="results/{scale}/{task}/compressors/{compressor}_history.csv",
    log:
        "results/{scale}/{task}/logs/train_compressor_{compressor}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/train_compressor_{compressor}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=24000 if budget("compressor", "num_channels") else 6000,
        runtime=720,
        gpu=1,
    params:
        budget=budget("compressor"),
        features=DEFAULT_FEATURES,
        seed=SEED,
        checkpoint="results/{scale}/{task}/checkpoints/{compressor}.safetensors",
        code=lambda wildcards: code(
            "pipeline.compression",
            "pipeline.problem",
            registry.loss_module(wildcards.compressor),
        ),
    script:
        "../../scripts/train_compressor.py"
