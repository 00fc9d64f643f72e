from __future__ import annotations

import subprocess
import sys

from qapigen.runtime import blocking


def test_names() -> None:
    assert blocking.Client.__module__ == "qapigen.runtime.blocking.client"
    assert set(blocking.__all__) == {"Client", "Subscription", "reconnecting"}


def test_no_event_loop_and_no_tls_are_loaded() -> None:
    code = "import sys, qapigen.runtime.blocking; print({'asyncio', 'ssl'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60
    )
    assert result.stdout == "set()\n"
