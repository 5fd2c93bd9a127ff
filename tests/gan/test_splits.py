"""Parts of a data set in file order."""

from gan.splits import TEST, TRAIN, VALIDATION, consecutive_split


def test_consecutive_split_in_file_order():
    assert consecutive_split(2, 1, 3).tolist() == [TRAIN, TRAIN, VALIDATION, TEST, TEST, TEST]
