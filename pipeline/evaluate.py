"""Score a run: bandwidths chosen on validation images, mean log-likelihood of the test images; each fold separately.

Score its best generator again, from other draws of samples and with other validation images, to show how much the
number depends on them; train classifiers to tell its samples from test images; and score the snapshots that training
left in its work folder.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from gan.sampling import draw_samples
from gan.scoring import score_by_subset, validate
from gan.seeding import stream
from pipeline.config.experiments import Experiment
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_array, read_json, sha256, write_compressed, write_csv
from pipeline.record.manifest import Record, differences
from pipeline.record.places import snapshots
from pipeline.record.runs import (
    BANDWIDTHS,
    GENERATORS,
    IMAGES,
    MANIFESTS,
    METRICS,
    REDRAWN,
    SAMPLES,
    Run,
    model_of,
    precision_of,
)
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import load_generator
from pipeline.runtime.scores import Fold, Rows, Scored, all_test_images, folds, named, place_in_grid, score_folds
from pipeline.runtime.two_sample import two_sample_rows

SHARED = ("code", "inputs", "trained_together")  # what a snapshot's manifest has of its run's


def main() -> None:
    """Command line."""
    parser = cli.parser(
        "evaluate",
        __doc__,
        "--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz",
    )
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of a sampled run; also receives the metrics")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--work", type=Path, help="work folder of the experiment, to score snapshots")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.model(args.experiment)
    run = Run(args.run, experiment, "sample")
    behind = (*SAMPLES.values(), GENERATORS["best"], MANIFESTS["train"])
    inputs = [*(args.run / name for name in behind), run.use(args.data)]
    record = Record("evaluate", inputs, experiment.settings("evaluate"))
    if not snapshots(args.work, args.run) and record.holds(args.run / MANIFESTS["evaluate"]):
        return  # snapshots, which come and go, would be scored too
    device = use_device(args, params)
    parts = folds(args.data, experiment, device)
    print(f"{experiment.name}: scoring {args.run}", flush=True)
    samples = {name: torch.from_numpy(read_array(args.run / file)).to(device) for name, file in SAMPLES.items()}
    scored = {"best": score_folds(samples["best"], parts, experiment)}
    # Where nothing was selected, both generators are the same: scored once, reported twice.
    same = experiment.selection == "last"
    scored["last"] = scored["best"] if same else score_folds(samples["last"], parts, experiment)
    common = {"experiment": experiment.name, "model": model_of(experiment), "seed": run.seed, "scale": params.scale}
    trained = read_json(args.run / MANIFESTS["train"])
    metrics = _metrics(scored, samples["best"], run.seed, parts, experiment, trained)
    for length, folder in _snapshots_of(args.work, args.run, experiment, trained).items():
        metrics += _on_the_way(folder, length, run.seed, parts, experiment, device)
    metrics += _ended_before(metrics, experiment, trained["epochs_trained"])
    curves = [row for name, found in scored.items() for row in named(found.bandwidths, **common, generator=name)]
    redrawn = _redrawn(samples["best"], run, parts, experiment, device)
    tables = {
        METRICS: named(metrics, **common, precision=precision_of(trained)),
        BANDWIDTHS: curves,
        REDRAWN: named(redrawn, **common, generator="best"),
    }
    for name, rows in tables.items():
        write_csv(args.run / name, pd.DataFrame(rows))
    # Published with the tables, therefore small: float32 is off by less than the estimate is.
    images = {grid: values.astype(np.float32) for grid, values in scored["best"].test_images.items()}
    write_compressed(args.run / IMAGES, **images)
    outputs = [args.run / name for name in (*tables, IMAGES)]
    record.write(args.run / MANIFESTS["evaluate"], outputs, device=device.type)


def _metrics(
    scored: dict[str, Scored],
    best: torch.Tensor,
    seed: int,
    parts: list[Fold],
    experiment: Experiment,
    trained: dict[str, Any],
) -> Rows:
    """Rows of metrics.csv of the ended run: both generators, and of the kept one, whether its samples are told apart
    from
    test images and how far training's own measurement flatters."""
    epochs = {"best": trained["best_epoch"], "last": trained["epochs_trained"]}
    of = {name: {"length": trained["length"], "epoch": epochs[name], "generator": name} for name in scored}
    rows = [row for name, found in scored.items() for row in named(found.metrics, **of[name])]
    told = two_sample_rows(all_test_images(parts), best, seed, experiment.n_splits)
    return rows + named(told, **of["best"]) + _optimism(best, parts, experiment, trained, of["best"])


