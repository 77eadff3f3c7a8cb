"""Predictors in memory and on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from streetsense.errors import InputError, StreetSenseError
from streetsense.indicators import Predictor, load_predictor
from streetsense.indicators.conformal import Interval
from streetsense.indicators.linear_model import ModelName, fit_linear
from streetsense.indicators.novelty import fit_novelty
from streetsense.indicators.predictor import PredictorRecord
from streetsense.indicators.published import urbanstcl_protocol
from streetsense.indicators.training import train
from streetsense.indicators.validation import Recipe, Samples, validate
from streetsense.progress import Silent


class Listener(Silent):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def samples(n: int = 150, d: int = 20, seed: int = 0, *, classes: bool = False) -> Samples:
    random = np.random.default_rng(seed)
    features = random.normal(3, 2, (n, d)) * np.linspace(0.1, 10, d)
    score = features[:, 0] * 10 - features[:, 5] + random.normal(0, 1, n)
    return Samples(
        features, (score > np.median(score)).astype(float) if classes else score, random.random((n, 2)) * 5000
    )


#: 2.5 wide at every prediction.
CONSTANT = Interval(quantile=2.5, base=1, slope=0, centre=0, lowest=0, highest=0, least=0.1)


def predictor(kind: ModelName = "lasso", interval: Interval | None = CONSTANT) -> Predictor:
    data = samples(classes=kind == "logistic")
    linear = fit_linear(data.features, data.target, kind, penalties=20)
    familiar = fit_novelty(linear.standardise(data.features))
    record = PredictorRecord(
        name="p",
        task="classify" if kind == "logistic" else "regress",
        model=kind,
        target="income",
        samples="units",
        dimension=20,
        n_samples=150,
        intercept=linear.intercept,
        penalty=linear.penalty,
        nonzero=int((linear.coefficients != 0).sum()),
        interval=interval,
        novelty_rest=familiar.rest,
        novelty_limit=familiar.limit,
        scores=[],
        labels_source="tracts.geojson",
        training={},
        seed=42,
        created="2026-01-01T00:00:00+00:00",
        software="StreetSense",
    )
    return Predictor(record, linear, familiar)


@pytest.mark.parametrize("kind", ["lasso", "ridge", "logistic"])
def test_a_saved_predictor_predicts_the_same_after_loading(kind: ModelName, tmp_path: Path) -> None:
    made = predictor(kind)
    made.save(tmp_path / "p")
    loaded = load_predictor(tmp_path / "p")
    new = samples(seed=9).features
    assert loaded.record.model_copy(update={"arrays": ""}) == made.record
    assert np.array_equal(loaded.predict(new).value, made.predict(new).value)
    assert loaded.predict(new).novelty == pytest.approx(made.predict(new).novelty, rel=1e-4)


@pytest.mark.parametrize("kind", ["lasso", "ridge", "logistic"])
def test_linear_weights_in_raw_embedding_space_give_the_prediction(kind: ModelName) -> None:
    made = predictor(kind)
    new = samples(seed=9).features
    w, b = made.linear_weights()
    assert w.shape == (1, 20)
    output = (new @ w.T + b)[:, 0]
    expected = 1 / (1 + np.exp(-output)) if kind == "logistic" else output
    assert made.predict(new).value == pytest.approx(expected, rel=1e-9)


def test_the_interval_lies_around_the_value_and_is_nan_without_a_promise() -> None:
    new = samples(seed=9).features
    with_interval, without = predictor().predict(new), predictor(interval=None).predict(new)
    inside = ~with_interval.outside
    assert (with_interval.upper - with_interval.value)[inside] == pytest.approx(2.5)
    assert (with_interval.value - with_interval.lower)[inside] == pytest.approx(2.5)
    assert np.isnan(without.lower).all() and np.isnan(without.upper).all()


def test_the_interval_grows_with_the_distance_to_the_training_samples() -> None:
    far = predictor().predict(samples(seed=9).features * 20)
    assert far.outside.all()
    assert (far.upper - far.value) == pytest.approx(2.5 * far.novelty)


def test_no_file_of_a_predictor_is_a_pickle(tmp_path: Path) -> None:
    predictor().save(tmp_path / "p")
    arrays, record = sorted((tmp_path / "p").iterdir())
    assert record.name == "predictor.json"
    assert json.loads(record.read_text())["target"] == "income"
    with np.load(arrays, allow_pickle=False) as stored:
        assert stored["coefficients"].shape == (20,)


def test_saving_again_replaces_the_arrays_and_leaves_one_pair_of_files(tmp_path: Path) -> None:
    predictor("lasso").save(tmp_path / "p")
    predictor("ridge").save(tmp_path / "p")
    assert len(list((tmp_path / "p").iterdir())) == 2
    assert load_predictor(tmp_path / "p").record.model == "ridge"


def test_damaged_arrays_are_noticed(tmp_path: Path) -> None:
    predictor().save(tmp_path / "p")
    (arrays,) = (tmp_path / "p").glob("*.npz")
    arrays.write_bytes(arrays.read_bytes()[:-10] + b"0123456789")
    with pytest.raises(StreetSenseError, match="missing or damaged"):
        load_predictor(tmp_path / "p")


def test_an_unknown_predictor_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    predictor().save(tmp_path / "income")
    with pytest.raises(InputError, match=r"^predictor: there is no predictor 'incom'; there are income\.$"):
        load_predictor(tmp_path / "incom")


def test_a_predictor_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    predictor().save(tmp_path / "p")
    path = tmp_path / "p" / "predictor.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    with pytest.raises(InputError, match="newer StreetSense"):
        load_predictor(tmp_path / "p")


def test_features_of_another_dimension_are_refused() -> None:
    with pytest.raises(InputError, match="takes 20 values a sample and was given 8"):
        predictor().predict(np.zeros((3, 8)))


def test_samples_like_the_training_ones_are_inside_and_strange_ones_outside() -> None:
    made = predictor()
    alike, strange = samples(n=1000, seed=5).features, samples(n=50, seed=6).features
    strange[:, 3] += 40
    assert made.predict(alike).outside.mean() < 0.05
    assert made.predict(strange).outside.all()


def test_a_direction_never_seen_in_training_counts_as_novel() -> None:
    random = np.random.default_rng(0)
    flat = random.normal(size=(300, 4)) @ random.normal(size=(4, 30))  # 30 dimensions, 4 of them used
    familiar = fit_novelty(flat - flat.mean(axis=0))
    aside = random.normal(size=30)
    aside -= np.linalg.lstsq(flat.T, aside, rcond=None)[0] @ flat
    assert familiar.novelty(aside[None])[0] > 10


def test_about_one_percent_of_the_training_samples_counts_as_outside() -> None:
    made, data = predictor(), samples()
    assert made.predict(data.features).outside.mean() <= 0.02


def test_nothing_of_a_test_fold_reaches_the_model() -> None:
    # Pure noise: whoever selects or scales with the test rows finds something in it.
    random = np.random.default_rng(0)
    noise = Samples(random.normal(size=(80, 200)), random.normal(size=80), random.random((80, 2)) * 1000)
    for result in validate(noise, Recipe("lasso", penalties=20), Silent()):
        assert result.scores["r2"].value is not None and result.scores["r2"].value < 0.1


def test_the_blocked_split_sees_through_a_model_that_knows_only_the_place() -> None:
    # Features say where a sample is; the target is a field that cannot be extrapolated.
    random = np.random.default_rng(1)
    xy = random.random((600, 2)) * 10_000
    waves = [np.sin(xy @ v) for v in random.normal(0, 1 / 900, (150, 2))]
    target = np.sin(xy[:, 0] / 900) * np.cos(xy[:, 1] / 900)
    recipe = Recipe("ridge", block_size=3300)
    found = {r.protocol: r for r in validate(Samples(np.stack(waves, 1), target, xy), recipe, Silent())}
    k_fold, blocked = (found[name].scores["r2"].value or 0.0 for name in ("k_fold", "blocked"))
    assert k_fold > blocked + 0.1


def test_the_published_protocol_reports_the_mean_r2_of_its_folds_and_says_that_it_leaks() -> None:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LassoCV
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import StandardScaler

    data = samples(n=120)
    reduced = PCA(0.99).fit_transform(StandardScaler().fit_transform(data.features))
    r2 = []
    for train_rows, test_rows in KFold(5, shuffle=True, random_state=42).split(reduced):
        model = LassoCV(cv=5, max_iter=5000, random_state=42).fit(reduced[train_rows], data.target[train_rows])
        r2.append(model.score(reduced[test_rows], data.target[test_rows]))
    ours = urbanstcl_protocol(data, Silent())
    assert ours.leaks
    assert ours.scores["r2"].value == pytest.approx(np.mean(r2), abs=1e-6)


def test_training_judges_fits_and_calibrates() -> None:
    trained = train(samples(), Recipe("ridge"), Silent())
    assert trained.interval is not None and 1 < trained.interval.typical < 4
    k_fold = trained.scores[1]
    assert k_fold.scores["r2"].value is not None and k_fold.scores["r2"].value > 0.9
    assert k_fold.baseline["r2"] is not None and k_fold.baseline["r2"] < 0.05


def test_classification_reports_auc_beside_balanced_accuracy_and_a_majority_baseline() -> None:
    trained = train(samples(classes=True), Recipe("logistic"), Silent())
    scores = trained.scores[1].scores
    assert list(scores) == ["accuracy", "recall", "f1", "auc", "balanced_accuracy"]
    assert scores["auc"].value is not None and scores["auc"].value > 0.9
    assert trained.scores[1].baseline["accuracy"] == pytest.approx(0.5, abs=0.05)
    assert trained.interval is None


@pytest.mark.parametrize(("n", "d"), [(120, 20), (40, 90)])
def test_lasso_chooses_the_penalty_that_the_published_search_chooses(n: int, d: int) -> None:
    from sklearn.linear_model import LassoCV
    from sklearn.preprocessing import StandardScaler

    data = samples(n=n, d=d)
    standardised = StandardScaler().fit_transform(data.features)
    search = LassoCV(cv=5, max_iter=5000, random_state=42, precompute=False).fit(standardised, data.target)
    ours = fit_linear(data.features, data.target, "lasso")
    assert ours.penalty == pytest.approx(search.alpha_)
    assert ours.predict(data.features) == pytest.approx(search.predict(standardised), abs=0.05 * np.std(data.target))


def test_ridge_looks_further_when_the_best_penalty_is_the_last_of_its_grid() -> None:
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    features = random.normal(size=(400, 5))
    exact = fit_linear(features, features @ np.arange(1.0, 6.0) + random.normal(0, 1e-2, 400), "ridge")
    assert exact.penalty < 0.1
    # A faint signal that thousands of columns repeat wants a penalty beyond 100,000.
    random = np.random.default_rng(3)
    signal = random.normal(size=200)
    columns = signal[:, None] + random.normal(0, 0.5, (200, 3000))
    target = 0.1 * signal + random.normal(0, 1, 200)
    search = RidgeCV(alphas=np.logspace(-1, 7.5, 35)).fit(StandardScaler().fit_transform(columns), target)
    assert search.alpha_ > 1e5
    assert fit_linear(columns, target, "ridge").penalty == pytest.approx(search.alpha_)


def test_a_penalty_at_the_very_end_is_warned_about() -> None:
    listener, data = Listener(), samples(n=60)
    noiseless = Samples(data.features, data.features @ np.ones(20), data.xy)
    assert train(noiseless, Recipe("ridge"), listener).linear.penalty_at_end
    assert any("is the last one tried" in warning for warning in listener.warnings)


def test_ten_samples_are_enough_and_get_no_interval_that_cannot_be_promised() -> None:
    listener = Listener()
    trained = train(samples(n=10), Recipe("ridge", coverage=0.95), listener)
    assert trained.interval is None
    assert any("too few to promise 95 % coverage" in warning for warning in listener.warnings)


def test_samples_without_positions_are_judged_without_blocks() -> None:
    data = samples()
    trained = train(Samples(data.features, data.target), Recipe("ridge"), Silent())
    assert [score.protocol for score in trained.scores] == ["split", "k_fold"]
    assert trained.scores[0].moran is None


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"n": 9}, "lasso", "labels: only 9 sample"),
        ({"constant": True}, "lasso", "target: it is 5 everywhere"),
        ({"constant": True}, "logistic", "target: every label belongs to one class"),
        ({"missing": True}, "lasso", "features: 1 row"),
        ({"lonely": True}, "logistic", "target: one of the classes has 1 sample"),
    ],
)
def test_samples_that_allow_no_honest_model_are_refused(
    change: dict[str, object], kind: ModelName, sentence: str
) -> None:
    data = samples(n=int(str(change.get("n", 40))), classes=kind == "logistic")
    if "constant" in change:
        data.target[:] = 5 if kind == "lasso" else 1
    if "missing" in change:
        data.features[3, 3] = np.nan
    if "lonely" in change:
        data.target[:] = 0
        data.target[0] = 1
    with pytest.raises(InputError, match=f"^{sentence}"):
        train(data, Recipe(kind), Silent())
