from hypothesis import given
from hypothesis import strategies as st

from federation.organizations.clusters import cluster
from federation.organizations.matching import Link, Method

STRONG, WEAK = Method.NUMBER, Method.NAME_AND_FORM


def link(left, right, method=STRONG):
    return Link(*sorted((left, right)), method, {})


def never(left, right):
    return False


def apart(*pairs):
    torn = {frozenset(pair) for pair in pairs}
    return lambda left, right: frozenset((left, right)) in torn


def test_links_make_groups_through_a_third_record():
    found = cluster([link("a", "b"), link("b", "c"), link("x", "y")], never)
    assert found.groups == (("a", "b", "c"), ("x", "y"))
    assert len(found.links) == 3


def test_record_that_fits_two_contradicting_ones_is_left_open():
    found = cluster([link("a", "b"), link("b", "c")], apart("ac"))
    assert found.groups == ()
    assert found.links == ()


def test_stronger_link_stands_where_a_weaker_one_contradicts():
    found = cluster([link("a", "b"), link("b", "c", WEAK)], apart("ac"))
    assert found.groups == (("a", "b"),)
    assert found.links == (link("a", "b"),)


def test_decision_that_two_are_one_overrules_what_contradicts():
    assert cluster([], apart("ab"), same=["ab"]).groups == (("a", "b"),)


def test_group_that_was_decided_still_grows():
    found = cluster([link("b", "c")], apart("ab"), same=["ab"])
    assert found.groups == (("a", "b", "c"),)


def test_decision_that_two_differ_overrules_links_between_and_around_them():
    assert cluster([link("a", "b")], never, different=["ab"]).groups == ()
    assert cluster([link("a", "c"), link("c", "b")], never, different=["ab"]).groups == ()


KEYS = st.sampled_from("abcdefgh")
PAIRS = st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1])
LINKS = st.builds(lambda pair, method: link(*pair, method), PAIRS, st.sampled_from([STRONG, WEAK]))


@given(
    st.lists(LINKS, max_size=15, unique_by=lambda one: one.pair),
    st.sets(PAIRS, max_size=6),
    st.randoms(),
)
def test_order_changes_nothing_and_no_group_holds_a_contradiction(links, torn, random):
    clash = apart(*torn)
    found = cluster(links, clash)
    random.shuffle(links)
    assert cluster(links, clash) == found
    for group in found.groups:
        assert not any(clash(left, right) for left in group for right in group if left != right)
