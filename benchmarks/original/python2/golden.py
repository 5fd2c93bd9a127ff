"""Make a golden file of tests/gan/golden again: the authors' own updates, with noise and masks that are given.

For Python 2.7 with Theano 0.7 (../setup.sh). The one thing replaced is the class MRG_RandomStreams: its draws are
shared variables here, which are filled before each update. Settings are those stored in the file that is made again.
Given arrays are the same bits; those that are computed are so on the same processor, and within 1.2e-7 on another one
that was tried. TFD's second stage starts from what its first one saves; that of the stored file was not kept.

example:
  "$PY" benchmarks/original/python2/golden.py tests/gan/golden/golden-small.npz again-small.npz
  "$PY" benchmarks/original/python2/golden.py tests/gan/golden/golden-tfd.npz again-tfd.npz --save first.pkl
  "$PY" benchmarks/original/python2/golden.py tests/gan/golden/golden-tfd-2.npz again-tfd-2.npz --pretrained first.pkl
"""

from __future__ import print_function

import argparse
import json
import os
from collections import OrderedDict

import adversarial
import numpy as np
import theano
from pylearn2.config import yaml_parse
from pylearn2.datasets.dense_design_matrix import DenseDesignMatrix
from pylearn2.models import mlp
from pylearn2.training_algorithms.sgd import SGD
from pylearn2.utils import serial
from theano import tensor

HERE = os.path.dirname(os.path.abspath(adversarial.__file__))
DATA = "!obj:__main__.dataset {}"
MNIST = """!obj:pylearn2.datasets.mnist.MNIST {
        which_set: 'train',
        start: 0,
        stop: 50000
    }"""
TFD = """!obj:pylearn2.datasets.tfd.TFD {
        which_set: 'unlabeled',
        scale: True,
    }"""
NOT_SAVED = ('save_path: "${PYLEARN2_TRAIN_FILE_FULL_STEM}.pkl",\n    save_freq: 1', "save_freq: 0")
drawn = []  # every symbolic draw, in the order in which the original asks for it
data = []  # the data set, for the settings


class GivenDraws(object):
    """Stands in for MRG_RandomStreams."""

    def __init__(self, seed):
        self.seed = seed

    def draw(self, kind, **about):
        variable = theano.shared(np.zeros((1, 1), "float32"), name="%s_%d" % (kind, len(drawn)))
        drawn.append(dict(variable=variable, kind=kind, **about))
        return tensor.tensor_copy(variable)  # pylearn2's spaces want a variable that is not shared

    def uniform(self, low, high, size, dtype):
        return self.draw("uniform", low=float(low), high=float(high))

    def normal(self, size, dtype):
        return self.draw("normal")

    def binomial(self, p, size, dtype):
        return self.draw("binomial", p=float(p))


class Stop(Exception):
    pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("golden", help="npz file whose settings are used")
    parser.add_argument("output", help="npz file")
    parser.add_argument("--save", help="where the trained model goes, for a second stage")
    parser.add_argument("--pretrained", default="", help="that model")
    args = parser.parse_args()
    with np.load(args.golden) as file:
        settings = json.loads(str(file["settings"]))
    mlp.MRG_RandomStreams = adversarial.MRG_RandomStreams = GivenDraws
    random = np.random.RandomState(settings["seed"])
    images = random.uniform(size=(settings["n"], settings["pixels"])).astype("float32")
    images[:, 0], images[0, 1] = 0, 1  # a dead pixel; the marginals' bias wants a 1 among the data
    data.append(DenseDesignMatrix(X=images))
    data[0].yaml_src = "golden"
    train = yaml_parse.load(small_tfd(settings, args.pretrained) if settings.get("tfd") else small_mnist(settings))
    parameters = OrderedDict(named_parameters(train.model))
    move_biases(parameters, settings["initial_bias"], random)
    found = OrderedDict(("initial_" + name, variable.get_value()) for name, variable in parameters.items())
    play(train, settings, random, parameters, found)
    if args.save:
        DenseDesignMatrix.__getstate__ = lambda self: {}
        serial.save(args.save, train.model)
    found["images"], found["settings"] = images, np.array(json.dumps(settings, sort_keys=True).decode("ascii"))
    np.savez_compressed(args.output, **found)


def dataset():
    """Return the data set; the settings name this function."""
    return data[0]


def replaced(yaml, changes):
    """Replace (old, new, how often it is there), each exactly so often."""
    for old, new, count in changes:
        assert yaml.count(old) == count, (old, yaml.count(old))
        yaml = yaml.replace(old, new)
    return yaml


def small_mnist(s):
    """mnist.yaml with other sizes and another schedule."""
    yaml = open(os.path.join(HERE, "mnist.yaml")).read()
    changes = [
        (MNIST, DATA, 1),
        ("dim: 1200", "dim: %d" % s["hidden"], 2),
        ("dim: 784", "dim: %d" % s["pixels"], 1),
        ("nvis: 784", "nvis: %d" % s["pixels"], 1),
        ("num_units: 240", "num_units: %d" % s["maxout"], 2),
        ("irange: .05,", "irange: %r," % s["g_range"], 3),
    ]
    return without_monitor(replaced(yaml, changes + common(s)), "        monitoring_dataset:")


