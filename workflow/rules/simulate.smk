# The observation, mock or the user's own; features of simulations, made once for all networks; compressed simulations.


rule simulate_task:
    output:
        "results/{scale}/{task}/simulations.nc",
    log:
        "results/{scale}/{task}/logs/simulate_task.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/simulate_task.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=1,
    params:
        num_inference=budget("estimator", "num_simulations"),
        seed=SEED,
        code=code("pipeline.task_simulations"),
    script:
        "../../scripts/simulate_task.py"


rule observe:
    input:
        surrogate=surrogate_if_lensing,
        file=observation_file,
    output:
        "results/{scale}/{task}/observations/{observation}.nc",
    log:
        "results/{scale}/{task}/logs/observe_{observation}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/observe_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        pixel_arcmin=CONFIGURATION.observation_pixel_arcmin,
        seed=SEED,
        code=code("pipeline.mock", "pipeline.task_simulations"),
    script:
        "../../scripts/observe.py"


rule fit_image_features:
    input:
        simulations=own_simulations,
    output:
        weights="results/{scale}/files/features/images.safetensors",
        settings="results/{scale}/files/features/images.json",
    log:
        "results/{scale}/files/logs/fit_image_features.log",
    benchmark:
        "results/{scale}/files/benchmarks/fit_image_features.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
        gpu=1,
    params:
        seed=SEED,
        code=code("pipeline.image_features", "pipeline.problem"),
    script:
        "../../scripts/fit_image_features.py"


rule extract_features:
    input:
        source=problem_source,
        image_features=image_features,
        image_settings=image_settings,
    output:
        "results/{scale}/{task}/features/{split}/{features}.nc",
    log:
        "results/{scale}/{task}/logs/extract_features_{split}_{features}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/extract_features_{split}_{features}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        num_simulations=num_simulations,
        num_views=num_views,
        seed=SEED,
        checkpoint="results/{scale}/{task}/checkpoints/features_{split}_{features}.safetensors",
        code=code("pipeline.stored_features", "pipeline.problem"),
    script:
        "../../scripts/extract_features.py"


rule compress:
    input:
        source=problem_source,
        image_features=image_features,
        image_settings=image_settings,
        compressor="results/{scale}/{task}/compressors/{compressor}.safetensors",
        features=features_of_split,
    output:
        "results/{scale}/{task}/summaries/{compressor}_{split}.nc",
    log:
        "results/{scale}/{task}/logs/compress_{compressor}_{split}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/compress_{compressor}_{split}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        features=DEFAULT_FEATURES,
        num_simulations=num_simulations,
        seed=SEED,
        code=code("pipeline.problem", "pipeline.summaries"),
    script:
        "../../scripts/compress.py"
