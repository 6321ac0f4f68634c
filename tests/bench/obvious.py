"""The script that anybody would write first: the vendor's client, ``yaml.safe_load`` and DeepDiff.

One get at a time: the client's list takes neither a limit nor a cursor, so it shows the first 100 groups.

Run: uv run python -m tests.bench.obvious URL FILE...
"""

import sys
from pathlib import Path
from typing import Any

import yaml
from baseten.client import ManagementClient
from deepdiff import DeepDiff


def main(url: str, files: list[str]) -> int:
    """Print every group that differs, then how many do; exit 2 if any does."""
    drifted = total = 0
    with ManagementClient(api_key="bench-key", base_url_override=url) as client:
        for file in files:
            for desired in yaml.safe_load(Path(file).read_text())["groups"]:
                total += 1
                live = client.api.get_gateway_groups_group_id(group_id=desired["id"])
                difference = DeepDiff(_declared(desired), _live(live.model_dump(mode="json")), ignore_order=True)
                if difference:
                    drifted += 1
                    print(desired["id"], difference)
    print(f"{drifted} of {total} groups differ")
    return 2 if drifted else 0


def _declared(group: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": group["metadata"], "hierarchy": group["hierarchy"], "models": _models(group["models"])}


def _live(group: dict[str, Any]) -> dict[str, Any]:
    hierarchy = {"limit_enforcement": group["hierarchy"]["limit_enforcement"]}
    return {"metadata": group["metadata"], "hierarchy": hierarchy, "models": _models(group["models"])}


def _models(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "slug": model["slug"],
            "rate_limits": model.get("rate_limits") or [],
            "usage_limits": model.get("usage_limits") or [],
        }
        for model in models
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
