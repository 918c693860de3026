"""token-budget-py: a reservation that two threads release is given back twice.

`release` looks at the flag before it takes the lock, so the pool then grants more than its cap.
"""

from token_budget import BudgetPool
from two_threads import meet, told

pool = BudgetPool(token_cap=3)
reservation = pool.try_reserve(tokens=2)
meet(reservation.release, "_release_reservation", "with self._lock", reservation.release)
left = pool.snapshot().tokens_remaining
told(left != 3, f"a pool of 3 tokens has {left} left after one reservation of 2 was released by two threads")
