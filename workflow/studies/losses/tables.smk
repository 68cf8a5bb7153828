# Tables of the study of losses.


rule measure_fisher:
    input:
        networks=networks_with_fisher_information,
        features=features_with_derivatives,
    output:
        report(
            "results/{scale}/lensing/losses/{extent}/tables/fisher.csv",
            caption="captions/losses_fisher.rst",
            category="Losses ({extent})",
            labels={"table": "information at the fiducial point"},
        ),
    log:
        "results/{scale}/lensing/logs/measure_fisher_{extent}.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/measure_fisher_{extent}.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        summaries=lambda wildcards: with_fisher_information(wildcards.extent),
        size=lambda wildcards: LARGEST[wildcards.extent],
        seeds=lambda wildcards: budget("losses", wildcards.extent, "seeds"),
        code=code("studies.losses.fisher"),
    script:
        "../../../scripts/losses/measure_fisher.py"


rule tabulate_losses:
    input:
        judged=judged_files("{summary}_{size}.nc"),
        coverage=judged_files("{summary}_{size}_coverage.csv"),
        comparison=judged_files("{summary}_{size}_c2st.csv"),
        settings=network_settings,
        calibration=f"results/{{scale}}/lensing/features/calibration/{DEFAULT_FEATURES}.nc",
        mocks=lambda wildcards: prior_mocks_unless_reduced(wildcards, DEFAULT_FEATURES),
        references=references_of_mocks,
        explicit=explicit_of_mocks,
        baselines=coverage_of_baselines,
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
        prior_planes="results/{scale}/lensing/losses/{extent}/tables/prior_planes.csv",
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
        num_rows=budget("losses", "num_c2st_rows"),
        seed=SEED,
        code=code(
            "studies.losses.tables",
            "studies.losses.explicit_merit",
            "studies.losses.findings",
        ),
    script:
        "../../../scripts/losses/tabulate_losses.py"
