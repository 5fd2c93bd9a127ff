"""Measure log p(x) of a generator by annealed importance sampling, beside the Parzen estimate on the same test images.

Two bandwidths are used: the one that the Parzen estimate chooses, and the one that annealed importance sampling chooses
among those in params.yaml, both on validation images. On simulated images the true value is bounded from both sides.
For k-means centroids, a discrete generator, and for a linear Gaussian, the exact value is known.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.evidence import ais
from gan.evidence.baselines import k_means
from gan.images import TEST, TRAIN, VALIDATION
from gan.parzen import ParzenWindow, log_density
from gan.rivals.linear import exact_log_density
from gan.sampling import draw_samples
from gan.scoring import select_bandwidth, standard_error
from gan.seeding import stream
from pipeline.config.comparison import Comparison
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.errors import UserError
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.record.runs import AIS, AIS_IMAGES, GENERATORS, Run, model_of
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import load_generator
from pipeline.runtime.scores import Rows, named

EXAMPLE = """--scale cpu --experiment mnist --run runs/cpu/mnist/seed0 \\
    --data data/prepared/mnist.npz --output runs/cpu/mnist/seed0"""
K_MEANS = "k-means"
CHOICES = ("parzen", "ais")  # estimates that choose a bandwidth
Generated = Iterator[torch.Tensor]


def main() -> None:
    """Command line."""
    parser = cli.parser("ais", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    parser.add_argument(
        "--experiment", required=True, help="name in `catalogue` or `rivals` of params.yaml, e.g. mnist"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", type=Path, help="folder of a finished run: its best generator")
    what.add_argument("--generator", type=Path, help="weights without a run's folder; needs --seed")
    what.add_argument("--k-means", action="store_true", help="centroids of the training images, as many as samples")
    parser.add_argument("--seed", type=int, help="seed of the run behind --generator")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help=f"folder of {AIS} and {AIS_IMAGES}")
    choices = list(CHOICES)
    parser.add_argument("--chosen-by", nargs="+", choices=choices, default=choices, help="default: %(default)s")
    for name in ("images", "chains", "distributions"):
        parser.add_argument(f"--{name}", type=cli.positive, help="default: as in the scale's `comparison`")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.model(args.experiment)
    sizes = {name: getattr(args, name) for name in ("images", "chains", "distributions") if getattr(args, name)}
    comparison = replace(params.comparison, **sizes)
    check_prepared(args.data)
    file, seed = _generator_file(args, experiment)
    settings = comparison.settings() | experiment.settings("measure") | {"chosen_by": args.chosen_by}
    settings |= {"lloyd_iterations": experiment.lloyd_iterations}
    record = Record("ais", [args.data, *([file] if file else [])], settings)
    manifest = args.output / AIS.replace(".csv", ".manifest.json")
    if record.holds(manifest):
        return
    device = use_device(args, params)
    data = _load(args.data, experiment, comparison, device)
    if file is None:
        model, (rows, images) = K_MEANS, _of_centroids(data, experiment, comparison, args.chosen_by)
    else:
        generator = load_generator(file, experiment, device).requires_grad_(False)
        model = model_of(experiment)
        rows, images = _Measurement(generator, seed, data, experiment, comparison).rows(args.chosen_by)
    common = {"experiment": comparison.experiment, "model": model, "seed": seed, "scale": params.scale}
    write_csv(args.output / AIS, pd.DataFrame(named(rows, **common)))
    write_csv(args.output / AIS_IMAGES, pd.DataFrame(named(images, **common)))
    outputs = [args.output / name for name in (AIS, AIS_IMAGES)]
    record.write(manifest, outputs, model=model, seed=seed, device=device.type)


def _generator_file(args: argparse.Namespace, experiment: Experiment) -> tuple[Path | None, int]:
    """Return the generator to measure and its run's seed; none for k-means."""
    if args.k_means:
        return None, 0
    if args.generator is not None:
        if args.seed is None:
            raise UserError("--generator needs --seed, the seed of its run")
        return args.generator, args.seed
    run = Run(args.run, experiment, "train")
    run.use(args.data)
    return args.run / GENERATORS["best"], run.seed


@dataclass(frozen=True)
class _Data:
    """Images, shapes (n, d): all training images, those that choose bandwidths, those that are measured.

    `places` are the positions of the last in the test set, drawn once for all models.
    """

    train: torch.Tensor
    validation: torch.Tensor
    test: torch.Tensor
    places: torch.Tensor


