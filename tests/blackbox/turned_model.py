"""Another embedding model for tests: the default one, with the numbers of its vectors in another order.

Among themselves its vectors are as near to each other as the default model's, so it finds the same; against one of the
default model's they mean nothing. An answer that mixes two spaces is therefore wrong, and seen to be.
"""

import hashlib
import os
import pathlib

CACHE = pathlib.Path(os.environ.get("NEXUS_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "nexus")
DEFAULT = CACHE / "models/multilingual-e5-small"
DIMENSION = 384


def make(folder):
    """A model directory in `folder`; returns it."""
    import numpy
    import onnx

    model = onnx.load(DEFAULT / "model.onnx")
    (output,) = model.graph.output
    for node in model.graph.node:
        node.output[:] = ["unturned" if name == output.name else name for name in node.output]
        node.input[:] = ["unturned" if name == output.name else name for name in node.input]
    order = numpy.roll(numpy.arange(DIMENSION), DIMENSION // 2)
    model.graph.initializer.append(onnx.numpy_helper.from_array(order, "order"))
    model.graph.node.append(onnx.helper.make_node("Gather", ["unturned", "order"], [output.name], axis=2))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    onnx.save(model, folder / "model.onnx")
    tokenizer = folder / "tokenizer.bin"
    if not tokenizer.exists():
        tokenizer.symlink_to(DEFAULT / "tokenizer.bin")
    described = (DEFAULT / "nexus-model.toml").read_text().splitlines()
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    changed = {"name": '"turned"', "sha256": f'"{digest}"'}
    lines = [f"{key} = {changed[key]}" if (key := line.split(" = ")[0]) in changed else line for line in described]
    (folder / "nexus-model.toml").write_text("\n".join(lines) + "\n")
    return folder
