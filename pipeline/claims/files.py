"""Names of what the claims are read from, and of their figures."""

CLASSIFIER = "classifier.safetensors"
OF_TOYS = ("optimal", "path", "descent", "dirac", "nets", "modes", "modes_points")  # tables
OF_MNIST = ("saturation", "classifier", "yardsticks")
OF_RUNS = ("measures", "curves")
TABLES = (*OF_TOYS, *OF_MNIST, *OF_RUNS)
FIGURES = ("optimal", "path", "convergence", "saturation", "steps", "modes", "half", "effects", "variety")
