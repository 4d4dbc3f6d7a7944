#!/usr/bin/env python3
"""Makes the modules of test/Models: models as frameworks' own exporters write them, with inputs and the framework's outputs.

usage: make_test_models.py [NAME-PREFIX ...]

Needs, in an environment of its own: torch 2.15.0, transformers 5.23.0, onnx 1.23.2, onnxscript 0.7.2, torch-mlir 20261001, jax 0.10.2.
The tests need none of them, only the files this writes. Models are tiny and random; seeds are fixed. Each writes
NAME.mlirbc, NAME.inI.npy one for each input and NAME.out0.npy, the framework's f32 output."""
import os
import sys
import tempfile
import zlib

import numpy as np
import torch
import transformers
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from dota import export  # noqa: E402

FOLDER = os.path.join(HERE, "..", "..", "test", "Models")
MODELS = {}


def model(function):
    MODELS[function.__name__.replace("_", "-")] = function
    return function


# ---- From a module to a file ----------------------------------------------------------------

def pytorch(name, module, inputs, form="linalg-on-tensors"):
    module = module.eval().requires_grad_(False)
    export.from_pytorch(module, inputs, f"{FOLDER}/{name}.mlirbc", form)
    record(name, inputs, module(*inputs))


def onnx(name, module, inputs):
    module = module.eval().requires_grad_(False)
    with tempfile.TemporaryDirectory() as scratch:
        torch.onnx.export(module, inputs, f"{scratch}/model.onnx", dynamo=True, external_data=False, verbose=False)
        export.from_onnx(f"{scratch}/model.onnx", f"{FOLDER}/{name}.mlirbc")
    record(name, inputs, module(*inputs))


def jax(name, function, inputs):
    import jax
    export.from_jax(function, inputs, f"{FOLDER}/{name}.mlirbc")
    record(name, inputs, jax.jit(function)(*inputs))


def record(name, inputs, output):
    for i, value in enumerate(inputs):
        np.save(f"{FOLDER}/{name}.in{i}.npy", np.asarray(value))
    np.save(f"{FOLDER}/{name}.out0.npy", np.asarray(output, np.float32))


# ---- Inputs ---------------------------------------------------------------------------------

def tokens(batch, length, vocabulary=99):
    return torch.randint(5, vocabulary, (batch, length))


def padding(batch, length, *lengths):
    """1 for a token, 0 for padding; the texts' lengths, the rest is full."""
    mask = torch.ones(batch, length, dtype=torch.long)
    for row, count in enumerate(lengths):
        mask[row, count:] = 0
    return mask


def positions(batch, length, first=0):
    return torch.arange(first, first + length).expand(batch, length).contiguous()


class Call(nn.Module):
    """Calls a transformers model with named inputs, and takes its last hidden states."""

    def __init__(self, inner, *names, **fixed):
        super().__init__()
        self.inner, self.names, self.fixed = inner, names, fixed

    def forward(self, *inputs):
        named = dict(zip(self.names, inputs))
        return self.inner(**named, **self.fixed, return_dict=True).last_hidden_state


# ---- transformers' encoders -----------------------------------------------------------------

@model
def roberta(name):
    """GELU by tanh, heads of 12, two texts of three padded."""
    config = transformers.RobertaConfig(
        vocab_size=99, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=40, hidden_act="gelu_new", attn_implementation="sdpa")
    inner = transformers.RobertaModel(config, add_pooling_layer=False)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "position_ids"),
            (tokens(3, 17), padding(3, 17, 9, 13), positions(3, 17, 2)))


@model
def roberta_onnx(name):
    config = transformers.RobertaConfig(
        vocab_size=99, hidden_size=40, num_hidden_layers=2, num_attention_heads=2, intermediate_size=72,
        max_position_embeddings=40, attn_implementation="eager")
    inner = transformers.RobertaModel(config, add_pooling_layer=False)
    onnx(name, Call(inner, "input_ids", "attention_mask", "position_ids"),
         (tokens(1, 21), padding(1, 21, 18), positions(1, 21, 2)))


@model
def albert(name):
    """One layer's weights used twice; embeddings narrower than the model; eager attention."""
    config = transformers.AlbertConfig(
        vocab_size=99, embedding_size=24, hidden_size=64, num_hidden_layers=2, num_attention_heads=8,
        intermediate_size=80, max_position_embeddings=40, attn_implementation="eager")
    inner = transformers.AlbertModel(config, add_pooling_layer=False)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "token_type_ids", "position_ids"),
            (tokens(1, 13), padding(1, 13, 11), torch.randint(0, 2, (1, 13)), positions(1, 13)))


