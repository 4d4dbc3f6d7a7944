"""A plain BERT encoder in JAX, over weights that are named as in Hugging Face's BertModel.

Shapes: ids and mask are integers, [B, N] (mask: 1 for a token, 0 for padding); hidden states [B, N, F]; weights as PyTorch keeps them, [out, in]."""
import jax
import jax.numpy as jnp


def encode(weights, config, ids, mask):
    """The last hidden states, [B, N, F]. `config` holds the fields of Hugging Face's config.json."""
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    epsilon = config["layer_norm_eps"]
    batch, length = ids.shape

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        mean = x.mean(-1, keepdims=True)
        variance = jnp.square(x - mean).mean(-1, keepdims=True)
        return ((x - mean) / jnp.sqrt(variance + epsilon) * weights[f"{name}.weight"]
                + weights[f"{name}.bias"])

    def split(x):
        return x.reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)

    x = (jnp.take(weights["embeddings.word_embeddings.weight"], ids, axis=0, mode="clip")
         + weights["embeddings.position_embeddings.weight"][:length]
         + weights["embeddings.token_type_embeddings.weight"][0])
    x = norm(x, "embeddings.LayerNorm")
    bias = (1.0 - mask[:, None, None, :].astype(jnp.float32)) * jnp.finfo(jnp.float32).min
    for layer in (f"encoder.layer.{i}" for i in range(layers)):
        q, k, v = (split(linear(x, f"{layer}.attention.self.{part}"))
                   for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 1, 3, 2) * (q.shape[-1] ** -0.5) + bias
        context = jax.nn.softmax(scores, axis=-1) @ v
        context = context.transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + linear(context, f"{layer}.attention.output.dense"),
                 f"{layer}.attention.output.LayerNorm")
        hidden = jax.nn.gelu(linear(x, f"{layer}.intermediate.dense"), approximate=False)
        x = norm(x + linear(hidden, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x


def embed(weights, config, ids, mask):
    """One vector of length 1 a text, [B, F]: the mean of its tokens' last hidden states.

    The dot product of two is the texts' cosine similarity."""
    kept = mask[:, :, None].astype(jnp.float32)
    mean = (encode(weights, config, ids, mask) * kept).sum(1)
    return mean / jnp.sqrt(jnp.square(mean).sum(-1, keepdims=True))
