"""A network learns to recognise clothes (Fashion-MNIST), then says what one picture file shows.

    python examples/fashion_mnist.py shirt.png

The picture may be dark on light or light on dark, in colour, in grey or on a transparent ground,
and of any size. The confidences are printed, and drawn as bars in shirt_confidences.png beside it.
Without a picture, one is taken that the network has not learnt from. The network is trained only
the first time, and then kept in a file.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageOps

import tensorgraph as tg
from tensorgraph.models import Model

LABELS = tg.data.FASHION_MNIST_LABELS
SIDE, BATCH = 28, 128
SHIRT = LABELS.index("Shirt")
# A copy of the data beside the repository; without one the files are downloaded.
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


# --- the network ---------------------------------------------------------------------------------


def features(pictures: Any) -> Any:
    """Pictures (n, 28, 28) as rows (n, 784) with about the mean 0 and the deviation 1."""
    return (pictures.reshape(len(pictures), -1) - np.float32(73)) / np.float32(90)


def train(X: Any, y: Any, X_test: Any, y_test: Any, epochs: int) -> Model:
    # Batches follow the order of the data: mix it first.
    X, y = tg.data.shuffle(features(X), y)
    steps = epochs * -(-len(X) // BATCH)
    model = Model()
    model.add(tg.nn.Dense(784, 128, weight_regularizer_l2=1e-4, weight_initializer="he_normal"))
    model.add(tg.nn.ReLU())
    model.add(tg.nn.Dense(128, 128, weight_regularizer_l2=1e-4, weight_initializer="he_normal"))
    model.add(tg.nn.ReLU())
    model.add(tg.nn.Dense(128, 10, weight_initializer="he_normal"))
    model.add(tg.nn.Softmax())
    model.set(
        loss=tg.losses.CategoricalCrossentropy(),
        optimizer=tg.optim.Adam(tg.optim.CosineDecay(0.002, steps)),
        accuracy=tg.metrics.CategoricalAccuracy(),
    )
    model.finalize()
    model.summary()
    model.train(X, y, epochs=epochs, batch_size=BATCH)
    loss, accuracy = model.evaluate(features(X_test), y_test)
    print(f"on {len(X_test):,} other pictures: accuracy {accuracy:.4f}, loss {loss:.3f}")
    return model


# --- a picture of one's own ----------------------------------------------------------------------


def read(path: Path) -> Image.Image:
    """The picture in a file, in shades of grey; what is transparent becomes ground."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        return Image.fromarray(np.uint8(np.asarray(image) >> 8))
    if not image.has_transparency_data:
        return image.convert("L")
    image = image.convert("RGBA")
    alpha = np.asarray(image.getchannel("A"), np.float64)
    grey = np.asarray(image.convert("L"))
    # A ground that what is visible stands out from.
    is_dark = np.average(grey, weights=alpha + 1e-9) < 128
    ground = Image.new("RGBA", image.size, "white" if is_dark else "black")
    return Image.alpha_composite(ground, image).convert("L")


def as_in_the_data(image: Image.Image) -> Any:
    """A grey picture as Fashion-MNIST has them: (28, 28), light on black, as large as will fit."""
    grey = np.asarray(image, np.float32)
    ground = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    grey = grey - ground if ground < 128 else ground - grey
    if grey.max() < 20:
        raise ValueError("nothing stands out from the ground of this picture")
    light = Image.fromarray(np.uint8(255 * np.clip(grey / grey.max(), 0, 1)))
    content = light.crop(light.point(lambda brightness: 255 * (brightness > 13)).getbbox())
    square = ImageOps.pad(content, (max(content.size), max(content.size)))
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


# --- what it shows -------------------------------------------------------------------------------


def print_table(confidences: Any) -> None:
    for i in np.argsort(-confidences):
        print(f"  {LABELS[i]:<12}{confidences[i]:7.1%}")


def draw(image: Image.Image, seen: Any, confidences: Any, path: Path) -> None:
    """The picture, what the network sees of it, and its confidences as bars."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    original, small, bars = figure.subplots(1, 3, width_ratios=(2, 2, 3))
    original.imshow(image, cmap="gray", vmin=0, vmax=255)
    original.set_title("the picture, in grey")
    small.imshow(seen, cmap="gray", vmin=0, vmax=255)
    small.set_title("what the network sees")
    for axes in (original, small):
        axes.set(xticks=[], yticks=[])
    best = int(confidences.argmax())
    colors = ["#0072b2" if i == best else "#9ecae1" for i in range(len(LABELS))]
    bars.bar_label(
        bars.barh(LABELS, confidences, color=colors),
        [f"{confidence:.1%}" for confidence in confidences],
        padding=3,
    )
    bars.invert_yaxis()
    bars.set(xlim=(0, 1.18), xticks=[0, 0.5, 1], xticklabels=["0%", "50%", "100%"])
    bars.set_title(f"its confidences: {LABELS[best]}")
    bars.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def save_example(X_test: Any, y_test: Any, folder: Path) -> Path:
    """Write the first shirt of the test pictures, enlarged and dark on light, as on paper."""
    folder.mkdir(parents=True, exist_ok=True)
    shirt = Image.fromarray(255 - X_test[np.flatnonzero(y_test == SHIRT)[0]])
    path = folder / "shirt.png"
    shirt.resize((280, 280), Image.Resampling.BICUBIC).save(path)
    return path


# --- the program ---------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("picture", type=Path, nargs="?", help="a picture of one piece of clothing")
    parser.add_argument(
        "--model", type=Path, default=Path("fashion_mnist.safetensors"), help="where it is kept"
    )
    parser.add_argument("--train", action="store_true", help="train, even if the model is there")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--data", type=Path, help="folder with the four files of Fashion-MNIST")
    parser.add_argument(
        "--output", type=Path, default=Path("pictures"), help="for the test picture"
    )
    options = parser.parse_args()
    if options.picture:
        # Better now than after a training.
        try:
            as_in_the_data(read(options.picture))
        except (OSError, ValueError) as error:
            parser.error(f"{options.picture}: {error}")

    must_train = options.train or not options.model.exists()
    if must_train or not options.picture:
        beside = BESIDE if BESIDE.is_dir() and not os.environ.get("TENSORGRAPH_DATA") else None
        X, y, X_test, y_test = tg.data.fashion_mnist(options.data or beside)
    if must_train:
        options.model.parent.mkdir(parents=True, exist_ok=True)
        tg.seed(0)
        train(X, y, X_test, y_test, options.epochs).save(options.model)
        print(f"saved the network as {options.model}")
    else:
        print(f"the network is the one in {options.model}; --train would train it anew")

    model = Model.load(options.model)
    path = options.picture or save_example(X_test, y_test, options.output)
    image = read(path)
    seen = as_in_the_data(image)
    (confidences,) = model.predict(features(seen[np.newaxis]))
    print(f"{path} shows: {LABELS[confidences.argmax()]}")
    print_table(confidences)
    chart = path.with_name(f"{path.stem}_confidences.png")
    draw(image, seen, confidences, chart)
    print("wrote", *([chart] if options.picture else [path, chart]), sep="\n  ")


if __name__ == "__main__":
    main()