@model
def electra_tosa(name):
    """ReLU feed-forward, by TOSA."""
    config = transformers.ElectraConfig(
        vocab_size=99, embedding_size=32, hidden_size=48, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=64, max_position_embeddings=40, hidden_act="relu", attn_implementation="eager")
    inner = transformers.ElectraModel(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "token_type_ids", "position_ids"),
            (tokens(2, 16), padding(2, 16, 10), torch.zeros(2, 16, dtype=torch.long), positions(2, 16)), "tosa")


@model
def vit(name):
    """Patches by a convolution, a class token, 17 tokens, pre-norm; no bias in q, k, v."""
    config = transformers.ViTConfig(
        hidden_size=40, num_hidden_layers=2, num_attention_heads=5, intermediate_size=96, image_size=16,
        patch_size=4, qkv_bias=False, attn_implementation="sdpa")
    inner = transformers.ViTModel(config, add_pooling_layer=False)
    pytorch(name, Call(inner, "pixel_values"), (torch.randn(2, 3, 16, 16),))


@model
def distilbert_tosa(name):
    config = transformers.DistilBertConfig(
        vocab_size=99, dim=32, n_layers=1, n_heads=4, hidden_dim=64, max_position_embeddings=40,
        attn_implementation="sdpa")
    inner = transformers.DistilBertModel(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask"), (tokens(1, 24), padding(1, 24, 20)), "tosa")


# ---- transformers' decoders -----------------------------------------------------------------

@model
def opt(name):
    """Pre-norm, ReLU, causal."""
    config = transformers.OPTConfig(
        vocab_size=99, hidden_size=48, word_embed_proj_dim=48, num_hidden_layers=2, num_attention_heads=4,
        ffn_dim=80, max_position_embeddings=40, attn_implementation="sdpa")
    inner = transformers.OPTModel(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "position_ids", use_cache=False),
            (tokens(1, 15), padding(1, 15), positions(1, 15)))


@model
def gpt_neox(name):
    """Attention and feed-forward side by side; rotary positions on a quarter of each head."""
    config = transformers.GPTNeoXConfig(
        vocab_size=99, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=40, attn_implementation="sdpa")
    inner = transformers.GPTNeoXModel(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "position_ids", use_cache=False),
            (tokens(2, 12), padding(2, 12), positions(2, 12)))


@model
def qwen2(name):
    """RMS norm, gated feed-forward, rotary positions, two key heads for four query heads, q k v with bias."""
    config = transformers.Qwen2Config(
        vocab_size=99, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=72, max_position_embeddings=40, attn_implementation="sdpa")
    inner = transformers.Qwen2Model(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "position_ids", use_cache=False),
            (tokens(2, 14), padding(2, 14), positions(2, 14)))


@model
def gpt2_tosa(name):
    config = transformers.GPT2Config(
        vocab_size=99, n_embd=32, n_layer=2, n_head=2, n_positions=40, attn_implementation="eager")
    inner = transformers.GPT2Model(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "position_ids", use_cache=False),
            (tokens(1, 19), padding(1, 19), positions(1, 19)), "tosa")


@model
def bart(name):
    """Encoder and decoder: self, causal and cross attention of different lengths."""
    config = transformers.BartConfig(
        vocab_size=99, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=40,
        attn_implementation="sdpa")
    inner = transformers.BartModel(config)
    pytorch(name, Call(inner, "input_ids", "attention_mask", "decoder_input_ids", use_cache=False),
            (tokens(1, 18), padding(1, 18, 15), tokens(1, 11)))


# ---- Written by hand in PyTorch -------------------------------------------------------------

@model
def torch_encoder(name):
    """PyTorch's own encoder layers: pre-norm, no bias anywhere, ReLU."""
    layer = nn.TransformerEncoderLayer(48, 6, 96, dropout=0, batch_first=True, norm_first=True, bias=False)
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(48, bias=False), enable_nested_tensor=False)
    # As built, the layers are copies of one.
    for parameter in encoder.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    pytorch(name, encoder, (torch.randn(3, 10, 48),))


