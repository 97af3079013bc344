"""How a script ended, as an appStatus (FastCGI 1.0, section 5.5) and a sentence for the log."""

from __future__ import annotations

import signal
from typing import Tuple

#: appStatus of a script whose time was over; timeout(1) has the same.
_TIMED_OUT = 124
_SIGNAL_BASE = 128

#: Why a script was ended by us, and what the log says of it.
REASONS = {
    'time': 'was ended because it took longer than "time" allows',
    'interrupt': 'was ended because somebody asked for it',
    'abort': 'was ended because its client or the HTTP process gave up the request',
    'stop': 'was ended because the server stops',
    'held': 'had ended, but a process it left behind held its output and said nothing; that was ended too',
    'lost': 'ended with its fork-server, which is gone',
}


#: What the kernel sends at a limit of setrlimit(2).
_OF_LIMITS = {signal.SIGXCPU: 'cpu', signal.SIGXFSZ: 'file_size'}


def verdict(code: int, answered: bool, reason: str) -> Tuple[int, str]:
    """Status and sentence, '' for none. `code` is negative for a signal; `answered`: something came on stdout."""
    sentence = REASONS.get(reason, '')
    if reason == 'time':
        return _TIMED_OUT, sentence
    if code < 0:
        limit = _OF_LIMITS.get(-code)
        why = f' because it went beyond its "{limit}" in limits' if limit is not None else ''
        how = f'was ended by signal {signal_name(-code)}{why}'
        return _SIGNAL_BASE - code, f'{sentence} ({signal_name(-code)})' if sentence else how
    if code > 0:
        how = f'ended with exit code {code}'
        return 0 if answered else code, f'{sentence}; it {how}' if sentence else how
    return 0, sentence


def signal_name(number: int) -> str:
    try:
        return f'{number} ({signal.Signals(number).name})'
    except ValueError:
        return str(number)
