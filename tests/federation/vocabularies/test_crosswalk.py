"""What a crosswalk refuses, and what its digest depends on."""

from enum import auto

import pytest

from federation.errors import DeclarationFault
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.vocabulary import Vocabulary


class Colour(Vocabulary):
    RED = auto()
    BLUE = auto(), "as the sky is"
    UNMAPPED = auto()


class Size(Vocabulary):
    LARGE = auto()


def crosswalk(terms, version=1):
    return Crosswalk("xx.colour", Colour, version, terms)


def test_a_term_is_its_name_and_may_say_what_it_means():
    assert (str(Colour.RED), Colour.RED.doc) == ("RED", "")
    assert (Colour("BLUE"), Colour.BLUE.doc) == (Colour.BLUE, "as the sky is")


def test_native_terms_are_kept_in_lower_case_with_their_several_common_ones():
    both = crosswalk({" Violett ": (Colour.RED, Colour.BLUE), "Rot": Colour.RED})
    assert both.table == {"violett": "RED;BLUE", "rot": "RED"}


def test_a_native_term_that_stands_twice_is_refused():
    with pytest.raises(DeclarationFault, match="twice"):
        crosswalk({"Rot": Colour.RED, "rot ": Colour.BLUE})


def test_a_term_of_another_vocabulary_is_refused():
    with pytest.raises(DeclarationFault, match="leads `groß` astray"):
        crosswalk({"groß": Size.LARGE})


def test_the_digest_depends_on_the_content_and_on_nothing_else():
    one = crosswalk({"rot": Colour.RED, "blau": Colour.BLUE})
    assert one.digest == crosswalk({"Blau": Colour.BLUE, "Rot": Colour.RED}, version=2).digest
    assert one.digest != crosswalk({"rot": Colour.BLUE, "blau": Colour.BLUE}).digest
    assert one.digest != crosswalk({"rot": Colour.RED}).digest
