"""Train the authors' 2014 code on its own mnist.yaml; if killed, the same command resumes from the last whole epoch.

For Python 2.7 with Theano 0.7 (../setup.sh). Into FOLDER, each file written whole under another name and then renamed:

  state.pkl       after each epoch: everything that the next one depends on (`Run.shared` and `Run.counters`), 32 MB
  curve.csv       a row per epoch: means over its minibatches, dropout active, before the update; seconds of training
  epoch-NNNN.npz  every KEEP-EVERY epochs: the generator's parameters as float16 (5 MB; costs 0.003 to 0.006 nats)
  mnist.yaml      the settings in use

The updates are the original's, and so is the main loop. What differs from pylearn2's scripts/train.py on mnist.yaml:

- the model is not pickled after each epoch (state.pkl is written instead), and training stops after --epochs;
- validation images are not monitored, a third of the time. Monitoring touches no update, but *building* its graph draws
  seeds from the very generators that noise and masks come from: so the graph is built here too, and never run;
- sgd_update has outputs, for curve.csv (`Watcher.with_outputs`);
- --weights-seed replaces the seeds of weights, masks, noise and the order of the images.

example:
  nice -n 19 "$PY" benchmarks/original/python2/train.py work/original/own --epochs 1000
"""

from __future__ import print_function

import argparse
import cPickle
import fcntl
import os
import zlib

import adversarial
import numpy as np
from pylearn2.models.mlp import MLP
from pylearn2.monitor import Monitor
from pylearn2.scripts.train import train
from pylearn2.train import Train
from pylearn2.training_algorithms import sgd
from pylearn2.training_algorithms.learning_rule import Momentum
from theano.sandbox.rng_mrg import MRG_RandomStreams

COLUMNS = "epoch,d_obj,g_obj,D(x),D(G(z)),seconds"
NOISE_SEED = 2014 * 5 + 27  # of the original's generator
SEEDS = (  # where mnist.yaml gets a seed, and the numbers that it begins with there
    ("nvis: 100,", "2013, 1"),  # weights of G; in the original [2013, 1, 4]
    ("nvis: 784,", "2013, 1"),  # weights of D and seeds of its masks; in the original [2013, 1, 4] too
    ("batch_size: 100,", "2012, 10"),  # order of the images; in the original [2012, 10, 5]
)


