"""Builds the encoder as an ONNX graph, in float32 or with int8 weights.

Inputs `input_ids` and `attention_mask`, int64 [batch, tokens]; output `last_hidden_state`, float32
[batch, tokens, hidden]. A BERT encoder: post-norm, GELU, absolute positions from 0, type 0.

The integer form quantises weights symmetrically, one scale per output channel (per row in the word
table), and activations per tensor while running (DynamicQuantizeLinear). Signed weights take about
half the time of unsigned ones on CPUs with VNNI. Only element-wise float32 operations are used, so
the file is the same on every machine.
"""

import math
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

from weights import PackedWeights

OPSET = 17
IR_VERSION = 9
LARGEST = np.float32(127)


def quantise(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[channels, inputs] float32 -> int8 of the same shape, and a scale per channel."""
    scale = np.abs(rows).max(axis=1) / LARGEST
    scale = np.where(scale == 0, np.float32(1), scale).astype(np.float32)
    return np.rint(rows / scale[:, None]).astype(np.int8), scale


class Graph:
    """Nodes and constants, in the order they were added."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name: str, value) -> str:
        value = np.asarray(value)
        if sys.byteorder == "big":
            value = value.astype(value.dtype.newbyteorder("<"))
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        self.constants.append(
            helper.make_tensor(name, kind, value.shape, value.tobytes(), raw=True)
        )
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output


class Encoder:
    def __init__(self, weights: PackedWeights, integer: bool):
        self._weights, self._shape, self._integer = weights, weights.shape, integer
        self._graph = Graph()

    def build(self) -> onnx.ModelProto:
        graph, shape = self._graph, self._shape
        graph.constant("zero", np.int64(0))
        graph.constant("one", np.int64(1))
        mask = self._mask()
        hidden = self._embeddings()
        for layer in range(shape.layers):
            hidden = self._layer(layer, hidden, mask)
        graph.nodes[-1].output[0] = "last_hidden_state"
        return self._model()

    def _model(self) -> onnx.ModelProto:
        axes = ["batch", "tokens"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, axes)
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(
            "last_hidden_state", TensorProto.FLOAT, [*axes, self._shape.hidden]
        )
        body = helper.make_graph(
            self._graph.nodes, "encoder", inputs, [output], self._graph.constants
        )
        model = helper.make_model(
            body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="nexus"
        )
        model.ir_version = IR_VERSION
        return model

    def _mask(self) -> str:
        """0 where attention may look, a large negative number elsewhere: [batch, 1, 1, tokens]."""
        graph = self._graph
        graph.constant("mask.axes", np.array([1, 2], np.int64))
        graph.constant("mask.far", np.float32(-1e9))
        graph.constant("mask.unit", np.float32(1))
        present = graph.add("Cast", ["attention_mask"], "mask.float", to=TensorProto.FLOAT)
        absent = graph.add("Sub", ["mask.unit", present], "mask.absent")
        spread = graph.add("Unsqueeze", [absent, "mask.axes"], "mask.spread")
        return graph.add("Mul", [spread, "mask.far"], "mask.bias")

    def _embeddings(self) -> str:
        graph, weights = self._graph, self._weights
        places = weights.plain("emb.pos").reshape(self._shape.positions, self._shape.hidden)
        kind = weights.plain("emb.type").reshape(self._shape.types, self._shape.hidden)[0]
        graph.constant("positions", places + kind)
        graph.add("Shape", ["input_ids"], "shape")
        graph.add("Gather", ["shape", "one"], "tokens")
        graph.add("Range", ["zero", "tokens", "one"], "places")
        graph.add("Gather", ["positions", "places"], "place_rows")
        graph.add("Add", [self._words(), "place_rows"], "embedded")
        return self._norm("emb.ln", "embedded")

    def _words(self) -> str:
        graph, weights, columns = self._graph, self._weights, self._shape.hidden
        if not self._integer:
            graph.constant("words", weights.rows("emb.word", columns))
            return graph.add("Gather", ["words", "input_ids"], "word_rows")
        values, scales = zip(*map(quantise, weights.row_batches("emb.word", columns)))
        graph.constant("words", np.concatenate(values))
        graph.constant("words.scale", np.concatenate(scales)[:, None])
        packed = graph.add("Gather", ["words", "input_ids"], "word_bytes")
        scale = graph.add("Gather", ["words.scale", "input_ids"], "word_scales")
        wide = graph.add("Cast", [packed], "word_floats", to=TensorProto.FLOAT)
        return graph.add("Mul", [wide, scale], "word_rows")

    def _norm(self, name: str, value: str) -> str:
        scale = self._graph.constant(f"{name}.w", self._weights.plain(f"{name}.w"))
        bias = self._graph.constant(f"{name}.b", self._weights.plain(f"{name}.b"))
        return self._graph.add(
            "LayerNormalization", [value, scale, bias], name, axis=-1, epsilon=self._shape.epsilon
        )

    def _linear(self, name: str, value: str, rows: np.ndarray, bias: np.ndarray) -> str:
        """value x rows^T + bias, rows being [outputs, inputs]."""
        graph = self._graph
        graph.constant(f"{name}.bias", bias)
        if not self._integer:
            graph.constant(f"{name}.weight", np.ascontiguousarray(rows.T))
            product = graph.add("MatMul", [value, f"{name}.weight"], f"{name}.product")
            return graph.add("Add", [product, f"{name}.bias"], name)
        packed, scale = quantise(rows)
        graph.constant(f"{name}.weight", np.ascontiguousarray(packed.T))
        graph.constant(f"{name}.scale", scale)
        activation = [f"{name}.input", f"{name}.input_scale", f"{name}.input_zero"]
        graph.nodes.append(
            helper.make_node("DynamicQuantizeLinear", [value], activation, name=f"{name}.quantise")
        )
        graph.add("Mul", [activation[1], f"{name}.scale"], f"{name}.scales")
        factors = [activation[0], f"{name}.weight", activation[2]]
        integers = graph.add("MatMulInteger", factors, f"{name}.integers")
        floats = graph.add("Cast", [integers], f"{name}.floats", to=TensorProto.FLOAT)
        product = graph.add("Mul", [floats, f"{name}.scales"], f"{name}.product")
        return graph.add("Add", [product, f"{name}.bias"], name)

    def _layer(self, layer: int, hidden: str, mask: str) -> str:
        graph, shape, name = self._graph, self._shape, f"l{layer}"
        mixed = self._attention(layer, hidden, mask)
        attended = self._projection(f"{name}.ao", mixed, shape.hidden)
        graph.add("Add", [attended, hidden], f"{name}.attended")
        middle = self._norm(f"{name}.aln", f"{name}.attended")
        wide = self._gelu(name, self._projection(f"{name}.fi", middle, shape.hidden))
        narrow = self._projection(f"{name}.fo", wide, shape.ffn)
        graph.add("Add", [narrow, middle], f"{name}.mixed")
        return self._norm(f"{name}.oln", f"{name}.mixed")

    def _projection(self, name: str, value: str, inputs: int) -> str:
        rows = self._weights.rows(f"{name}.w", inputs)
        return self._linear(name, value, rows, self._weights.plain(f"{name}.b"))

    def _attention(self, layer: int, hidden: str, mask: str) -> str:
        """One product for queries, keys and values; the queries carry 1 / sqrt(head size)."""
        graph, shape, name = self._graph, self._shape, f"l{layer}"
        size = shape.hidden // shape.heads
        rows = [self._weights.rows(f"{name}.{part}.w", shape.hidden) for part in "qkv"]
        bias = [self._weights.plain(f"{name}.{part}.b") for part in "qkv"]
        shrink = np.float32(1 / math.sqrt(size))
        rows[0], bias[0] = rows[0] * shrink, bias[0] * shrink
        joint = self._linear(f"{name}.qkv", hidden, np.concatenate(rows), np.concatenate(bias))
        if layer == 0:
            graph.constant("split", np.array([shape.hidden] * 3, np.int64))
            graph.constant("heads", np.array([0, 0, shape.heads, size], np.int64))
            graph.constant("joined", np.array([0, 0, shape.hidden], np.int64))
        parts = [f"{name}.{part}" for part in ("queries", "keys", "values")]
        graph.nodes.append(
            helper.make_node("Split", [joint, "split"], parts, name=f"{name}.split", axis=-1)
        )
        for part in parts:
            order = [0, 2, 3, 1] if part.endswith("keys") else [0, 2, 1, 3]
            graph.add("Reshape", [part, "heads"], f"{part}.heads")
            graph.add("Transpose", [f"{part}.heads"], f"{part}.turned", perm=order)
        scores = graph.add("MatMul", [f"{p}.turned" for p in parts[:2]], f"{name}.scores")
        masked = graph.add("Add", [scores, mask], f"{name}.masked")
        shares = graph.add("Softmax", [masked], f"{name}.shares", axis=-1)
        mixed = graph.add("MatMul", [shares, f"{parts[2]}.turned"], f"{name}.mix")
        graph.add("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        return graph.add("Reshape", [f"{name}.back", "joined"], f"{name}.heads")

    def _gelu(self, name: str, value: str) -> str:
        graph = self._graph
        if name == "l0":
            graph.constant("gelu.root", np.float32(math.sqrt(2)))
            graph.constant("gelu.one", np.float32(1))
            graph.constant("gelu.half", np.float32(0.5))
        scaled = graph.add("Div", [value, "gelu.root"], f"{name}.gelu.scaled")
        error = graph.add("Erf", [scaled], f"{name}.gelu.erf")
        shifted = graph.add("Add", [error, "gelu.one"], f"{name}.gelu.shifted")
        product = graph.add("Mul", [value, shifted], f"{name}.gelu.product")
        return graph.add("Mul", [product, "gelu.half"], f"{name}.gelu")


def encoder(weights: PackedWeights, integer: bool) -> onnx.ModelProto:
    return Encoder(weights, integer).build()