def _load(path: Path, experiment: Experiment, comparison: Comparison, device: torch.device) -> _Data:
    train, validation, test = (load_images(path, part, experiment.dataset) for part in (TRAIN, VALIDATION, TEST))
    if comparison.images > len(test):
        raise UserError(f"{comparison.images} test images requested, but {path} has {len(test)}; lower --images")
    places = torch.randperm(len(test), generator=stream(0, "compared images"))[: comparison.images].sort().values
    chosen = validation[: experiment.n_validation]
    return _Data(train.to(device), chosen.to(device), test[places].to(device), places)


def _row(metric: str, images: str, values: torch.Tensor, **about: object) -> dict[str, object]:
    """Return a row of ais.csv: a mean over images."""
    values = values.cpu()
    error = standard_error(values.numpy())
    common = {"images": images, "metric": metric, "value": float(values.mean()), "unit": "nats"}
    sizes = dict.fromkeys(("n_samples", "chains", "distributions", "acceptance"))
    return common | {"standard_error": error, "n_eval": len(values)} | sizes | about


def _per_image(data: _Data, about: dict[str, object], **columns: torch.Tensor) -> Rows:
    """Return rows of ais_images.csv."""
    names = ("parzen", "parzen_of_many", "ais", "exact")
    values = {name: columns[name].tolist() if name in columns else [None] * len(data.places) for name in names}
    places = data.places.tolist()
    return [about | {"image": place} | {name: values[name][row] for name in names} for row, place in enumerate(places)]


def _of_centroids(data: _Data, experiment: Experiment, comparison: Comparison, choices: list[str]) -> tuple[Rows, Rows]:
    """Measure k-means centroids as a generator with so many equally probable codes: its Parzen score is exact."""
    n = min(experiment.n_samples, len(data.train))
    centers, _ = k_means(data.train, n, experiment.lloyd_iterations, stream(0, "k-means", device=data.train.device))
    rows, images = Rows(), Rows()
    grids = {"parzen": experiment.grids["authors"], "ais": comparison.bandwidths}
    for chosen_by, grid in ((name, grids[name]) for name in choices):
        means = log_density(data.validation, centers, grid).mean(dim=1)
        about: dict[str, object] = {"chosen_by": chosen_by, "bandwidth": grid[int(means.argmax())]}
        (exact,) = log_density(data.test, centers, [grid[int(means.argmax())]])
        rows += [
            about | _row("parzen_log_likelihood", "test", exact, n_samples=n),
            about | _row("exact_log_likelihood", "test", exact),
        ]
        images += _per_image(data, about, parzen=exact, exact=exact)
    return rows, images


