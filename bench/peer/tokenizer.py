"""Tokenizer training in PyTorch: the peer that our own step is timed against. The same network and the same losses."""

import torch
from torch import nn
from torch.nn import functional as F

from decoder import AttentionBlock, ResidualBlock, Upsample, conv3, norm, swish


class Level(nn.Sequential):
    """Residual blocks of one width."""

    def __init__(self, blocks, inputs, outputs, groups):
        super().__init__(*(ResidualBlock(inputs if i == 0 else outputs, outputs, groups) for i in range(blocks)))


def middle(width, groups):
    return nn.Sequential(
        ResidualBlock(width, width, groups), AttentionBlock(width, groups), ResidualBlock(width, width, groups)
    )


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Tokenizer(nn.Module):
    """Pixels folded into channels, then encoder, codes and decoder as LlamaGen's, without attention in the levels."""

    def __init__(self, base=48, multipliers=(1, 2), latent=48, code_size=16, codes=2048, groups=8, patch=2):
        super().__init__()
        self.patch = patch
        widths = [base * m for m in multipliers]
        deep = widths[-1]
        encoder = [nn.PixelUnshuffle(patch), conv3(3 * patch * patch, base)]
        width = base
        for i, out in enumerate(widths):
            encoder.append(Level(1, width, out, groups))
            if i + 1 < len(widths):
                encoder.append(Downsample(out))
            width = out
        self.encoder = nn.Sequential(*encoder, middle(deep, groups))
        self.encoder_norm, self.encoder_out = norm(deep, groups), conv3(deep, latent)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(latent, code_size, 1), nn.Conv2d(code_size, latent, 1)
        decoder = [conv3(latent, deep), middle(deep, groups)]
        for i, out in enumerate(reversed(widths)):
            decoder.append(Level(1, width, out, groups))
            if i + 1 < len(widths):
                decoder.append(Upsample(out))
            width = out
        self.decoder = nn.Sequential(*decoder)
        self.decoder_norm, self.decoder_out = norm(width, groups), conv3(width, 3 * patch * patch)
        self.register_buffer("codebook", F.normalize(torch.randn(codes, code_size), dim=-1))

    def encode(self, image):
        return self.quant_conv(self.encoder_out(swish(self.encoder_norm(self.encoder(image)))))

    def decode(self, codes):
        x = self.decoder(self.post_quant_conv(codes))
        return F.pixel_shuffle(self.decoder_out(swish(self.decoder_norm(x))), self.patch)

    def loss(self, image, sides):
        """Sum over the pooled grids, at half weight, and the native one."""
        latent = self.encode(image)
        total = self.scale_loss(latent, image)
        factor = image.shape[-1] // latent.shape[-1]
        for side in sides:
            pooled = F.interpolate(latent, size=(side, side), mode="area")
            target = F.interpolate(image, size=(factor * side, factor * side), mode="area")
            total = total + 0.5 * self.scale_loss(pooled, target)
        return total

    def scale_loss(self, latent, target):
        rows = F.normalize(latent.flatten(2).transpose(1, 2), dim=-1)
        with torch.no_grad():
            codes = F.embedding((rows @ self.codebook.t()).argmax(dim=-1), self.codebook)
        straight = (rows + (codes - rows).detach()).transpose(1, 2).reshape(latent.shape)
        difference = self.decode(straight) - target
        pixels = difference.square().mean() + 0.1 * difference.abs().mean()
        return pixels + 0.03 * gradient_difference(difference, 3) + 0.25 * F.mse_loss(rows, codes)


def gradient_difference(d, levels):
    total = 0
    for level in range(levels):
        if level > 0:
            d = F.avg_pool2d(d, 2)
        steps = d.diff(dim=2).abs().sum() + d.diff(dim=3).abs().sum()
        total = total + steps / d.numel()
    return total


class Trainer:
    """A step of AdamW with clipping and a moving average of the parameters."""

    def __init__(self, batch=8, size=64, sides=(6, 10)):
        self.model, self.sides = Tokenizer(), sides
        self.image = torch.rand(batch, 3, size, size) * 2 - 1
        self.parameters = list(self.model.parameters())
        decayed = [p for p in self.parameters if p.dim() > 1]
        plain = [p for p in self.parameters if p.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
        self.averages = [p.detach().clone() for p in self.parameters]

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        self.model.loss(self.image, self.sides).backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_mul_(self.averages, 0.998)
            torch._foreach_add_(self.averages, self.parameters, alpha=0.002)
