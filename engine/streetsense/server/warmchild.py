"""The server's warm process: it alone imports torch, keeps encoders loaded and answers one question after the other.

Started by `streetsense.server.warm` as ``python -m streetsense.server.warmchild``. Questions come over standard input,
answers leave over standard output. It ends as soon as its input does, so it never outlives the server.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.question import Asked, encoder_asked, pose, settings_of, texts_of
from streetsense.server.devices import Device, cpu_device
from streetsense.server.frames import Frame, pack, read_frame
from streetsense.server.kept import Kept
from streetsense.study import checked_name

if TYPE_CHECKING:
    from streetsense.encoders import Encoder
    from streetsense.indicators import Predictor

#: How much is kept loaded.
MOST_ENCODERS, MOST_ENCODER_BYTES = 4, 6 * 2**30
MOST_PREDICTORS, MOST_PREDICTOR_BYTES = 64, 2**28
#: More threads than this do not make the maps of a single photo come sooner.
MOST_THREADS = 8


class Answerer:
    """Answers questions with what it keeps loaded.

    Parameters
    ----------
    device : str
        What encoders run on: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    """

    def __init__(self, device: str) -> None:
        import torch

        from streetsense.encoders import load_encoder
        from streetsense.indicators import load_predictor

        if "OMP_NUM_THREADS" not in os.environ:
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            torch.set_num_threads(min(cores, MOST_THREADS))
        self._encoders: Kept[Encoder] = Kept(
            lambda folder: load_encoder(folder, device),
            ("config.json", "model.safetensors"),
            lambda encoder: sum(value.nbytes for value in encoder.model.state_dict().values()),
            most=MOST_ENCODERS,
            most_bytes=MOST_ENCODER_BYTES,
        )
        self._predictors: Kept[Predictor] = Kept(
            load_predictor,
            ("predictor.json",),
            lambda predictor: 64 * predictor.record.dimension,
            most=MOST_PREDICTORS,
            most_bytes=MOST_PREDICTOR_BYTES,
        )

    def answer(self, request: dict[str, Any], payload: bytes) -> Frame:
        """Answer one request.

        Raises
        ------
        StreetSenseError
            When it cannot be answered.
        """
        match request["do"]:
            case "devices":
                return {"devices": [device.model_dump() for device in _devices()]}, b""
            case "encoders":
                return {"encoders": self._warm()}, b""
            case _:
                return self._attention(request, payload)

    def _attention(self, request: dict[str, Any], payload: bytes) -> Frame:
        """Ask an encoder about a photo (the payload)."""
        import torch

        from streetsense.attention import answer, see_photo, seen_box
        from streetsense.images import PhotoError

        study, view_id = Path(request["study"]), str(request["view_id"])
        asked = Asked.model_validate(request["asked"])
        try:
            predictor = None
            if asked.predictor is not None:
                predictor = self._predictors.get(study / "predictors" / checked_name(asked.predictor, "predictor"))
            name = encoder_asked(asked, predictor)
            encoder = self._encoders.get(study / "encoders" / checked_name(name, "encoder"))
            question = pose(asked, encoder, predictor)
            settings = settings_of(question, name, encoder, asked, predictor)
            photo = see_photo(payload, encoder.preprocess, request["size"])
            texts = texts_of(settings, view_id)
            found = answer(encoder, question, [photo], [texts], opacity=request["opacity"], compression=1)[0]
        except PhotoError as error:
            raise InputError(f"view: the photo of '{view_id}' cannot be read ({error}); fetch it again.") from error
        except torch.OutOfMemoryError as error:
            self._encoders.clear()
            torch.cuda.empty_cache()
            raise StreetSenseError(
                "attention: the memory of the GPU is used up, probably by a job; try again when it has ended."
            ) from error
        height, width = photo.pixels.shape[:2]
        box = seen_box(width, height, encoder.preprocess.size)
        facts = {
            **settings,
            "view_id": view_id,
            "values": found.map.tolist(),
            "scale": found.scale,
            "seen": [
                box.left / width,
                box.top / height,
                (box.left + box.width) / width,
                (box.top + box.height) / height,
            ],
        }
        return {"facts": facts}, found.png

    def _warm(self) -> list[dict[str, Any]]:
        return [
            {"study": folder.parent.parent.name, "name": folder.name, "device": str(encoder.device), "bytes": size}
            for folder, encoder, size in self._encoders.things()
        ]


def _devices() -> list[Device]:
    """Return the processor, then the GPUs that torch can use."""
    import torch

    found = [cpu_device()]
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(number)
        model = torch.cuda.get_device_name(number)
        found.append(Device(name=f"cuda:{number}", model=model, memory_total=total, memory_free=free))
    return found


def main() -> None:
    """Answer until the server is gone."""
    # What libraries print must not run into the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: SimpleQueue[Frame] = SimpleQueue()
    # Begun before torch is imported, so that the end of the server is noticed meanwhile, too.
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    answerer = Answerer(sys.argv[1] if len(sys.argv) > 1 else "auto")
    while True:
        request, payload = requests.get()
        try:
            facts, made = answerer.answer(request, payload)
        except StreetSenseError as error:
            facts, made = {"error": str(error), "input": isinstance(error, InputError)}, b""
        except Exception:
            # A GPU or a library may be left in any state: the next question goes to a fresh process.
            traceback.print_exc()
            sys.exit(1)
        answers.write(pack(facts, made))
        answers.flush()


def _listen(requests: SimpleQueue[Frame]) -> None:
    """Queue what comes in; end the process, whatever it is doing, when nothing can come any more."""
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        requests.put(frame)
    os._exit(0)


if __name__ == "__main__":
    main()
