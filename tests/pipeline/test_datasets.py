"""Prepared arrays become the float images of the protocol."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.images import TEST, TRAIN, VALIDATION, synthetic_images, synthetic_labels
from pipeline.config.params import load
from pipeline.data.arrays import check_prepared, load_images, load_labels, n_folds
from pipeline.files.errors import UserError
from pipeline.files.formats import sha256, write_arrays, write_json

FILE = Path(__file__).parents[2] / "params.yaml"
PARAMS = load(FILE, "smoke")


def idx(images: np.ndarray) -> bytes:
    header = np.array([0x00000803, *images.shape], dtype=">i4").tobytes()
    return header + images.tobytes()


def test_load_images_scales_and_flattens_row_major(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(4, 2, 3) * 10
    split = np.array([0, 0, 1, 2], np.uint8)
    write_arrays(tmp_path / "d.npz", dataset=np.array("tiny"), images=images, split=split, contrast_norm=np.array(0.0))
    train = load_images(tmp_path / "d.npz", TRAIN, "tiny")
    assert train.dtype == torch.float32
    assert train.tolist() == (images[:2].reshape(2, 6).astype(np.float32) / np.float32(255)).tolist()
    assert load_images(tmp_path / "d.npz", VALIDATION, "tiny").shape == (1, 6)
    assert load_images(tmp_path / "d.npz", TEST, "tiny").shape == (1, 6)


def test_load_images_names_what_is_wrong(tmp_path):
    path, images, split = tmp_path / "d.npz", np.zeros((2, 2, 2), np.uint8), np.zeros(2, np.uint8)
    write_arrays(path, images=images, split=split)
    with pytest.raises(UserError, match="expected dataset, images, split"):
        load_images(path, TRAIN, "tiny")
    write_arrays(path, dataset=np.array("tiny"), images=images, split=split, contrast_norm=np.array(0.0))
    with pytest.raises(UserError, match="no image of part 2"):
        load_images(path, TEST, "tiny")
    with pytest.raises(UserError, match="contains tiny, expected mnist"):
        load_images(path, TRAIN, "mnist")


def test_synthetic_images_repeat_and_have_dead_pixels():
    images, codes = synthetic_images((1000, 1000, 1000), (28, 28), 0)
    assert images.shape == (3000, 28, 28)
    assert images.dtype == np.uint8
    assert np.array_equal(images, synthetic_images((1000, 1000, 1000), (28, 28), 0)[0])
    assert (images.max(axis=0) == 0).any()
    assert np.bincount(codes).tolist() == [1000, 1000, 1000]


@pytest.mark.parametrize(
    ("name", "shape"), [("tfd", (48, 48)), ("fer2013", (48, 48)), ("cifar10", (3, 32, 32)), ("fashion-mnist", (28, 28))]
)
def test_synthetic_images_have_the_data_sets_shape_and_folds(name, shape):
    dataset = PARAMS.dataset(f"synthetic-{name}")
    images, codes = synthetic_images(dataset.split, dataset.shape, dataset.folds)
    assert images.shape == (3000, *shape)
    assert codes.shape == ((3000, 5) if shape == (48, 48) else (3000,))


def test_load_images_reads_a_folds_own_part(tmp_path):
    path, images = tmp_path / "d.npz", np.arange(4, dtype=np.uint8).reshape(4, 1, 1)
    split = np.array([[0, 0], [1, 2], [2, 1], [2, 3]], np.uint8)
    write_arrays(path, dataset=np.array("tiny"), images=images, split=split, contrast_norm=np.array(0.0))
    assert n_folds(path) == 2
    pixels = [[(load_images(path, part, "tiny", fold) * 255).flatten().tolist() for fold in (0, 1)] for part in (1, 2)]
    assert pixels == [[[1], [2]], [[2, 3], [1]]]


def test_load_images_normalises_contrast_where_the_data_set_asks(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4), dtype=np.uint8)
    codes = np.zeros(2, np.uint8)
    write_arrays(tmp_path / "d.npz", dataset=np.array("c"), images=images, split=codes, contrast_norm=np.array(55.0))
    assert load_images(tmp_path / "d.npz", TRAIN, "c").norm(dim=1).tolist() == pytest.approx([55, 55], rel=1e-5)


def test_load_labels_reads_a_part_or_says_that_there_are_none(tmp_path):
    path, split = tmp_path / "d.labels.npz", np.array([0, 1, 0, 2], np.uint8)
    write_arrays(path, dataset=np.array("tiny"), labels=np.array([3, 4, 5, -1]), split=split)
    assert load_labels(path, TRAIN, "tiny").tolist() == [3, 5]
    assert load_labels(path, TRAIN, "tiny").dtype == torch.int64
    with pytest.raises(UserError, match="tiny has no labels here"):
        load_labels(path, TEST, "tiny")
    with pytest.raises(UserError, match="contains tiny, expected mnist"):
        load_labels(path, TRAIN, "mnist")


def test_synthetic_labels_order_the_spots_from_left_to_right():
    labels, images = synthetic_labels(3000), synthetic_images((1000, 1000, 1000), (28, 28), 0)[0].astype(float)
    columns = (images.sum(axis=1) * np.arange(28)).sum(axis=1) / images.sum(axis=(1, 2))
    means = [columns[labels == label].mean() for label in range(10)]
    assert np.bincount(labels).min() > 250
    assert means == sorted(means)


def test_check_prepared_guards_images_and_labels(tmp_path):
    for name in ("d.npz", "d.labels.npz"):
        write_arrays(tmp_path / name, labels=np.zeros(2))
    hashes = {name: sha256(tmp_path / name) for name in ("d.npz", "d.labels.npz")}
    write_json(tmp_path / "d.manifest.json", {"outputs": hashes})
    for name in hashes:
        check_prepared(tmp_path / name)
        write_arrays(tmp_path / name, labels=np.ones(2))
        with pytest.raises(UserError, match=r"not the bytes that d\.manifest\.json records"):
            check_prepared(tmp_path / name)


def test_mnist_is_the_canonical_data(mnist):
    """Counts and a checksum over the real pixels in the protocol's order."""
    parts = [load_images(mnist, part, "mnist") for part in (TRAIN, VALIDATION, TEST)]
    assert [len(part) for part in parts] == [50_000, 10_000, 10_000]
    assert (parts[0].min(), parts[0].max()) == (0, 1)
    pixels = (torch.cat(parts) * 255).round().to(torch.uint8).numpy()
    files = load(FILE).dataset("mnist").files
    for name, part in (("train-images-idx3-ubyte", pixels[:60_000]), ("t10k-images-idx3-ubyte", pixels[60_000:])):
        assert hashlib.sha256(idx(part.reshape(-1, 28, 28))).hexdigest() == files[name]["sha256"]
