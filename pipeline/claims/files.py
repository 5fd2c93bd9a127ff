"""Names of what the claims are read from, of what is held against G there, and of the claims' figures."""

from pipeline.record.claimed import TOYS

CLASSIFIER, READ = "classifier.safetensors", "claims.manifest.json"
OF_TOYS = tuple(name for names in TOYS.values() for name in names)
OF_MNIST = ("saturation", "classifier", "yardsticks", "memorised")
OF_RUNS = ("measures", "curves", "growth", "oracle")  # gathered from where they lie
TABLES = (*OF_TOYS, *OF_MNIST, *OF_RUNS)
FIGURES = (
    *("optimal", "path", "convergence", "saturation", "steps", "modes", "half", "effects", "variety"),
    *("memorised", "circle", "chains"),
)
G = "G"  # beside it, in columns of the tables:
UNSEEN, SEEN, COPIES = "held-out images", "training images", "copies on purpose"
GIBBS = "Gibbs chain"
