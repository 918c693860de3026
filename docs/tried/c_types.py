"""Makes the types of CPython's standard library whose constructors need arguments, for docs/tried/c_types.md.

lockproof check itertools:cycle --factory c_types:cycle --sanitizer thread --python PATH
"""

from __future__ import annotations

import array
import contextvars
import csv
import functools
import hashlib
import io
import itertools
import lzma
import mmap
import operator
import pickle
import re
import struct
import tempfile
import types
import weakref
import xml.etree.ElementTree as ElementTree
import zlib
from typing import Any
from xml.parsers import expat

NUMBERS = [1, 2, 3, 4, 5]


class Plain:
    """An object with attributes, which can be referred to weakly."""


def accumulate() -> Any:
    return itertools.accumulate(NUMBERS)


def array_of_int() -> Any:
    return array.array("i", NUMBERS)


def array_iterator() -> Any:
    return iter(array.array("i", NUMBERS))


def batched() -> Any:
    return itertools.batched(NUMBERS, 2, strict=False)


def buffered_reader() -> Any:
    return io.BufferedReader(io.BytesIO(b"abcdefgh" * 8))


def buffered_writer() -> Any:
    return io.BufferedWriter(io.BytesIO())


def bytearray_iterator() -> Any:
    return iter(bytearray(b"abcdef"))


def bytes_iterator() -> Any:
    return iter(b"abcdef")


def chain() -> Any:
    return itertools.chain(NUMBERS, NUMBERS)


def cmp_to_key() -> Any:
    def compare(one: int, other: int) -> int:
        return one - other

    return functools.cmp_to_key(compare)(1)


def combinations() -> Any:
    return itertools.combinations(NUMBERS, 2)


def combinations_with_replacement() -> Any:
    return itertools.combinations_with_replacement(NUMBERS, 2)


def compress() -> Any:
    return itertools.compress(NUMBERS, NUMBERS)


def compressobj() -> Any:
    return zlib.compressobj()


def context() -> Any:
    return contextvars.Context()


def cycle() -> Any:
    return itertools.cycle([1, 2])


def decompressobj() -> Any:
    return zlib.decompressobj()


def deque_iterator() -> Any:
    from collections import deque

    return iter(deque(NUMBERS))


def dict_items_iterator() -> Any:
    return iter(dict.fromkeys(NUMBERS).items())


def dict_iterator() -> Any:
    return iter(dict.fromkeys(NUMBERS))


def dropwhile() -> Any:
    return itertools.dropwhile(lambda each: each < 2, NUMBERS)


def element() -> Any:
    return ElementTree.Element("tag", {"x": "y"})


def element_iterator() -> Any:
    root = ElementTree.Element("tag")
    root.extend([ElementTree.Element("x"), ElementTree.Element("y")])
    return root.iter()


def enumerated() -> Any:
    return enumerate(NUMBERS)


def file_io() -> Any:
    handle, _ = tempfile.mkstemp()
    return io.FileIO(handle, "r+")


def filtered() -> Any:
    return filter(None, NUMBERS)


def filterfalse() -> Any:
    return itertools.filterfalse(None, [0, 0, 0, 0])


def generator() -> Any:
    return (each for each in NUMBERS)


def groupby() -> Any:
    return itertools.groupby([1, 1, 2, 2, 3, 3])


def islice() -> Any:
    return itertools.islice(NUMBERS, 4)


def itemgetter() -> Any:
    return operator.itemgetter(0)


def iter_unpack() -> Any:
    return struct.iter_unpack("i", bytes(32))


def list_iterator() -> Any:
    return iter([1, 2, 3, 4, 5])


def list_reverse_iterator() -> Any:
    return reversed([1, 2, 3, 4, 5])


def lru_cache() -> Any:
    return functools.lru_cache(2)(abs)


def lzma_decompressor() -> Any:
    return lzma.LZMADecompressor()


def mapped() -> Any:
    return map(abs, NUMBERS)


def memory_map() -> Any:
    return mmap.mmap(-1, 64)


def memory_view() -> Any:
    return memoryview(bytearray(16))


def memoryview_iterator() -> Any:
    return iter(memoryview(b"abcdef"))


def newline_decoder() -> Any:
    return io.IncrementalNewlineDecoder(None, translate=True)


def odict_iterator() -> Any:
    from collections import OrderedDict

    return iter(OrderedDict.fromkeys(NUMBERS))


def pairwise() -> Any:
    return itertools.pairwise(NUMBERS)


def parser() -> Any:
    return expat.ParserCreate()


def partial() -> Any:
    return functools.partial(max, 1)


def permutations() -> Any:
    return itertools.permutations([1, 2, 3])


def pickler() -> Any:
    return pickle.Pickler(io.BytesIO())


def product() -> Any:
    return itertools.product([1, 2], [3, 4])


def range_iterator() -> Any:
    return iter(range(5))


def reader() -> Any:
    return csv.reader(["a,b", "c,d", "e,f", "g,h"])


def regex_scanner() -> Any:
    return re.compile("a").scanner("aaaa")  # type: ignore[attr-defined]


def repeat() -> Any:
    return itertools.repeat(1, 5)


def reversed_range() -> Any:
    return reversed((1, 2, 3, 4))


def sequence_iterator() -> Any:
    class Sequence:
        def __getitem__(self, index: int) -> int:
            if index > 5:
                raise IndexError
            return index

    return iter(Sequence())


def set_iterator() -> Any:
    return iter(set(NUMBERS))


def sha256() -> Any:
    return hashlib.sha256()


def starmap() -> Any:
    return itertools.starmap(pow, [(1, 2), (2, 3), (3, 4)])


def str_iterator() -> Any:
    return iter("abcdef")


def takewhile() -> Any:
    return itertools.takewhile(bool, NUMBERS)


def tee() -> Any:
    return itertools.tee(NUMBERS)[0]


def text_io() -> Any:
    return io.TextIOWrapper(io.BytesIO(b"a\nb\nc\n"))


def tuple_iterator() -> Any:
    return iter((1, 2, 3, 4, 5))


def unpickler() -> Any:
    return pickle.Unpickler(io.BytesIO(pickle.dumps([1, 2])))


def weak_proxy() -> Any:
    return weakref.ref(Plain())


def writer() -> Any:
    return csv.writer(io.StringIO())


def zipped() -> Any:
    return zip(NUMBERS, NUMBERS, strict=False)


def zip_longest() -> Any:
    return itertools.zip_longest(NUMBERS, NUMBERS)


# Types that have no name in a module: the target names them here.
ArrayIterator = type(array_iterator())
BytearrayIterator = type(bytearray_iterator())
BytesIterator = type(bytes_iterator())
Compress = type(compressobj())
Decompress = type(decompressobj())
DequeIterator = type(deque_iterator())
DictItemsIterator = type(dict_items_iterator())
DictIterator = type(dict_iterator())
ElementIterator = type(element_iterator())
Expat = type(parser())
Generator = types.GeneratorType
IterUnpack = type(iter_unpack())
KeyObject = type(cmp_to_key())
ListIterator = type(list_iterator())
ListReverseIterator = type(list_reverse_iterator())
LruCache = type(lru_cache())
MemoryviewIterator = type(memoryview_iterator())
OdictIterator = type(odict_iterator())
RangeIterator = type(range_iterator())
Reader = type(reader())
RegexScanner = type(regex_scanner())
SequenceIterator = type(sequence_iterator())
SetIterator = type(set_iterator())
Sha256 = type(sha256())
StrIterator = type(str_iterator())
Tee = type(tee())
TupleIterator = type(tuple_iterator())
Writer = type(writer())
