"""Checks of the catalogue that the schema cannot express: labels are titles of columns; compared experiments fit
together."""

from typing import Any

from pipeline.config.experiments import Claims
from pipeline.config.schema import known
from pipeline.files.errors import UserError

MARKUP = r"\`*_<>[]|$&~#{}^"  # means something in Markdown, HTML, LaTeX or a figure's text; % is escaped for LaTeX
PAPERS_COLUMNS = {"mnist": "MNIST", "tfd": "TFD"}  # of Table 1


def check_labels(catalogue: dict[str, Any]) -> None:
    """Check the labels, which are titles of columns: each appears once, in one spelling, and the paper's are given."""
    seen = dict.fromkeys(("part", "Model"), "another column of Table 1")
    for name, entry in catalogue.items():
        label = entry["label"]
        if label != label.strip() or not (label[0].isalnum() and label.isprintable()) or set(label) & set(MARKUP):
            rule = f"a label begins with a letter or digit and has no line break, no blank at its end, none of {MARKUP}"
            raise UserError(f"params: catalogue: {name}: label: {label!r}: {rule}")
        if seen.setdefault(entry["label"], name) != name:
            raise UserError(f"params: catalogue: {name}: label: {entry['label']!r} is that of {seen[entry['label']]}")
    for name, label in PAPERS_COLUMNS.items():
        if name in catalogue and (catalogue[name]["label"] != label or not catalogue[name].get("margin_nats")):
            raise UserError(f"params: catalogue: {name}: needs the label {label!r} of Table 1, and margin_nats")


def check_precisions(catalogue: dict[str, Any]) -> None:
    """Check that only dense layers have three TF32 products (gan/three_tf32.py)."""
    for name, entry in catalogue.items():
        convolves = any("kernel" in layer for layer in (*entry["generator"], *entry["discriminator"]))
        if entry["precision"] == "tf32x3" and convolves:
            why = "is for dense layers alone, and there are convolutions; use float32 or tf32"
            raise UserError(f"params: catalogue: {name}: precision: tf32x3 {why}")


def check_claims(claims: Claims, catalogue: dict[str, Any], experiments: dict[str, Any]) -> None:
    """Check that compared experiments are in the catalogue, on one data set, unpretrained, and not of the scale."""
    known("claims: main", claims.main, experiments)
    for name in claims.variants or []:
        known("variants", name, claims.listed)
    for name in claims.listed:
        known("claims", name, catalogue)
        if name in experiments or catalogue[name].get("pretraining") is not None:
            why = "is an experiment of the scale: like it, give it a name of its own"
            raise UserError(f"params: claims: {name} {why if name in experiments else 'has pretraining'}")
        if catalogue[name]["dataset"] != catalogue[claims.code]["dataset"]:
            raise UserError(f"params: claims: {name} has another data set than {claims.code}")
