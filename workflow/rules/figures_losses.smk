# Figures of the study of losses.


rule plot_losses:
    input:
        losses="results/{scale}/lensing/losses/{study}/tables/losses.csv",
        explicit="results/{scale}/lensing/losses/{study}/tables/explicit.csv",
        judged=judged_at_largest_size(SCATTERED),
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
    output:
        merit=report(
            "results/{scale}/lensing/figures/losses_{study}_merit.png",
            caption="../report/losses_merit.rst",
            category="Losses ({study})",
            labels={"figure": "figures of merit"},
        ),
        scatter=report(
            "results/{scale}/lensing/figures/losses_{study}_scatter.png",
            caption="../report/losses_scatter.rst",
            category="Losses ({study})",
            labels={"figure": "summary against parameter"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_losses_{study}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_losses_{study}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        summaries=SCATTERED,
        footer=footer_of_losses,
        code=code("plots.losses"),
    script:
        "../../scripts/plot_losses.py"


rule plot_loss_sizes:
    input:
        losses="results/{scale}/lensing/losses/{study}/tables/losses.csv",
        sizes="results/{scale}/lensing/losses/{study}/tables/sizes.csv",
    output:
        report(
            "results/{scale}/lensing/figures/losses_{study}_sizes.png",
            caption="../report/losses_sizes.rst",
            category="Losses ({study})",
            labels={"figure": "number of simulations"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_loss_sizes_{study}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_loss_sizes_{study}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=footer_of_losses,
        code=code("plots.losses"),
    script:
        "../../scripts/plot_loss_sizes.py"


rule plot_loss_contours:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        reference="results/{scale}/lensing/posteriors/simulated/reference.nc",
        observation="results/{scale}/lensing/observations/simulated.nc",
        judged=judged_at_largest_size(CONTOURED),
    output:
        report(
            "results/{scale}/lensing/figures/losses_{study}_contours.png",
            caption="../report/losses_contours.rst",
            category="Losses ({study})",
            labels={"figure": "contours"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_loss_contours_{study}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_loss_contours_{study}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        summaries=CONTOURED,
        seed=SEED,
        footer=lambda wildcards: {**footer_of_losses(wildcards), "num_observations": 1},
        code=code("studies.posteriors", "studies.problem", "plots.contours"),
    script:
        "../../scripts/plot_loss_contours.py"


rule plot_moments:
    input:
        table="results/{scale}/lensing/losses/moments.csv",
        curves="results/{scale}/lensing/losses/moments.nc",
    output:
        report(
            "results/{scale}/lensing/figures/losses_moments.png",
            caption="../report/losses_moments.rst",
            category="Losses",
            labels={"figure": "why a moment is not enough"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_moments.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_moments.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        footer=FOOTER_OF_MOMENTS,
        code=code("plots.networks"),
    script:
        "../../scripts/plot_moments.py"


rule plot_sensitivity:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        networks=vmim_networks,
        judged=judged_at_largest_size(["vmim"]),
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
        observation="results/{scale}/lensing/observations/simulated.nc",
    output:
        report(
            "results/{scale}/lensing/figures/losses_{study}_sensitivity.png",
            caption="../report/losses_sensitivity.rst",
            category="Losses ({study})",
            labels={"figure": "what the network looks at"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_sensitivity_{study}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_sensitivity_{study}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        survey=SURVEY,
        num_pixels=budget("num_pixels"),
        features=DEFAULT_FEATURES,
        parameters=["sigma8", "Omega_c"],
        footer=lambda wildcards: {
            **footer_of_losses(wildcards),
            "num_observations": 1,
            "num_seeds": 1,
        },
        code=code("studies.sensitivity", "studies.problem", "plots.networks"),
    script:
        "../../scripts/plot_sensitivity.py"