class FusedBlock(nn.Module):
    """As vision models write it: q, k and v by one product, split by a reshape; q scaled, not the scores."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width, eps=1e-6) for _ in range(2)])
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norms[0](x)).reshape(
            batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * (width // self.heads) ** -0.5 @ k.transpose(-2, -1)).softmax(-1)
        x = x + self.projection((weights @ v).transpose(1, 2).reshape(batch, length, width))
        return x + self.down(nn.functional.gelu(self.up(self.norms[1](x))))


@model
def fused_qkv(name):
    pytorch(name, nn.Sequential(FusedBlock(48, 3), FusedBlock(48, 3), nn.LayerNorm(48)),
            (torch.randn(1, 23, 48),))


@model
def fused_qkv_onnx(name):
    onnx(name, nn.Sequential(FusedBlock(32, 4), nn.LayerNorm(32)), (torch.randn(2, 9, 32),))


# ---- JAX ------------------------------------------------------------------------------------

def random_bert(config, generator):
    """Weights of a BERT with Hugging Face's names."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    shapes = {"embeddings.word_embeddings.weight": (config["vocab_size"], width),
              "embeddings.position_embeddings.weight": (config["max_position_embeddings"], width),
              "embeddings.token_type_embeddings.weight": (2, width)}
    linears = {"attention.self.query": (width, width), "attention.self.key": (width, width),
               "attention.self.value": (width, width), "attention.output.dense": (width, width),
               "intermediate.dense": (inner, width), "output.dense": (width, inner)}
    norms = ["embeddings.LayerNorm"]
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        shapes.update({f"{layer}.{part}.weight": shape for part, shape in linears.items()})
        shapes.update({f"{layer}.{part}.bias": shape[:1] for part, shape in linears.items()})
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    weights = {part: generator.normal(0, 0.2, shape).astype(np.float32) for part, shape in shapes.items()}
    for norm in norms:
        weights[f"{norm}.weight"] = generator.normal(1, 0.1, width).astype(np.float32)
        weights[f"{norm}.bias"] = generator.normal(0, 0.1, width).astype(np.float32)
    return weights


@model
def jax_bert(name):
    """dota.bert, pooled and normalised: exact GELU, padding."""
    from dota import bert
    config = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                  intermediate_size=80, max_position_embeddings=40, layer_norm_eps=1e-12)
    weights = random_bert(config, np.random.default_rng(1))
    jax(name, lambda ids, mask: bert.embed(weights, config, ids, mask),
        (tokens(3, 19).numpy().astype(np.int32), padding(3, 19, 7, 12).numpy().astype(np.int32)))


@model
def jax_decoder(name):
    """Einsums without transposes, a causal mask by select, RMS norm, GELU by tanh."""
    import jax as j
    import jax.numpy as jnp
    width, heads, length = 48, 4, 16
    generator = np.random.default_rng(2)
    w = {part: generator.normal(0, 0.2, shape).astype(np.float32) for part, shape in dict(
        q=(width, heads, 12), k=(width, heads, 12), v=(width, heads, 12), o=(heads, 12, width),
        up=(width, 96), down=(96, width)).items()}

    def norm(x):
        return x * j.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6)

    def block(x):
        h = norm(x)
        q, k, v = (jnp.einsum("bnd,dhe->bnhe", h, w[part]) for part in "qkv")
        scores = jnp.einsum("bqhe,bkhe->bhqk", q / np.sqrt(12).astype(np.float32), k)
        visible = jnp.tril(jnp.ones((length, length), bool))
        attended = j.nn.softmax(jnp.where(visible, scores, -1e10), -1)
        x = x + jnp.einsum("bqhe,hed->bqd", jnp.einsum("bhqk,bkhe->bqhe", attended, v), w["o"])
        return x + j.nn.gelu(norm(x) @ w["up"]) @ w["down"]

    jax(name, lambda x: norm(block(x)), (generator.normal(0, 1, (2, length, width)).astype(np.float32),))


def main():
    wanted = sys.argv[1:]
    os.makedirs(FOLDER, exist_ok=True)
    for name, make in MODELS.items():
        if wanted and not any(name.startswith(prefix) for prefix in wanted):
            continue
        torch.manual_seed(zlib.crc32(name.encode()))
        make(name)
        print(f"{name}: {os.path.getsize(f'{FOLDER}/{name}.mlirbc') // 1024} KB", flush=True)


if __name__ == "__main__":
    main()
