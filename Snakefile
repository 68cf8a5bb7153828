# Full-field inference from weak-lensing maps: configuration, rules in the order of the flow, studies, named targets.


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/compress.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/figures_inputs.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"


for study in CONFIGURATION.studies:

    include: f"workflow/studies/{study}/rules.smk"


include: "workflow/rules/wildcards.smk"


report: "workflow/report/workflow.rst"


localrules:
    all,
    lensing,
    reference,
    files,
    figures,
    tables,


rule all:
    default_target: True
    input:
        everything,


rule lensing:
    input:
        only("lensing", everything),


rule files:
    input:
        only("files", everything),


rule reference:
    input:
        only("lensing", references),


rule figures:
    input:
        FIGURES,


rule tables:
    input:
        TABLES,
