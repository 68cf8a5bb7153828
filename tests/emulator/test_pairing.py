"""Which simulation goes with which, in batches drawn again and again."""

import itertools

import numpy as np
import pytest

from fullfield.emulator import Bank, PairSettings
from fullfield.emulator.draws import Pairs
from fullfield.emulator.gaussians import SOURCE, TARGET, banks, exact_map
from fullfield.emulator.pairing import assign, assign_aligned, assign_within, cost
from fullfield.emulator.torus import act, draw_moves
from fullfield.symmetries import SYMMETRIES

SETTINGS = PairSettings("optimal", 20, 1.0, 40)


def map_banks(num=60, each=4, side=8):
    """Return maps of two simulators at the same parameters, each point `each` times."""
    rng = np.random.default_rng(0)
    theta = np.repeat(rng.normal(size=(num // each, 1)), each, axis=0).astype(np.float32)
    return tuple(Bank(theta, rng.normal(size=(num, side, side)).astype(np.float32)) for _ in range(2))


def test_the_assignment_is_the_cheapest_of_all():
    source, target = (bank.rows(np.arange(6)) for bank in banks(0, 4000))
    costs = cost(source, target, 2.0)
    chosen = costs[np.arange(6), assign(source, target, 2.0).rows].sum()
    assert chosen == pytest.approx(min(costs[np.arange(6), order].sum() for order in itertools.permutations(range(6))))


def test_the_exact_map_of_the_gaussians_has_the_target_s_covariance_and_a_symmetric_matrix():
    """Both together say that it is the optimal one (Knott & Smith 1984)."""
    unit = Bank(np.zeros((2, 1)), np.eye(2))
    matrix = exact_map(unit)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(matrix @ SOURCE @ matrix.T, TARGET, atol=1e-12)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_parameters_decide_where_their_weight_is_large():
    source, target = (bank.rows(np.arange(100)) for bank in banks(0, 4000))
    gaps = [np.abs(source.theta - target.theta[assign(source, target, beta).rows]).mean() for beta in (0.0, 1e4)]
    # In one dimension sorted parameters are paired.
    assert gaps[1] == pytest.approx(np.abs(np.sort(source.theta, 0) - np.sort(target.theta, 0)).mean(), rel=1e-3)
    assert gaps[0] > 3.0 * gaps[1]


def test_maps_that_are_shifted_copies_find_each_other_and_their_shifts():
    source, _ = map_banks()
    rng = np.random.default_rng(1)
    order, moves = rng.permutation(60), draw_moves(rng, 60, 8, SYMMETRIES)
    target = Bank(source.theta[order], act(source.x[order], moves))
    matched = assign_aligned(source, target, 0.0, SYMMETRIES)
    np.testing.assert_array_equal(order[matched.rows], np.arange(60))
    np.testing.assert_array_equal(act(target.x[matched.rows], matched.moves), source.x)
    # Without shifts nothing looks like itself.
    assert (order[assign(source, target, 0.0).rows] == np.arange(60)).mean() < 0.5


def test_stratified_pairs_are_at_the_same_parameters_and_as_near_as_these_allow():
    source, target = map_banks()
    matched = assign_within(source, target, 0.0, SYMMETRIES)
    np.testing.assert_array_equal(source.theta, target.theta[matched.rows])
    drawn = Pairs((source, target), PairSettings("stratified", 20, 1.0, 40, SYMMETRIES), (0, 1)).batches(0, 3)
    np.testing.assert_array_equal(source.theta[drawn.rows[:, 0]], target.theta[drawn.rows[:, 1]])
    assert (drawn.rows[:, 0] != drawn.rows[:, 1]).any()
    assert drawn.rows.max() < 20
    # Fewer rows than a batch has can be held out, too.
    few = Pairs((source, target), PairSettings("stratified", 20, 1.0, 8, SYMMETRIES), (0, 1)).held()
    assert few.rows.shape == (2, 8)
    assert few.rows.min() >= 52


def test_moved_pairs_are_those_that_were_matched():
    """What trains is what was matched on the host: aligned pairs are nearer than the same rows moved at random."""
    source, target = map_banks()
    drawn = Pairs((source, target), PairSettings("aligned", 20, 1.0, 40, SYMMETRIES), (0, 1)).batches(0, 1)
    (first, second), moves = drawn.rows[0], drawn.moves[0]
    x, y = act(source.x[first], moves[0]), act(target.x[second], moves[1])
    aligned = ((x - y) ** 2).sum()
    rng = np.random.default_rng(2)
    others = [((x - act(target.x[second], draw_moves(rng, 20, 8, SYMMETRIES))) ** 2).sum() for _ in range(20)]
    assert aligned < 0.8 * min(others)


def test_held_out_rows_are_drawn_for_validation_alone():
    pairs = Pairs(banks(0, 200), SETTINGS, (0, 1))
    drawn = pairs.batches(3, 4)
    assert drawn.rows.shape == (4, 2, 20)
    assert drawn.rows.max() < 160 <= pairs.held().rows.min()
    np.testing.assert_array_equal(drawn.rows, pairs.batches(3, 4).rows)
    assert (drawn.rows != pairs.batches(4, 4).rows).any()
    oracle = Pairs(map_banks(), PairSettings("oracle", 20, 1.0, 40, SYMMETRIES), (0, 1)).batches(0, 1)
    for part in oracle:
        np.testing.assert_array_equal(part[0, 0], part[0, 1])


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="pairing is 'sinkhorn'; allowed are aligned, independent, optimal, oracle, s"):
        Pairs(banks(0, 200), PairSettings("sinkhorn"), (0,))
    with pytest.raises(ValueError, match="the first bank has 200 simulations; a batch of 64 beside 512 that are held"):
        Pairs(banks(0, 200), PairSettings(), (0,))
    with pytest.raises(ValueError, match=r"simulations have shape \(2,\); only square maps can be moved on a torus"):
        Pairs(banks(0, 200), PairSettings("aligned", 20, 1.0, 40), (0,))
    source, target = map_banks()
    stratified = PairSettings("stratified", 20, 1.0, 40)
    with pytest.raises(ValueError, match="pairing 'stratified' needs both simulators at the same parameters, row by"):
        Pairs((source, target._replace(theta=target.theta[::-1])), stratified, (0,))
    with pytest.raises(ValueError, match="that 4 divides, the simulations at each point; they are 18 and 40"):
        Pairs((source, target), PairSettings("stratified", 18, 1.0, 40), (0,))
    source, target = banks(0, 20)
    with pytest.raises(ValueError, match="batches of 20 and 10 simulations cannot be paired one to one"):
        assign(source, target.rows(np.arange(10)), 1.0)
    with pytest.raises(ValueError, match="simulations that are not finite cannot be paired"):
        assign(source, target._replace(x=np.full_like(target.x, np.nan)), 1.0)
