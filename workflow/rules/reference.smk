# Explicit inference: chains over parameters and field, their diagnosis, and the gate that stops a comparison with chains
# that have not converged; beside them what the standard analyses know: a Gaussian field, the power spectrum.


rule sample_gaussian_field:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/{observation}.nc",
    output:
        "results/{scale}/lensing/posteriors/{observation}/gaussian_field.nc",
    log:
        "results/{scale}/lensing/logs/sample_gaussian_field_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_gaussian_field_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        budget=budget("parameter_chains"),
        seed=SEED,
        code=code("pipeline.gaussian_posterior", "pipeline.problem"),
    script:
        "../../scripts/sample_gaussian_field.py"


rule estimate_covariance:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        "results/{scale}/lensing/explicit/band_covariance.nc",
    log:
        "results/{scale}/lensing/logs/estimate_covariance.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/estimate_covariance.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        num_simulations=budget("reference", "num_covariance"),
        seed=SEED,
        code=code("pipeline.power_spectrum_posterior"),
    script:
        "../../scripts/estimate_covariance.py"


rule sample_power_spectrum:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/{observation}.nc",
        covariance="results/{scale}/lensing/explicit/band_covariance.nc",
    output:
        "results/{scale}/lensing/posteriors/{observation}/power_spectrum.nc",
    log:
        "results/{scale}/lensing/logs/sample_power_spectrum_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_power_spectrum_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        budget=budget("parameter_chains"),
        seed=SEED,
        code=code("pipeline.power_spectrum_posterior"),
    script:
        "../../scripts/sample_power_spectrum.py"


rule sample_explicit:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/{observation}.nc",
        gaussian="results/{scale}/lensing/posteriors/{observation}/gaussian_field.nc",
    output:
        draws="results/{scale}/lensing/posteriors/{observation}/{sampler}.nc",
        field="results/{scale}/lensing/posteriors/{observation}/{sampler}_field.nc",
    log:
        "results/{scale}/lensing/logs/sample_explicit_{observation}_{sampler}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/sample_explicit_{observation}_{sampler}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=720,
        gpu=1,
    params:
        sampler=sampler_name,
        budget=sampler_budget,
        seed=SEED,
        checkpoint="results/{scale}/lensing/checkpoints/{sampler}_{observation}.safetensors",
        code=code("pipeline.field_posterior", "pipeline.problem"),
    script:
        "../../scripts/sample_explicit.py"


rule sample_task:
    input:
        observation="results/{scale}/{task}/observations/{observation}.nc",
    output:
        draws="results/{scale}/{task}/posteriors/{observation}/reference.nc",
        converged="results/{scale}/{task}/posteriors/{observation}/converged.txt",
    log:
        "results/{scale}/{task}/logs/sample_task_{observation}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/sample_task_{observation}.tsv"
    wildcard_constraints:
        task="|".join(registry.SMALL_TASKS),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        # Two halves are compared with each other.
        num_draws=2 * budget("evaluation", "num_c2st_rows"),
        seed=SEED,
        code=code("pipeline.task_posterior"),
    script:
        "../../scripts/sample_task.py"


rule diagnose_explicit:
    input:
        "results/{scale}/{task}/posteriors/{observation}/{sampler}.nc",
    output:
        "results/{scale}/{task}/posteriors/{observation}/convergence_{sampler}.csv",
    log:
        "results/{scale}/{task}/logs/diagnose_explicit_{observation}_{sampler}.log",
    benchmark:
        "results/{scale}/{task}/benchmarks/diagnose_explicit_{observation}_{sampler}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code("pipeline.diagnosis"),
    script:
        "../../scripts/diagnose_explicit.py"


rule gate_reference:
    input:
        "results/{scale}/lensing/posteriors/{observation}/convergence_reference.csv",
    output:
        "results/{scale}/lensing/posteriors/{observation}/converged.txt",
    log:
        "results/{scale}/lensing/logs/gate_reference_{observation}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_reference_{observation}.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        max_rhat=budget("reference", "max_rhat"),
        min_ess=budget("reference", "min_ess"),
        max_divergent=budget("reference", "max_divergent"),
        code=code("metrics.chains"),
    script:
        "../../scripts/gate_reference.py"
