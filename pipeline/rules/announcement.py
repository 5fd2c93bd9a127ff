"""What a run will do and how long it takes, in words, before it starts."""

from collections.abc import Iterable

from pipeline.config.params import Params


def announcement(params: Params, targets: Iterable[str] = ("all",)) -> str:
    """Say what these targets do; empty where it is a matter of seconds."""
    if set(targets) <= {"all", "all_runs"}:
        return _of_runs(params)
    return _of_claims(params) if set(targets) == {"claims"} else ""


def _of_claims(params: Params) -> str:
    claims = params.claims
    lines = [f"The paper's claims at scale {params.scale}. A stopped run resumes where it was."]
    lines.append(f"  games with known answers: {claims.toys} seeds each")
    trained = f"{len(claims.experiments)} variants, {claims.seeds} seeds of {claims.epochs} epochs each"
    return "\n".join([*lines, f"  {params.experiment(claims.code).dataset}: {trained}"])


def _of_runs(params: Params) -> str:
    lines = [f"Scale {params.scale}, as a whole: {params.cost}. A stopped run resumes where it was."]
    for experiment in map(params.experiment, params.experiments):
        epochs = f"{'up to ' * (experiment.selection == 'validation')}{experiment.epochs} epochs each"
        first = f"  after {experiment.pretraining.epochs} epochs of pretraining" if experiment.pretraining else ""
        n = len(params.seeds(experiment.name))
        lines.append(f"  {experiment.label}: {n} seed{'s' * (n > 1)}, {epochs}{first}")
    for name in params.asked:
        if name not in params.experiments:
            lines.append(f"  {name}: skipped; {params.dataset(params.dataset_of(name)).how_to_supply}")
    return "\n".join(lines)
