"""Plot samples of the same noise over the epochs of a run: as a strip, and as an animation."""

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from pipeline.files.formats import replacing
from pipeline.reporting.plots import PADDING, Sheet, label, save, tiles

ROWS, COLUMNS = 8, 10  # of the strip, at most: draws of z, and epochs
MOST_FRAMES, MOST_BYTES = 40, 600_000  # of the animation
SHADES = {2: 8, 3: 64}  # of the palette that all frames share, for grey images and in colour: half the bytes of 256
FRAME_MS, ALL_MS, LAST_MS = (150, 1000), 6000, 2500  # least and most of a frame, about all of them, the last one
ENLARGED, TEXT, LINE = 2, 11, 14  # times, each way; pixels


class Course(NamedTuple):
    """What a run recorded of its training.

    Args:
        pictures: arrays of a pictures.npz: epochs (n,), ascending, and images (n, 25, d), uint8.
        shape: (height, width) of an image, or (3, height, width).
        title: whose samples these are.
        below: a line under the figure.
    """

    pictures: Sheet
    shape: tuple[int, ...]
    title: str
    below: str


def save_course(course: Course, folder: Path, name: str, most_frames: int = MOST_FRAMES) -> list[Path]:
    """Write training-NAME.svg and .png, the strip, and moving-NAME.gif; nothing where a single epoch was recorded."""
    if len(course.pictures["epochs"]) < 2:
        return []
    paths, moving = save(strip(course), folder / f"training-{name}"), folder / f"moving-{name}.gif"
    with replacing(moving) as temporary:
        temporary.write_bytes(animation(course, most_frames))
    return [*paths, moving]


def strip(course: Course) -> Figure:
    """Plot the first draws of z in rows and some epochs in columns."""
    pictures, shape, title, below = course
    shown = _spread(pictures["epochs"], COLUMNS)
    epochs, sheet = pictures["epochs"][shown], tiles(pictures["images"][shown, :ROWS].swapaxes(0, 1) / 255, shape)
    width = 0.65 * len(epochs)
    size = (max(width, 5), width * sheet.shape[0] / sheet.shape[1] + 0.8)
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    axes.imshow(sheet, interpolation="none")
    centres = PADDING + (shape[-1] - 1) / 2 + (shape[-1] + PADDING) * np.arange(len(epochs))
    axes.set_xticks(centres, [f"{epoch:,}" for epoch in epochs])
    axes.tick_params(labeltop=True, labelbottom=False, length=0, labelsize=8, pad=1)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_title(f"{title}\neach row one draw of z, each column an epoch", fontsize=9)
    return label(figure, below)


def animation(course: Course, most_frames: int = MOST_FRAMES) -> bytes:
    """Return a GIF of all draws of z, a frame per recorded epoch; it loops, and holds the last frame.

    Of more epochs than `most_frames` some are shown, and fewer where these take more than MOST_BYTES. Its comment lists
    them.
    """
    pictures, shape, title, below = course
    shown = _spread(pictures["epochs"], most_frames)
    frames = [
        _frame(images, shape, f"{title}, epoch {epoch:,}\n{below}")
        for epoch, images in zip(pictures["epochs"][shown], pictures["images"][shown], strict=True)
    ]
    content = _gif(frames, SHADES[len(shape)], " ".join(map(str, pictures["epochs"][shown])))
    is_small = len(content) <= MOST_BYTES or len(shown) <= 2
    return content if is_small else animation(course, len(shown) // 2)


def epochs_shown(path: Path) -> list[int]:
    """Return the epochs of an animation's frames."""
    with Image.open(path) as image:
        return [int(epoch) for epoch in image.info["comment"].split()]


def _spread(epochs: np.ndarray, most: int) -> list[int]:
    """Return places in `epochs`, the first and the last among them: all, or at most so many at about equal ratios."""
    if len(epochs) <= most:
        return list(range(len(epochs)))
    wanted = np.geomspace(epochs[0], epochs[-1], most)
    return sorted({int(np.abs(epochs - epoch).argmin()) for epoch in wanted})


def _frame(images: np.ndarray, shape: tuple[int, ...], text: str) -> np.ndarray:
    """Return images (25, d), uint8, in a square above a text: (H, W, 3), uint8."""
    side = round(len(images) ** 0.5)
    grid = np.rint(tiles(images.reshape(side, side, -1) / 255, shape) * 255).astype(np.uint8)
    grid = grid.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    foot = Image.new("RGB", (grid.shape[1], 2 * LINE + PADDING), "white")
    ImageDraw.Draw(foot).multiline_text((PADDING, 1), text, "black", font_size=TEXT, spacing=LINE - TEXT)
    return np.concatenate([grid, np.asarray(foot)])


def _gif(frames: list[np.ndarray], shades: int, comment: str) -> bytes:
    """Return a GIF that loops; frames (H, W, 3), uint8, get one palette, so that equal colours stay equal."""
    height, width = frames[0].shape[:2]
    column = Image.fromarray(np.concatenate(frames)).quantize(shades, dither=Image.Dither.NONE)
    first, *others = [column.crop((0, top, width, top + height)) for top in range(0, height * len(frames), height)]
    each = int(np.clip(ALL_MS / len(frames), *FRAME_MS))
    options: dict[str, Any] = {"save_all": True, "append_images": others, "loop": 0, "comment": comment}
    content = BytesIO()
    first.save(content, "GIF", duration=[*[each] * len(others), LAST_MS], **options)
    return content.getvalue()
