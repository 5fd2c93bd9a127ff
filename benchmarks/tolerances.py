"""Derive a record of expected metrics from a run over many seeds, for `python -m pipeline.check`.

A GAN amplifies rounding, so that on another machine a seed ends where another seed might have ended here
(docs/epochs.md). Each metric of each seed is therefore held to the prediction interval of one more run:
the mean over n seeds +- t(n-1) s sqrt(1 + 1/n).

example:
  snakemake --cores all --config scale=smoke 'seeds=[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]'
  python -m benchmarks.tolerances --metrics results/smoke/metrics.csv --seeds 0 1 --output tests/regression/smoke.json
"""

import argparse
from pathlib import Path

from gan.statistics import summarise_seeds
from pipeline.check import KEYS, on_record
from pipeline.config.params import load
from pipeline.files.formats import write_json


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metrics", type=Path, required=True, help="of many seeds, with curves.csv beside it")
    parser.add_argument("--seeds", type=int, nargs="+", required=True, help="seeds that the scale itself has")
    parser.add_argument("--output", type=Path, required=True, help="the record to write")
    parser.add_argument("--confidence", type=float, default=0.999, help="of each interval; default: %(default)s")
    args = parser.parse_args()
    metrics = on_record(args.metrics)
    entries = []
    for key, rows in metrics[metrics.fold.isna()].groupby(list(KEYS)):
        summary = summarise_seeds(rows.value.tolist(), args.confidence)
        half_width = summary.prediction_interval[1] - summary.mean
        spread = {"n_seeds": summary.n, "sd": round(summary.sd, 4)}
        entries.append(
            dict(zip(KEYS, key, strict=True))
            | {"value": round(summary.mean, 4), "tolerance": round(half_width, 4)}
            | spread
        )
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
