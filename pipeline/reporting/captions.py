"""The report's figures: the section where each is shown, its caption and its alternative text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """What is said of a kind of figure; the section is one of the report's template."""

    section: str
    text: str
    alt: str


CAPTIONS = {
    "table1": Caption(
        "table",
        "Table 1. Bars of quoted rows: standard error over test images (MNIST) or folds (TFD). Ticks of our row: "
        "single seeds. Its bar, shown from 5 seeds on, is the interval in which one more seed is expected.",
        "Table 1 as a dot plot: quoted models and ours, with errors",
    ),
    "progress": Caption(
        "table",
        "The last generator after a number of epochs, scored by the protocol; no choice follows from these test "
        "scores. Diamonds: the kept generators at the greatest length, with the interval of one more run.",
        "Test log-likelihood against epochs of training, one line per seed, with the paper's value as a line",
    ),
    "toy": Caption(
        "figures",
        "Figure 1. The paper's figure is a sketch; this one is trained. Dotted: the data's density; green: the "
        "generator's; dashed: D; thin: the analytic optimum p_data / (p_data + p_g) (Proposition 1). Lines below: "
        "where G maps z, in equally probable steps; z is Gaussian here and uniform in the paper's sketch.",
        "A one-dimensional GAN at four moments: densities of data and samples, D, and the map from z to x",
    ),
    "samples": Caption(
        "figures",
        "Samples, as in Figure 2 of the paper: 20 random draws, not selected. Column 6 is the training image "
        "nearest to column 5.",
        "Generated images in rows of five, each row's nearest training image framed in yellow",
    ),
    "seeds": Caption(
        "figures",
        "The same for every seed, from the generator that training kept, after the epoch named.",
        "Generated images of every seed in rows of five, each row's nearest training image framed in yellow",
    ),
    "training": Caption(
        "figures",
        "Samples during training: the run of the first seed, and the first 8 of 25 draws of z, the same in each epoch. "
        "Neither is selected. Of more than 10 recorded epochs some are shown, at about equal ratios.",
        "Generated images, one row per noise vector, one column per epoch of training",
    ),
    "moving": Caption(
        "figures",
        "The same run with all 25 draws of z, epoch by epoch; the animation repeats and holds the last epoch.",
        "An animation of 25 generated images, one frame per epoch that training recorded",
    ),
    "interpolation": Caption(
        "figures",
        "Figure 3. Images along straight lines in z-space between five random draws, not selected. The paper does "
        "not describe its path; this one is ours.",
        "A strip of generated images that change gradually from one to the next",
    ),
    "audit": Caption(
        "worth",
        "The paper's protocol, applied to images that no network generated. What lies to the right of a line scores "
        "above that GAN; ticks: our seeds. A mean image is a single center.",
        "Rows of images from training images, k-means, a Gaussian and others, beside the score of each",
    ),
    "variance": Caption(
        "worth",
        "The standard deviation of one reported number if only this source were drawn anew, with its interval where "
        "one is known. The paper's ± on MNIST is over test images. 0: other images lead to the same choice.",
        "Dots: standard deviation of one reported number by source of variance, with intervals",
    ),
    "growth": Caption(
        "worth",
        "Only the number of samples changes along the axis; the bandwidth is chosen anew for each number. Grey "
        "line: the number that the protocol uses.",
        "Mean test log-likelihood and chosen bandwidth against the number of samples of one generator",
    ),
    "oracle": Caption(
        "worth",
        "Samples and test points are drawn from a known density; an estimate without error would lie at 0. Bars: sd "
        "over densities. Bandwidths are chosen on validation points, as for a GAN.",
        "Truth minus estimate against dimensions, for known densities and two numbers of samples",
    ),
    "bandwidth": Caption(
        "worth",
        "The bandwidth is chosen on validation images alone. Circles: the authors' 10-point grid.",
        "Mean validation log-likelihood against bandwidth, one curve per seed, chosen points marked",
    ),
    "learning": Caption(
        "training",
        "Training, one line per seed. With dropout active, D's outputs are those it was trained on.",
        "Losses, discriminator outputs and validation log-likelihood against epochs, one line per seed",
    ),
    "rules": Caption(
        "training",
        "Two rules of keeping a generator and of stopping, applied to the same runs. Points: the first 1,000 "
        "validation images, fresh noise each time. Line: all 10,000, the same noise each time. A rule keeps the "
        "greatest value and stops after its patience; the runs continued regardless.",
        "Validation log-likelihood against epochs, one panel per seed, with where two rules keep and stop",
    ),
    "extrapolation": Caption(
        "training",
        "An extrapolation, not a result: the validation curves against the share spent of the sum of all learning "
        "rates. Each seed's line through its second half is continued to the end; the mean of these lines is shown.",
        "Validation log-likelihood against the share of learning rates spent, with lines continued to the end",
    ),
}
