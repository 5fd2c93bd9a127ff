"""The game step by step, against the rules written out plainly with autograd."""

import copy
import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from gan.layers import Layer
from gan.recipe import Recipe
from gan.training import Game, Player, limit_column_norms, new_draws, train_epoch, train_step

ALGORITHM_1 = Recipe(
    batch_size=10,
    update="alternating",
    discriminator_loss_scale=1,
    generator_loss="saturating",
    generator_noise="fresh",
    generator_masks="fresh",
)


def plain_update(network, velocities, loss, rate, momentum):
    """v := m v - lr g; theta := theta + v, written out."""
    network.zero_grad()
    loss.backward()
    for parameter, velocity in zip(network.parameters(), velocities, strict=True):
        velocity.copy_(momentum * velocity - rate * parameter.grad)
        parameter.data += velocity


def draws_of(game, epoch):
    """The draws of seed 0 in an epoch."""
    draws = new_draws(game, [0])
    draws.begin(epoch, 25)
    return draws


def tensors(game):
    """Every parameter by name."""
    players = {"generator": game.generator, "discriminator": game.discriminator}
    return {f"{name}.{key}": value for name, net in players.items() for key, value in net.state_dict().items()}


def halves(draw):
    """Noise, masks of the images, masks of the samples."""
    noise, masks = draw.noise[0], [mask[0] for mask in draw.masks]
    return noise, [mask[: len(noise)] for mask in masks], [mask[len(noise) :] for mask in masks]


def fresh_velocities(network):
    return [torch.zeros_like(parameter) for parameter in network.parameters()]


def test_simultaneous_steps_equal_the_plain_rules(networks, images):
    """Both gradients at the old parameters: G's gradient sees D as it was before the step."""
    g, d = copy.deepcopy(networks)
    v_g, v_d = fresh_velocities(g), fresh_velocities(d)
    game = Game(*networks, Recipe(batch_size=25))
    draws, mirror = draws_of(game, 3), draws_of(game, 3)
    for step in range(3):
        train_step(game, [images], draws, epoch=3)
        noise, real, fake = halves(mirror.next(25))
        samples = g(noise)
        old_d = copy.deepcopy(d)
        rate, momentum = 0.1 / 1.000004**step, 0.5 + 0.2 * 2 / 249
        loss_d = 0.5 * (
            cross_entropy(d(images, real), torch.ones(25)) + cross_entropy(d(samples.detach(), fake), torch.zeros(25))
        )
        plain_update(d, v_d, loss_d, rate, momentum)
        plain_update(g, v_g, cross_entropy(old_d(samples, fake), torch.ones(25)), rate, momentum)
    for ours, theirs in ((game.generator, g), (game.discriminator, d)):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_alternating_steps_equal_algorithm_1(networks, images):
    """k = 2 steps of D on new minibatches, then one of G with fresh noise and masks against the new D."""
    g, d = copy.deepcopy(networks)
    v_g, v_d = fresh_velocities(g), fresh_velocities(d)
    game = Game(*networks, ALGORITHM_1)
    draws, mirror = draws_of(game, 1), draws_of(game, 1)
    minibatches = [images[:10], images[10:20]]
    train_step(game, minibatches, draws, epoch=1)
    for step, batch in enumerate(minibatches):
        rate = 0.1 / 1.000004**step
        noise, real, fake = halves(mirror.next(10))
        samples = g(noise).detach()
        loss = cross_entropy(d(batch, real), torch.ones(10)) + cross_entropy(d(samples, fake), torch.zeros(10))
        plain_update(d, v_d, loss, rate, 0.5)
    noise, _, fake = halves(mirror.next(10))
    logits = d(g(noise), fake)
    plain_update(g, v_g, (1 - logits.sigmoid()).log().mean(), rate, 0.5)
    for ours, theirs in ((game.generator, g), (game.discriminator, d)):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "switches",
    [
        {"update": "alternating"},
        {"generator_noise": "fresh"},
        {"generator_masks": "fresh"},
        {"update": "alternating", "generator_noise": "fresh", "generator_masks": "fresh"},
    ],
    ids=lambda switches: " ".join(switches),
)
def test_each_switch_alone_equals_the_plain_rules(networks, images, switches):
    """Which D judges G's samples, on which noise and under which masks."""
    g, d = copy.deepcopy(networks)
    recipe = Recipe(batch_size=25, **switches)
    game, v_g, v_d = Game(*networks, recipe), fresh_velocities(g), fresh_velocities(d)
    draws, mirror = draws_of(game, 1), draws_of(game, 1)
    train_step(game, [images], draws, epoch=1)
    noise, real, masks = halves(mirror.next(25))
    loss_d = 0.5 * (
        cross_entropy(d(images, real), torch.ones(25)) + cross_entropy(d(g(noise).detach(), masks), torch.zeros(25))
    )
    old_d = copy.deepcopy(d)
    plain_update(d, v_d, loss_d, 0.1, 0.5)
    judge = d if recipe.update == "alternating" else old_d
    if len(switches) > ("update" in switches):
        fresh_noise, _, fresh_masks = halves(mirror.next(25))
        noise = fresh_noise if recipe.generator_noise == "fresh" else noise
        masks = fresh_masks if recipe.generator_masks == "fresh" else masks
    plain_update(g, v_g, cross_entropy(judge(g(noise), masks), torch.ones(25)), 0.1, 0.5)
    for ours, theirs in ((game.generator, g), (game.discriminator, d)):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("change", [{"generator_noise": "fresh"}, {"generator_masks": "fresh"}])
