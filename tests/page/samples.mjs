// What is in the sample repositories: each a table of paths and contents.

import { encode } from "./png.mjs";

/** A card as those of real models: a table, code, a picture, links, and a head. */
const CARD = `---
language:
- en
- de
license: apache-2.0
library_name: transformers
pipeline_tag: text-classification
tags:
- pytorch
- safetensors
- gguf
- sentiment
datasets:
- analytical/reviews
metrics:
- accuracy
- f1
---

# Tiny sentiment

A small classifier of **two classes**, for tests and for the classroom. It has 63,000 parameters and runs anywhere; see the
[training script](train.py) and the [notes](notes/README.md) for how it was made.

![The loss over 40 steps, falling from 0.69 to 0.31](assets/loss.png)

## How to use it

\`\`\`python
from transformers import pipeline

classify = pipeline("text-classification", model="analytical/tiny-sentiment")
print(classify("A calm and readable page."))  # [{'label': 'POSITIVE', 'score': 0.98}]
\`\`\`

## Evaluation

| split | accuracy | F1 | samples |
|:------|---------:|---:|--------:|
| validation | 0.914 | 0.912 | 2,000 |
| test | 0.907 | 0.905 | 2,000 |
| test, German | 0.861 | 0.858 | 500 |

- [x] weights as safetensors and GGUF
- [x] training data published
- [ ] a larger one

> Not for decisions about people. The reviews are of books and kitchen knives.[^1]

<details><summary>Training in numbers</summary>

40 steps of 64 reviews with AdamW, learning rate 3e-4, on a laptop in *eleven seconds*.

</details>

[^1]: What it makes of other texts is unknown.
`;

const TRAIN = `"""Trains the tiny classifier. Usage: train.py DATA OUTPUT"""

import json
import sys
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Settings:
    vocabulary: int = 1_000
    width: int = 60
    steps: int = 40
    batch: int = 64
    rate: float = 3e-4


class Tiny(nn.Module):
    def __init__(self, settings: Settings):
        super().__init__()
        self.embed = nn.Embedding(settings.vocabulary, settings.width)
        self.classify = nn.Linear(settings.width, 2)

    def forward(self, words):
        return self.classify(self.embed(words).mean(dim=1))


def main(data, output):
    settings = Settings()
    model = Tiny(settings)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate)
    for step, (words, labels) in enumerate(batches(data, settings)):
        loss = nn.functional.cross_entropy(model(words), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(json.dumps({"step": step, "loss": round(loss.item(), 4)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
`;

const CONFIG = {
  architectures: ["TinyForSequenceClassification"],
  hidden_size: 60,
  id2label: { 0: "NEGATIVE", 1: "POSITIVE" },
  model_type: "tiny",
  torch_dtype: "float32",
  vocab_size: 1000,
};

export const MODEL = {
  "README.md": CARD,
  "assets/loss.png": loss(),
  "config.json": `${JSON.stringify(CONFIG, null, 2)}\n`,
  "model.safetensors": safetensors({
    "embed.weight": [1000, 60],
    "layer.0.attention.query.weight": [60, 60],
    "layer.0.attention.key.weight": [60, 60],
    "layer.0.attention.value.weight": [60, 60],
    "layer.0.norm.bias": [60],
    "layer.0.norm.weight": [60],
    "classify.bias": [2],
    "classify.weight": [2, 60],
  }),
  "model-q8_0.gguf": gguf(
    {
      "general.architecture": "tiny",
      "general.name": "Tiny sentiment",
      "general.license": "apache-2.0",
      "general.quantization_version": 2,
      "tiny.context_length": 128,
      "tiny.embedding_length": 60,
      "tokenizer.ggml.model": "gpt2",
    },
    { "token_embd.weight": [64, 1000], "output.weight": [64, 2], "output.bias": [2] },
  ),
  "notes/README.md": "# Notes\n\nHow the numbers of the card were measured.\n\n1. Train with `train.py`.\n2. Evaluate three times; take the median.\n",
  "train.py": TRAIN,
  ...Object.fromEntries(
    Array.from({ length: 120 }, (_, step) => {
      const name = `runs/step-${String(step).padStart(3, "0")}.json`;
      return [name, `${JSON.stringify({ step, loss: 0.69 - step * 0.003 })}\n`];
    }),
  ),
};

