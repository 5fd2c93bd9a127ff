"""Strip and animation of a run's training show the images of the epochs that they name."""

import shutil

import numpy as np
import pytest
from helpers import ROOT
from matplotlib import pyplot
from PIL import Image
from test_original import kept_generator

from benchmarks import pictures as of_a_run
from benchmarks.original import pictures as of_the_2014_code
from benchmarks.original.score import read_generator
from gan.noise import draw_noise
from gan.seeding import stream
from pipeline.files.formats import write_compressed, write_json
from pipeline.reporting.plots import PADDING, style
from pipeline.reporting.plots_training import (
    ENLARGED,
    LAST_MS,
    MOST_BYTES,
    MOST_FRAMES,
    Course,
    _spread,
    animation,
    epochs_shown,
    save_course,
    strip,
)

SHAPE = (28, 28)


def course(epochs: list[int], shape: tuple[int, ...] = SHAPE) -> Course:
    """A run whose images are noise, but for the first pixel, which is black or white by draw and epoch."""
    images = np.random.default_rng(0).integers(0, 256, (len(epochs), 25, int(np.prod(shape))), np.uint8)
    images[:, :, 0] = 255 * ((np.arange(25) + np.arange(len(epochs))[:, None]) % 2)
    return Course({"epochs": np.array(epochs), "images": images}, shape, "MNIST, seed 0", "scale: paper")


@pytest.fixture(autouse=True)
def _style():
    style()
    yield
    pyplot.close("all")


def test_the_strip_has_a_row_per_draw_and_a_column_per_epoch():
    run = course([10, 20, 1000])
    figure = strip(run)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "20", "1,000"]
    shown, step = axes.images[0].get_array(), SHAPE[0] + PADDING
    assert shown.shape == (8 * step + PADDING, 3 * step + PADDING, 3)
    for row in range(8):
        for column, centre in enumerate(axes.get_xticks()):
            top, left = PADDING + row * step, PADDING + column * step
            image = run.pictures["images"][column, row].reshape(SHAPE) / 255
            np.testing.assert_allclose(shown[top : top + 28, left : left + 28, 0], image, atol=0.003)
            assert centre == left + 13.5
    assert axes.get_title().startswith("MNIST, seed 0")
    assert figure.get_supxlabel() == "scale: paper"


def test_the_animation_has_a_frame_per_epoch_and_holds_the_last(tmp_path):
    epochs, path = [10, 20, 30, 1000], tmp_path / "moving.gif"
    path.write_bytes(animation(course(epochs)))
    assert epochs_shown(path) == epochs
    texts, durations = [], []
    with Image.open(path) as image:
        assert (image.n_frames, image.info["loop"]) == (4, 0)
        for place in range(image.n_frames):
            image.seek(place)
            pixels = np.asarray(image.convert("L"))
            corners = slice(ENLARGED * PADDING, ENLARGED * 5 * (28 + PADDING), ENLARGED * (28 + PADDING))
            white = (np.arange(25) + place) % 2 == 1
            assert (abs(pixels[corners, corners].flatten() - 255.0 * white) < 40).all()
            texts.append(pixels[ENLARGED * (5 * 28 + 6 * PADDING) :].tobytes())
            durations.append(image.info["duration"])
    assert len(set(texts)) == 4, "each frame names its epoch"
    assert durations == [1000, 1000, 1000, LAST_MS]


@pytest.mark.parametrize(
    ("epochs", "most", "shown"),
    [
        ([5], 10, [5]),
        ([1, 2, 3], 3, [1, 2, 3]),
        (list(range(10, 1001, 10)), 10, [10, 20, 30, 50, 80, 130, 220, 360, 600, 1000]),
        (list(range(1, 51)), 10, [1, 2, 4, 6, 9, 14, 21, 32, 50]),
    ],
)
def test_of_many_epochs_the_first_the_last_and_some_at_equal_ratios_are_shown(epochs, most, shown):
    assert [epochs[place] for place in _spread(np.array(epochs), most)] == shown


def test_an_animation_has_no_more_frames_and_bytes_than_a_page_should(tmp_path):
    """Noise in colour, which no palette makes small, has fewer frames."""
    path = tmp_path / "moving.gif"
    path.write_bytes(animation(course(list(range(1, 100)), (6, 6))))
    assert MOST_FRAMES / 2 < len(epochs_shown(path)) <= MOST_FRAMES
    run = course(list(range(1, 17)), (3, 32, 32))
    path.write_bytes(animation(run))
    frames = epochs_shown(path)
    assert path.stat().st_size <= MOST_BYTES
    assert (frames[0], frames[-1]) == (1, 16)
    assert 2 < len(frames) < 16


def test_the_same_pictures_are_the_same_files_and_a_single_epoch_is_none(tmp_path):
    names = ["training-mnist.svg", "training-mnist.png", "moving-mnist.gif"]
    first, second = (save_course(course([1, 2]), tmp_path / place, "mnist") for place in ("first", "second"))
    assert [path.name for path in first] == names
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert save_course(course([10]), tmp_path / "one", "mnist") == []
    assert not (tmp_path / "one").exists()


def test_the_2014_codes_generators_get_the_same_noise(tmp_path, monkeypatch):
    kept_generator(tmp_path / "epoch-0020.npz")
    monkeypatch.setattr("sys.argv", ["pictures", "--run", str(tmp_path), "--output", str(tmp_path / "figures")])
    with pytest.raises(Exception, match=r"expected at least two files epoch-\*\.npz, found 1"):
        of_the_2014_code.main()
    shutil.copy(tmp_path / "epoch-0020.npz", tmp_path / "epoch-0010.npz")
    found = of_the_2014_code.pictures(tmp_path)
    assert found["epochs"].tolist() == [10, 20]
    z = draw_noise("uniform", (25, 100), stream(0, "pictures"))
    expected = read_generator(tmp_path / "epoch-0020.npz")(z).detach().numpy() * 255
    for images in found["images"]:
        np.testing.assert_allclose(images, expected, atol=0.51)
    of_the_2014_code.main()
    assert epochs_shown(tmp_path / "figures/moving-original.gif") == [10, 20]
    assert {path.suffix for path in (tmp_path / "figures").iterdir()} == {".svg", ".gif"}


def test_a_run_of_ours_is_named_by_its_manifest(tmp_path, monkeypatch):
    about = {"experiment": "mnist-k1", "seed": 3, "settings": {"dataset": "mnist"}, "commit": "0123456789"}
    write_json(tmp_path / "manifest.json", about | {"device": "cpu"})
    write_compressed(tmp_path / "pictures.npz", **course([1, 2], (28, 28)).pictures)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["pictures", "--run", str(tmp_path), "--output", str(tmp_path / "figures")])
    of_a_run.main()
    text = (tmp_path / "figures/training-mnist-k1.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {line} -->" in text for line in ("mnist-k1, seed 3", "commit 0123456, cpu"))
