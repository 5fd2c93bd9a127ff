"""Raw files of each data set, made here in their published form, become images and codes."""

import io
import pickle
from dataclasses import replace

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from helpers import ROOT, call

from gan.images import TEST, TRAIN, UNUSED, VALIDATION
from pipeline import prepare
from pipeline.config.params import load
from pipeline.data.readers import LABEL_READERS, READERS, fer2013_folds
from pipeline.data.torchvision_import import datasets
from pipeline.files.errors import UserError

PARAMS = load(ROOT / "params.yaml", "paper")
RANDOM = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RANDOM.integers(1, 256, shape, dtype=np.uint8)


def idx(images: np.ndarray) -> bytes:
    header = np.array([0x00000803, *images.shape], dtype=">i4").tobytes()
    return header + images.tobytes()


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_read_idx_keeps_file_order(tmp_path, name):
    images = noise(5, 28, 28)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images[:3]))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(images[3:]))
    read, codes = READERS[name](tmp_path, replace(PARAMS.dataset(name), split=(2, 1, 2)))
    assert np.array_equal(read, images)
    assert codes.tolist() == [TRAIN, TRAIN, VALIDATION, TEST, TEST]


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_read_idx_labels_keeps_file_order(tmp_path, name):
    for file, labels in (("train-labels-idx1-ubyte", [7, 0, 9]), ("t10k-labels-idx1-ubyte", [3, 1])):
        header = np.array([0x00000801, len(labels)], dtype=">i4").tobytes()
        (tmp_path / file).write_bytes(header + bytes(labels))
    assert LABEL_READERS[name](tmp_path).tolist() == [7, 0, 9, 3, 1]


def test_read_cifar10_keeps_order_and_planes(tmp_path, monkeypatch):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    batches = noise(6, 2, 3072)
    for place, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        (folder / name).write_bytes(pickle.dumps({"data": batches[place], "labels": [0, 1]}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": ["a", "b"]}))
    monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda _: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    images, codes = READERS["cifar10"](tmp_path, replace(PARAMS.dataset("cifar10"), split=(8, 2, 2)))
    assert images.shape == (12, 3, 32, 32)
    assert np.array_equal(images.reshape(12, 3072), batches.reshape(12, 3072))
    assert codes.tolist() == [TRAIN] * 8 + [VALIDATION] * 2 + [TEST] * 2


def tfd(**changes: np.ndarray) -> dict[str, np.ndarray]:
    """The content of a small TFD_48x48.mat: 30 unlabelled images, 20 labelled ones."""
    folds = np.zeros((50, 5), np.uint8)
    for fold in range(5):
        folds[30:, fold] = np.roll([3] * 4 + [2] * 2 + [1] * 14, 4 * fold)
    labels = np.full((50, 1), -1)
    return {"images": noise(50, 48, 48), "folds": folds, "labs_ex": labels, "labs_id": labels} | changes


def read_tfd(folder, content):
    scipy.io.savemat(folder / "TFD_48x48.mat", content)
    return READERS["tfd"](folder, PARAMS.dataset("tfd"))


def test_read_tfd_maps_the_codes_of_every_fold(tmp_path, capsys):
    content = tfd()
    content["images"][7] = 0
    images, codes = read_tfd(tmp_path, content)
    assert np.array_equal(images, content["images"])
    assert (codes[:30] == TRAIN).all()
    for fold in range(5):
        assert np.bincount(codes[:, fold]).tolist() == [30, 2, 4, 14]
        assert (codes[content["folds"][:, fold] == 2, fold] == VALIDATION).all()
    assert UNUSED in codes
    assert "1 of the unlabelled images are all black" in capsys.readouterr().out


WRONG_FOLDS = tfd()["folds"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"faces": noise(3, 48, 48)}, r"no images and no folds; it has \['faces'\]"),
        (tfd(images=noise(50, 96, 96)), r"images: expected uint8 \(n, 48, 48\), got uint8 \(50, 96, 96\)"),
        (tfd(images=np.zeros((50, 48, 48))), "expected uint8 .* got float64"),
        (tfd(folds=WRONG_FOLDS[:, :4]), r"folds: expected shape \(50, 5\), got \(50, 4\)"),
        (tfd(folds=WRONG_FOLDS + 1), r"expected codes 0 .* got \[4\]"),
        (tfd(folds=np.where(np.eye(50, 5) > 0, 1, WRONG_FOLDS).astype(np.uint8)), "differ between folds"),
        (tfd(folds=np.where(WRONG_FOLDS == 3, 1, WRONG_FOLDS).astype(np.uint8)), "fold 0 has no image of code 3"),
    ],
)
def test_read_tfd_says_in_one_line_what_is_wrong(tmp_path, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_tfd(tmp_path, content)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM" + bytes(384) + b"\x89HDF\r\n", "v7.3"),
    ],
)
def test_read_tfd_refuses_other_formats(tmp_path, data, message):
    (tmp_path / "TFD_48x48.mat").write_bytes(data)
    with pytest.raises(UserError, match=message):
        READERS["tfd"](tmp_path, PARAMS.dataset("tfd"))


