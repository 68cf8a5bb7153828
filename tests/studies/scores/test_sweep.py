"""The sweep on small banks: what it fits, judges and keeps."""

import dataclasses
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from fullfield.compress import CompressorSettings
from fullfield.inference.method import find
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.studies.scores import fits, settings, sweep
from fullfield.studies.scores.bank import Bank, BankSettings, make_bank
from fullfield.studies.scores.cases import CASES, MOONS, kinds_of
from fullfield.tasks.scores import NUM_GRADIENTS
from fullfield.train import FitSettings

NUM_SEEDS, MOST = 2, 100
SIZES = BankSettings(
    NUM_SEEDS, MOST, 50, 2, 300, 40, CompressorSettings(200, 50, 32, FitSettings(20, steps_per_round=10), num_hidden=4)
)
FITS = fits.SweepSettings(
    (20, MOST),
    (MOST,),
    1,
    2,
    100,
    True,
    EstimatorSettings(FitSettings(20, steps_per_round=10), num_layers=1, num_hidden=8, batch_size=16),
)


@pytest.fixture(scope="module")
def made():
    return make_bank("noise_scale", 0, SIZES)


def test_a_bank_comes_back_from_its_file(made, tmp_path):
    from fullfield import io

    bank = made.bank
    io.save_dataset(tmp_path / "bank.nc", bank.to_dataset(), {})
    back = Bank.from_dataset(io.load_dataset(tmp_path / "bank.nc"))
    jax.tree.map(np.testing.assert_array_equal, back._asdict(), bank._asdict())


def test_noise_of_scores_falls_with_a_control_variate(made):
    noise = made.noise.set_index("kind")["noise_fraction"]
    assert 0 < noise["control_variate"] < noise["joint"] < 1


def test_a_sweep_judges_what_it_says_and_resumes_bit_for_bit(made, tmp_path, monkeypatch):
    # In place of the classifier, which has no part in what is judged.
    monkeypatch.setattr(
        fits, "c2st", lambda ours, rows, seed, early_stopping: SimpleNamespace(accuracy=seed + np.mean(ours - rows))
    )
    bank = made.bank
    kinds = kinds_of("noise_scale")[:2]
    table, examples = sweep.sweep("noise_scale", "npe", bank, kinds, 0, FITS, None)
    assert len(table) == len(FITS.sizes) * len(kinds) * NUM_SEEDS * 2
    assert np.isfinite(table["median_log_prob"]).all()
    judged = table[table["c2st"].notna()]
    assert set(judged[judged["num_simulations"] == 20]["seed"]) == {0}
    assert set(judged[judged["num_simulations"] == MOST]["seed"]) == {0, 1}
    assert (judged["num_rows"] <= 100).all()

    resume, save, kept = Resume(tmp_path / "sweep.safetensors", "a", interval=-1.0), Resume.save, []

    def stop_after_two(self, state):
        save(self, state)
        kept.append(state)
        if len(kept) == 2:
            raise InterruptedError

    monkeypatch.setattr(Resume, "save", stop_after_two)
    with pytest.raises(InterruptedError):
        sweep.sweep("noise_scale", "npe", bank, kinds, 0, FITS, resume)
    resumed, _ = sweep.sweep("noise_scale", "npe", bank, kinds, 0, FITS, resume)
    assert dict(examples.sizes) == {"num_simulations": 2, "kind": 2, "draw": 100, "parameter": 1, "row": 300}
    assert np.isfinite(examples["draws"]).all()
    # None of the first two is fitted again.
    assert len(kept) == len(FITS.sizes) * len(kinds)
    np.testing.assert_array_equal(resumed.select_dtypes("number"), table.select_dtypes("number"))


def test_rows_that_the_posterior_holds_too_are_left_out(made):
    """In one dimension single precision has few numbers: a common one would be trained and tested on."""
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(300, 1)).astype(np.float32)
    draws = np.concatenate([reference[:5], rng.normal(size=(200, 1)).astype(np.float32)])
    judge = fits.Fits(None, made.bank, FITS)
    accuracy, num_rows, *_ = judge.compare(draws, reference, np.array([np.nan, np.nan]), seed=0)
    assert 0.3 < accuracy < 0.7
    assert num_rows == 100
    # Of chains with thirty independent draws each.
    _, few, _, _, ess = judge.compare(draws, reference, np.array([1.0, 30.0]), seed=0)
    assert (few, ess) == (60, 30.0)


