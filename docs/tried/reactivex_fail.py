"""reactivex: two threads fail one Subject, and both are told that it was their call that failed it.

`fail` of an observer looks at `is_stopped` and sets it without the lock that the rest of the class takes.
"""

from reactivex.subject import Subject
from two_threads import meet, told

subject, error = Subject[int](), ValueError()
results = meet(lambda: subject.fail(error), "fail", "self.is_stopped = True", lambda: subject.fail(error))
told(results == (True, True), f"fail(error) || fail(error): {results}")
