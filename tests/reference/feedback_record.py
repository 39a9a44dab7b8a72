"""Record what PyTorch and Keras do in the cases of feedback_cases.py: python tests/reference/feedback_record.py

It needs torch and keras, which no test needs. It writes feedback.npz beside itself: the metrics, the rate after every
evaluation in every case, for early stopping the evaluation it stops at and the one it restores, and the versions.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from feedback_cases import (  # noqa: E402
    KERAS_PLATEAUS,
    KERAS_STOPS,
    LR,
    PLATEAU_DIFFERENCES,
    PLATEAUS,
    metrics,
)

keras.config.set_floatx("float64")
METRICS = metrics()


def torch_plateau(name, settings):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    settings = dict(settings)
    if "threshold_mode" in settings:
        settings["threshold_mode"] = settings["threshold_mode"][:3]
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    for metric in METRICS[name]:
        scheduler.step(metric)
        yield optimizer.param_groups[0]["lr"]


def keras_plateau(name, settings):
    optimizer = keras.optimizers.SGD(LR)
    callback = keras.callbacks.ReduceLROnPlateau(monitor="metric", **{"mode": "min", **settings})
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    for epoch, metric in enumerate(METRICS[name]):
        callback.on_epoch_end(epoch, {"metric": metric})
        yield float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def keras_stop(name, settings):
    """(the evaluation after which it stops, the one whose weights it restores); weights are numbers of evaluations."""
    model = SimpleNamespace(stop_training=False, weights=None)
    model.get_weights = lambda: model.weights
    model.set_weights = lambda weights: setattr(model, "weights", weights)
    callback = keras.callbacks.EarlyStopping(monitor="metric", restore_best_weights=True, **{"mode": "min", **settings})
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, metric in enumerate(METRICS[name]):
        model.weights = epoch
        callback.on_epoch_end(epoch, {"metric": metric})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch, model.weights


recorded = {f"metrics.{name}": values for name, values in METRICS.items()}
exact = {k: (sequence, settings | {"eps": 0}) for k, (sequence, settings) in PLATEAUS.items()}
recorded |= {f"torch.{k}": np.array([*torch_plateau(*case)]) for k, case in (exact | PLATEAU_DIFFERENCES).items()}
recorded |= {f"keras.{k}": np.array([*keras_plateau(*case)]) for k, case in KERAS_PLATEAUS.items()}
recorded |= {f"stop.{k}": np.array(keras_stop(*case)) for k, case in KERAS_STOPS.items()}
recorded["versions"] = np.array(json.dumps({name: version(name) for name in ("torch", "keras")}))
np.savez_compressed(Path(__file__).parent / "feedback.npz", **recorded)
