"""The published weights: the bytes on record, of our network, drawing digits; a card whose numbers are the files'."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import ROOT, call
from PIL import Image
from scipy import ndimage

from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline import sample
from pipeline.claims import memorised
from pipeline.config.params import Params, load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, read_tensors, write_tensors
from pipeline.record.weights import WEIGHTS, main_experiment, published_weights
from pipeline.runtime.networks import generator_with, new_generator

CPU = torch.device("cpu")
MNIST = load(ROOT / "params.yaml", "paper").experiment("mnist")
FOLDER = ROOT / WEIGHTS
TENSORS, _ = read_tensors(FOLDER / "generator.safetensors")
# Shares of 10,000 samples (weights/mnist-seed0/README.md); those of 10,000 test images differ by less, but for strokes.
STROKES, HOLES = 0.807, (0.600, 0.302, 0.078)


def shares(images: np.ndarray) -> tuple[float, ...]:
    """Return the shares of images that are one connected stroke, and that have no, one and two holes."""
    ink = [np.pad(image, 1) > 0.5 for image in images.reshape(-1, 28, 28)]
    strokes = np.array([ndimage.label(image, np.ones((3, 3)))[1] for image in ink])
    holes = np.array([ndimage.label(~image)[1] - 1 for image in ink])
    return (float((strokes == 1).mean()), *(float((holes == n).mean()) for n in range(3)))


def are_digits(images: np.ndarray) -> bool:
    """Whether the shares are those on record, within five standard errors."""
    return all(
        abs(found - share) < 5 * np.sqrt(share * (1 - share) / len(images))
        for found, share in zip(shares(images), (STROKES, *HOLES), strict=True)
    )


def draws(state: dict[str, torch.Tensor], n: int = 500) -> np.ndarray:
    generator = generator_with(state, MNIST, CPU)
    return draw_samples(generator, MNIST.recipe.noise_prior, n, stream(0, "test of the weights")).numpy()


def test_the_weights_are_those_on_record():
    path, made = published_weights(FOLDER)
    original, trained = made["made_from"], read_json(FOLDER / made["made_from"]["trained"])
    assert trained["outputs"][original["file"]] == original["sha256"]
    assert (trained["commit"], trained["seed"]) == (original["commit"], made["seed"])
    assert trained["epochs_trained"] == made["epoch"] == 1000
    assert {tensor.dtype for tensor in TENSORS.values()} == {getattr(torch, made["dtype"])} == {torch.float16}
    shapes = {name: tensor.shape for name, tensor in TENSORS.items()}
    assert shapes == {name: tensor.shape for name, tensor in new_generator(MNIST, 0, CPU).state_dict().items()}
    assert sum(tensor.numel() for tensor in TENSORS.values()) == made["n_parameters"]
    assert path.stat().st_size < 5_100_000


def test_the_weights_draw_digits():
    images = draws(TENSORS)
    assert are_digits(images)
    # MNIST's well-known mean and standard deviation: 0.1307 and 0.3081.
    assert images.mean() == pytest.approx(0.1307, abs=0.01)
    assert images.std() == pytest.approx(0.3081, abs=0.01)


def mixed(name: str) -> dict[str, torch.Tensor]:
    """Return the weights with the numbers of one tensor in another order."""
    values = TENSORS[name].flatten()
    order = torch.randperm(len(values), generator=stream(0, name))
    return TENSORS | {name: values[order].view_as(TENSORS[name])}


# Without layers.1.bias: the order of its small numbers shows in no share.
@pytest.mark.parametrize("name", [name for name in TENSORS if name != "layers.1.bias"])
def test_mixed_weights_draw_none(name):
    assert not are_digits(draws(mixed(name)))


def test_untrained_weights_draw_none_though_their_mean_image_is_right():
    state = new_generator(MNIST, 0, CPU).state_dict() | {"layers.2.bias": TENSORS["layers.2.bias"]}
    images = draws(state)
    assert images.mean() == pytest.approx(0.1307, abs=0.01)
    assert not are_digits(images)


def test_the_example_in_the_documents_draws_digits(monkeypatch):
    monkeypatch.chdir(ROOT)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/running.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(example, names := {})
    assert names["images"].shape == (16, 784)
    assert names["images"].std().item() == pytest.approx(0.3081, abs=0.05)


def test_the_claims_look_at_samples_of_the_weights_where_they_train_a_part(monkeypatch):
    monkeypatch.chdir(ROOT)
    values = load(ROOT / "params.yaml").values
    part, whole = (Params(values | {"variants": names}, "cpu") for names in ([], None))
    assert main_experiment(part) == MNIST
    assert main_experiment(whole).epochs == 250
    source = memorised._published(part)
    assert (source.scale, source.epochs, source.inputs) == ("paper", 1000, [WEIGHTS / "generator.safetensors"])
    ((seed, samples),) = source.samples(CPU).items()
    assert (seed, samples.shape) == (0, (10_000, 784))
    assert are_digits(samples[:500].numpy())


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with the weights and the parameters alone, to run in."""
    shutil.copytree(FOLDER, tmp_path / WEIGHTS)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_sample_draws_from_the_weights_without_data(project):
    done = call(sample, "--published", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    folder = project / "results" / WEIGHTS
    images = np.load(folder / "samples.npy")
    assert (images.shape, images.dtype) == ((10000, 784), np.float32)
    assert shares(images) == pytest.approx((STROKES, *HOLES), abs=0.005)
    assert f"{folder.relative_to(project) / 'digits.png'}: the first 100 of 10,000 samples" in done.stdout
    sheet = np.asarray(Image.open(folder / "digits.png"))[1::3, 1::3]
    assert (sheet[28:56, 28:56] == (255 * images[11].reshape(28, 28)).round()).all()


def test_sample_takes_no_run_beside_the_weights(project):
    done = call(sample, "--published", "--run", "runs/quick/mnist/seed0")
    assert (done.returncode, done.stderr.splitlines()[-1].split(": ", 1)[1]) == (
        2,
        "error: unrecognized arguments: --run runs/quick/mnist/seed0",
    )


def test_weights_of_other_bytes_are_refused(project):
    path = project / WEIGHTS / "generator.safetensors"
    write_tensors(path, {name: tensor * 1.01 for name, tensor in TENSORS.items()})
    with pytest.raises(UserError, match=r"generator.safetensors: expected sha256 d995e0\w+, got \w+; `git checkout"):
        published_weights()
    path.unlink()
    with pytest.raises(UserError, match="got no file; `git checkout -- weights` restores it"):
        published_weights()
    shutil.rmtree(project / WEIGHTS)
    with pytest.raises(UserError, match=r"manifest.json: not found; run this in the project's folder"):
        published_weights()


def test_the_card_states_what_was_measured():
    card = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    results = ROOT / "benchmarks/results"
    original, half = (read_csv(results / f"rescored-seed0{mark}.csv") for mark in ("", "-float16"))
    assert (original[["draw", "grid"]] == half[["draw", "grid"]]).all(axis=None)
    difference = half.assign(value=half.value - original.value)
    for name, frame, digits in (("original", original, 1), ("this file", half, 1), ("draw by draw", difference, 4)):
        cells = [f"{values.mean():.{digits}f} ± {values.std():.{digits}f}" for _, values in frame.groupby("grid").value]
        assert f"{name} | {' | '.join(cells)} |" in card
    errors = [f"{error:.1f}" for error in half.groupby("grid").standard_error.mean()]
    assert f"{errors[0]} (authors' grid) and {errors[1]} (fine grid)" in card
    assert f"{STROKES:.1%} are one connected stroke" in card
    assert "{:.1%}, {:.1%} and {:.1%}; of test images".format(*HOLES) in card
    assert f"{read_json(FOLDER / 'manifest.json')['n_parameters']:,} parameters" in card
