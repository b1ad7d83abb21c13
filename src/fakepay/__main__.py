"""`python -m fakepay`: the gateway alone.

Key and secret come from the environment (FAKEPAY_KEY, FAKEPAY_SECRET), so that no list of processes shows them.
"""

import argparse
import os
from pathlib import Path

from fakepay.serving import serve


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="fakepay", description="A payment gateway that moves no money.")
    parser.add_argument("--store", type=Path, default=Path("fakepay.db"), help="its file (default: fakepay.db)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--webhook-url", default="", help="where events are posted to")
    parser.add_argument("--base-url", default="", help="how browsers reach it (default: host and port)")
    options = parser.parse_args()
    try:
        key, secret = os.environ["FAKEPAY_KEY"], os.environ["FAKEPAY_SECRET"]
    except KeyError as missing:
        parser.error(f"set {missing.args[0]} in the environment")
    serve(
        options.store,
        key,
        secret,
        host=options.host,
        port=options.port,
        webhook_url=options.webhook_url,
        base_url=options.base_url,
    )


if __name__ == "__main__":
    main()
