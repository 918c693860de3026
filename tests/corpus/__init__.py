"""The corpus: small classes, each once broken and once mended, on which the checker is measured.

They are what people write. The flaws are those found in public code, and some more; `FLAWS` lists them. A checker that
is given nothing but the class must find the broken one and say nothing about the mended one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from lockproof.core.verdict import FindingKind

FLAWS: Final = (
    # found in public thread-safe sets
    "non-reentrant lock with callbacks",
    "operators or comparisons unlocked",
    "other operand unlocked",
    "live or unlocked iterator",
    "mutators inherited unlocked",
    "in-place operators inherited unlocked",
    "copy or pickle broken",
    "len, in or bool unlocked",
    "changed meaning",
    "wrong lock",
    "check-then-act",
    "two-lock deadlock",
    "__contains__ without a return",
    "internal state handed out",
    "shadow storage",
    "generator against the lock",
    "lock leaked on an exception",
    # found in other classes
    "lost update",
    "double-checked initialization",
    "lost wakeup",
    "publish before fill",
    "fields read without the lock",
    "slot reuse (ABA)",
    "eviction after the check",
    "callback while iterating under the lock",
    "lock released too early",
    "lock order by operand",
)


@dataclass(frozen=True)
class Pair:
    """A broken class and its mended twin, as `module:Class`.

    `shows` says where the flaw can be seen: on both builds; only on the free-threaded one, since the GIL of CPython
    3.13 covers it; or by one thread, comparing with the builtin type ("sequential": no concurrency bug).
    `how` says in a sentence what goes wrong, and `race` is a scenario in which it does, in lockproof's notation.
    `kind` is what a schedule of the race shows; HANG: one thread alone waits for ever, so there is nothing to schedule.
    `needs` names what a scenario must have beyond plain calls on one subject by two threads.
    `loose` are expressions that no class of this style can make one step, since the language makes several calls of
    them: `dict(a)` calls `keys`, and then `__getitem__` for each key.
    """

    name: str
    family: str
    flaw: str
    broken: str
    mended: str
    shows: Literal["both", "free-threaded", "sequential"]
    how: str
    race: str
    kind: FindingKind = FindingKind.NOT_LINEARIZABLE
    needs: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()


def _pair(
    family: str,
    what: str,
    flaw: str,
    how: str,
    race: str,
    *,
    shows: Literal["both", "free-threaded", "sequential"] = "both",
    kind: FindingKind = FindingKind.NOT_LINEARIZABLE,
    needs: tuple[str, ...] = (),
    loose: tuple[str, ...] = (),
) -> Pair:
    module = f"tests.corpus.{family}"
    broken, mended = f"{module}:Broken{what}", f"{module}:Mended{what}"
    return Pair(what, family, flaw, broken, mended, shows, how, race, kind, needs, loose)


_DEADLOCK: Final = FindingKind.DEADLOCK
_HANG: Final = FindingKind.HANG
_TWO: Final = ("two subjects",)
_THREE: Final = ("three threads",)
_CALLBACKS: Final = ("callback elements",)
_FUNCTIONS: Final = ("callback arguments",)
_BULK: Final = ("bulk",)
_STEPS: Final = ("dict(a)", "{**a}")

_SETS: Final = (
    _pair("sets", "Removals", "mutators inherited unlocked",
          "two threads pop the same element, since pop looks and discards in two steps",
          "a.add(1); a.add(2) -> a.pop() || a.pop() -> sorted(a)"),
    _pair("sets", "InPlace", "in-place operators inherited unlocked",
          "a reader sees one of the two elements that |= adds",
          "a |= {1, 2} || sorted(a)", needs=_BULK),
    _pair("sets", "Comparison", "operators or comparisons unlocked",
          "== takes the length before another thread's discard and the elements after it",
          "a.add(1); a.add(3) -> a == {1, 2} || a.discard(3) -> sorted(a)"),
    _pair("sets", "OtherOperand", "other operand unlocked",
          "<= asks the other set element by element while that set changes; crosswise, the two wait for each other",
          "a.add(1); a.add(2); b.add(1); b.add(3) -> a <= b || b ^= {1, 2} -> sorted(b)", needs=_TWO),
    _pair("sets", "OperandOrder", "two-lock deadlock",
          "each of two threads holds its left operand and waits for the other's",
          "a.add(1); b.add(2) -> a |= b || b |= a -> sorted(a)", kind=_DEADLOCK, needs=_TWO),
    _pair("sets", "Iterator", "live or unlocked iterator",
          "the loop over the live set raises RuntimeError, or sees half a change",
          "a.add(1) -> [x for x in a] || a.add(2) -> sorted(a)"),
    _pair("sets", "Length", "len, in or bool unlocked",
          "len counts one of the two elements that |= adds",
          "a |= {1, 2} || len(a)", needs=_BULK),
)  # fmt: skip

_BUILTIN_SETS: Final = (
    _pair("builtin_sets", "Taking", "mutators inherited unlocked",
          "the inherited discard removes the element between the two steps of take, which then raises KeyError",
          "a.add(1) -> a.take(1) || a.discard(1) -> sorted(a)"),
    _pair("builtin_sets", "Reentry", "non-reentrant lock with callbacks",
          "an element whose __hash__ or __eq__ asks the set waits for the lock that its own thread holds",
          "a.add(Meddling(a, 1)) || len(a)", kind=_HANG, needs=_CALLBACKS),
    _pair("builtin_sets", "Membership", "__contains__ without a return",
          "every `in` is false", "a.add(1); 1 in a", shows="sequential"),
    _pair("builtin_sets", "Meaning", "changed meaning",
          "remove of a missing element raises nothing", "a.remove(1)", shows="sequential"),
    _pair("builtin_sets", "Copy", "copy or pickle broken",
          "pickle and deepcopy raise TypeError, and copy.copy shares the lock",
          "a.add(1); pickle.loads(pickle.dumps(a))", shows="sequential"),
    _pair("builtin_sets", "Shadow", "shadow storage",
          "what update adds is not iterated over", "a.update([1, 2]); sorted(a)", shows="sequential"),
)  # fmt: skip

_COUNTERS: Final = (
    _pair("counters", "Counter", "lost update",
          "two increments add one", "-> a.increment() || a.increment() -> a.value()", shows="free-threaded"),
    _pair("counters", "Score", "lost update",
          "the second writer writes over what the first one has added",
          "-> a.add(1) || a.add(1) -> a.value()"),
    _pair("counters", "Tickets", "lost update",
          "two threads get the same number", "a.next_id() || a.next_id()", shows="free-threaded"),
    _pair("counters", "Visits", "wrong lock",
          "each thread holds a lock of its own, and both get the same number",
          "-> a.visit() || a.visit() -> a.count()"),
    _pair("counters", "Gauge", "wrong lock",
          "fill and drain hold different locks, and one writes over the other",
          "-> a.fill(2) || a.drain(1) -> a.value()"),
    _pair("counters", "Histogram", "fields read without the lock",
          "the buckets are those after a record, the total is that before",
          "a.record(1) || a.snapshot()"),
    _pair("counters", "Limiter", "check-then-act",
          "two threads take the last call that is left",
          "a.allow() -> a.allow() || a.allow() -> a.remaining()"),
    _pair("counters", "Average", "lock released too early",
          "both threads add their sample to the same old samples",
          "-> a.record(1) || a.record(2) -> a.count()"),
    _pair("counters", "Wallet", "lock leaked on an exception",
          "after a withdraw that raises, the other thread waits for ever",
          "-> a.withdraw(2) || a.deposit(1) -> a.balance()", kind=_HANG),
    _pair("counters", "Account", "lock order by operand",
          "a pays b while b pays a: each holds its own account and waits for the other's",
          "-> a.pay(b, 1) || a.collect(b, 1) -> a.balance()", kind=_DEADLOCK, needs=_TWO),
)  # fmt: skip

_CACHES: Final = (
    _pair("caches", "Memo", "check-then-act",
          "two threads compute a value for one key and both keep their own",
          "a.get_or_create(1, gives_1) || a.get_or_create(1, gives_2)", needs=_FUNCTIONS),
    _pair("caches", "FactoryCache", "non-reentrant lock with callbacks",
          "a factory that asks the cache waits for the lock that its own thread holds",
          "a.compute_if_absent(1, lambda *_: a.size()) || a.size()", kind=_HANG, needs=_FUNCTIONS),
    _pair("caches", "BoundedCache", "eviction after the check",
          "both threads make room and then both store: there is one entry too many",
          "-> a.put(1, 1) || a.put(2, 2) -> a.size()"),
    _pair("caches", "Lru", "check-then-act",
          "while one thread renews an entry, the other one misses it",
          "a.put(1, 1) -> a.get(1) || a.get(1) -> a.keys()"),
    _pair("caches", "RowCache", "publish before fill",
          "the second thread gets the row before the first one has filled it",
          "a.row(1) || a.row(1)"),
    _pair("caches", "Lookup", "lock released too early",
          "the key is removed between the look and the reading, which raises KeyError",
          "a.store(1, 1) -> a.lookup(1) || a.invalidate(1) -> 1 in a"),
    _pair("caches", "Once", "double-checked initialization",
          "both threads initialize and get different values",
          "a.get(gives_1) || a.get(gives_2)", needs=_FUNCTIONS),
    _pair("caches", "Settings", "publish before fill",
          "the second thread believes that the values are loaded and reads the default",
          "a.option('x') || a.option('x')"),
)  # fmt: skip

_DICTS: Final = (
    _pair("dicts", "Mapping", "mutators inherited unlocked",
          "two threads each set a default and return it, since setdefault looks and stores in two steps",
          "a.setdefault(1, 1) || a.setdefault(1, 2)", loose=_STEPS),
    _pair("dicts", "CopiedDict", "copy or pickle broken",
          "UserDict.copy sets the contents aside for a moment: a reader sees none, and a write is lost",
          "a[1] = 1 -> a.copy() || a[2] = 2 -> len(a)", loose=_STEPS),
    _pair("dicts", "Addresses", "wrong lock",
          "a lock made in the call excludes nobody: both threads put",
          "-> a.put_if_absent(1, 1) || a.put_if_absent(1, 2) -> a.find(1)"),
    _pair("dicts", "BiMap", "wrong lock",
          "a reader sees one direction linked and the other not",
          "a.link(1, 1) || a.snapshot()"),
    _pair("dicts", "Tally", "lost update",
          "both threads get the old count and store one more",
          "-> a.tally(1) || a.tally(1) -> a.count(1)"),
    _pair("dicts", "Votes", "lost update",
          "two votes count as one", "-> a.vote('x') || a.vote('x') -> a.snapshot()", shows="free-threaded"),
    _pair("dicts", "KeyLocks", "wrong lock",
          "two threads make two locks for one key, and one writes over the other",
          "-> a.append(1, 1) || a.append(1, 2) -> a.read(1)"),
    _pair("dicts", "Stock", "wrong lock",
          "writers come in as readers, and one writes over the other",
          "-> a.restock(1, 1) || a.restock(1, 2) -> a.snapshot()"),
    _pair("dicts", "Trie", "check-then-act",
          "both threads make the node, and the word in the first one is lost",
          "-> a.insert('x') || a.insert('x') -> a.count('x')"),
    _pair("dicts", "View", "internal state handed out",
          "the items change, or break, while the caller reads them",
          "a.store(1, 1) -> list(slowly(a.items())) || a.store(2, 2) -> a.items()"),
)  # fmt: skip

_LISTS: Final = (
    _pair("lists", "Sequence", "mutators inherited unlocked",
          "two threads pop the same item, since pop reads and deletes in two steps",
          "a.append(1); a.append(2) -> a.pop() || a.pop() -> list(a)"),
    _pair("lists", "Stack", "check-then-act",
          "the last item is gone when it is taken, which raises IndexError",
          "a.push(1) -> a.pop_or_none() || a.pop_or_none() -> a.is_empty()"),
    _pair("lists", "Ring", "lost update",
          "both threads write to the same place", "-> a.write(1) || a.write(2) -> a.snapshot()", shows="free-threaded"),
    _pair("lists", "History", "eviction after the check",
          "both threads find room for one line, and both write",
          "a.record(1) -> a.record(1) || a.record(2) -> a.size()"),
    _pair("lists", "Ranking", "check-then-act",
          "the place found is another one when the score is put there: the list is no more sorted",
          "-> a.insert(2) || a.insert(1) -> a.snapshot()"),
    _pair("lists", "Journal", "publish before fill",
          "a reader sees an entry that is half written", "a.write(1) || a.entries()"),
    _pair("lists", "Playlist", "generator against the lock",
          "a song is skipped between two items of the generator: it raises IndexError, or leaves a song out",
          "a.add(1); a.add(2) -> list(a.all()) || a.skip() -> list(a.all())"),
    _pair("lists", "Roster", "other operand unlocked",
          "the other roster is half struck when its names are read",
          "a.enter(1); a.enter(2); b.enter(1); b.enter(2) -> a.strike_all(b) || b.strike_all(a) -> list(a); list(b)",
          needs=_TWO),
    _pair("lists", "Basket", "generator against the lock",
          "two loops hold the lock of the basket that they read and wait for that of the other",
          "a.add(1); b.add(2) -> a.copy_to(b) || a.copy_from(b) -> list(a)", kind=_DEADLOCK, needs=_TWO),
)  # fmt: skip

_QUEUES: Final = (
    _pair("queues", "Mailbox", "lost wakeup",
          "a letter comes between the look and the wait: the thread waits although there is mail",
          "a.put(1) || a.get()", kind=_DEADLOCK),
    _pair("queues", "WaitingQueue", "lost wakeup",
          "the woken thread finds that another one took the item, and raises IndexError",
          "a.get() || a.get() || a.put(1); len(a); len(a); a.put(2)", needs=_THREE),
    _pair("queues", "Buffer", "lost wakeup",
          "the only notify wakes a consumer, which cannot go on, and the producer waits for ever",
          "a.get() || a.get() || a.put(1); a.put(2)", kind=_DEADLOCK, needs=_THREE),
    _pair("queues", "PeekQueue", "check-then-act",
          "the item is taken between the look and the reading: IndexError instead of Empty",
          "a.put(1) -> a.peek() || a.get() -> a.qsize()"),
    _pair("queues", "PriorityQueue", "check-then-act",
          "both threads find the same least item, and one raises ValueError",
          "a.push(1); a.push(2) -> a.pop() || a.pop() -> len(a)"),
    _pair("queues", "BoundedQueue", "check-then-act",
          "both threads find room for one item, and both append",
          "-> a.offer(1) || a.offer(2) -> a.size()"),
    _pair("queues", "Outbox", "lock released too early",
          "a message sent between the copy and the clear is lost",
          "a.send(1) -> a.drain() || a.send(2) -> a.messages()"),
    _pair("queues", "WorkList", "wrong lock",
          "between two locks a job is neither waiting nor done",
          "a.submit(1) -> a.work() || a.status() ->"),
)  # fmt: skip

_REGISTRIES: Final = (
    _pair("registries", "Registry", "check-then-act",
          "both threads register the same name, and none is refused",
          "-> a.register('x', 1) || a.register('x', 2) -> a.get_all()"),
    _pair("registries", "EventBus", "callback while iterating under the lock",
          "a subscriber that asks the bus waits for the lock that its own thread holds",
          "a.subscribe(lambda *_: len(a)) -> a.publish(1) || len(a) ->", kind=_HANG, needs=_FUNCTIONS),
    _pair("registries", "Listeners", "live or unlocked iterator",
          "the loop over the live dictionary raises RuntimeError",
          "a.listen(1) -> a.total() || a.listen(2) -> a.total()"),
    _pair("registries", "Members", "internal state handed out",
          "the set that members returned gets members that joined later",
          "a.join_group(1) -> list(slowly(a.members())) || a.join_group(2) -> a.size()"),
    _pair("registries", "Directory", "two-lock deadlock",
          "register and unregister each hold one lock and wait for the other",
          "a.register('x', 1) -> a.register('y', 1) || a.unregister(1) -> a.snapshot()", kind=_DEADLOCK),
    _pair("registries", "Catalog", "lock leaked on an exception",
          "after a remove that raises, the other thread waits for ever",
          "-> a.remove(1) || a.register(1, 1) -> a.size()", kind=_HANG),
)  # fmt: skip

_POOLS: Final = (
    _pair("pools", "Pool", "check-then-act",
          "the last thing is gone when it is taken, which raises IndexError",
          "a.acquire() -> a.acquire() || a.acquire() -> a.available()"),
    _pair("pools", "Returns", "check-then-act",
          "both threads give the same thing back, and the pool has it twice",
          "a.borrow(); a.borrow() -> a.give_back(1) || a.give_back(1) -> a.snapshot()"),
    _pair("pools", "Slots", "slot reuse (ABA)",
          "the top slot was taken and given back meanwhile, and the slot below it is lent already",
          "-> a.take() || a.take(); a.take(); a.give(1) -> a.snapshot()"),
    _pair("pools", "Permits", "check-then-act",
          "two threads take the last permit", "-> a.enter() || a.enter() -> a.free()", shows="free-threaded"),
    _pair("pools", "Leases", "fields read without the lock",
          "a thing on its way from one list to the other is in none of them",
          "a.lend() || a.status()"),
)  # fmt: skip

_CLOCKS: Final = (
    _pair("clocks", "Sessions", "lock released too early",
          "both threads find the entry expired and delete it, and the second raises KeyError",
          "a.put(1, 1); time_passes(3600) -> a.get(1) || a.get(1)"),
    _pair("clocks", "Throttle", "check-then-act",
          "both threads find the minute over, and each begins it anew",
          "a.allow(); time_passes(3600) -> a.allow() || a.allow()"),
    _pair("clocks", "Heartbeats", "lock released too early",
          "a beat between the look and the deletion is forgotten",
          "a.beat(1); time_passes(3600) -> a.expire() || a.beat(1) -> a.alive()"),
    _pair("clocks", "Refill", "fields read without the lock",
          "both threads add what came in since the same call",
          "a.take(); time_passes(1) -> a.take() || a.take()"),
    _pair("clocks", "Lease", "check-then-act",
          "both threads find the lease ended, and both get it",
          "a.grab(1); time_passes(3600) -> a.grab(1) || a.grab(2)"),
    _pair("clocks", "Edition", "check-then-act",
          "both threads find the edition too old, and two new ones are made",
          "time_passes(3600) -> a.current() || a.current()"),
)  # fmt: skip

_ALIKE: Final = (
    _pair("alike", "Scores", "lost update",
          "two awards count as one", "-> a.award(1) || a.award(1) -> a[1]"),
    _pair("alike", "Recent", "check-then-act",
          "both threads are told that the item is new", "a.add(1) || a.add(1)"),
    _pair("alike", "Multiset", "fields read without the lock",
          "both threads count the items before either takes one",
          "a.add(1); a.add(1) -> a.remove(1) || a.remove(1)"),
    _pair("alike", "Numbers", "check-then-act",
          "two threads get two numbers for one key", "a[1] || a[1]"),
    _pair("alike", "Offers", "lock released too early",
          "the key is gone between the look and the pop, which raises KeyError", "a[1] = 1 -> a.pop(1) || a.pop(1)"),
    _pair("alike", "Seats", "check-then-act",
          "both threads find the seat free, and both take it", "-> a[1] = 1 || a[1] = 2 -> a[1]"),
)  # fmt: skip

_OBSERVED: Final = (
    _pair("observed", "Rooms", "double-checked initialization",
          "two threads are given different objects for one name", "a.room('x') || a.room('x')"),
    _pair("observed", "Keyed", "double-checked initialization",
          "two threads are given different locks for one key", "a.guard_of(1) || a.guard_of(1)"),
    _pair("observed", "Desks", "check-then-act",
          "two threads are given the same desk", "a.take() || a.take()"),
    _pair("observed", "Hits", "lost update",
          "two hits add one to a public attribute", "-> a.hit() || a.hit() -> a.hits"),
    _pair("observed", "Sums", "lost update",
          "one of two numbers is missing in a public attribute with a slot",
          "-> a.put(1) || a.put(2) -> a.count; a.total"),
    _pair("observed", "Todo", "check-then-act",
          "both threads add the entry to a public list", "-> a.note('x') || a.note('x') -> a.entries"),
)  # fmt: skip

_WAITING: Final = (
    _pair("waiting", "Tokens", "lost wakeup",
          "the woken thread does not look again: two threads have the one token",
          "a.take() -> a.take() || a.put_back(); a.take() -> a.take()"),
    _pair("waiting", "CountDown", "lost wakeup",
          "the last count wakes one of two threads, and the other waits for ever",
          "a.count_down() -> a.wait() || a.wait() || a.count_down() ->", kind=_DEADLOCK, needs=_THREE),
    _pair("waiting", "Signal", "lost wakeup",
          "the signal comes between the look and the wait",
          "a.await_it() || a.give()", kind=_DEADLOCK),
    _pair("waiting", "ReadWrite", "lost wakeup",
          "the writer that leaves wakes one of two readers, and the other waits for ever",
          "a.acquire_write() -> a.acquire_read() || a.acquire_read() || a.release_write() ->",
          kind=_DEADLOCK, needs=_THREE),
    _pair("waiting", "Meeting", "lost wakeup",
          "a thread that comes again before the other has left keeps it waiting",
          "a.meet(); a.meet() || a.meet(); a.meet()", kind=_DEADLOCK),
    _pair("waiting", "Slot", "lost wakeup",
          "the notify of one taker wakes the other taker, and the giver waits for ever",
          "a.grab() || a.grab() || a.give(1); a.give(2)", kind=_DEADLOCK, needs=_THREE),
    _pair("waiting", "Promise", "publish before fill",
          "the thread that waits reads the value before it is there", "a.value() || a.keep(1)"),
    _pair("waiting", "Turnstile", "lost update",
          "two threads leave, and one place becomes free",
          "a.leave() || a.leave() -> a.free()"),
    _pair("waiting", "Line", "check-then-act",
          "two threads draw the same number, and both are served",
          "a.acquire() || a.acquire()"),
    _pair("waiting", "Gate", "check-then-act",
          "two threads come through the gate before it is closed behind the first",
          "a.enter() || a.enter() || a.admit_one()", needs=_THREE),
    _pair("waiting", "Lending", "lost wakeup",
          "the thing comes back between the look and the wait",
          "a.borrow() -> a.borrow() || a.give_back(1)", kind=_DEADLOCK),
    _pair("waiting", "Shelf", "lost wakeup",
          "the woken thread does not look again for room: there is one thing too many",
          "a.store(1, 1) -> a.store(2, 2) || a.clear_out(); a.store(3, 3) -> a.size()"),
    _pair("waiting", "Tasks", "check-then-act",
          "each of two threads finds that it is not the last, and none says that all is done",
          "a.join() || a.done() || a.done()", kind=_DEADLOCK, needs=_THREE),
    _pair("waiting", "Hire", "lost wakeup",
          "the woken thread does not look again: another one has taken what it was woken for",
          "a.take() -> a.put(1) || a.take() || a.take() ->", needs=_THREE),
)  # fmt: skip

_HANDED: Final = (
    _pair("handed", "Guests", "lost update",
          "two threads that come in count as one",
          "-> enter(a, a.visit(), 1) || enter(a, a.visit(), 2) -> a.inside()", shows="free-threaded"),
    _pair("handed", "Ledger", "wrong lock",
          "a note comes while the ledger is frozen",
          "[(a.count(), a.count()) for _ in held(a.frozen())] || a.note(1)"),
    _pair("handed", "Door", "lost update",
          "two threads that come in count as one",
          "-> a.__enter__() || a.__enter__() -> a.inside", shows="free-threaded"),
    _pair("handed", "Hall", "lost update",
          "two threads cancel, and the seats of one stay taken",
          "keep(a, a.reserve(1), 1); keep(a, a.reserve(1), 2) -> back(a, 1).cancel() || back(a, 2).cancel()"
          " -> a.free()",
          shows="free-threaded"),
    _pair("handed", "Vouchers", "check-then-act",
          "two threads are paid for one voucher",
          "keep(a, a.issue(1)) -> a.pay(kept(a)) || a.pay(kept(a)) ->"),
    _pair("handed", "Meters", "lost update",
          "two threads count, and the meter that both were given shows one",
          "keep(a, a.meter('x')) -> kept(a).count() || kept(a).count() ->", shows="free-threaded"),
)  # fmt: skip

_ARGUMENTS: Final = (
    _pair("arguments", "Till", "two-lock deadlock",
          "each of two threads holds its own till and waits for the other's",
          "a.pay(b, 1) || b.pay(a, 1)", kind=_DEADLOCK, needs=_TWO),
    _pair("arguments", "Shelves", "other operand unlocked",
          "an item that moves from one shelf to the other is on neither",
          "a.put(1) -> a.hand_over(b, 1) || a.both(b) ->", needs=_TWO),
    _pair("arguments", "Levels", "other operand unlocked",
          "two threads add the same difference",
          "a.add() -> b.level_with(a) || b.level_with(a) ->", needs=_TWO),
    _pair("arguments", "Quotas", "lost update",
          "two calls count as one",
          "-> a.limited(gives_1)() || a.limited(gives_1)() -> a.left()", shows="free-threaded", needs=_FUNCTIONS),
    _pair("arguments", "Plugins", "check-then-act",
          "two plugins of one name are both let in",
          "a.plugin('x')(gives_1) || a.plugin('x')(gives_1) ->", shows="free-threaded", needs=_FUNCTIONS),
    _pair("arguments", "Lockers", "check-then-act",
          "two threads get a token for one locker",
          "a.reserve('x') || a.reserve('x') ->"),
    _pair("arguments", "Bucket", "check-then-act",
          "two threads take the last token",
          "a.try_take() || a.try_take() ->", shows="free-threaded"),
)  # fmt: skip

_BESIDE: Final = (
    _pair("beside", "Diary", "lost update",
          "two lines get one number", "a.write(1) || a.write(1) ->"),
    _pair("beside", "Press", "check-then-act",
          "three sheets are let in where there is room for two", "a.feed(1) -> a.feed(1) || a.feed(1) ->"),
    _pair("beside", "Reminder", "lost update",
          "two events get one number", "a.event() || a.event() ->"),
)  # fmt: skip

_PREPARED: Final = (
    _pair("prepared", "Topics", "check-then-act",
          "two posts tell a follower twice",
          "a.create('x'); a.follow('x', listener(a, 1)) -> a.post('x') || a.post('x') -> heard(a)"),
    _pair("prepared", "Bank", "check-then-act",
          "two threads draw the same coin", "a.open(1); a.pay_in(1) -> a.draw(1) || a.draw(1) ->"),
    _pair("prepared", "Switchboard", "check-then-act",
          "both threads find the handler, and the second raises ValueError",
          "a.on('x')(listener(a, 1)) -> a.off('x', listener(a, 1)) || a.off('x', listener(a, 1)) ->"),
    _pair("prepared", "Headers", "check-then-act",
          "both threads read the value, and the second raises KeyError",
          "a['x'] = 'y' -> a.pop('x', None) || a.pop('x', None) ->"),
)  # fmt: skip

_BOUNDS: Final = (
    _pair("bounds", "Storeroom", "check-then-act",
          "two threads take what is there once", "a.take(25) || a.take(25) ->"),
    _pair("bounds", "Allowance", "check-then-act",
          "sixteen permits are in use where there are eight", "a.acquire(8) || a.acquire(8) -> a.used()"),
    _pair("bounds", "Purse", "check-then-act",
          "two payments of all that there is go through", "a.pay(100.0) || a.pay(100.0) ->"),
)  # fmt: skip

_TEXTS: Final = (
    _pair("texts", "Words", "check-then-act",
          "two threads insert one word, and each is told that it was new", "a.insert('x') || a.insert('x') ->"),
    _pair("texts", "Codes", "check-then-act",
          "the code is deleted between the look and the read, which raises KeyError",
          "a.register('x', 1) -> a['x'] || del a['x'] ->"),
    _pair("texts", "Tags", "len, in or bool unlocked",
          "a tag that is marked again is not there for a moment", "a.mark('x') -> 'x' in a || a.mark('x') ->"),
)  # fmt: skip

_SHARED_LOCKS: Final = (
    _pair("shared_locks", "Readers", "lost wakeup",
          "the last reader leaves, and the writer waits for ever",
          "a.begin_read(); a.end_read() || a.begin_write() ->", kind=_DEADLOCK),
    _pair("shared_locks", "Sharing", "lock released too early",
          "two threads have the exclusive side", "a.lock_exclusive() || a.lock_exclusive() ->"),
    _pair("shared_locks", "Desk", "lost wakeup",
          "the writer that leaves wakes one of two readers, and the other waits for ever",
          "a.writer_enter() -> a.reader_enter() || a.reader_enter() || a.writer_exit() ->",
          kind=_DEADLOCK, needs=_THREE),
)  # fmt: skip

PAIRS: Final = (
    *_SETS, *_BUILTIN_SETS, *_COUNTERS, *_CACHES, *_DICTS, *_LISTS, *_QUEUES, *_REGISTRIES, *_POOLS, *_CLOCKS, *_ALIKE,
    *_OBSERVED, *_WAITING, *_HANDED, *_ARGUMENTS, *_BESIDE, *_PREPARED, *_BOUNDS, *_TEXTS, *_SHARED_LOCKS,
)  # fmt: skip
