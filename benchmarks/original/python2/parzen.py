"""Score given samples of MNIST with the functions of the authors' parzen_ll.py, as its main does.

For Python 2.7 with Theano 0.7 (../setup.sh). The bandwidth is chosen on the first 1,000 validation images, or given.
Writes one line: bandwidth, mean and standard error over the test images in nats, separated by commas. An hour or two on
a core.

example:
  "$PY" benchmarks/original/python2/parzen.py samples.npy score.txt
"""

from __future__ import print_function

import argparse

import numpy as np
from adversarial.parzen_ll import cross_validate_sigma, get_nll, get_valid, theano_parzen
from pylearn2.datasets.mnist import MNIST

LIMIT, BANDWIDTHS = 1000, np.logspace(-1, 0, num=10)  # the defaults of its command line
BATCH = 10  # images at a time, by default 100: needs 3 GB and changes nothing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", help="npy file, (10000, 784), float32")
    parser.add_argument("output", help="text file")
    parser.add_argument("--bandwidth", type=float, help="default: the best of ten on validation images")
    parser.add_argument("--images", type=int, help="the first so many test images; default: all")
    args = parser.parse_args()
    samples, bandwidth = np.load(args.samples), args.bandwidth
    if bandwidth is None:
        bandwidth = cross_validate_sigma(samples, get_valid("mnist", limit_size=LIMIT), BANDWIDTHS, BATCH)
    test = MNIST("test").X[: args.images]
    found = get_nll(test, theano_parzen(samples, bandwidth), batch_size=BATCH)
    with open(args.output, "w") as file:
        file.write("%r,%r,%r\n" % (float(bandwidth), float(found.mean()), float(found.std() / np.sqrt(len(test)))))


if __name__ == "__main__":
    main()
