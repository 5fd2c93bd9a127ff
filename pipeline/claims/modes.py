"""Train small GANs on mixtures of Gaussians, in balance and with G too fast, and count the modes they cover."""

import argparse
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.seeding import stream
from gan.theory.modes import RECIPES, TARGETS, Look, play
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli

EPOCHS = (1, 2, 5, 10, 20)
N_SHOWN = 500  # points of the first seed's last samples, and of the mixture itself, in modes_points.csv
FILES = ("modes.csv", "modes_points.csv")


def main() -> None:
    """Command line."""
    parser = cli.parser("modes", __doc__, "--scale quick --output results/quick/claims")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help=f"folder of {' and '.join(FILES)}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    record, manifest = Record("claims.modes", settings=params.toys()), args.output / "modes.manifest.json"
    if record.holds(manifest):
        return
    torch.set_num_threads(1)  # one number of threads gives one result
    games = list(product(TARGETS, RECIPES))
    epochs = [epoch for epoch in EPOCHS if epoch * params.claims.shorten <= EPOCHS[-1]]
    with tqdm(total=len(games) * epochs[-1], desc="modes", unit="epoch") as bar:
        played = {
            (target, setting): play(
                TARGETS[target], RECIPES[setting], params.claims.toy_seeds, epochs, progress=bar.update
            )
            for target, setting in games
        }
    files = [args.output / name for name in FILES]
    rows = [
        {"target": target, "modes": len(TARGETS[target].centers), "setting": setting, "seed": one.seed}
        | {"epoch": one.epoch, "covered": one.covered, "good": one.good, "close": one.close, "scale": params.scale}
        for (target, setting), looks in played.items()
        for one in looks
    ]
    write_csv(files[0], pd.DataFrame(rows))
    write_csv(files[1], _points(played))
    record.write(manifest, files)


def _points(played: dict[tuple[str, str], list[Look]]) -> pd.DataFrame:
    """What the first seed's generators draw in the end, and draws of the mixtures: target, setting, x, y."""
    sets = {(name, "data"): target.draw(N_SHOWN, stream(0, "shown points")) for name, target in TARGETS.items()}
    for name, looks in played.items():
        sets[name] = [one for one in looks if one.seed == 0][-1].samples[:N_SHOWN]
    return pd.concat(
        pd.DataFrame(points.numpy(), columns=["x", "y"]).assign(target=target, setting=setting)
        for (target, setting), points in sets.items()
    )[["target", "setting", "x", "y"]]


if __name__ == "__main__":
    main()
