"""What the demonstration refuses before it begins to work, and how it names things."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from streetsense.cli.main import app
from streetsense.demo import demo_own_photos
from streetsense.demo.own_photos import safe_name
from streetsense.errors import InputError
from streetsense.progress import Silent
from streetsense.study.folder import checked_name


@pytest.mark.parametrize(
    ("column", "name"),
    [("score", "score"), ("share (%)", "share"), ("2019/income [USD]", "2019_income_USD"), ("%", "target")],
)
def test_a_column_lends_its_letters_and_digits_to_the_predictor(column: str, name: str) -> None:
    assert safe_name(column) == name


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=200))
def test_any_column_gives_a_name_that_a_study_accepts(column: str) -> None:
    assert checked_name(f"predicted_{safe_name(column)}", "name")
    assert checked_name(safe_name(column), "name")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("wealth", "^target: there is no column 'wealth'; the columns are file, lat, lon, place"),
        ("place", "^target: 'place' holds 'market', which is no number"),
    ],
)
def test_a_target_that_cannot_be_predicted_is_refused_before_photos_are_fetched(
    tmp_path: Path, target: str, sentence: str
) -> None:
    table = tmp_path / "photos.csv"
    pd.DataFrame({"file": ["1.jpg"], "lat": [1.0], "lon": [2.0], "place": ["market"]}).to_csv(table, index=False)
    with pytest.raises(InputError, match=sentence):
        demo_own_photos(tmp_path / "demo", tmp_path / "photos", table, target, screen=Silent())
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--table", "t.csv"], "table: it describes photos; give their folder with --photos."),
        (["--target", "score"], "target: it names a column of a table of photos; give --photos and --table."),
    ],
)
def test_what_describes_photos_is_refused_without_photos(tmp_path: Path, options: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), *options])
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert not (tmp_path / "demo").exists()