def test_fits_with_scores_of_no_weight_are_those_without(made):
    """Kinds share initial weights, splits and batches."""
    settings = dataclasses.replace(FITS, estimator=dataclasses.replace(FITS.estimator, score_weights=(0.0,)))
    judge, keys = fits.Fits(find("npe"), made.bank, settings), jax.random.split(jax.random.key(0), 4)
    with_scores, without = (judge.fit(keys, fits.Cell(kind, 100)) for kind in ("joint", "none"))
    for one, other in zip(jax.tree.leaves(with_scores.params), jax.tree.leaves(without.params), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_density_is_a_case_without_data():
    bank, noise, num_simulations, num_gradients = make_bank(MOONS, 0, SIZES)
    assert (num_simulations, num_gradients) == (200 + 50 + 300, 200)
    assert bank.summary.shape == (NUM_SEEDS * MOST, 0)
    assert noise["noise_fraction"].tolist() == [0.0]
    part = dataclasses.replace(FITS, sizes=(MOST,))
    table = sweep.sweep(MOONS, "npe", bank, kinds_of(MOONS), 0, part, None).table
    assert set(table["kind"]) == {"none", "joint"}
    yardsticks = sweep.yardsticks(bank, 100, 0).set_index("quantity")["c2st"]
    assert 0.3 < yardsticks["null"] < 0.7


def test_yardsticks_see_what_is_not_gaussian():
    rng = np.random.default_rng(0)
    normal, side = rng.normal(size=(1600, 2)), rng.choice([-3.0, 3.0], (1600, 1))
    bank = Bank(*[None] * 7, posterior=np.stack([normal, normal + side]), num_seeds=1)
    table = sweep.yardsticks(bank, 800, 0).set_index(["observation", "quantity"])["c2st"]
    assert table[0, "gaussian"] < 0.57
    assert table[1, "gaussian"] > 0.65
    assert (table[:, "null"] < 0.57).all()


def test_cost_counts_every_kind_of_score_and_the_posteriors(made):
    # Two data sets, 50 tests and 2 observations; exact posteriors cost nothing.
    assert made.num_simulations == 200 + 50 + 2
    assert made.num_gradients == 200 * (1 + NUM_GRADIENTS["control_variate"]) + 40 * NUM_GRADIENTS["marginal"]


def test_chains_that_miss_the_gate_are_not_compared(made, monkeypatch):
    part = dataclasses.replace(FITS, sizes=(MOST,))
    judged = sweep.sweep("noise_scale", "nle", made.bank, ("none",), 0, part, None).table
    assert judged["c2st"].notna().all()
    assert (judged["rhat"] < fits.LOOSE["max_rhat"]).all()
    monkeypatch.setitem(fits.LOOSE, "min_ess", 1e9)
    table = sweep.sweep("noise_scale", "nle", made.bank, ("none",), 0, part, None).table
    assert table["c2st"].isna().all()
    assert (table["num_discarded"] == 0).all()
    assert table["log_prob"].isna().all()


def budgets(**changes):
    part = {"bank": "few", "sizes": [20, 50], "judged_sizes": [50]}
    banks = {name: {"num_simulations": 100} for name in ("few", "full")}
    block = {"banks": banks, "contour_sizes": [20], "fields": {"num_simulations": 50}} | dict.fromkeys(
        settings.PARTS, part
    )
    return {"scores": block | {"few": part | changes}}


def test_sizes_and_kinds_that_there_are_not_are_refused():
    settings.check("scales.smoke", budgets())
    with pytest.raises(ValueError, match=r"few\.sizes is \[20, 200\]; allowed: at most .*num_simulations = 100"):
        settings.check("scales.smoke", budgets(sizes=[20, 200]))
    wrong = budgets()
    wrong["scores"]["contour_sizes"] = [30]
    with pytest.raises(ValueError, match=r"contour_sizes holds \[30\]; allowed: those of .*full\.sizes = \[20, 50\]"):
        settings.check("scales.smoke", wrong)
    wrong["scores"] |= {"contour_sizes": [], "fields": {"num_simulations": 500}}
    with pytest.raises(ValueError, match=r"fields\.num_simulations is 500; allowed: at most .*num_simulations = 100"):
        settings.check("scales.smoke", wrong)
    with pytest.raises(ValueError, match=r"scores\.few\.judged_sizes holds \[30\]; allowed: sizes out of \[20, 50\]"):
        settings.check("scales.smoke", budgets(judged_sizes=[30]))
    settings.check("scales.smoke", budgets(kinds={"moons": ["joint"]}))
    with pytest.raises(
        ValueError, match=r"kinds\.moons holds \['marginal'\]; allowed: kinds out of \['none', 'joint'\]"
    ):
        settings.check("scales.smoke", budgets(kinds={"moons": ["marginal"]}))


def test_cases_are_tasks_of_the_registry_with_scores_of_theirs():
    from fullfield import tasks
    from fullfield.tasks.scores import SCORES

    for case in CASES.values():
        task = tasks.make(case.task, **case.settings)
        for kind in case.kinds:
            SCORES[kind](task)
