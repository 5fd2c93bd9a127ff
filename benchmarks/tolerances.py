"""Derive a record of expected metrics from a run over many seeds, for `python -m pipeline.check`.

A GAN amplifies rounding, so that on another machine a seed ends where another seed might have ended here
(docs/epochs.md). Each metric of each seed is therefore held to the prediction interval of one more run:
the mean over n seeds +- t(n-1) s sqrt(1 + 1/n).

example:
  snakemake --cores all --config scale=smoke 'seeds=[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]'
  python -m benchmarks.tolerances --metrics results/smoke/metrics.csv --seeds 0 1 --output tests/regression/smoke.json
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from gan.evidence.baselines import FIXED
from gan.statistics import summarise_seeds
from pipeline.check import KEYS, TRAINING, on_record
from pipeline.config.params import load
from pipeline.files.formats import write_json
from pipeline.record.runs import OUR_MODEL

AUDIT_CONFIDENCE = 0.999
ROUNDING_NATS = 0.05  # where nothing is drawn


def by_metric(metrics: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield the rows of each metric, without those of folds, by KEYS."""
    for key, rows in metrics[metrics.fold.isna()].groupby(list(KEYS)):
        yield tuple(map(str, key)), rows


def of(key: tuple[str, ...], draws: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the draws that a baseline has."""
    return {"seeds": [0]} if key[1] in FIXED else draws


def entry(key: tuple[str, ...], rows: pd.DataFrame, confidence: float) -> dict[str, object]:
    """Return what is on record of a metric: value, tolerance, and what they are from."""
    summary = summarise_seeds(rows.value.tolist(), confidence)
    half_width = ROUNDING_NATS if summary.n == 1 else summary.prediction_interval[1] - summary.mean
    spread = {"n_seeds": summary.n, "sd": None if summary.n == 1 else round(summary.sd, 4)}
    expected = {"value": round(summary.mean, 4), "tolerance": round(half_width, 4)}
    return dict(zip(KEYS, key, strict=True)) | expected | spread


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metrics", type=Path, required=True, help="of many seeds, with curves.csv beside it")
    parser.add_argument("--seeds", type=int, nargs="+", required=True, help="seeds that the scale itself has")
    parser.add_argument("--output", type=Path, required=True, help="the record to write")
    parser.add_argument("--audits", type=Path, help="metrics.csv with several draws of each baseline")
    parser.add_argument("--draws", type=int, default=1, help="draws of a baseline at the scale; default: %(default)s")
    parser.add_argument("--confidence", type=float, default=0.999, help="of each interval; default: %(default)s")
    args = parser.parse_args()
    metrics = on_record(args.metrics)
    entries = [entry(key, rows, args.confidence) for key, rows in by_metric(metrics)]
    if args.audits:
        audits = on_record(args.audits)
        audits = audits[~audits.model.isin([OUR_MODEL, TRAINING]) & audits.experiment.isin(metrics.experiment)]
        draws = {"seeds": list(range(args.draws))}
        entries = [one for one in entries if one["model"] in (OUR_MODEL, TRAINING)]
        entries += [entry(key, rows, AUDIT_CONFIDENCE) | of(key, draws) for key, rows in by_metric(audits)]
    derivation = (
        f"value: mean over n seeds; tolerance: half the {args.confidence:.1%} prediction interval of one more run, "
        "t(n-1) sd sqrt(1 + 1/n), because on another machine rounding makes of a seed what another seed is here; "
        "made by benchmarks/tolerances.py"
    )
    scale = str(metrics.scale.iloc[0])
    params = load(Path("params.yaml"), scale)
    epochs = {name: params.experiment(name).epochs for name in metrics.experiment.unique()}
    record = {"scale": scale, "seeds": args.seeds, "epochs": epochs, "derivation": derivation, "metrics": entries}
    write_json(args.output, record)


if __name__ == "__main__":
    main()
