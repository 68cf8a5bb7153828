# Figures of the study of losses.


rule plot_losses:
    input:
        losses="results/{scale}/lensing/losses/{extent}/tables/losses.csv",
        planes="results/{scale}/lensing/losses/{extent}/tables/planes.csv",
        explicit="results/{scale}/lensing/losses/{extent}/tables/explicit.csv",
        judged=judged_at_largest_size(scattered),
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
    output:
        merit=report(
            "results/{scale}/lensing/figures/losses_{extent}_merit.png",
            caption="captions/losses_merit.rst",
            category="Losses ({extent})",
            labels={"figure": "figures of merit"},
        ),
        scatter=report(
            "results/{scale}/lensing/figures/losses_{extent}_scatter.png",
            caption="captions/losses_scatter.rst",
            category="Losses ({extent})",
            labels={"figure": "summary against parameter"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_losses_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_losses_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        summaries=scattered,
        footer=footer_of_losses,
        code=code("studies.losses.figures", "studies.losses.runs"),
    script:
        "../../../scripts/losses/plot_losses.py"


rule plot_loss_sizes:
    input:
        losses="results/{scale}/lensing/losses/{extent}/tables/losses.csv",
        sizes="results/{scale}/lensing/losses/{extent}/tables/sizes.csv",
        planes="results/{scale}/lensing/losses/{extent}/tables/planes.csv",
    output:
        report(
            "results/{scale}/lensing/figures/losses_{extent}_sizes.png",
            caption="captions/losses_sizes.rst",
            category="Losses ({extent})",
            labels={"figure": "number of simulations"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_loss_sizes_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_loss_sizes_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=footer_of_losses,
        code=code("studies.losses.figures"),
    script:
        "../../../scripts/losses/plot_loss_sizes.py"


rule plot_loss_contours:
    input:
        reference="results/{scale}/lensing/posteriors/simulated/reference.nc",
        observation="results/{scale}/lensing/observations/simulated.nc",
        judged=judged_at_largest_size(contoured),
    output:
        report(
            "results/{scale}/lensing/figures/losses_{extent}_contours.png",
            caption="captions/losses_contours.rst",
            category="Losses ({extent})",
            labels={"figure": "contours"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_loss_contours_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_loss_contours_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        summaries=contoured,
        seed=SEED,
        footer=lambda wildcards: {**footer_of_losses(wildcards), "num_observations": 1},
        code=code("pipeline.posteriors", "pipeline.priors", "plots.contours"),
    script:
        "../../../scripts/losses/plot_loss_contours.py"


rule plot_moments:
    input:
        table="results/{scale}/lensing/losses/moments.csv",
        curves="results/{scale}/lensing/losses/moments.nc",
    output:
        report(
            "results/{scale}/lensing/figures/losses_moments.png",
            caption="captions/losses_moments.rst",
            category="Losses",
            labels={"figure": "why a moment is not enough"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_moments.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_moments.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_MOMENTS,
        code=code("studies.losses.network_figures"),
    script:
        "../../../scripts/losses/plot_moments.py"


rule plot_sensitivity:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        networks=vmim_networks,
        judged=judged_at_largest_size(lambda wildcards: ["vmim"]),
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
        observation="results/{scale}/lensing/observations/simulated.nc",
    output:
        report(
            "results/{scale}/lensing/figures/losses_{extent}_sensitivity.png",
            caption="captions/losses_sensitivity.rst",
            category="Losses ({extent})",
            labels={"figure": "what the network looks at"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_sensitivity_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_sensitivity_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        features=DEFAULT_FEATURES,
        parameters=["sigma8", "Omega_c"],
        footer=lambda wildcards: {
            **footer_of_losses(wildcards),
            "num_observations": 1,
            "num_seeds": 1,
        },
        code=code(
            "studies.losses.sensitivity",
            "pipeline.problem",
            "studies.losses.network_figures",
        ),
    script:
        "../../../scripts/losses/plot_sensitivity.py"