def _optimism(
    samples: torch.Tensor, parts: list[Fold], experiment: Experiment, trained: dict[str, Any], of: dict[str, Any]
) -> Rows:
    """What training measured of the generator that it kept, and the same for another draw of samples."""
    if trained["best_log_likelihood"] is None:
        return []
    images = parts[0].validation[: experiment.validation_images]
    fresh = validate(samples, images, experiment.grids["authors"]).selection
    measured = {"kept": trained["best_log_likelihood"], "redrawn": fresh.log_likelihood}
    about = of | {"grid": "authors", "n_samples": len(samples), "unit": "nats", "n_eval": len(images)}
    about |= place_in_grid(None)
    return [about | {"metric": f"{name}_log_likelihood", "value": value} for name, value in measured.items()]


def _snapshots_of(work: Path | None, run: Path, experiment: Experiment, trained: dict[str, Any]) -> dict[int, Path]:
    """Folders of the snapshots that this very run has left, by length, before its end.

    Raises:
        UserError: a waypoint is missing, or was left by another run.
    """
    found = snapshots(work, run)
    mine = {length: folder for length, folder in found.items() if length < trained["length"] and _fits(folder, trained)}
    passed = {length for length in experiment.waypoints if length <= trained["epochs_trained"]}
    if missing := sorted(passed - set(mine) - {trained["length"]}):
        raise UserError(
            f"{run}: no generators after {missing} epochs; delete the run, its list and its checkpoint, and train again"
        )
    return mine


def _fits(folder: Path, trained: dict[str, Any]) -> bool:
    """Whether a snapshot was left by the run: the same settings but for its length, code, data and companions."""
    path = folder / MANIFESTS["train"]
    manifest = read_json(path)
    with one_line_errors(path):
        before, after = (
            {key: one.get(key) for key in SHARED} | {"settings": one["settings"] | {"epochs": 0}}
            for one in (manifest, trained)
        )
        found = differences(before, after)
        fits = not found and manifest["epochs_trained"] <= trained["epochs_trained"]
    if not fits:
        why = "; ".join(found) or "after the run's end"
        print(f"{folder}: not scored, left by another run ({why})", flush=True)
    return fits


def _on_the_way(
    folder: Path, length: int, seed: int, parts: list[Fold], experiment: Experiment, device: torch.device
) -> Rows:
    """Metrics of a snapshot's last generator and, at a waypoint, of the one kept so far."""
    manifest = read_json(folder / MANIFESTS["train"])
    with one_line_errors(folder / MANIFESTS["train"]):
        epochs = {"last": manifest["epochs_trained"], "best": manifest["best_epoch"]}
        digests = manifest["outputs"]
    rows = Rows()
    for generator in ("last", "best") if length in experiment.waypoints else ("last",):
        path = folder / GENERATORS[generator]
        if sha256(path) != digests[path.name]:
            raise UserError(f"{path}: not the bytes that its manifest records; delete its folder")
        random = stream(seed, "evaluation samples", device=device)
        network = load_generator(path, experiment, device)
        samples = draw_samples(network, experiment.recipe.noise_prior, experiment.n_samples, random)
        found = score_folds(samples, parts, experiment).metrics
        rows += named(found, length=length, epoch=epochs[generator], generator=generator)
    print(f"{experiment.name} seed {seed}: scored at {length} epochs", flush=True)
    return rows


def _ended_before(rows: Rows, experiment: Experiment, epochs: int) -> Rows:
    """Rows for the waypoints beyond the end of a run: a seed that the rule has ended counts at every greater length."""
    beyond = [length for length in experiment.waypoints if length > epochs]
    ended = [row for row in rows if row["length"] == experiment.epochs]
    return [row | {"length": length} for length in beyond for row in ended]


def _redrawn(first: torch.Tensor, run: Run, parts: list[Fold], experiment: Experiment, device: torch.device) -> Rows:
    """The protocol with each draw of samples, the first of which is the run's own, and each validation subset."""
    generator = load_generator(run.folder / GENERATORS["best"], experiment, device)
    prior, rows = experiment.recipe.noise_prior, Rows()
    for draw in range(experiment.n_draws):
        random = stream(run.seed, "evaluation samples", draw, device)
        samples = draw_samples(generator, prior, experiment.n_samples, random) if draw else first
        for fold, part in enumerate(parts):
            grid = experiment.grids["authors"]
            found = score_by_subset(samples, part.validation, part.n_validation, part.test, grid)
            rows += [
                {
                    "draw": draw,
                    "fold": fold,
                    "subset": subset,
                    "value": mean,
                    "unit": "nats",
                    **place_in_grid(selection),
                }
                for subset, (selection, mean) in enumerate(found)
            ]
    return rows


if __name__ == "__main__":
    main()
