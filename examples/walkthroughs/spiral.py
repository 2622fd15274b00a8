# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The spiral, layer by layer
#
# A neural network is a formula with many numbers in it, and training it is changing those numbers
# along a gradient. We write the formula out, then let layers write it, then `Model` do the rest. At
# each step the numbers stay the same.

# %%
import matplotlib.pyplot as plt
import numpy as np

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.models import Model

# %% [markdown]
# ## The data
#
# 100 points on each of three arms. Which arm is a point on, given its two coordinates?

# %%
X, y = tg.data.spiral(100, 3, seed=0, dtype=np.float64)
X.shape, y.shape

# %%
figure, axes = plt.subplots(figsize=(4.5, 4.5))
for arm, marker in enumerate("o^s"):
    axes.scatter(*X[y == arm].T, marker=marker, s=20, label=f"arm {arm}")
axes.set_aspect("equal")
legend = axes.legend()

# %% [markdown]
# ## A formula
#
# 64 hidden numbers are computed from the two coordinates, and three scores, one for each arm, from
# those. It all starts at random.

# %%
rng = np.random.default_rng(0)
W1 = 2.0 * rng.standard_normal((2, 64))
b1 = rng.standard_normal((1, 64))
W2 = 0.1 * rng.standard_normal((64, 3))
b2 = np.zeros((1, 3))


# %% [markdown]
# A hidden number is a weighted sum of the coordinates, or 0 where the sum is negative: without that
# bend, the scores would be weighted sums too, and every border a straight line.


# %%
def scores_of(X, W1, b1, W2, b2):
    z = X @ W1 + b1
    hidden = tg.where(z > 0, z, 0.0)
    return hidden @ W2 + b2


scores = scores_of(X, W1, b1, W2, b2)
scores[:3]

# %% [markdown]
# Scores become probabilities: make them positive, and divide by their sum.


# %%
def probabilities_of(scores):
    e = tg.exp(scores)
    return e / tg.sum(e, axis=1, keepdims=True)


probabilities_of(scores)[:3]

# %% [markdown]
# How wrong is that? The network should give the true arm a high probability. Its loss is the mean
# of $-\log p$ of the true arm: 0 if it is sure and right, and large if it is sure and wrong.

# %%
truth = np.eye(3)[y]


def loss_of(W1, b1, W2, b2):
    p = probabilities_of(scores_of(X, W1, b1, W2, b2))
    return -tg.sum(truth * tg.log(p)) / len(X)


loss_of(W1, b1, W2, b2)

# %% [markdown]
# Knowing nothing means a probability of 1/3 for each arm, and this loss. Our network starts with
# worse than that: it is a little sure of itself, at random.

# %%
np.log(3)

# %% [markdown]
# ## Its gradient
#
# The numbers to change are `W1`, `b1`, `W2` and `b2`. One sweep gives the derivative of the loss by
# every single one.

# %%
loss, gradients = tg.value_and_grad(loss_of, argnums=(0, 1, 2, 3))(W1, b1, W2, b2)
[g.shape for g in gradients]

# %% [markdown]
# Is it right? We change one weight by a little, and look.

# %%
ahead, behind = W2.copy(), W2.copy()
ahead[5, 1] += 1e-6
behind[5, 1] -= 1e-6
by_differences = (loss_of(W1, b1, ahead, b2) - loss_of(W1, b1, behind, b2)) / 2e-6
print(f"by tape         {gradients[2][5, 1]:.8f}")
print(f"by differences  {by_differences:.8f}")
assert np.isclose(gradients[2][5, 1], by_differences, rtol=1e-5)

# %% [markdown]
# The formula as a graph, with its four variables:

# %%
names = ["W1", "b1", "W2", "b2"]
loss = loss_of(*(tg.Tensor(p, name=n) for p, n in zip([W1, b1, W2, b2], names, strict=True)))
loss.name = "loss"
viz.graph(loss)

# %% [markdown]
# ## Downhill
#
# Training is this step, again and again: each number moves a little against its gradient.

# %%
STEPS, RATE = 200, 1.0


def descend(parameters):
    losses = []
    for _ in range(STEPS):
        loss, gradients = tg.value_and_grad(loss_of, argnums=(0, 1, 2, 3))(*parameters)
        parameters = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
        losses.append(float(loss))
    return losses


from_formula = descend([W1, b1, W2, b2])
print(f"first loss {from_formula[0]:.6f}, last loss {from_formula[-1]:.6f}")

# %% [markdown]
# ## Tensors
#
# A tensor keeps its gradient with it. `backward` fills it in, and an optimizer takes the step for
# all of them.

# %%
parameters = [tg.Tensor(p) for p in (W1, b1, W2, b2)]
optimizer = tg.optim.SGD(learning_rate=RATE)

