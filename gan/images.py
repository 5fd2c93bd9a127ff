"""The images: which of them train, choose the bandwidth and test; their contrast; which is nearest to a sample."""

import numpy as np
import torch

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, 3
SPOTS = (0.35, 0.65)  # where a synthetic image's spot may lie, in heights and widths of the image
N_CLASSES = 10  # of MNIST, its kin, and the synthetic images


def consecutive_split(n_train: int, n_validation: int, n_test: int) -> np.ndarray:
    """Return codes of images in file order: training, then validation, then test.

    Returns:
        shape (n_train + n_validation + n_test,), uint8.
    Source:
        pylearn2: MNIST trains on [0, 50000) of the training file and validates on [50000, 60000).
    """
    return np.repeat(np.array([TRAIN, VALIDATION, TEST], np.uint8), (n_train, n_validation, n_test))


def stratified_folds(labels: np.ndarray, n_folds: int, random: np.random.Generator) -> np.ndarray:
    """Return codes of labelled images: each is tested in one fold and validates in half of another.

    Of every class, fold f tests the f-th of n_folds equal parts and validates on half of the next part.

    Args:
        labels: shape (n,), the class of each image.
        n_folds: 2 or more.
        random: shuffles each class; advanced.
    Returns:
        shape (n, n_folds), uint8: TEST, VALIDATION or UNUSED.
    Source:
        ours, with the shares of the Toronto Face Database: 20% test and 10% validation with five folds.
    """
    codes = np.full((len(labels), n_folds), UNUSED, np.uint8)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        parts = np.array_split(members, n_folds)
        for fold, part in enumerate(parts):
            following = parts[(fold + 1) % n_folds]
            codes[part, fold] = TEST
            codes[following[: len(following) // 2], fold] = VALIDATION
    return codes


def normalise_contrast(images: torch.Tensor, norm: float) -> torch.Tensor:
    """Subtract from each image its mean over all values, channels together, and scale to one Euclidean norm.

    Args:
        images: shape (n, d).
        norm: of every image afterwards; an image of one flat value becomes 0.
    Source:
        pylearn2 expr/preprocessing.py, global_contrast_normalize with scale `norm`, sqrt_bias 0, min_divisor 1e-8.
    """
    centred = images - images.mean(dim=1, keepdim=True)
    divisors = centred.norm(dim=1, keepdim=True) / norm
    return centred / divisors.where(divisors >= 1e-8, 1.0)


def to_grey(images: torch.Tensor, greatest: float) -> torch.Tensor:
    """Map values in [-greatest, greatest] to [0, 1], 0 to mid-grey; values outside are clipped.

    Source:
        goodfeli/adversarial, show_samples_cifar_*_paper.py; clipping is ours, the 2014 script stops there.
    """
    return (images / greatest + 1).div(2).clamp(0, 1)


def nearest(queries: torch.Tensor, images: torch.Tensor, block: int = 2_000) -> torch.Tensor:
    """Return the index of the image nearest to each query in Euclidean distance.

    Args:
        queries: shape (m, d).
        images: shape (n, d), on the same device.
        block: images compared at once; limits the memory.
    Returns:
        shape (m,), int64; any of equals.
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: distances in model space, training set in use.
    """
    # A float64 product a block: its rounding is far below the distances between images.
    queries, found = queries.double(), []
    for start, part in zip(range(0, len(images), block), images.split(block), strict=True):
        distances, places = torch.cdist(queries, part.double(), compute_mode="use_mm_for_euclid_dist").min(dim=1)
        found.append((distances, places + start))
    distances, places = (torch.stack(each) for each in zip(*found, strict=True))
    return places.gather(0, distances.argmin(dim=0, keepdim=True)).squeeze(0)


def distinct_images(images: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return which images are not flat, equal to none of the known ones, and the first of their equals: shape (n,)."""
    seen = {image.tobytes() for image in known}
    keep = np.zeros(len(images), bool)
    for index, image in enumerate(images):
        keep[index] = image.min() < image.max() and image.tobytes() not in seen
        seen.add(image.tobytes())
    return keep


def synthetic_images(split: tuple[int, int, int], shape: tuple[int, ...], folds: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw blurred spots on black: images that can be learned in a second, with dead border pixels.

    Args:
        split: numbers of training, validation and test images.
        shape: of an image; channels first where it has three axes.
        folds: of the last two parts; 0: one split.
    Returns:
        uint8 images (n, *shape), and codes, (n,) or (n, folds).
    """
    random = np.random.default_rng(0)
    n, height, width = sum(split), *shape[-2:]
    rows, columns = np.mgrid[:height, :width]
    center = random.uniform(*SPOTS, (n, 2, 1, 1)) * np.array([height, width]).reshape(1, 2, 1, 1)
    distance = (rows - center[:, 0]) ** 2 + (columns - center[:, 1]) ** 2
    spots = np.rint(255 * np.exp(-distance / (0.02 * height * width))).astype(np.uint8)
    if len(shape) == 3:  # fading from channel to channel
        spots = np.stack([spots // (channel + 1) for channel in range(shape[0])], axis=1)
    codes = consecutive_split(*split)
    if folds:
        labelled = np.count_nonzero(codes != TRAIN)
        codes = np.repeat(codes[:, None], folds, axis=1)
        codes[n - labelled :] = stratified_folds(np.zeros(labelled), folds, random)
    return spots, codes


def synthetic_labels(n: int) -> np.ndarray:
    """Return classes of n synthetic images: which of ten equal ranges the column of an image's spot lies in.

    Returns:
        shape (n,), int64, 0 .. 9.
    """
    # The first draw of synthetic_images, once more.
    columns = np.random.default_rng(0).uniform(*SPOTS, (n, 2))[:, 1]
    return ((columns - SPOTS[0]) / (SPOTS[1] - SPOTS[0]) * N_CLASSES).astype(np.int64).clip(max=N_CLASSES - 1)
