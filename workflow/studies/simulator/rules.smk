# Study of the simulator: maps against the theory (in the default run), surrogate against exact spectra, time per map.
MAP_FIGURES = expand(
    "results/{scale}/lensing/figures/simulator_{part}.png",
    scale=SCALE,
    part=["spectra", "one_point", "moments"],
)

if TASK == "lensing":
    COSTS.append(
        Cost(
            {"stage": "simulator checks"},
            f"results/{SCALE}/lensing/simulator/histograms.nc",
        )
    )
    COLLECTED["simulator"] = Collected(
        "simulator/summary.csv",
        "workflow/studies/simulator/captions/simulator_table.rst",
    )
    ACCEPTED["simulator"] = [f"results/{SCALE}/lensing/simulator/summary.csv"]
    GATES.append(f"results/{SCALE}/lensing/simulator/passed.txt")
    REDUCED["simulator"] = [
        *MAP_FIGURES,
        f"results/{SCALE}/lensing/tables/simulator.csv",
    ]


localrules:
    simulator,


rule simulator:
    input:
        only(
            "lensing",
            [
                *MAP_FIGURES,
                *expand(
                    "results/{scale}/lensing/{result}",
                    scale=SCALE,
                    result=[
                        "figures/surrogate.png",
                        "figures/simulator_cost.png",
                        "simulator/theory_posteriors.csv",
                        "simulator/theory_scores.csv",
                    ],
                ),
            ],
        ),


rule check_simulator:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
    output:
        table="results/{scale}/lensing/simulator/checks.csv",
        summary="results/{scale}/lensing/simulator/summary.csv",
        histograms="results/{scale}/lensing/simulator/histograms.nc",
    log:
        "results/{scale}/lensing/logs/check_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/check_simulator.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=1,
    params:
        num_simulations=budget("simulator", "num_checks"),
        seed=SEED,
        code=code("studies.simulator.checks"),
    script:
        "../../../scripts/simulator/check_simulator.py"


rule gate_simulator:
    input:
        "results/{scale}/lensing/simulator/summary.csv",
    output:
        "results/{scale}/lensing/simulator/passed.txt",
    log:
        "results/{scale}/lensing/logs/gate_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/gate_simulator.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        rate=BOUNDS.gate_false_alarm_rate,
        room=BOUNDS.pull_room,
        code=code("studies.simulator.acceptance"),
    script:
        "../../../scripts/simulator/gate_simulator.py"


rule compare_theories:
    input:
        surrogate="results/{scale}/lensing/theory/surrogate.safetensors",
        observation="results/{scale}/lensing/observations/simulated.nc",
    output:
        posteriors="results/{scale}/lensing/simulator/theory_posteriors.csv",
        scores="results/{scale}/lensing/simulator/theory_scores.csv",
    log:
        "results/{scale}/lensing/logs/compare_theories.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/compare_theories.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        budget=reference_budget,
        parameter_chains=budget("parameter_chains"),
        num_simulations=budget("simulator", "num_checks"),
        seed=SEED,
        code=code("studies.simulator.theories"),
    script:
        "../../../scripts/simulator/compare_theories.py"


rule benchmark_simulator:
    output:
        "results/{scale}/lensing/simulator/benchmark.csv",
    log:
        "results/{scale}/lensing/logs/benchmark_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/benchmark_simulator.tsv"
    conda:
        "../../../envs/cpu.yaml"
    threads: workflow.cores
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        num_pixels=[16, 32] if SCALE == "smoke" else [64, 128, 256, 512],
    script:
        "../../../scripts/simulator/benchmark_simulator.py"


rule plot_simulator:
    input:
        table="results/{scale}/lensing/simulator/checks.csv",
        histograms="results/{scale}/lensing/simulator/histograms.nc",
    output:
        spectra=report(
            "results/{scale}/lensing/figures/simulator_spectra.png",
            caption="captions/simulator_spectra.rst",
            category="Simulator",
            labels={"figure": "spectra of the maps"},
        ),
        one_point=report(
            "results/{scale}/lensing/figures/simulator_one_point.png",
            caption="captions/simulator_one_point.rst",
            category="Simulator",
            labels={"figure": "one-point law"},
        ),
        moments=report(
            "results/{scale}/lensing/figures/simulator_moments.png",
            caption="captions/simulator_moments.rst",
            category="Simulator",
            labels={"figure": "variance, skewness, score"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_simulator.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_simulator.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_SIMULATOR,
        code=code("studies.simulator.figures"),
    script:
        "../../../scripts/simulator/plot_simulator.py"


rule plot_simulator_cost:
    input:
        table="results/{scale}/lensing/simulator/benchmark.csv",
    output:
        report(
            "results/{scale}/lensing/figures/simulator_cost.png",
            caption="captions/simulator_cost.rst",
            category="Simulator",
            labels={"figure": "time per map"},
        ),
    log:
        "results/{scale}/lensing/logs/plot_simulator_cost.log",
    benchmark:
        "results/{scale}/lensing/benchmarks/plot_simulator_cost.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer=FOOTER_OF_SIMULATOR,
        code=code("studies.simulator.figures"),
    script:
        "../../../scripts/simulator/plot_simulator_cost.py"
