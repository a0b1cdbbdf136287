"""Trees, staging, pages, merges, references: state without HTTP."""

from __future__ import annotations

import random

import pytest
from catchment.local.lakefs.errors import InvalidError, MergeConflictError
from catchment.local.lakefs.listing import Group, Window, page_of, upper_bound
from catchment.local.lakefs.merging import merged, three_dot, two_dot
from catchment.local.lakefs.refs import RefExpression, check_branch_name, check_tag_name, parse_ref
from catchment.local.lakefs.trees import BranchView, Entry, Forest, Staging, Tree


def entry(checksum: str = "c", **more: object) -> Entry:
    """Return an object version."""
    values = {"address": "s3://b/k", "size": 1, "checksum": checksum, "content_type": "t", "mtime": 0, **more}
    return Entry(**values)


def tree(forest: Forest | None = None, **paths: str) -> Tree:
    """Return a tree with these check sums."""
    empty = Tree.empty(forest or Forest())
    return empty.apply({path: entry(checksum) for path, checksum in paths.items()})


def test_tree_id_depends_on_content_only():
    """Two histories that end in the same objects end in the same id."""
    direct = tree(a="1", b="2")
    detour = tree(a="9", c="3").apply({"a": entry("1"), "b": entry("2"), "c": None})
    assert direct.id == detour.id
    assert direct.id != tree(a="1", b="3").id


def test_place_and_time_are_no_part_of_identity():
    """An object written again elsewhere and later is the same version."""
    assert entry(mtime=5, address="s3://b/other").identity == entry().identity
    assert entry(metadata={"k": "v"}).identity != entry().identity


def test_forgotten_listings_are_rebuilt():
    """Trees whose listing was dropped still answer from their changes."""
    forest = Forest(kept=2)
    trees = [Tree.empty(forest)]
    for number in range(50):
        trees.append(trees[-1].apply({f"k{number:02d}": entry(), f"k{number - 3:02d}": None}))
    assert [path for path, _ in trees[10].scan("")] == ["k07", "k08", "k09"]
    assert [path for path, _ in trees[50].scan("k48")] == ["k48", "k49"]


def test_order_is_that_of_utf8_bytes():
    """Keys sort by their bytes, beyond the basic plane too."""
    names = ["a", "B", "é", "\uffff", "\U0001f600", "z", "a/b", "a-b"]
    listed = [path for path, _ in Tree.empty(Forest()).apply(dict.fromkeys(names, entry())).scan("")]
    assert listed == sorted(names, key=lambda name: name.encode())


def test_view_lays_staging_over_the_tree():
    """Staged objects replace, tombstones hide, order is kept."""
    staging = Staging()
    for path, staged in {"b": None, "c": entry("new"), "a0": entry("added"), "zz": None}.items():
        staging.set(path, staged)
    view = BranchView(tree(a="1", b="2", c="3", d="4"), staging)
    assert [(path, found.checksum) for path, found in view.scan("a0")] == [("a0", "added"), ("c", "new"), ("d", "4")]
    assert view.get("b") is None


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("prefix", ["", "d1", "d1/", "d1/e"])
@pytest.mark.parametrize("amount", [1, 2, 7])
def test_pages_make_one_list(delimiter: str, prefix: str, amount: int):
    """Pages of any size, put together, are the list in one piece."""
    names = [f"d{i % 3}/e{i % 5}/f{i}" for i in range(40)] + ["d1", "d1/", "top"]
    view = tree(**dict.fromkeys(names, "1"))
    whole = page_of(view.scan, Window(prefix, "", delimiter, 1000)).items
    pieces, after = [], ""
    while True:
        page = page_of(view.scan, Window(prefix, after, delimiter, amount))
        pieces += page.items
        if not page.has_more:
            break
        after = page.next_offset
    assert pieces == whole
    if not delimiter:
        assert [path for path, _ in whole] == sorted(name for name in names if name.startswith(prefix))
    assert all(path.endswith("/") for path, item in whole if isinstance(item, Group))


def test_upper_bound_is_just_above_the_prefix():
    """Everything that starts with the prefix is below its bound, and the bound itself does not."""
    assert upper_bound("a/") == "a0"
    assert upper_bound("a\U0010ffff") == "b"
    assert upper_bound("") is None


