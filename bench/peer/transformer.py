"""The autoregressive transformer in the form of the released PyTorch code: the peer that our own is timed against.

Same work per step: the six modulations come from the condition in every block of every call, the key/value cache of a
block grows by concatenation, keys and queries are L2-normalised, attention is plain matmul, softmax, matmul.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

TEN_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16)
POS_SIDE = 32


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("k_bias", torch.zeros(width))
        self.log_scale = nn.Parameter(torch.full((1, heads, 1, 1), math.log(4.0)))
        self.proj = nn.Linear(width, width)

    def forward(self, x, cache=None, mask=None):
        batch, length, width = x.shape
        bias = torch.cat((self.q_bias, self.k_bias, self.v_bias))
        qkv = F.linear(x, self.qkv.weight, bias).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scale = self.log_scale.clamp_max(math.log(100)).exp()
        q = F.normalize(q, dim=-1) * scale
        k = F.normalize(k, dim=-1)
        if cache is not None:
            if cache:
                k, v = torch.cat((cache["k"], k), dim=2), torch.cat((cache["v"], v), dim=2)
            cache["k"], cache["v"] = k, v
        weights = q @ k.transpose(-2, -1)
        if mask is not None:
            weights = weights + mask
        mixed = weights.softmax(dim=-1) @ v
        return self.proj(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.width = width
        self.attention = Attention(width, heads)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def norm(self, x):
        return F.layer_norm(x, (self.width,), eps=1e-6)

    def forward(self, x, cond, cache=None, mask=None):
        six = self.modulation(cond).view(-1, 1, 6, self.width).unbind(2)
        gamma1, gamma2, scale1, scale2, shift1, shift2 = six
        x = x + self.attention(self.norm(x) * (scale1 + 1) + shift1, cache, mask) * gamma1
        hidden = F.gelu(self.fc1(self.norm(x) * (scale2 + 1) + shift2), approximate="tanh")
        return x + self.fc2(hidden) * gamma2


class Transformer(nn.Module):
    def __init__(self, depth, width, heads, vocab, code_size=32, classes=1000):
        super().__init__()
        self.width, self.vocab, self.classes = width, vocab, classes
        self.class_emb = nn.Embedding(classes + 1, width)
        self.word_embed = nn.Linear(code_size, width)
        self.pos_start = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_map = nn.Parameter(torch.randn(1, width, POS_SIDE, POS_SIDE) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.head_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))
        self.head = nn.Linear(width, vocab)
        self.register_buffer("codebook", F.normalize(torch.randn(vocab, code_size), dim=-1))

    def position(self, side):
        return F.interpolate(self.pos_map, size=(side, side), mode="area").flatten(2).transpose(1, 2)

    def logits(self, x, cond):
        scale, shift = self.head_modulation(cond).view(-1, 1, 2, self.width).unbind(2)
        return self.head(F.layer_norm(x, (self.width,), eps=1e-6) * (scale + 1) + shift)

    def generate(self, labels, grids=TEN_STEPS, guidance=2.5, top_k=900, top_p=0.95):
        """Codes [B, Z, h, w] of the last grid; the batch runs twice as wide, with the class and without it."""
        batch = labels.shape[0]
        cond = self.class_emb(torch.cat((labels, torch.full_like(labels, self.classes))))
        caches = [{} for _ in self.blocks]
        x = cond.unsqueeze(1) + self.pos_start + self.position(grids[0])
        codes = None
        for i, side in enumerate(grids):
            for block, cache in zip(self.blocks, caches):
                x = block(x, cond, cache)
            both = self.logits(x, cond)
            t = guidance * i / max(len(grids) - 1, 1)
            tokens = draw((1 + t) * both[:batch] - t * both[batch:], top_k, top_p)
            codes = F.embedding(tokens, self.codebook).transpose(1, 2).reshape(batch, -1, side, side)
            if i + 1 < len(grids):
                following = grids[i + 1]
                resized = F.interpolate(codes, size=(following, following), mode="bicubic")
                x = self.word_embed(resized.flatten(2).transpose(1, 2)) + self.position(following)
                x = x.repeat(2, 1, 1)
        return codes

    def teacher_forced(self, labels, inputs, grids):
        """Logits [B, L, V] of one masked pass; `inputs` are codes [B, L - 1, Z]."""
        cond = self.class_emb(labels)
        start = cond.unsqueeze(1) + self.pos_start
        x = torch.cat((start, self.word_embed(inputs)), dim=1) + torch.cat([self.position(s) for s in grids], dim=1)
        mask = block_causal_mask(grids)
        for block in self.blocks:
            x = block(x, cond, None, mask)
        return self.logits(x, cond)


def block_causal_mask(grids):
    scale = torch.cat([torch.full((s * s,), i) for i, s in enumerate(grids)])
    allowed = scale[:, None] >= scale[None, :]
    return torch.zeros(allowed.shape).masked_fill(~allowed, float("-inf"))[None, None]


def draw(logits, top_k, top_p):
    """Token ids [B, l] after top-k and top-p filtering."""
    kth = logits.topk(min(top_k, logits.shape[-1]), dim=-1).values[..., -1:]
    logits = logits.masked_fill(logits < kth, float("-inf"))
    ascending, order = logits.sort(dim=-1)
    drop = ascending.softmax(dim=-1).cumsum(dim=-1) <= 1 - top_p
    drop[..., -1] = False
    logits = logits.masked_fill(drop.scatter(-1, order, drop), float("-inf"))
    batch, length, vocab = logits.shape
    return torch.multinomial(logits.softmax(dim=-1).view(-1, vocab), 1).view(batch, length)