def main():
    args = parse()
    folder = os.path.abspath(args.folder)
    if not os.path.isdir(folder):
        os.makedirs(folder)
    lock = open(os.path.join(folder, "lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # IOError: another process trains in this folder
    path = args.yaml or os.path.join(os.path.dirname(adversarial.__file__), "mnist.yaml")
    yaml = open(path).read()
    if args.weights_seed is not None:
        yaml = reseeded(yaml, args.weights_seed)
    settings = os.path.join(folder, "mnist.yaml")
    assert not os.path.exists(settings) or open(settings).read() == yaml, folder + " is of other settings"
    write(settings, lambda file: file.write(yaml))
    if not args.monitor:
        Monitor.__call__ = lambda self: None
    drive(Watcher(), args, folder, yaml)
    train(settings, timestamp=True, time_budget=args.seconds)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--weights-seed", type=int, metavar="N", help="instead of the original's seeds")
    parser.add_argument("--epochs", type=int, default=1000, help="in all, earlier runs included (default 1000)")
    parser.add_argument("--seconds", type=int, help="start no epoch after so many seconds")
    parser.add_argument("--keep-every", type=int, default=10, help="epochs between kept generators (default 10)")
    parser.add_argument("--yaml", metavar="FILE", help="instead of the repository's mnist.yaml")
    parser.add_argument("--monitor", action="store_true", help="monitor all the same; its draws are not saved")
    return parser.parse_args()


def reseeded(yaml, seed):
    """Return the settings with other seeds; the generator's noise gets another one, too."""
    for place, first in SEEDS:
        assert yaml.count(place) == 1
        yaml = yaml.replace(place, "%s seed: [%s, %d]," % (place, first, seed))
    init = adversarial.Generator.__init__

    def seeded(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.theano_rng = MRG_RandomStreams(NOISE_SEED + seed)

    adversarial.Generator.__init__ = seeded
    return yaml


def write(path, save):
    """Write a file whole or not at all; `save` gets the open file."""
    with open(path + ".tmp", "wb") as file:
        save(file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".tmp", path)


class Watcher(object):
    """What the original makes on its way, kept as it comes by; the methods that make it do what they did.

    Attributes:
        streams: a shared state for each draw of noise or masks.
        passes: outputs of D with dropout; objectives: of AdversaryCost2.
        updates: velocity, parameter, velocity, ... of both networks.
        compiled: the functions called sgd_update.
        steps: a row per minibatch, for curve.csv.
    """

    def __init__(self):
        self.streams, self.passes, self.objectives, self.updates, self.compiled, self.steps = [], [], [], [], [], []
        record(MRG_RandomStreams, "pretty_return", lambda _, args: self.streams.append(args[0]))
        record(MLP, "dropout_fprop", lambda out, _: self.passes.append(out))
        record(adversarial.AdversaryCost2, "get_samples_and_objectives", lambda out, _: self.objectives.append(out))
        record(Momentum, "get_updates", lambda updates, _: self.updates.append(updates.keys()))
        self.function = sgd.function
        sgd.function = self.with_outputs

    def with_outputs(self, inputs, **kwargs):
        """theano.function, but each call of sgd_update leaves its objectives and D's means in `steps`.

        As outputs of sgd_update they would change the code that Theano compiles for it, and last bits of parameters.
        Its outputs are the two products before D's output bias, which it computes anyway; another function does the
        rest.
        """
        if kwargs.get("name") != "sgd_update":
            return self.function(inputs, **kwargs)
        (samples, d_obj, g_obj, _), (sampled, on_data, on_samples) = self.objectives[-1], self.passes[-3:]
        assert sampled is samples
        products = [y.owner.inputs[0].owner.inputs[0] for y in (on_data, on_samples)]  # y = sigmoid(product + bias)
        bias = on_data.owner.inputs[0].owner.inputs[1].owner.inputs[0]
        before = bias.type()  # sgd_update updates the bias: its value from before is an input
        means = self.function(
            list(inputs) + products + [before],
            outputs=[d_obj, g_obj, on_data.mean(), on_samples.mean()],
            givens={bias: before},
            on_unused_input="ignore",
        )
        update = self.function(inputs, outputs=products, **kwargs)
        self.compiled.append(update)

        def step(*batch):
            value = [bias.get_value()]
            self.steps.append([float(mean) for mean in means(*(list(batch) + update(*batch) + value))])

        return step


def record(owner, name, keep):
    """Let keep(result, arguments) see each call of a method, which does what it did."""
    method = getattr(owner, name)

    def recorded(self, *args, **kwargs):
        result = method(self, *args, **kwargs)
        keep(result, args)
        return result

    setattr(owner, name, recorded)


class Run(object):
    """Everything that changes from epoch to epoch and is not made anew from the settings."""

    def __init__(self, watcher, train, folder, yaml, keep_every):
        self.watcher, self.folder, self.keep_every = watcher, folder, keep_every
        self.order, self.curve, self.saved = train.algorithm.rng, [], None
        (decay,), (adjustor,) = train.algorithm.update_callbacks, train.extensions
        self.counters = [
            (decay, ("_count", "_base_lr", "_min_reached")),
            (adjustor, ("_count", "_initialized", "_init_momentum")),
            (train.model.monitor, ("_epochs_seen", "_num_batches_seen", "_examples_seen")),
        ]
        inputs = [variable for variable in watcher.compiled[-1].maker.inputs if variable.shared]
        used = set(variable.variable for variable in inputs)
        draws = [state for state in watcher.streams if state in used]  # in the order in which they were made
        self.shared = shared_variables(train, watcher.updates[-1], draws)
        assert set(v.variable for v in inputs if v.update is not None) <= set(self.shared.values())
        # The same settings make the same draws in the same order: compared when a run resumes.
        self.made = [yaml, [zlib.crc32(np.ascontiguousarray(state.get_value()).data) for state in draws]]

    def save(self, epoch, seconds):
        """Write the state after an epoch."""
        if epoch == self.saved:  # Train saves once more at its end
            return
        self.curve.append([epoch] + np.mean(self.watcher.steps, axis=0).tolist() + [seconds])
        del self.watcher.steps[:]
        values = dict((name, variable.get_value()) for name, variable in self.shared.items())
        if epoch % self.keep_every == 0:
            kept = dict((n, v.astype("float16")) for n, v in values.items() if n.startswith("generator."))
            write(self.path("epoch-%04d.npz" % epoch), lambda file: np.savez(file, **kept))
        counters = [[getattr(owner, name) for name in names] for owner, names in self.counters]
        state = {"made": self.made, "order": self.order.get_state(), "curve": self.curve, "shared": values}
        state["counters"] = counters
        write(self.path("state.pkl"), lambda file: cPickle.dump(state, file, 2))
        self.saved = epoch
        self.write_curve()

    def load(self):
        """Resume from the last whole epoch, if there is one."""
        if not os.path.exists(self.path("state.pkl")):
            return
        with open(self.path("state.pkl"), "rb") as file:
            state = cPickle.load(file)
        assert state["made"] == self.made, "the state is of other settings, or its draws come in another order"
        assert sorted(state["shared"]) == sorted(self.shared)
        for name, variable in self.shared.items():
            variable.set_value(state["shared"][name])
        for (owner, names), values in zip(self.counters, state["counters"]):
            owner.__dict__.update(zip(names, values))
        self.order.set_state(state["order"])
        self.curve, self.saved = state["curve"], state["curve"][-1][0]
        self.write_curve()

    def write_curve(self):
        rows = ["%d,%.6f,%.6f,%.6f,%.6f,%.2f\n" % tuple(row) for row in self.curve]
        write(self.path("curve.csv"), lambda file: file.writelines([COLUMNS + "\n"] + rows))

    def path(self, name):
        return os.path.join(self.folder, name)


def shared_variables(train, updates, draws):
    """Return all that updates change, by name: rates, parameters, velocities, states of the draws."""
    algorithm, model = train.algorithm, train.model
    velocity = dict(zip(updates[1::2], updates[0::2]))
    found = {"learning rate": algorithm.learning_rate, "momentum": algorithm.learning_rule.momentum}
    for net, mlp in (("generator", model.generator.mlp), ("discriminator", model.discriminator)):
        for parameter in mlp.get_params():
            name = "%s.%s" % (net, parameter.name)
            found[name], found["velocity of " + name] = parameter, velocity[parameter]
    found.update(("draw %d" % index, state) for index, state in enumerate(draws))
    return found


def drive(watcher, args, folder, yaml):
    """Let pylearn2's main loop save with `Run`, resume, and stop."""
    runs = []
    callbacks, exceeded = Train.run_callbacks_and_monitoring, Train.exceeded_time_budget

    def callbacks_then_load(self):
        """At the first call everything is set up and nothing trained; what callbacks do then is undone by loading."""
        result = callbacks(self)
        if not runs:
            runs.append(Run(watcher, self, folder, yaml, args.keep_every))
            runs[0].load()
            print("starts after epoch %d" % self.model.monitor.get_epochs_seen())
        return result

    def save(self):
        runs[0].save(self.model.monitor.get_epochs_seen(), float(self.training_seconds.get_value()))

    def is_over(self, *rest):
        return self.model.monitor.get_epochs_seen() >= args.epochs or exceeded(self, *rest)

    Train.run_callbacks_and_monitoring, Train.save, Train.exceeded_time_budget = callbacks_then_load, save, is_over


if __name__ == "__main__":
    main()