export const DATASET = {
  "README.md": `---
license: cc-by-4.0
task_categories:
- text-classification
language:
- en
size_categories:
- n<1K
---

# Reviews

Reviews of books and kitchen knives, written for this set and labelled by two people each.

| column | what it is |
|---|---|
| \`text\` | the review |
| \`label\` | 0 or 1 |
`,
  "data/train.csv": table(200),
  "data/test.csv": table(40),
};

export const SPACE = {
  "README.md": "---\ntitle: Sentiment, live\nsdk: gradio\nsdk_version: 5.0.0\napp_file: app.py\nlicense: mit\nmodels:\n- analytical/tiny-sentiment\n---\n\nType a sentence, and see what the model makes of it.\n",
  "app.py": 'import gradio as gr\nfrom transformers import pipeline\n\nclassify = pipeline("text-classification", model="analytical/tiny-sentiment")\ngr.Interface(lambda text: classify(text)[0]["label"], "text", "label").launch()\n',
};

/** Small models, so that lists are lists. */
export const OTHERS = [
  ["ada/first-steps", "text-generation", "mit", "What I learned in a week."],
  ["ada/tone-detector", "audio-classification", "apache-2.0", "Tells four moods from ten seconds of speech."],
  ["analytical/tiny-translator", "translation", "apache-2.0", "From English to German, for signs and menus."],
  ["analytical/tiny-embedder", "sentence-similarity", "mit", "Sentences as 64 numbers."],
  ["grace/compiler-notes", "text-generation", "bsd-3-clause", "Explains what a compiler says."],
  ["grace/nightly", "summarization", "mit", "Makes five lines of fifty."],
].map(([id, task, license, text]) => {
  const name = id.split("/")[1];
  return [id, { "README.md": `---\nlicense: ${license}\npipeline_tag: ${task}\n---\n\n# ${name}\n\n${text}\n` }];
});

function table(rows) {
  const texts = ["A quiet, exact book.", "The handle broke.", "Sharp, light, and it stays so.", "I stopped at page 20, with pleasure in sight of none."];
  const lines = Array.from({ length: rows }, (_, row) => `${row},"${texts[row % 4]}",${[1, 0, 1, 0][row % 4]},${["book", "knife"][row % 2]}`);
  return `id,text,label,subject\n${lines.join("\n")}\n`;
}

/** Weights of 32 bits, all zero. */
function safetensors(tensors) {
  const head = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const begin = end;
    end += 4 * shape.reduce((all, one) => all * one, 1);
    head[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(end)]);
}

/** A GGUF file of version 3 with texts and numbers of 32 bits, and tensors of 32 bits. */
function gguf(values, tensors) {
  const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const long = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const text = (value) => Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)]);
  const [U32, STRING, F32] = [4, 8, 0];
  const parts = [Buffer.from("GGUF"), number(3), long(Object.keys(tensors).length), long(Object.keys(values).length)];
  for (const [key, value] of Object.entries(values)) {
    parts.push(text(key));
    parts.push(...(typeof value === "number" ? [number(U32), number(value)] : [number(STRING), text(value)]));
  }
  let offset = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    parts.push(text(name), number(shape.length), ...shape.map(long), number(F32), long(offset));
    const size = 4 * shape.reduce((all, one) => all * one, 1);
    offset += Math.ceil(size / 32) * 32;
  }
  const head = Buffer.concat(parts);
  return Buffer.concat([head, Buffer.alloc(-head.length & 31), Buffer.alloc(offset)]);
}

/** A falling curve. */
function loss() {
  const [width, height] = [480, 200];
  const indices = Buffer.alloc(width * height);
  for (let x = 0; x < width; x += 1) {
    const y = Math.round(height - 20 - 150 * Math.exp(-x / 130) - 6 * Math.sin(x / 9) * Math.exp(-x / 200));
    for (const thick of [-1, 0, 1]) indices[(y + thick) * width + x] = 1;
    indices[(height - 10) * width + x] = 2;
  }
  for (let y = 10; y < height - 10; y += 1) indices[y * width + 2] = 2;
  return encode(width, height, [[246, 247, 249], [10, 91, 196], [120, 128, 140]], indices);
}