def small_tfd(s, pretrained):
    """One of TFD's two files, likewise."""
    yaml = open(os.path.join(HERE, "tfd_pretrain", "train.yaml" if pretrained else "pretrain.yaml")).read()
    changes = [
        (TFD, DATA, 1),
        ("nvis: 2304", "nvis: %d" % s["pixels"], 1),
        ("num_units: 1200", "num_units: %d" % s["maxout"], 2),
        ("irange: .05,", "irange: %r," % s["g_range"], 2),
        ("max_col_norm: 1.9365", "max_col_norm: %r" % s["max_col_norm"], 5 if pretrained else 6),
        ("learning_rate: .05,", "learning_rate: .1,", 1),
    ]
    if pretrained:
        changes += [("dim: 8000", "dim: %d" % s["hidden"], 1), ("dim: 100,", "dim: %d," % s["noise"], 1)]
        changes += [("./pretrain.pkl", pretrained, 1)]
    else:
        changes += [("dim: 8000", "dim: %d" % s["hidden"], 2), ("dim: 2304", "dim: %d" % s["pixels"], 1)]
        changes += [("sparse_init: 100", "sparse_init: %d" % s["sparse"], 1)]
    return without_monitor(replaced(yaml, changes + common(s)), "    monitoring_dataset:")


def common(s):
    """What changes in all three files."""
    return [
        ("nvis: 100", "nvis: %d" % s["noise"], 1),
        ("num_pieces: 5", "num_pieces: %d" % s["pieces"], 2),
        ("batch_size: 100", "batch_size: %d" % s["batch"], 1),
        ("irange: .005", "irange: %r" % s["d_range"], 3),
        ("learning_rate: .1,", "learning_rate: %r," % s["learning_rate"], 1),
        ("decay_factor: 1.000004", "decay_factor: %r" % s["decay"], 1),
        ("min_lr: .000001", "min_lr: %r" % s["floor"], 1),
        ("init_momentum: .5", "init_momentum: %r" % s["momentum_initial"], 1),
        ("final_momentum: .7", "final_momentum: %r" % s["momentum_final"], 1),
        ("saturate: 250", "saturate: %d" % s["saturation"], 1),
        NOT_SAVED + (1,),
    ]


def without_monitor(yaml, begin):
    """Leave monitoring out: it draws numbers of its own and changes no parameter."""
    return yaml[: yaml.index(begin)] + yaml[yaml.index("        cost: !obj") :]


def named_parameters(model):
    for net, network in (("G", model.generator.mlp), ("D", model.discriminator)):
        for index, layer in enumerate(network.layers):
            weights, bias = layer.get_params()
            yield "%s%d_W" % (net, index), weights
            yield "%s%d_b" % (net, index), bias


def move_biases(parameters, reach, random):
    """Move all biases but the marginals' off zero, so that no two pieces of a maxout unit tie."""
    for name, variable in parameters.items():
        if reach and name.endswith("_b") and name != "G2_b":
            variable.set_value(random.uniform(-reach, reach, size=variable.get_value().shape).astype("float32"))


def play(train, settings, random, parameters, found):
    """Run the original's main loop for some updates; `found` gets what each was given and what it made."""
    setup = SGD.setup
    schedule = OrderedDict((name, []) for name in ("learning_rates", "momenta", "epochs", "sizes"))

    def setup_and_wrap(self, model, dataset):
        setup(self, model, dataset)
        function = self.sgd_update
        shared = set(variable.variable for variable in function.maker.inputs)
        used = [draw for draw in drawn if draw["variable"] in shared]
        assert [draw["kind"] for draw in used] == ["normal" if settings.get("tfd") else "uniform"] + 6 * ["binomial"]

        def update(batch):
            step = len(schedule["sizes"]) + 1
            rates = self.learning_rate.get_value(), self.learning_rule.momentum.get_value()
            given = fill(used, settings, random, len(batch))
            function(batch)
            found["step%02d_x" % step] = batch
            found.update(("step%02d_%s" % (step, name), value) for name, value in given.items())
            values = (float(rates[0]), float(rates[1]), train.model.monitor.get_epochs_seen() + 1, len(batch))
            for name, value in zip(schedule, values):
                schedule[name].append(value)
            if step in settings["params_after"]:
                found.update(("after%02d_%s" % (step, n), v.get_value()) for n, v in parameters.items())
            if step == settings["steps"]:
                raise Stop()

        self.sgd_update = update

    SGD.setup = setup_and_wrap
    try:
        train.main_loop()
    except Stop:
        pass
    for name, values in schedule.items():
        found[name] = np.array(values, "float32" if name in ("learning_rates", "momenta") else "int32")


def fill(used, s, random, m):
    """Draw noise and masks for m images into the shared variables; return them by name."""
    if s.get("tfd"):
        noise = random.normal(size=(m, s["noise"])).astype("float32")
    else:
        noise = random.uniform(used[0]["low"], used[0]["high"], size=(m, s["noise"])).astype("float32")
    sizes = 2 * [s["pixels"], s["maxout"], s["maxout"]]
    masks = [(random.uniform(size=(m, n)) < draw["p"]).astype("float32") for n, draw in zip(sizes, used[1:])]
    for draw, value in zip(used, [noise] + masks):
        draw["variable"].set_value(value)
    given = OrderedDict([("z", noise)])
    for i in range(3):
        given["mask_real%d" % i], given["mask_fake%d" % i] = masks[i].astype("uint8"), masks[3 + i].astype("uint8")
    return given


if __name__ == "__main__":
    main()
