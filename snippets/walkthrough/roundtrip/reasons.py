"""The sentences that say why a step is there, by the name of its function."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def reasons() -> dict[str, str]:
    """Give a sentence for each function, as `package.module:Class.method`."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8")
    return {
        f"{module}:{name}": sentence
        for module, sentences in tomllib.loads(text).items()
        for name, sentence in sentences.items()
    }
