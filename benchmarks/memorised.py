"""Hold all samples of one generator of MNIST against training and held-out images, from several choices of images.

The claims compare 2,000 samples of each run (`python -m pipeline.claims.memorised`); this compares all of one
generator, whose run need not be here.

example:
  python -m benchmarks.memorised --generator generator.safetensors --seed 0 --data data/prepared/mnist.npz \\
      --output benchmarks/results/memorised-seed0.csv     # a minute for each choice
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch

from gan.evidence.memorisation import nearness
from gan.images import TEST, TRAIN, VALIDATION
from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline.claims.files import G
from pipeline.claims.memorised import yardsticks
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import write_csv
from pipeline.runtime.networks import load_generator


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True, help="of the run, names the noise")
    parser.add_argument("--choices", type=int, default=2, help="of the images; default: %(default)s")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    args = parser.parse_args()
    experiment = load(Path("params.yaml"), "paper").experiment("mnist")
    generator = load_generator(args.generator, experiment, torch.device("cpu"))
    random = stream(args.seed, "evaluation samples")
    samples = draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
    training, *others = (load_images(args.data, part, "mnist") for part in (TRAIN, VALIDATION, TEST))
    held_out = torch.cat(others)
    rows = [{"of": of, "choice": 0} | asdict(found) for of, found in yardsticks(training, held_out)]
    for choice in range(args.choices):
        found = nearness(samples, training, held_out, stream(0, "images compared", choice))
        rows.append({"of": G, "choice": choice} | asdict(found))
        write_csv(args.output, pd.DataFrame(rows))
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
