"""Code hashes follow the imports."""

import re
import shutil
from pathlib import Path

import pytest

from fullfield.settings import registry
from fullfield.settings.code_hash import PACKAGE, _imported, _module, code, dependencies

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fullfield", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "fullfield"


def test_an_edit_changes_the_hash_of_what_imports_it_only(package):
    names = ("metrics.c2st", "fields.grid", "settings.configuration")
    before = [code(name, package=package) for name in names]
    with (package / "metrics/c2st.py").open("a") as file:
        file.write("# a comment\n")
    after = [code(name, package=package) for name in names]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True]
    with (package / "survey.py").open("a") as file:
        file.write("# a comment\n")
    assert code("settings.configuration", package=package) != after[2]
    assert code("fields.grid", package=package) == after[1]


def test_imports_are_followed_in_every_form(tmp_path):
    files = {
        "__init__": "",
        "one": "from pack import two\ndef late():\n    import pack.sub.three\n",
        "two": "from pack.sub import name\nimport os\n",
        "unused": "",
        "sub/__init__": "from .four import name\n",
        "sub/three": "from ..five import function\n",
        "sub/four": "name = 1\n",
        "five": "def function(): ...\n",
    }
    for name, source in files.items():
        path = tmp_path / "pack" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    found = dependencies("one", package=tmp_path / "pack")
    assert found == {"one", "two", "sub", "sub.three", "sub.four", "five"}


def test_unknown_module_is_named():
    with pytest.raises(ValueError, match=r"code: metrics\.c3st: there is no such module below fullfield"):
        code("metrics.c3st", "fields.grid")


def imports_of(script):
    """Return the modules of the library that a script imports, without those that every script needs."""
    targets = _imported(script.read_text(), "script", "fullfield", False)
    return {module for target in targets if (module := _module(target, PACKAGE))} - {"io", "keys"}


ARGUMENTS = r"((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)"
"""What stands between two parentheses, others two deep included."""
HASHED = r"code=(?:lambda wildcards: )?code\("
LOOKED_UP = {"registry.loss_module": "compress.losses", "registry.method_module": "inference.npe"}
"""What a rule finds by a wildcard, and one of the modules that it may be."""


def rules_with_scripts():
    """Yield (rule, script, modules named in code(...)) from the rule files."""
    for path in sorted((REPOSITORY / "workflow").rglob("*.smk")):
        for block in re.split(r"^(?:use )?rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            script = re.search(r'"(?:\.\./)+scripts/([\w/]+\.py)"', block)
            named = re.search(rf"{HASHED}{ARGUMENTS}\)", block)
            if script and named:
                modules = re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)+)"', named[1])
                modules += [module for function, module in LOOKED_UP.items() if function in named[1]]
                yield block.split(":")[0].split()[0], script[1], modules


@pytest.mark.parametrize(("rule", "script", "named"), list(rules_with_scripts()))
def test_rules_depend_on_the_computations_of_their_scripts(rule, script, named):
    imported = imports_of(REPOSITORY / "scripts" / script)
    computing = {name for name in imported if name.split(".")[0] not in ("plots",)} - {"settings.provenance"}
    assert computing <= dependencies(*named), rule


@pytest.mark.parametrize("module", ["pipeline.stored_features", "pipeline.mock", "pipeline.field_posterior"])
def test_an_added_loss_reruns_neither_simulations_nor_chains(module):
    assert not dependencies(module) & {"compress", "compress.losses", "compress.imnn"}


def test_a_loss_in_a_file_of_its_own_is_seen_by_its_own_training_alone():
    assert "compress.imnn" not in dependencies("pipeline.compression")
    assert registry.loss_module("imnn") == "compress.imnn"
    assert registry.loss_module("vmim") == "compress.losses"


def test_every_rule_with_a_hash_is_looked_at():
    texts = [path.read_text() for path in (REPOSITORY / "workflow").rglob("*.smk")]
    # A rule that another is made from keeps its script.
    own = [re.sub(r"^use rule .*?(?=^rule |\Z)", "", text, flags=re.MULTILINE | re.DOTALL) for text in texts]
    assert len(list(rules_with_scripts())) == len(re.findall(rf"\b{HASHED}", "".join(own))) > 50


TOY = "from fullfield.inference.method import register\n\n\n@register\ndef toy(): ...\n"


def test_a_method_in_a_file_of_its_own_is_seen_by_its_own_results_alone(package):
    hashes = {rule: code(*named, package=package) for rule, _, named in rules_with_scripts()}
    (package / "inference/toy.py").write_text(TOY)
    assert {rule: code(*named, package=package) for rule, _, named in rules_with_scripts()} == hashes
    assert "inference.npe" not in dependencies("pipeline.estimation") | dependencies("studies.losses.judgement")
    assert "inference.npe" not in dependencies("pipeline.estimation", "inference.toy", package=package)


def test_an_edit_of_a_method_is_seen_by_its_own_results(package):
    names = ("pipeline.estimation", registry.method_module("npe"))
    before = code(*names, package=package)
    with (package / "inference/npe.py").open("a") as file:
        file.write("# a comment\n")
    assert code(*names, package=package) != before
