"""Write docs/api.md, the page of the library, from the docstrings of gan/: python -m docs.api."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/api.md"
# What others need; the rest is for those who read the code.
NAMES = {
    "gan/scoring.py": ("score", "Score", "Selection", "standard_error"),
    "gan/parzen.py": ("Images", "BLOCKS", "log_density", "ParzenWindow"),
    "gan/statistics.py": (
        "summarise_seeds",
        "SeedSummary",
        "verdict",
        "Verdict",
        "MIN_SEEDS",
        "MOST_SEEDS",
        "RESOLUTION_NATS",
    ),
    "gan/training.py": ("Game", "train_epoch"),
    "gan/recipe.py": ("Recipe", "learning_rate", "momentum"),
    "gan/noise.py": ("PRIORS",),
    "gan/objectives.py": ("GENERATOR_LOSSES",),
    "gan/layers.py": ("ACTIVATIONS", "Layer"),
    "gan/models.py": ("Generator", "Discriminator"),
    "gan/sampling.py": ("draw_samples",),
    "gan/seeding.py": ("stream",),
}
HEAD = """\
# The library

`gan/` installs by itself, under the name `adversarial-nets`, because `gan` is another project's on the index. It is
typed, needs torch, NumPy and SciPy, and touches no file, clock or terminal. In a clone of this repository:

```sh
pip install .
```

Score samples, arrays or tensors in [0, 1], as section 5 of the paper does:

```python
import numpy as np

from gan.scoring import score

random = np.random.default_rng(0)
samples, validation, test = (random.random((n, 784), dtype=np.float32) for n in (1000, 100, 200))
grid = np.geomspace(0.1, 1, 10).tolist()  # the authors'
found = score(samples, validation, test, {"authors": grid})["authors"]
print(f"{found.test:.1f} nats; standard error {found.test_error:.1f} over {len(found.test_images)} images")
print(f"bandwidth {found.selection.bandwidth:.3f}, place {found.selection.place} of {found.selection.size}")
```

Such a score says little of how good samples look: [evidence.md](evidence.md). It compares with another only at the
same numbers of samples, validation and test images, and with the same grid.

On two CPU cores, 10,000 samples of 784 pixels, 1,000 validation and 10,000 test images and ten bandwidths take 1.1
seconds; the time is proportional to the number of samples. A `ParzenWindow` of 1,000 images that received a million
samples, 10,000 at a time, took less than 550 MB, most of it Python and torch ([performance.md](performance.md)).

Train a pair of networks, here on one-dimensional data:

```python
import torch

from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.sampling import draw_samples
from gan.seeding import stream
from gan.training import Game, train_epoch

seed = 0
data = 3.0 + 0.6 * torch.randn(2000, 1, generator=stream(seed, "data"))
to_data, to_logit = Layer(1, "linear", weight_range=0.5), Layer(1, "linear", weight_range=0.5)
g = Generator(1, [Layer(32, "relu", weight_range=0.5), to_data], stream(seed, "generator weights"))
d = Discriminator(1, [Layer(16, "maxout", weight_range=0.5, pieces=3), to_logit], stream(seed, "discriminator weights"))
game = Game(g, d, Recipe(noise_prior="gaussian", learning_rate=0.05, learning_rate_decay=1.002))
for epoch in range(1, 61):
    loss_d, loss_g, d_of_data, d_of_samples = train_epoch(game, data, seed, epoch).tolist()
drawn = draw_samples(g, "gaussian", 1000, stream(seed, "samples"))
print(f"samples: mean {drawn.mean():.1f}, sd {drawn.std():.1f}")
print(f"D of data {d_of_data:.2f}, of samples {d_of_samples:.2f}")
```

The definitions used above follow, as they are in the code. [contributing.md](contributing.md#where-things-are) lists
the other modules.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for path, names in NAMES.items():
        source = (ROOT / path).read_text(encoding="utf-8")
        tree, lines = ast.parse(source), source.splitlines()
        parts.append(f"## {path.removesuffix('.py').replace('/', '.')}\n\n{ast.get_docstring(tree)}\n")
        nodes = {_name(node): node for node in tree.body}
        parts += [f"```python\n{_definition(nodes[name], lines)}\n```\n" for name in names]
    return "\n".join(parts)


def _name(node: ast.stmt) -> str:
    """Return the name that a statement of a module defines; empty where it defines none."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return getattr(node, "name", "")


def _definition(node: ast.stmt, lines: list[str]) -> str:
    """Return a definition's source without the bodies: its docstring, and of a class fields and public methods."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):  # a constant, with its comment
        return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.body[0].end_lineno if ast.get_docstring(node) else node.body[0].lineno - 1
    parts = ["\n".join(lines[first - 1 : last])]
    if fields := [lines[one.lineno - 1] for one in node.body if isinstance(one, ast.AnnAssign)]:
        parts.append("\n".join(fields))
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    parts += [_definition(one, lines) for one in methods if one.name == "__init__" or not one.name.startswith("_")]
    return "\n\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
