# The observation, mock or the user's own, and compressed simulations from the prior.


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
        code=code("studies.mock"),
    script:
        "../../scripts/observe.py"


rule simulate:
    input:
        source=problem_source,
        compressor="results/{scale}/{task}/compressors/{compressor}.safetensors",
    output:
        "results/{scale}/{task}/simulations/{compressor}_{split}.nc",
    log:
        "results/{scale}/{task}/logs/simulate_{compressor}_{split}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/simulate_{compressor}_{split}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        features=budget("compressor", "features"),
        num_simulations=num_simulations,
        seed=SEED,
        code=code("studies.summaries"),
    script:
        "../../scripts/simulate.py"
