"""`torchvision.datasets` on every machine, also where torchvision's CUDA wheel is installed beside a CPU torch.

There the plain import fails with "operator torchvision::nms does not exist", because the compiled
operators cannot load. The readers need none of them: declaring the two schemas is enough.
"""

import torch

try:
    from torchvision import datasets
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    _LIBRARY = torch.library.Library("torchvision", "DEF")
    _LIBRARY.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _LIBRARY.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import datasets

__all__ = ["datasets"]