class _Measurement:
    """All rows of one generator.

    Args:
        generator: the network.
        seed: of its run, of all draws.
        data: the images.
        experiment: its settings.
        comparison: bandwidths and sizes.
    """

    def __init__(
        self, generator: ais.Generator, seed: int, data: _Data, experiment: Experiment, comparison: Comparison
    ) -> None:
        self.generator, self.seed, self.data = generator, seed, data
        self.experiment, self.comparison, self.device = experiment, comparison, data.test.device
        self.n = comparison.distributions
        self.few = max(1, self.n // 4)  # distributions that choose a bandwidth
        self.bar = tqdm(desc=experiment.name, unit="step")

    def rows(self, choices: list[str]) -> tuple[Rows, Rows]:
        """Return the rows of ais.csv and of ais_images.csv, at the bandwidths that some of CHOICES choose."""
        rows, images, chosen = Rows(), Rows(), dict[str, float]()
        tries = 2 * len(self.comparison.bandwidths) * self.few
        self.bar.reset(4 * len(choices) * self.n + tries * ("ais" in choices))
        with self.bar:
            if "parzen" in choices:
                chosen["parzen"] = self._by_parzen()
            if "ais" in choices:
                rows, chosen["ais"] = self._tried()
            windows, annealed = self._parzen(list(chosen.values())), dict[float, tuple[Rows, dict[str, torch.Tensor]]]()
            for place, (chosen_by, bandwidth) in enumerate(chosen.items()):
                about: dict[str, object] = {"chosen_by": chosen_by, "bandwidth": bandwidth}
                few, many = (windows[n][place] for n in sorted(windows))
                if bandwidth not in annealed:
                    annealed[bandwidth] = self._annealed(bandwidth)
                found, columns = annealed[bandwidth]
                found = found + [
                    _row("parzen_log_likelihood", "test", windows[n][place], n_samples=n) for n in sorted(windows)
                ]
                rows += [about | row for row in found]
                images += _per_image(self.data, about, parzen=few, parzen_of_many=many, **columns)
        return rows, images

    def _stream(self, name: str, bandwidth: float = 0) -> torch.Generator:
        return stream(self.seed, f"{name} {bandwidth:g}" if bandwidth else name, device=self.device)

    def _density(self, bandwidth: float) -> ais.Density:
        return ais.Density(self.generator, self.experiment.recipe.noise_prior, bandwidth)

    def _samples(self, most: int) -> Generated:
        """Yield the run's evaluation samples, then more from the same stream."""
        random, n = self._stream("evaluation samples"), self.experiment.n_samples
        for _ in range(-(-most // n)):
            yield draw_samples(self.generator, self.experiment.recipe.noise_prior, n, random)

    def _by_parzen(self) -> float:
        """Return the bandwidth of the authors' grid that the Parzen estimate chooses."""
        grid = self.experiment.grids["authors"]
        (samples,) = self._samples(self.experiment.n_samples)
        means = log_density(self.data.validation, samples, grid).mean(dim=1)
        return select_bandwidth(grid, means.tolist()).bandwidth

    def _parzen(self, bandwidths: list[float]) -> dict[int, torch.Tensor]:
        """Return the Parzen log-density of the test images, (bandwidths, n), from few and from many samples."""
        window, found = ParzenWindow(self.data.test, bandwidths), dict[int, torch.Tensor]()
        for samples in self._samples(max(self.comparison.many_samples, 2 * self.experiment.n_samples)):
            window.add(samples)
            found.setdefault(len(samples), window.log_density())
        return found | {window.n: window.log_density()}

    def _sampler(self, bandwidth: float, n: int) -> ais.Sampler:
        """Return a sampler whose step sizes a pilot run on simulated images has adapted."""
        density, comparison = self._density(bandwidth), self.comparison
        pilot, _ = density.simulate(comparison.pilot_images, self._stream("pilot images", bandwidth))
        random, sizes = self._stream("pilot", bandwidth), (n, comparison.chains, comparison.leaps)
        return ais.tuned(density, pilot, *sizes, comparison.acceptance, random, self.bar.update)

    def _tried(self) -> tuple[Rows, float]:
        """Return a row for each bandwidth tried on some validation images, and the best of them."""
        images, rows = self.data.validation[: self.comparison.pilot_images], Rows()
        for bandwidth in self.comparison.bandwidths:
            sampler, random = self._sampler(bandwidth, self.few), self._stream("tried", bandwidth)
            found, acceptance = ais.lower_bounds(sampler, images, self.comparison.chains, random, self.bar.update)
            sizes = {"chains": self.comparison.chains, "distributions": self.few, "acceptance": acceptance}
            about = {"chosen_by": "tried", "bandwidth": bandwidth}
            rows.append(about | _row("ais_log_likelihood", "validation", found, **sizes))
        return rows, max(rows, key=lambda row: row["value"])["bandwidth"]

    def _annealed(self, bandwidth: float) -> tuple[Rows, dict[str, torch.Tensor]]:
        """Return the rows of annealed importance sampling at a bandwidth, and its values for each test image."""
        sampler, chains = self._sampler(bandwidth, self.n), self.comparison.chains
        density, test = sampler.density, self.data.test
        simulated, u = density.simulate(len(test), self._stream("simulated images", bandwidth))
        common = {"chains": chains, "distributions": self.n}
        tick, random = self.bar.update, self._stream("annealing", bandwidth)
        found, acceptance = ais.lower_bounds(sampler, test, chains, random, tick)
        rows = [_row("ais_log_likelihood", "test", found, acceptance=acceptance, **common)]
        below, acceptance = ais.lower_bounds(sampler, simulated, chains, random, tick)
        rows.append(_row("ais_log_likelihood", "simulated", below, acceptance=acceptance, **common))
        above, acceptance = ais.upper_bounds(sampler, simulated, u, chains, random, tick)
        rows.append(_row("upper_bound", "simulated", above, acceptance=acceptance, **common))
        rows.append(_row("gap", "simulated", above - below, **common))
        columns, gaussian = {"ais": found}, self.experiment.recipe.noise_prior == "gaussian"
        if gaussian and (exact := exact_log_density(self.generator, test, bandwidth)) is not None:
            rows.append(_row("exact_log_likelihood", "test", exact))
            columns["exact"] = exact
        return rows, columns


if __name__ == "__main__":
    main()
