"""Train small GANs on mixtures of Gaussians, balanced and with G too fast, and count the modes they cover."""

import argparse
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.seeding import stream
from gan.theory.modes import SETTINGS, TARGETS, Snapshot, play
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli

EPOCHS = (1, 2, 5, 10, 20, 40)
N_SHOWN = 500  # points of the first seed's last samples, and of the mixture itself, in modes_points.csv
FILES = ("modes.csv", "modes_points.csv")
MEASURED = ("seed", "epoch", "covered", "good", "close")  # of a snapshot, in modes.csv


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.modes", __doc__, "--scale quick --output results/quick/claims")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help=f"folder of {' and '.join(FILES)}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    record, manifest = Record("claims.modes", settings=params.toys()), args.output / "modes.manifest.json"
    if record.holds(manifest):
        return
    torch.set_num_threads(1)  # one number of threads gives one result
    games = list(product(TARGETS, SETTINGS))
    epochs = [epoch for epoch in EPOCHS if epoch * params.claims.shorten <= EPOCHS[-1]]
    seeds, played = params.claims.toy_seeds, {}
    with tqdm(total=len(games) * epochs[-1], desc="modes", unit="epoch") as bar:
        for target, setting in games:
            played[target, setting] = play(TARGETS[target], SETTINGS[setting], seeds, epochs, progress=bar.update)
    files = [args.output / name for name in FILES]
    rows = [
        {"target": target, "modes": len(TARGETS[target].means), "setting": setting}
        | {column: getattr(snapshot, column) for column in MEASURED}
        for (target, setting), snapshots in played.items()
        for snapshot in snapshots
    ]
    write_csv(files[0], pd.DataFrame(rows).assign(scale=params.scale))
    write_csv(files[1], _points(played))
    record.write(manifest, files)


def _points(played: dict[tuple[str, str], list[Snapshot]]) -> pd.DataFrame:
    """Return the first seed's last samples, and draws of the mixtures: target, setting, x, y."""
    sets = {(name, "data"): target.draw(N_SHOWN, stream(0, "shown points")) for name, target in TARGETS.items()}
    for name, snapshots in played.items():
        sets[name] = [one for one in snapshots if one.seed == 0][-1].samples[:N_SHOWN]
    return pd.concat(
        pd.DataFrame(points.numpy(), columns=["x", "y"]).assign(target=target, setting=setting)
        for (target, setting), points in sets.items()
    )[["target", "setting", "x", "y"]]


if __name__ == "__main__":
    main()
