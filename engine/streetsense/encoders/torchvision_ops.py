"""Lets timm be imported beside a torchvision whose compiled library cannot load.

timm imports torchvision, and torchvision describes the shapes of its operators ``nms`` and ``qnms`` at import, whether
its compiled library is there or not. When that library was built for another torch (a CPU torch beside a CUDA
torchvision, which is what package indexes combine easily), it does not load, the two operators do not exist, and the
import ends with ``operator torchvision::nms does not exist``. Encoders use neither operator, so declaring them without
an implementation is enough.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
#: Declarations live as long as the object that made them.
_declared: list[torch.library.Library] = []


def declare_missing_operators() -> bool:
    """Declare ``torchvision::nms`` and ``qnms`` where torchvision's own library cannot load.

    Call it before timm or torchvision is imported. It does nothing where torchvision works, is not installed, or has
    been imported already.

    Returns
    -------
    bool
        Whether the operators are declared by this module.
    """
    if _declared:
        return True
    if "torchvision" in sys.modules or _library_loads():
        return False
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in ("nms", "qnms"):
        library.define(operator + _SIGNATURE)  # type: ignore[no-untyped-call]
    _declared.append(library)
    return True


def _library_loads() -> bool:
    """Tell whether torchvision is absent or its compiled library loads (loading it twice is harmless)."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        return True
    libraries = [path for path in Path(package.origin).parent.glob("_C*") if path.suffix in (".so", ".pyd", ".dylib")]
    try:
        for library in libraries:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except (OSError, ImportError):
        return False
    return bool(libraries)