def test_fresh_draws_change_the_generator_alone(networks, images, change):
    shared, fresh = (Game(*copy.deepcopy(networks), Recipe(batch_size=25, **options)) for options in ({}, change))
    for game in (shared, fresh):
        train_step(game, [images], draws_of(game, 1), epoch=1)
    pairs = zip(tensors(shared).items(), tensors(fresh).values(), strict=True)
    equal = {name: torch.equal(a, b) for (name, a), b in pairs}
    assert all(same for name, same in equal.items() if name.startswith("discriminator"))
    assert not equal["generator.layers.0.weight"]


def test_player_folds_the_rate_into_the_velocity():
    """Changing the rate must not rescale what the velocity has gathered (unlike torch.optim.SGD)."""
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    player = Player(network)
    for rate in (1.0, 0.1):
        player.update([torch.ones(1, 1)], rate, 0.5)
    assert network.weight.item() == pytest.approx(-1 + (0.5 * -1 - 0.1))


def test_limit_column_norms_before_and_after_updates(networks, images):
    """Once before the first update and after each; biases move only by their gradients."""
    free = Game(*copy.deepcopy(networks), Recipe(batch_size=25))
    generator, discriminator = networks
    game = Game(generator, discriminator, Recipe(batch_size=25, max_column_norm=0.6))
    for _ in range(2):
        for network in networks:
            for layer in network.layers:
                assert layer.weight.norm(dim=1).max() <= 0.6
                assert layer.bias.norm() < 0.05
        train_step(game, [images], draws_of(game, 1), epoch=1)
    assert free.generator.layers[0].weight.norm(dim=1).max() > 0.6


def test_limit_column_norms_leaves_short_vectors_their_direction():
    network = torch.nn.Linear(3, 2)
    short, long = torch.tensor([0.3, -0.4, 1.2]), torch.tensor([3.0, -4.0, 12.0])
    network.weight.data.copy_(torch.stack([short, long]))
    limit_column_norms(network, 1.9365)
    torch.testing.assert_close(network.weight.data, torch.stack([short, long * 1.9365 / 13]))


def test_train_epoch_uses_the_last_incomplete_minibatch(networks, images, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        "gan.training.train_step", lambda _game, batches, *_: (sizes.append(len(batches[0])), torch.ones(4))[1]
    )
    train_epoch(Game(*networks, Recipe(batch_size=10)), images, seed=0, epoch=1)
    assert sizes == [10, 10, 5]


def test_train_epoch_groups_minibatches_by_k(networks, images):
    recipe = Recipe(batch_size=5, update="alternating", discriminator_steps=2)
    game = Game(*networks, recipe)
    train_epoch(game, images, seed=0, epoch=1)
    assert game.updates == 5  # minibatches seen by D; G moved 3 times


