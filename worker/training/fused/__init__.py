"""Kernels for a device that do in one launch what torch does in many: softmax, loss and gradient; batch norm.

A step of a stack is some hundred small operations beside seven large ones, and a device waits for each launch. Those of
the hidden layer, `hidden_kernel.py`, replace the large ones, which move far more numbers than they compute. The
kernels are written in Triton, which comes with torch's builds for CUDA, or by `pip install 'golden-study[gpu]'`. What
torch does stays the reference and the way without them: `self_check.py` compares the two on the device before any lane
is trained. With TRITON_INTERPRET=1 Triton interprets the same kernels on a CPU, which is how they are tested.
"""

SWITCH = "GOLDEN_TRITON"  # 0 switches the kernels off
