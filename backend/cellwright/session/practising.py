"""Practice on the workbooks that panes look at, beside what panes wait for.

The first suggestion on a sheet starts the practice on it (`suggest/practice.py`); until that is done the
shipped ranking answers. One thread makes one exercise at a time, and none while a request waits or runs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cellwright.suggest.practice import Practice
from cellwright.workbook.model import Snapshot

log = logging.getLogger(__name__)

_KEPT = 200
"""So many sheets' practice is kept, of all workbooks together."""
_PAUSE_S = 0.02


class Practising:
    """See the module; `of` is called from the service's threads."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        """`is_busy` tells whether somebody waits for an answer."""
        self._is_busy = is_busy
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="cellwright-practice")
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Practice] = OrderedDict()
        self._begun: set[tuple[str, str]] = set()
        self._closed = threading.Event()

    def of(self, book_id: str, snapshot: Snapshot, sheet: str) -> Practice | None:
        """What is practised for a sheet; None until it is done, which the first call sets going."""
        key = (book_id, sheet.casefold())
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            is_due = (known is None or known.is_stale(snapshot)) and key not in self._begun
            if is_due and not self._closed.is_set():
                self._begun.add(key)
                self._pool.submit(self._practise, key, snapshot, sheet)
            return known

    def drop(self, book_id: str) -> None:
        """Forget a workbook."""
        with self._lock:
            for key in [key for key in self._known if key[0] == book_id]:
                del self._known[key]

    def close(self) -> None:
        """Begin nothing more; an exercise that is being made is waited for."""
        self._closed.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _practise(self, key: tuple[str, str], snapshot: Snapshot, sheet: str) -> None:
        try:
            practice = Practice(snapshot, sheet, stop=self._stop)
            practice.complete()
            with self._lock:
                self._known[key] = practice
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        except Exception:  # the shipped ranking serves on
            log.exception("practice on a sheet failed")
        finally:
            with self._lock:
                self._begun.discard(key)

    def _stop(self) -> bool:
        """Let those who wait go first; True when the server closes."""
        while self._is_busy() and not self._closed.is_set():
            time.sleep(_PAUSE_S)
        return self._closed.is_set()