def test_k_below_one_moves_the_generator_more_often_than_the_discriminator(networks, images, monkeypatch):
    recipe = Recipe(
        batch_size=5, update="alternating", discriminator_steps=0.2, generator_noise="fresh", generator_masks="fresh"
    )
    game, moves = Game(*networks, recipe), {"g": 0, "d": 0}
    for name, player in (("g", game.g), ("d", game.d)):
        update = player.update

        def counted(*args, name=name, update=update):
            moves[name] += 1
            update(*args)

        monkeypatch.setattr(player, "update", counted)
    train_epoch(game, images, seed=0, epoch=1)
    assert moves == {"g": 25, "d": 5}


def test_train_epoch_visits_every_image_once_in_a_new_order(networks, images, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "gan.training.train_step", lambda _game, batches, *_: (seen.append(batches[0]), torch.ones(4))[1]
    )
    game = Game(*networks, Recipe(batch_size=10))
    for epoch in (1, 2):
        train_epoch(game, images, seed=0, epoch=epoch)
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert not torch.equal(first, second)
    assert torch.equal(first.sort(dim=0).values, images.sort(dim=0).values)
    assert torch.equal(second.sort(dim=0).values, images.sort(dim=0).values)


def test_train_epoch_repeats_bit_for_bit_and_differs_by_seed(networks, images):
    games = [Game(*copy.deepcopy(networks), Recipe(batch_size=10)) for _ in range(3)]
    for game, seed in zip(games, (0, 0, 1), strict=True):
        train_epoch(game, images, seed, epoch=1)
    same, again, other = (tensors(game) for game in games)
    assert all(torch.equal(same[name], again[name]) for name in same)
    assert not torch.equal(same["generator.layers.0.weight"], other["generator.layers.0.weight"])


def test_train_epoch_starts_at_equilibrium():
    """With D's small weights both losses start at log 2 and both outputs at 1/2."""
    from gan.models import Discriminator, Generator
    from gan.seeding import stream

    generator = Generator(4, [Layer(12, "sigmoid", 0.05)], stream(0, "g"))
    discriminator = Discriminator(12, [Layer(1, "linear", 1e-6)], stream(0, "d"))
    curves = train_epoch(Game(generator, discriminator, Recipe()), torch.rand(10, 12), seed=0, epoch=1)
    assert curves.tolist() == pytest.approx([math.log(2), math.log(2), 0.5, 0.5], abs=1e-3)


def test_train_epoch_names_the_step_of_a_divergence(networks, images):
    images[images.shape[0] // 2] = math.nan
    with pytest.raises(FloatingPointError, match=r"epoch 4, step . of 3"):
        train_epoch(Game(*networks, Recipe(batch_size=10)), images, seed=0, epoch=4)


def test_the_generators_loss_switches_after_the_saturating_epochs():
    recipe = Recipe(generator_loss="saturating-then-non-saturating", saturating_epochs=3)
    assert [recipe.generator_loss_at(epoch) for epoch in (1, 3, 4)] == ["saturating", "saturating", "non-saturating"]
    assert Recipe(generator_loss="saturating").generator_loss_at(99) == "saturating"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"update": "both"}, "update must be one of"),
        ({"generator_loss": "hinge"}, "generator_loss must be one of"),
        ({"generator_noise": "old"}, "generator_noise must be one of"),
        ({"generator_masks": "old"}, "generator_masks must be one of"),
        ({"discriminator_steps": 2}, "discriminator_steps 1"),
        ({"update": "alternating", "discriminator_steps": 0}, "whole number or its reciprocal"),
        ({"update": "alternating", "discriminator_steps": 1.5}, "whole number or its reciprocal"),
        ({"update": "alternating", "discriminator_steps": 0.2}, "needs generator_noise 'fresh'"),
        ({"noise_prior": "cauchy"}, "noise_prior must be one of"),
        ({"saturating_epochs": 3}, "saturating_epochs belongs"),
        ({"generator_loss": "saturating-then-non-saturating"}, "saturating_epochs belongs"),
    ],
)
def test_recipe_refuses_what_has_no_meaning(options, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**options)
