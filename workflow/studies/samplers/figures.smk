# Figures of the study of samplers.


rule plot_samplers:
    input:
        curves=curves_of_samplers,
        table="results/{scale}/lensing/explicit/{observation}/samplers_{sampler_set}.csv",
    output:
        report(
            "results/{scale}/lensing/figures/{observation}_samplers_{sampler_set}.png",
            caption="captions/samplers.rst",
            category="Explicit inference",
            labels={
                "observation": "{observation}",
                "figure": "accuracy against cost, {sampler_set}",
            },
        ),
    log:
        "results/{scale}/lensing/logs/plot_samplers_{observation}_{sampler_set}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_samplers_{observation}_{sampler_set}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CHAINS,
        code=code("studies.samplers.figures"),
    script:
        "../../../scripts/samplers/plot_samplers.py"


rule plot_explicit_calibration:
    input:
        curves="results/{scale}/lensing/explicit/calibration.nc",
    output:
        sbc=report(
            "results/{scale}/lensing/figures/sbc_explicit.png",
            caption="captions/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "SBC of the chains"},
        ),
        tarp=report(
            "results/{scale}/lensing/figures/tarp_explicit.png",
            caption="captions/sbc_explicit.rst",
            category="Explicit inference",
            labels={"figure": "TARP of the chains"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_explicit_calibration.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_explicit_calibration.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_CHAINS,
        size={
            "num_pixels": budget("samplers", "calibration", "num_pixels"),
            "num_observations": budget("samplers", "calibration", "num_observations"),
            "num_chains": budget("samplers", "calibration", "num_chains"),
        },
        code=code("plots.coverage"),
    script:
        "../../../scripts/samplers/plot_explicit_calibration.py"
