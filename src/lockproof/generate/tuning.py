"""The numbers by which scenarios are made, each with what it is for and what is known of its effect.

A number without a reason was not measured by itself. After a change, `python -m tests.corpus` measures how many broken
classes are found and how fast.
"""

from __future__ import annotations

from typing import Final

# Arguments of operations.

FILLINGS: Final = 24
"""The most operations that are made of one kind by filling its holes."""

INITIAL_FILLINGS: Final = 6
"""The most operations of one kind among which the initial ones are drawn."""

EARLY: Final = 0.7
"""The rate of the exponential distribution by which an operation of a kind is drawn: the first ones come most often."""

FOCUSED: Final = 0.75
"""Share of scenarios with a focus. Operations on different keys rarely collide."""

# Threads.

LENGTHS: Final = (1, 2, 2, 3, 3, 4)
"""How many operations a thread has, where it is no part of a pair: each number is as likely as it is frequent here."""

MIXED_KINDS: Final = 4
"""The most kinds that the threads of a scenario are drawn from, where it is no pair."""

LOOKING: Final = 0.5
"""Share of scenarios, pairs apart, in which the second thread only reads."""

LOOKING_AT_QUEUES: Final = 0.2
"""The same share where operations wait: there the operations that change something collide."""

OBSERVED: Final = 0.35
"""Share of threads that only read in which all operations are among those that observe the subject at the end: those
see most of it."""

SAME_OPERATION: Final = 0.7
"""Share of pairs of a kind with itself in which both threads do the same operation."""

LOOKING_TWICE: Final = (0.25, 0.7)
"""Share of reading operations of a pair with an aim that are followed by a second one of the same kind: without
arguments, with arguments. Two elements show half of a bulk change."""

LOOKING_AT_BOTH: Final = 0.5
"""Share of those second operations that read the second subject. Only reads of both subjects show half of a move from
one to the other."""

MORE_THREADS: Final = 0.15
"""Share of scenarios that get threads beyond the second."""

MORE_THREADS_OF_QUEUES: Final = 0.5
"""The same share where operations wait."""

# The initial part.

INITIAL: Final = (0, 0, 1, 1, 2, 3)
"""How many initial operations there are for each subject: each number is as likely as it is frequent here."""

INITIAL_WITH_AIM: Final = (0, 1, 1, 2, 2, 3)
"""The same where scenarios have an aim. An operation shows half of its effects only if it has something to work on."""

EMPTY: Final = (0.4, 0.75)
"""Share of early pairs with an empty initial part: of a kind beside itself, and of operations that are known to change
a fresh subject."""

BEGINNING: Final = 0.6
BEGINNING_LATER: Final = 0.25
"""Share of early pairs, and of other scenarios, that begin with what one of their operations needs to change something,
if that is known: an event that is registered and has a listener, say."""

MOST_BEGINNINGS: Final = 400
BEGINNINGS_TIME: Final = 0.3
"""Runs of one thread that are made to find that out, and seconds for them."""

SITUATION_EVERY: Final = 4
"""One in so many scenarios begins in a situation in which one of its operations runs code of its own, where there are
any (see `situations`)."""

MOST_SITUATION_RUNS: Final = 1_500
SITUATIONS_TIME: Final = 0.4
SITUATIONS_WAIT: Final = 2.0
"""Runs of one thread that are made to find these situations, seconds of a processor for them, and seconds by the clock:
on a busy machine the clock alone would end the search before it has found any."""

LONGEST_SITUATION: Final = 4
"""The most operations of a situation, time that passes apart: so a bound of three or four entries is reached."""

IN_TURN: Final = 0.35
"""Share of initial parts that are two operations of one kind, with one argument and then with another: an order of two
listeners, an eldest entry."""

MOVING: Final = 0.35
"""Share of the scenarios that are no pairs in which one thread adds something and removes something else, and the other
looks at the whole: a look that goes from part to part sees neither."""

FILLING: Final = 0.75
"""Share of initial parts that consist of operations known to change something, where such are known."""

INITIAL_FOCUSED: Final = 0.5
"""Share of initial parts that have the focus of the scenario."""

INITIAL_FOCUSED_WITH_AIM: Final = 0.25
"""The same where scenarios have an aim."""

UNBLOCKED: Final = 4
"""How many operations are added, one after the other, to a scenario that can wait for ever."""

# The order of pairs.

PAIR_EVERY: Final = 3
"""One in so many scenarios is a pair, where none has an aim: most flaws need two operations."""

EXPOSED_EVERY: Final = 3
"""One in so many scenarios is made without regard to the exposed kinds, where there are any; all others have one."""

EXPOSED_MIXED_EVERY: Final = 3
"""One in so many scenarios that have an exposed kind is no pair."""

MIXED_EVERY: Final = 6
"""One in so many scenarios with an aim is no pair. When two in three became pairs, three of ten mutants that a pair
shows were found in five seconds, where none had been."""

VARIED: Final = 60
"""How many pairs with an aim are chosen so that they differ from the pairs before."""

BREADTH: Final = 1.5
"""The power of the number of functions that a kind runs, by which its weight as an aim is divided."""

ALIKE: Final = 4
"""By how much a kind comes earlier beside itself."""

MIRRORED: Final = 6
"""By how much a kind comes earlier beside its mirror image, like `a |= b` beside `b |= a`."""

BOTH: Final = 3
"""By how much a kind about the second subject comes earlier beside another kind about that subject."""

EXPOSED: Final = 4
"""By how much an exposed kind comes earlier beside an aim: it may see what locks hide from others."""

OTHER_EVERY: Final = 3
"""One in so many of the first scenarios is no pair of the class's own methods, until each such pair had its turn."""

MOST_OWN: Final = 120
"""The most such pairs: of a class with forty methods, those that are likeliest to collide."""

SHARED: Final = 4
"""By how much a pair comes earlier if both kinds access a common attribute, and later if they access none."""

ATTEMPTS: Final = 3
"""Scenarios of one index at most that are tried, until the results of one reveal the order of its threads."""

PAIR: Final = 3
"""Most operations of a scenario for which an aimed search makes further attempts: those are quick."""

ORDER_BLIND_SHARE: Final = 0.15
"""Share of scenarios kept although their results cannot reveal the order of threads."""

GENERATING: Final = 0.5
"""Seconds at most in which the model may say whether results reveal the order of the threads, for one request."""