def test_diffs_of_two_trees():
    """Added, removed and changed paths, in order; equal versions are silent."""
    forest = Forest()
    left, right = tree(forest, a="1", b="1", c="1"), tree(forest, b="2", c="1", d="1")
    assert [(c.type, c.path) for c in two_dot(left, right)] == [("removed", "a"), ("changed", "b"), ("added", "d")]


CASES = [
    # base, destination, source, diff type, merged or None for a clash
    ("1", "1", "1", None, "1"),
    ("1", "1", "2", "changed", "2"),
    ("1", "2", "1", None, "2"),
    ("1", "2", "2", None, "2"),
    ("1", "2", "3", "conflict", None),
    ("1", "1", None, "removed", ""),
    ("1", None, "1", None, ""),
    ("1", None, None, None, ""),
    ("1", "2", None, "conflict", None),
    ("1", None, "2", "conflict", None),
    (None, None, "1", "added", "1"),
    (None, "1", None, None, "1"),
    (None, "1", "1", None, "1"),
    (None, "1", "2", "conflict", None),
]


@pytest.mark.parametrize(("base", "mine", "theirs", "shown", "result"), CASES)
def test_three_way_merge_of_one_path(base, mine, theirs, shown, result):
    """Only the source's own changes count; two different changes of one path clash."""
    forest = Forest()
    trees = [tree(forest, **({"p": checksum} if checksum else {})) for checksum in (base, mine, theirs)]
    assert [change.type for change in three_dot(*trees)] == ([shown] if shown else [])
    if result is None:
        with pytest.raises(MergeConflictError):
            merged(*trees)
        for strategy, winner in (("source-wins", theirs), ("dest-wins", mine)):
            found = merged(*trees, strategy).get("p")
            assert (found.checksum if found else None) == winner
    else:
        found = merged(*trees).get("p")
        assert (found.checksum if found else "") == result


def test_random_merges_agree_with_a_plain_model():
    """The merge over tree chains gives what a merge over plain dictionaries gives."""
    dice = random.Random(7)
    for _ in range(60):
        forest = Forest(kept=3)
        base = tree(forest, **{f"p{i}": str(dice.randrange(3)) for i in range(8)})
        sides = []
        for _ in range(2):
            side = base
            for _ in range(dice.randrange(4)):
                path = f"p{dice.randrange(10)}"
                side = side.apply({path: dice.choice([None, entry(str(dice.randrange(3)))])})
            sides.append(side)
        flat = [{path: found.checksum for path, found in each.scan("")} for each in (base, *sides)]
        expected = dict(flat[1])
        for path in {*flat[0], *flat[2]}:
            if flat[2].get(path) != flat[0].get(path):
                expected[path] = flat[2].get(path)
        result = merged(base, *sides, "source-wins")
        assert {path: found.checksum for path, found in result.scan("")} == {k: v for k, v in expected.items() if v}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main", RefExpression("main")),
        ("main@", RefExpression("main", view="@")),
        ("main$", RefExpression("main", view="$")),
        ("v1.2~", RefExpression("v1.2", (("~", 1),))),
        ("x~3^2^0", RefExpression("x", (("~", 3), ("^", 2), ("^", 0)))),
    ],
)
def test_references_are_parsed(text: str, expected: RefExpression):
    """Base, steps from left to right, and the view."""
    assert parse_ref(text) == expected


@pytest.mark.parametrize("text", ["", "a b", "main@~1", "main~1@", "main@$", "~1"])
def test_bad_references_are_refused(text: str):
    """No spaces, nothing combined with a view, always a base."""
    with pytest.raises(InvalidError):
        parse_ref(text)


@pytest.mark.parametrize("name", ["v1.2", "a/b", "x~y", "ünïcode", "a+b"])
def test_tag_names_follow_git(name: str):
    """Dots, slashes and signs inside are fine in tags."""
    check_tag_name(name)


@pytest.mark.parametrize("name", ["", "@", "a..b", "/a", "a/", "a//b", "a@{", "a b", "a.lock", "a.", "a:b", "a[b"])
def test_bad_tag_names_are_refused(name: str):
    """What git refuses, the server refuses."""
    with pytest.raises(InvalidError):
        check_tag_name(name)


@pytest.mark.parametrize("name", ["a/b", "a.b", "-a", "", "é"])
def test_bad_branch_names_are_refused(name: str):
    """Branches have word characters and dashes only."""
    with pytest.raises(InvalidError):
        check_branch_name(name)