def mat(place: int | None = None, value: int = 0, *, packed: bool = False, **changes: object) -> bytes:
    """Return a TFD_48x48.mat, with one byte changed where a place is given."""
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, tfd(**changes), do_compression=packed)
    content = bytearray(buffer.getvalue())
    if place is not None:
        content[place] = value
    return bytes(content)


DAMAGED = {
    "a bit flipped in what is compressed": mat(20_000, 7, packed=True),
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "a header cut short": mat()[:100],
    "nothing": b"",
    "a web page": b"<html>" + b"sign in" * 100,
    "cut off in what is compressed": mat(packed=True)[:5000],
    "cut off": mat()[:5000],
    "a text where images should be": mat(images="faces"),
    "codes that are a sparse matrix": mat(folds=scipy.sparse.csc_matrix(np.zeros((50, 5)))),
    "bytes that end the interpreter": mat(192, 10),  # a kind of numbers that there is not
}


def prepared_tfd(folder, content: bytes):
    (folder / "TFD_48x48.mat").write_bytes(content)
    options = ("--params", ROOT / "params.yaml", "--scale", "paper", "--dataset", "tfd", "--raw", folder)
    return call(prepare, *options, "--output", folder / "tfd.npz")


@pytest.mark.parametrize("damage", DAMAGED)
def test_whatever_is_wrong_with_a_users_file_is_one_line_that_names_it(tmp_path, damage):
    done = prepared_tfd(tmp_path, DAMAGED[damage])
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{tmp_path}/TFD_48x48.mat: " in done.stderr
    assert not (tmp_path / "tfd.npz").exists()


@pytest.mark.parametrize("images", [noise(50, 48, 48) > 99, noise(50, 48, 48) // 255, np.zeros((50, 48, 48), np.uint8)])
def test_images_that_are_all_but_black_are_refused(tmp_path, images):
    done = prepared_tfd(tmp_path, mat(images=images))
    assert done.returncode == 2
    assert f"the images' greatest value is {images.max():d}, expected uint8 up to 255" in done.stderr


def test_a_users_file_that_is_whole_is_prepared(tmp_path):
    assert prepared_tfd(tmp_path, mat(packed=True)).returncode == 0


def test_fer2013_drops_flat_known_and_repeated_images(capsys):
    train, others = noise(6, 48, 48), noise(200, 48, 48)
    train[5] = 17  # flat
    others[0] = 99  # flat
    others[1] = train[2]  # known
    others[3] = others[2]  # repeated
    labels = np.arange(200) % 4
    images, codes = fer2013_folds(train, others, labels, n_folds=5)
    assert np.array_equal(images, np.concatenate([train[:5], others[2:3], others[4:]]))
    assert (codes[:5] == TRAIN).all()
    printed = capsys.readouterr().out
    assert "dropped 1 flat images of 6" in printed
    assert "3 that are flat, equal to one for training, or repeated" in printed


def test_read_fer2013_reads_the_published_csv(tmp_path, monkeypatch):
    folder = tmp_path / "fer2013"
    folder.mkdir()
    images = noise(30, 48, 48)
    usage = ["Training"] * 10 + ["PublicTest", "PrivateTest"] * 10
    rows = [
        f"{i % 2},{' '.join(map(str, image.ravel()))},{u}"
        for i, (image, u) in enumerate(zip(images, usage, strict=True))
    ]
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")
    monkeypatch.setattr("torchvision.datasets.fer2013.check_integrity", lambda *_, **__: True)
    read, codes = READERS["fer2013"](folder, PARAMS.dataset("fer2013"))
    assert {image.tobytes() for image in read} == {image.tobytes() for image in images}
    assert np.array_equal(read[:10], images[:10])
    assert (codes[:10] == TRAIN).all()
    assert (codes[10:] != TRAIN).all()