from_tensors = []
for _ in range(STEPS):
    loss = loss_of(*parameters)
    loss.backward()
    optimizer.step(parameters)
    optimizer.zero_grad(parameters)
    from_tensors.append(loss.item())

assert np.allclose(from_tensors, from_formula, rtol=1e-8)
print(f"last loss {from_tensors[-1]:.6f}")

# %% [markdown]
# ## Layers
#
# A layer is a piece of the formula that owns its numbers. `Dense` is `x @ weights + biases`, and
# `ReLU` is the bend.


# %%
def new_layers():
    """The layers, with the numbers that we started from."""
    layers = [tg.nn.Dense(2, 64, dtype=np.float64), tg.nn.ReLU()]
    layers += [tg.nn.Dense(64, 3, dtype=np.float64), tg.nn.Softmax()]
    layers[0].weights.data, layers[0].biases.data = W1, b1
    layers[2].weights.data, layers[2].biases.data = W2, b2
    return layers


layers = new_layers()
output = X
for layer in layers:
    output = layer(output)
output.data[:3]

# %% [markdown]
# The same probabilities as above, and the same loss:

# %%
cross_entropy = tg.losses.CategoricalCrossentropy()
loss = cross_entropy(output, y)
assert np.allclose(output.data, probabilities_of(scores), rtol=1e-12)
assert np.isclose(loss.item(), from_formula[0], rtol=1e-12)
loss.item()

# %% [markdown]
# In its graph each layer is a box, and what is in a `Dense` is one operation:

# %%
viz.graph(loss)

# %% [markdown]
# One thing is better than in our formula. The exponential of a high score is more than a float can
# hold, and the formula then divides infinity by infinity:

# %%
high = np.array([[1000.0, 0.0, -1000.0]])
with np.errstate(all="ignore"):
    print("formula:", probabilities_of(high))
print("layer:  ", tg.nn.Softmax()(high))

# %% [markdown]
# The loop is the one we know.

# %%
parameters = [p for layer in layers for p in layer.parameters().values()]
optimizer = tg.optim.SGD(learning_rate=RATE)

from_layers = []
for _ in range(STEPS):
    output = X
    for layer in layers:
        output = layer(output, training=True)
    loss = cross_entropy(output, y)
    loss.backward()
    optimizer.step(parameters)
    optimizer.zero_grad(parameters)
    from_layers.append(loss.item())

assert np.allclose(from_layers, from_formula, rtol=1e-8)
print(f"last loss {from_layers[-1]:.6f}")

# %% [markdown]
# ## Model
#
# `Model` is the layers in a row, and the loop. Each epoch is a step here, because every step sees
# all the points.

# %%
model = Model(new_layers(), dtype=np.float64)
model.set(
    loss=tg.losses.CategoricalCrossentropy(),
    optimizer=tg.optim.SGD(learning_rate=RATE),
    accuracy=tg.metrics.CategoricalAccuracy(),
)
model.finalize()
history = model.train(X, y, epochs=STEPS)

assert np.allclose(history["loss"], from_formula, rtol=1e-8)

# %% [markdown]
# Four programs, one training: here are the first and the last loss of each.

# %%
for name, losses in {
    "formula": from_formula,
    "tensors": from_tensors,
    "layers": from_layers,
    "model": history["loss"],
}.items():
    print(f"{name:8} {losses[0]:.12f}  {losses[-1]:.12f}")

# %% [markdown]
# ## To the end
#
# That network was not done. Now with more points, an optimizer that finds a step size for each
# number, and a penalty on large weights. Other points than those it learns from are its judges.

# %%
tg.seed(0)
X, y = tg.data.spiral(1000, 3)
X_val, y_val = tg.data.spiral(100, 3)

model = Model()
model.add(tg.nn.Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 3))
model.add(tg.nn.Softmax())
visualizer = viz.Visualizer(
    model, X_val, y_val, n_inputs=2, n_outputs=3, colorgraph=True, validation=True
)
model.set(
    loss=tg.losses.CategoricalCrossentropy(),
    optimizer=tg.optim.Adam(learning_rate=0.01, decay=5e-7),
    accuracy=tg.metrics.CategoricalAccuracy(),
    visualizer=visualizer,
)
model.finalize()
history = model.train(X, y, epochs=1000, validation_data=(X_val, y_val))

# %% [markdown]
# Each point of the plane in the colour of the arm that the network puts it on, and paler where it
# is less sure:

# %%
visualizer

# %%
loss, accuracy = model.evaluate(X_val, y_val)
print(f"{accuracy:.1%} of {len(X_val)} new points are on the right arm")

# %% [markdown]
# And the network itself: lines are weights.

# %%
viz.network(model)
