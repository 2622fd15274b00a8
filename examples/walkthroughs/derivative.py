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
# # One derivative, three ways
#
# By differences, by hand, and by tape: the same number each time. This file is a notebook
# (jupytext's percent format), and also a program that runs from top to bottom.

# %%
import numpy as np

import tensorgraph as tg

# %% [markdown]
# The function is a product with another function inside. `tg.sin` takes numbers and arrays like
# `np.sin`, and tensors too.


# %%
def f(x):
    return x * tg.sin(x**2)


x = 1.2
f(x)

# %% [markdown]
# ## By differences
#
# A derivative says how much the result changes for a small change of the input. So change it a
# little to both sides, and divide.


# %%
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


by_differences = central_difference(f, x)
by_differences

# %% [markdown]
# ## By hand
#
# The product rule gives $f'(x) = \sin(x^2) + x \cdot (\sin(x^2))'$, and the chain rule gives
# $(\sin(x^2))' = \cos(x^2) \cdot 2x$.

# %%
by_hand = np.sin(x**2) + x * np.cos(x**2) * 2 * x
by_hand

# %% [markdown]
# How small should the step be? A large one looks too far away. With a tiny one, the two values of
# f agree in so many digits that rounding is most of what is left.

# %%
for exponent in range(1, 14, 2):
    h = 10.0**-exponent
    error = abs(central_difference(f, x, h) - by_hand)
    print(f"h = 1e-{exponent:<3}  error {error:.1e}")

# %% [markdown]
# ## By tape
#
# A `Tensor` holds a number and remembers what is computed from it. The function stays as it is.

# %%
t = tg.Tensor(x, name="x")
y = f(t)
y.name = "y"
y

# %% [markdown]
# What it remembers is a list: the tape. Each line is an operation, with the lines it takes its
# operands from.

# %%
tg.tape(y)

# %% [markdown]
# The same as a picture. The variable is used twice, so two paths lead from it to the result. Once
# `viz` is imported, a notebook draws what is recorded by itself.

# %%
from tensorgraph import viz

viz.graph(y)

# %% [markdown]
# `backward` walks the tape from its end to its beginning, and leaves the derivative at the
# variable.

# %%
y.backward()
by_tape = t.grad
by_tape

# %%
print(f"by differences  {by_differences:.10f}")
print(f"by hand         {by_hand:.10f}")
print(f"by tape         {by_tape:.10f}")
assert np.isclose(by_tape, by_hand, rtol=1e-14)
assert np.isclose(by_tape, by_differences, rtol=1e-8)

# %% [markdown]
# ## What backward does
#
# We can walk the tape ourselves. First forward, a step at a time:

# %%
a = x**2
b = np.sin(a)
result = x * b

# %% [markdown]
# Then back. Each step multiplies the derivative so far by that of one operation:

# %%
by_result = 1.0
by_b = by_result * x
by_a = by_b * np.cos(a)
through_a = by_a * 2 * x
through_a

# %% [markdown]
# That is one path. The other goes straight into the product:

# %%
straight = by_result * b
straight

# %% [markdown]
# Where a variable is used twice, its derivative is the sum over both paths.

# %%
assert np.isclose(straight + through_a, by_tape, rtol=1e-14)
straight + through_a

# %% [markdown]
# ## Without tensors
#
# `tg.grad` turns a function into its derivative. What comes out is a function again, so it can be
# done twice. By hand, the second derivative is $6x\cos(x^2) - 4x^3\sin(x^2)$.

# %%
first = tg.grad(f)
second = tg.grad(first)
print(f"f'   by tape {first(x):.10f}   by hand {by_hand:.10f}")
second_by_hand = 6 * x * np.cos(x**2) - 4 * x**3 * np.sin(x**2)
print(f"f''  by tape {second(x):.10f}   by hand {second_by_hand:.10f}")
assert np.isclose(second(x), second_by_hand, rtol=1e-12)

# %% [markdown]
# ## Why the tape is worth it
#
# A network has thousands of variables. Differences call the function twice for each of them; the
# tape needs one call and one walk back, however many there are.

# %%
calls = 0


def g(v):
    global calls
    calls += 1
    return tg.sum(v * tg.sin(v**2))


v = np.linspace(0, 2, 1000)
calls = 0
by_tape = tg.grad(g)(v)
print(f"{calls} call by tape")

# %%
calls = 0
by_differences = np.empty_like(v)
for i, step in enumerate(1e-5 * np.eye(len(v))):
    by_differences[i] = (g(v + step) - g(v - step)) / 2e-5
print(f"{calls} calls by differences")
print(f"largest disagreement {np.abs(by_tape - by_differences).max():.1e}")
assert np.allclose(by_tape, by_differences, atol=1e-6)
