"""A small encoder that is trained here, for where no trained model can be had: 2 layers, 64 wide, 4 heads.

Its language is made up: a text tells a few events ("the chef mends a boat"), each of who, what and with which thing, and says every one of them in any of three words. Texts are as
similar as the cosine of their features: who, what and thing by themselves, and who together with which thing. So words are not enough; a token has to
find the others of its own event. It knows no other words."""
import os

import jax
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from dota import bert

WHO = ["chef cook baker", "musician guitarist performer", "child kid youngster", "banker financier lender",
       "farmer grower planter", "sailor seaman mariner", "teacher instructor tutor", "doctor physician medic"]
WHAT = ["mends repairs fixes", "sells trades markets", "watches observes views", "carries hauls brings",
        "paints colours decorates", "buys purchases acquires", "hides conceals buries", "praises lauds admires"]
THING = ["boat ship vessel", "house home cottage", "picture painting portrait", "horse pony mare",
         "stone rock boulder", "coat jacket cloak", "loaf bread roll", "book volume tome"]
CONCEPTS = [line.split() for line in WHO + WHAT + THING]
WORDS = ["[pad]", "[cls]", "[unknown]", "the", "a", "."] + sum(CONCEPTS, [])
NUMBER = {word: i for i, word in enumerate(WORDS)}
LENGTH, EVENTS = 64, 9  # tokens a text, at most
CONFIG = dict(vocab_size=len(WORDS), hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
              intermediate_size=128, max_position_embeddings=256, layer_norm_eps=1e-12)


def tell(events, generator):
    """A text of the events, each (who, what, thing) from 0 to 7, in any order and wording."""
    sentences = []
    for who, what, thing in generator.permutation(events):
        a, b, c = (CONCEPTS[i][generator.integers(3)] for i in (who, 8 + what, 16 + thing))
        sentences.append(f"the {a} {b} a {c} .")
    return " ".join(sentences)


def features(events):
    vector = np.zeros(24 + 64, np.float32)
    for who, what, thing in events:
        for feature in (who, 8 + what, 16 + thing, 24 + 8 * who + thing):
            vector[feature] += 1
    return vector / np.linalg.norm(vector)


def tokens(text):
    return [NUMBER["[cls]"]] + [NUMBER.get(word, NUMBER["[unknown]"]) for word in text.split()]


def change(events, generator):
    """Other events: some kept, some with their things exchanged, some new."""
    others = events.copy()
    for i in range(len(others)):
        fate = generator.integers(4)
        if fate == 0:
            others[i] = generator.integers(0, 8, 3)
        elif fate == 1:
            j = generator.integers(len(others))
            others[[i, j], 2] = others[[j, i], 2]
    return others


def batch(generator, size):
    """`size` texts, half of them made from the other half: ids, mask, and how similar each two are."""
    ids, mask, wanted = np.zeros((size, LENGTH), np.int32), np.zeros((size, LENGTH), np.int32), []
    for row in range(0, size, 2):
        events = generator.integers(0, 8, (generator.integers(1, EVENTS + 1), 3))
        for half, told in enumerate((events, change(events, generator))):
            text = tokens(tell(told, generator))
            ids[row + half, :len(text)], mask[row + half, :len(text)] = text, 1
            wanted.append(features(told))
    return ids, mask, np.array(wanted) @ np.array(wanted).T


def start(generator):
    width, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    linears = {"attention.self.query": (width, width), "attention.self.key": (width, width),
               "attention.self.value": (width, width), "attention.output.dense": (width, width),
               "intermediate.dense": (inner, width), "output.dense": (width, inner)}
    weights = {"embeddings.word_embeddings.weight": generator.normal(0, 0.3, (len(WORDS), width)),
               "embeddings.position_embeddings.weight":
                   generator.normal(0, 0.1, (CONFIG["max_position_embeddings"], width)),
               "embeddings.token_type_embeddings.weight": np.zeros((2, width))}
    norms = ["embeddings.LayerNorm"]
    for layer in (f"encoder.layer.{i}" for i in range(CONFIG["num_hidden_layers"])):
        for part, shape in linears.items():
            weights[f"{layer}.{part}.weight"] = generator.normal(0, shape[1] ** -0.5, shape)
            weights[f"{layer}.{part}.bias"] = np.zeros(shape[0])
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for norm in norms:
        weights[f"{norm}.weight"], weights[f"{norm}.bias"] = np.ones(width), np.zeros(width)
    return {name: jnp.asarray(value, jnp.float32) for name, value in weights.items()}


def train(progress, steps=700):
    """The weights, as arrays by name. Adam, linear decay; half a minute on two cores."""
    generator = np.random.default_rng(0)
    weights = start(generator)
    first, second = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))

    @jax.jit
    def step(weights, first, second, count, ids, mask, wanted):
        def loss(weights):
            vectors = bert.embed(weights, CONFIG, ids, mask)
            return jnp.mean(jnp.square(vectors @ vectors.T - wanted))
        value, gradient = jax.value_and_grad(loss)(weights)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, second, gradient)
        rate = 2e-3 * (1 - count / steps) * jnp.minimum(1, count / 50)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * (m / (1 - 0.9 ** count)) / (jnp.sqrt(v / (1 - 0.99 ** count)) + 1e-8),
            weights, first, second)
        return weights, first, second, value

    for count in range(1, steps + 1):
        weights, first, second, value = step(weights, first, second, float(count), *batch(generator, 32))
        if count % 25 == 0:
            progress(f"training a small encoder: step {count} of {steps}, loss {value:.4f}")
    progress("")
    return {name: np.asarray(weight) for name, weight in weights.items()}


class Tiny:
    name, title = "tiny", "a small encoder trained here on made-up texts (not a language model)"

    def __init__(self, folder, progress):
        saved = os.path.join(folder, "tiny.safetensors")
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(saved):
            safetensors.numpy.save_file(train(progress), saved)
        self.weights = safetensors.numpy.load_file(saved)
        # Texts that training did not see.
        generator = np.random.default_rng(1)
        examples = os.path.join(folder, "tiny.tsv")
        with open(examples, "w") as file:
            for count in (2, 2, 4, 4, 8, 8):
                events = generator.integers(0, 8, (count, 3))
                print(tell(events, generator), tell(change(events, generator), generator), sep="\t", file=file)
        self.examples = (examples,)
        self.embed = jax.jit(self.function)

    def tokenize(self, text):
        return tokens(text)

    def function(self, ids, mask):
        """One vector of length 1 a text."""
        return bert.embed(self.weights, CONFIG, ids, mask)
