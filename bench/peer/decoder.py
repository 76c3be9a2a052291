"""The VQ-16 decoder in the form of the released PyTorch code: the peer that our own is timed against."""

import torch
from torch import nn
from torch.nn import functional as F


def swish(x):
    return x * torch.sigmoid(x)


def norm(channels, groups=32):
    return nn.GroupNorm(groups, channels, eps=1e-6)


def conv3(in_channels, out_channels):
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, groups=32):
        super().__init__()
        self.norm1, self.conv1 = norm(in_channels, groups), conv3(in_channels, out_channels)
        self.norm2, self.conv2 = norm(out_channels, groups), conv3(out_channels, out_channels)
        self.shortcut = nn.Identity() if in_channels == out_channels else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x):
        hidden = self.conv1(swish(self.norm1(x)))
        hidden = self.conv2(swish(self.norm2(hidden)))
        return self.shortcut(x) + hidden


class AttentionBlock(nn.Module):
    def __init__(self, channels, groups=32):
        super().__init__()
        self.norm = norm(channels, groups)
        self.q, self.k, self.v, self.proj = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x):
        batch, channels, height, width = x.shape
        normed = self.norm(x)
        q, k, v = (f(normed).reshape(batch, channels, height * width) for f in (self.q, self.k, self.v))
        weights = torch.bmm(q.transpose(1, 2), k) * channels**-0.5
        mixed = torch.bmm(v, weights.softmax(dim=2).transpose(1, 2))
        return x + self.proj(mixed.reshape(batch, channels, height, width))


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = conv3(channels, channels)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Decoder(nn.Module):
    """Codes [B, Z, h, w] to a picture [B, 3, 16h, 16w] with the default multipliers."""

    def __init__(self, base=128, multipliers=(1, 1, 2, 2, 4), latent=256, code_size=32):
        super().__init__()
        width = base * multipliers[-1]
        layers = [nn.Conv2d(code_size, latent, 1), conv3(latent, width)]
        layers += [ResidualBlock(width, width), AttentionBlock(width), ResidualBlock(width, width)]
        deepest = len(multipliers) - 1
        for level in range(deepest, -1, -1):
            out = base * multipliers[level]
            for _ in range(3):
                layers.append(ResidualBlock(width, out))
                width = out
                if level == deepest:
                    layers.append(AttentionBlock(width))
            if level > 0:
                layers.append(Upsample(width))
        self.layers = nn.Sequential(*layers)
        self.norm_out, self.conv_out = norm(width), conv3(width, 3)

    def forward(self, codes):
        return self.conv_out(swish(self.norm_out(self.layers(codes))))
