"""A function of tensors as the list of tensor operations that it comes to, gradients included.

What is run then is that list: no autograd, no vmap, no modules, which cost more than the operations of a small net.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

Function = Callable[..., Tensor]
ATEN = torch.ops.aten
VIEWS = {ATEN.view.default, ATEN._unsafe_view.default, ATEN.expand.default, ATEN.detach.default, ATEN.alias.default}


def traced(function: Function, tensors: Sequence[Tensor]) -> Function:
    """`function` for tensors of these shapes; it is called once, on copies."""
    with torch.enable_grad():
        graph = make_fx(function)(*map(_copy, tensors))
    for node in list(graph.graph.nodes):
        _leave_out(graph, node)
    graph.graph.lint()
    graph.recompile()
    return torch.no_grad()(graph.forward)


def _copy(tensor: Tensor) -> Tensor:
    """A copy with the same strides: which views are possible depends on them."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _leave_out(graph: GraphModule, node: Node) -> None:
    """Take a node out whose result is its input: vmap and autograd leave many."""
    if node.op != "call_function" or not isinstance(before := node.args[0] if node.args else None, Node):
        return
    if (node.target in VIEWS and _shape(node) == _shape(before)) or (
        node.target is ATEN.mul.Scalar and node.args[1] == 1
    ):
        node.replace_all_uses_with(before)
        graph.graph.erase_node(node)


def _shape(node: Node) -> object:
    return tuple(node.meta["val"].shape)
