"""The fast path against the plain loop, on the same draws; a seed alone against the same seed in company."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR, ROOT

from gan import ensemble as module
from gan.draws import AHEAD
from gan.ensemble import Ensemble
from gan.images import TEST, TRAIN, synthetic_images
from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.parzen import log_density
from gan.recipe import Recipe
from gan.sampling import draw_samples
from gan.seeding import stream
from gan.training import Divergence, Game, train_epoch
from pipeline.config.params import load
from pipeline.runtime.networks import generator_with, new_discriminator, new_generator

RECIPES = {
    "2014 code": {},
    "column norms": {"max_column_norm": 0.6},
    "gaussian noise": {"noise_prior": "gaussian"},
    "saturating": {"generator_loss": "saturating"},
    "switching": {"generator_loss": "saturating-then-non-saturating", "saturating_epochs": 1},
    "fresh noise": {"generator_noise": "fresh"},
    "fresh masks": {"generator_masks": "fresh"},
    "alternating": {"update": "alternating"},
    "Algorithm 1, k = 3": {
        "update": "alternating",
        "discriminator_steps": 3,
        "discriminator_loss_scale": 1,
        "generator_noise": "fresh",
        "generator_masks": "fresh",
        "generator_loss": "saturating",
    },
    "three steps of G for one of D": {
        "update": "alternating",
        "discriminator_steps": 1 / 3,
        "generator_noise": "fresh",
        "generator_masks": "fresh",
    },
}
N = 5 * (3 * AHEAD + 4) + 2  # blocks, a part of one, an incomplete minibatch


@pytest.fixture
def images():
    return torch.rand(N, 12, generator=stream(0, "images"))


def game(seed: int, device: str = "cpu", **options: object) -> Game:
    generator = Generator(4, GENERATOR, stream(seed, "g", device=device))
    discriminator = Discriminator(12, DISCRIMINATOR, stream(seed, "d", device=device))
    return Game(generator, discriminator, Recipe(batch_size=5, **options))


def ensemble(seeds: list[int], **options: object) -> Ensemble:
    return Ensemble([game(seed, **options) for seed in seeds], seeds)


def play_both(seeds: list[int], images: torch.Tensor, device: str, **options: object) -> tuple[Ensemble, list[Game]]:
    """Two epochs of the ensemble and of the plain loop, whose losses and generators have to agree."""
    alone = [game(seed, device, **options) for seed in seeds]
    together = Ensemble([game(seed, device, **options) for seed in seeds], seeds)
    for epoch in (1, 2):
        curves = together.train_epoch(images, epoch)
        plain = [train_epoch(one, images, seed, epoch) for one, seed in zip(alone, seeds, strict=True)]
        torch.testing.assert_close(curves, torch.stack(plain), rtol=1e-4, atol=1e-5)
    for index, one in enumerate(alone):
        for name, weight in one.generator.state_dict().items():
            torch.testing.assert_close(together.generator_state(index)[name], weight, rtol=1e-3, atol=1e-5)
    return together, alone


@pytest.mark.parametrize("options", RECIPES.values(), ids=RECIPES.keys())
def test_ensemble_equals_the_plain_loop(images, options):
    """Two epochs of 35 steps; sums in another order round otherwise."""
    together, alone = play_both([3, 0, 11], images, "cpu", **options)
    for index, one in enumerate(alone):
        for place, layer in enumerate(one.discriminator.layers):
            stacked = together.tensors()[f"discriminator.{place}.weight"][index]
            torch.testing.assert_close(stacked, layer.weight.detach(), rtol=1e-3, atol=1e-5)
    assert together.updates == alone[0].updates


@pytest.mark.skipif(not torch.cuda.is_available(), reason="captures a graph: needs a CUDA device")
@pytest.mark.parametrize("options", RECIPES.values(), ids=RECIPES.keys())
def test_ensemble_replayed_on_cuda_equals_the_plain_loop_there(images, options):
    """Each replay reads fresh draws, orders and rates, or the weights would part at once."""
    play_both([3, 0], images.cuda(), "cuda", **options)


class Recorded:
    """In place of a CUDA graph: plays the block where the graph would be replayed."""

    made = 0

    def __init__(self, play: Callable[..., torch.Tensor], _order: torch.Tensor, _rates: torch.Tensor):
        self._play = play
        Recorded.made += 1

    def replay(self, order: torch.Tensor, rates: torch.Tensor) -> torch.Tensor:
        return self._play(order, rates)


@pytest.fixture
def recorded(monkeypatch) -> type[Recorded]:
    monkeypatch.setattr(module, "Graph", Recorded)
    monkeypatch.setattr(module, "is_captured", lambda _: True)
    monkeypatch.setattr(Recorded, "made", 0)
    return Recorded


@pytest.mark.parametrize("options", RECIPES.values(), ids=RECIPES.keys())
def test_blocks_played_as_a_graph_would_equal_the_plain_loop(images, options, recorded):
    """Fresh draws for each block, and the rest of an epoch step by step; one graph while nothing fixed changes."""
    play_both([3, 0, 11], images, "cpu", **options, momentum_final=0.5)
    assert recorded.made == (2 if "saturating_epochs" in options else 1)


def test_a_graph_is_captured_anew_where_what_it_holds_has_changed(images, recorded):
    one = ensemble([3, 5], momentum_final=0.5)
    epoch = iter(range(1, 20))

    def captures(these: torch.Tensor) -> int:
        before = recorded.made
        one.train_epoch(these, next(epoch))
        return recorded.made - before

    assert [captures(images), captures(images)] == [1, 0]
    assert captures(images.clone()) == 1
    assert captures(images[:]) == 1  # at the same address
    one.refresh()
    assert captures(images) == 1
    torch.set_float32_matmul_precision("high")
    try:
        assert captures(images) == 1
    finally:
        torch.set_float32_matmul_precision("highest")
    one.keep([0])
    assert not one._warm
    assert captures(images) == 1


@pytest.mark.parametrize("options", [{}, RECIPES["switching"]], ids=["same loss", "switching"])
def test_what_a_capture_runs_has_been_played_before(images, recorded, monkeypatch, options):
    """Functions are compiled, and libraries start up, outside a capture."""
    played, block = set(), Ensemble.block

    def key(together: Ensemble, order: torch.Tensor, epoch: int) -> tuple[object, ...]:
        return torch.get_float32_matmul_precision(), together.recipe.generator_loss_at(epoch), order.shape

    def noted(together: Ensemble, images: torch.Tensor, order: torch.Tensor, rates: torch.Tensor, epoch: int):
        played.add(key(together, order, epoch))
        return block(together, images, order, rates, epoch)

    def graph(play: partial, order: torch.Tensor, rates: torch.Tensor) -> Recorded:
        assert key(play.func.__self__, order, play.keywords["epoch"]) in played
        return recorded(play, order, rates)

    monkeypatch.setattr(Ensemble, "block", noted)
    monkeypatch.setattr(module, "Graph", graph)
    one = ensemble([3, 5], **options)
    one.train_epoch(images[: 5 * AHEAD - 5], 1)  # less than a block
    for epoch in (1, 2, 3):
        one.train_epoch(images, epoch)
    torch.set_float32_matmul_precision("high")
    try:
        one.train_epoch(images, 3)
    finally:
        torch.set_float32_matmul_precision("highest")
    assert recorded.made > 2


def test_ensemble_seed_does_not_depend_on_its_company(images):
    alone, beside = ensemble([7]), ensemble([1, 7, 2])
    for epoch in (1, 2):
        alone.train_epoch(images, epoch)
        beside.train_epoch(images, epoch)
    for name, weight in alone.generator_state(0).items():
        torch.testing.assert_close(beside.generator_state(1)[name], weight, rtol=1e-3, atol=1e-5)


def test_ensemble_keep_goes_on_with_the_others(images):
    """Seeds that stay do what they would have done."""
    whole, part = ensemble([1, 7, 2]), ensemble([1, 7, 2])
    for one in (whole, part):
        one.train_epoch(images, 1)
    part.keep([2, 0])
    assert part.seeds == [2, 1]
    assert torch.equal(part.generator_state(0)["layers.0.weight"], whole.generator_state(2)["layers.0.weight"])
    for one in (whole, part):
        one.train_epoch(images, 2)
    for name, weight in whole.generator_state(2).items():
        torch.testing.assert_close(part.generator_state(0)[name], weight, rtol=1e-3, atol=1e-5)


def test_ensemble_repeats_bit_for_bit_and_resumes_from_its_tensors(images):
    first, second, resumed = (ensemble([0, 1]) for _ in range(3))
    for one in (first, second):
        one.train_epoch(images, 1)
    for name, tensor in resumed.tensors().items():
        tensor.copy_(first.tensors()[name])
    resumed.updates = first.updates
    for one in (first, second, resumed):
        one.train_epoch(images, 2)
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, second.tensors()[name])
        assert torch.equal(tensor, resumed.tensors()[name])


def test_ensemble_shares_the_gradient_of_tied_pieces():
    """A black image with zero biases ties all pieces; the two share the gradient in both loops."""
    layers = [Layer(2, "maxout", 0.5, pieces=2), Layer(1, "linear", 0.5)]
    generator = Generator(4, [Layer(3, "sigmoid", 0.5)], stream(0, "g"))
    one = Game(generator, Discriminator(3, layers, stream(0, "d")), Recipe())
    together = Ensemble([one], [0])
    black = torch.zeros(4, 3)
    together.train_epoch(black, 1)
    train_epoch(one, black, 0, 1)
    expected = one.discriminator.layers[0].bias.detach()
    torch.testing.assert_close(together.tensors()["discriminator.0.bias"][0, 0], expected, rtol=1e-4, atol=1e-6)


def test_ensemble_names_the_seed_and_the_step_of_a_divergence(images):
    images[40] = torch.nan
    with pytest.raises(FloatingPointError, match=r"seed 3, epoch 4, step \d+ of 35"):
        ensemble([3, 5]).train_epoch(images, 4)


def test_ensemble_ends_with_the_plain_loops_scores():
    """Scale smoke to its end: paths differ by rounding, scores by less than seeds do."""
    experiment = load(ROOT / "params.yaml", "smoke").experiment("mnist")
    pixels, codes = synthetic_images((1000, 1000, 1000), (28, 28), 0)
    train, test = (torch.from_numpy(pixels[codes == code]).flatten(1) / 255 for code in (TRAIN, TEST))
    seeds, cpu = [0, 1, 2, 3], torch.device("cpu")

    def new_games() -> list[Game]:
        return [
            Game(
                new_generator(experiment, seed, cpu, train.mean(dim=0)),
                new_discriminator(experiment, seed, cpu),
                experiment.recipe,
            )
            for seed in seeds
        ]

    plain, together = new_games(), Ensemble(new_games(), seeds)
    for epoch in range(1, experiment.epochs + 1):
        together.train_epoch(train, epoch)
        for one, seed in zip(plain, seeds, strict=True):
            train_epoch(one, train, seed, epoch)

    def scores(generators: list[Generator]) -> torch.Tensor:
        samples = [draw_samples(g, "uniform", 200, stream(0, "samples")) for g in generators]
        return torch.stack([log_density(test, centers, [0.15]).mean() for centers in samples])

    fast = scores([generator_with(together.generator_state(i), experiment, cpu) for i in range(len(seeds))])
    slow = scores([one.generator for one in plain])
    assert slow.std() > 0.1, "seeds differ"
    assert (fast - slow).abs().max() < 0.1 * slow.std()


def test_a_game_that_diverges_leaves_the_others_their_means(images):
    both, alone = ensemble([3, 4]), ensemble([4])
    both.g.layers[0].weight[0] = torch.nan
    with pytest.raises(Divergence, match="seed 3, epoch 1, step 1") as caught:
        both.train_epoch(images, 1)
    assert list(caught.value.messages) == [3]
    assert not caught.value.means[0].isfinite().any()
    torch.testing.assert_close(caught.value.means[1], alone.train_epoch(images, 1)[0])
