"""The types of error: each a function that lists the places of a sentence where it can be made, one module a family.

An `Edit` replaces the words [start, stop) by others and touches nothing else, so that a pair differs in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from langgeom.grammar.errors import agreement, function_words, order, verbs
from langgeom.grammar.errors.edit import Edit
from langgeom.grammar.sentence import Sentence

__all__ = ["ERRORS"]

ERRORS: Mapping[str, Callable[[Sentence], list[Edit]]] = MappingProxyType(
    {
        "Article": function_words.article,
        "Auxiliary": verbs.auxiliary,
        "Comparative": function_words.comparative,
        "DeterminerNumber": agreement.determiner_number,
        "DoubleNegation": function_words.double_negation,
        "MissingWord": order.missing_word,
        "Preposition": function_words.preposition,
        "PronounCase": function_words.pronoun_case,
        "SubjectVerb": agreement.subject_verb,
        "Tense": verbs.tense,
        "VerbForm": verbs.verb_form,
        "WordOrder": order.word_order,
    }
)
