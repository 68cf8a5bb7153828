# An emulator between two simulators of one's own, unpaired simulations of which are on file.


rule train_bridge:
    input:
        **BRIDGE,
    output:
        emulator="results/{scale}/emulator/own/emulator.safetensors",
        settings="results/{scale}/emulator/own/emulator.json",
        history="results/{scale}/emulator/own/history.csv",
    log:
        "results/{scale}/emulator/logs/train_bridge.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/train_bridge.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=480,
        gpu=1,
    params:
        budget=budget("emulator", "full", "flow"),
        seed=SEED,
        checkpoint="results/{scale}/emulator/checkpoints/train_bridge.safetensors",
        code=code("studies.emulator.own"),
    script:
        "../../../scripts/emulator/train_bridge.py"


rule emulate_bridge:
    input:
        **BRIDGE,
        emulator="results/{scale}/emulator/own/emulator.safetensors",
    output:
        maps="results/{scale}/emulator/own/emulated.nc",
        statistics="results/{scale}/emulator/own/statistics.csv",
    log:
        "results/{scale}/emulator/logs/emulate_bridge.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/emulate_bridge.tsv"
    conda:
        "../../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=1,
    params:
        budget=budget("emulator", "full", "flow"),
        seed=SEED,
        code=code("studies.emulator.own"),
    script:
        "../../../scripts/emulator/emulate_bridge.py"


rule plot_bridge:
    input:
        "results/{scale}/emulator/own/statistics.csv",
    output:
        report(
            "results/{scale}/emulator/own/figures/spectra.png",
            caption="captions/bridge.rst",
            category="Emulators",
            labels={"figure": "own simulators"},
        ),
    log:
        "results/{scale}/emulator/logs/plot_bridge.log",
    benchmark:
        "results/{scale}/emulator/benchmarks/plot_bridge.tsv"
    conda:
        "../../../envs/cpu.yaml"
    params:
        footer={
            "scale": SCALE,
            "num_pixels": None,
            "num_seeds": 1,
            "num_observations": None,
        },
        code=code("studies.emulator.figures"),
    script:
        "../../../scripts/emulator/plot_bridge.py"
