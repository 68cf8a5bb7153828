# Full-field inference from weak-lensing maps: configuration, rules in the order of the flow, named targets.


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/inputs_losses.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/compress.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/explicit.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/losses.smk"
include: "workflow/rules/figures_inputs.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/figures_explicit.smk"
include: "workflow/rules/figures_losses.smk"
include: "workflow/rules/tables.smk"


report: "workflow/report/workflow.rst"


localrules:
    all,
    lensing,
    simulator,
    reference,
    published,
    explicit,
    losses,
    files,
    figures,
    tables,


rule all:
    default_target: True
    input:
        FIGURES,
        TABLES,


rule lensing:
    input:
        FIGURES if TASK == "lensing" else [],
        TABLES if TASK == "lensing" else [],


rule simulator:
    input:
        SIMULATOR if TASK == "lensing" else [],


rule reference:
    input:
        REFERENCES,


rule published:
    input:
        sampler_study("published") if TASK == "lensing" else [],


rule explicit:
    input:
        EXPLICIT_STUDY if TASK == "lensing" else [],


rule losses:
    input:
        full_loss_study,


rule files:
    input:
        FIGURES if TASK == "files" else [],
        TABLES if TASK == "files" else [],


rule figures:
    input:
        FIGURES,


rule tables:
    input:
        TABLES,
