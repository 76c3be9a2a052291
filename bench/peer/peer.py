"""Times PyTorch on the work that `flexvar bench` times, with random weights. One JSON object per line on stdout.

  python3 bench/peer/peer.py --what transformer --threads 2 --runs 3
  python3 bench/peer/peer.py --interactive     then `run transformer`, `run decoder`, ... and `quit` on stdin
"""

import argparse
import json
import os
import sys
import time

# What makes OpenBLAS use other kernels than it would choose: taken out before it loads, and said.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
WHAT = ("transformer", "decoder", "matmul", "conv", "train", "train-tokenizer", "frechet")


def parse_args():
    parser = argparse.ArgumentParser(description="PyTorch peer of `flexvar bench`")
    parser.add_argument("--what", choices=WHAT, default="transformer")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--interactive", action="store_true", help="read `run WHAT` and `quit` from stdin")
    # The transformer's size defaults to d16; a training step defaults to a model of 18 million parameters.
    for name in ("depth", "width", "heads", "vocab"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--grids", help="sides of the square grids, for example 1,2,3,4,5,6,8")
    args = parser.parse_args()
    for name in ("threads", "runs", "depth", "width", "heads", "vocab", "batch"):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f"--{name}: expected at least 1, got {value}")
    return args


def size_of(args, what):
    training = what == "train"
    default = dict(depth=6, width=384, heads=6, vocab=4096) if training else dict(depth=16, width=1024, heads=16, vocab=8912)
    # Sizes on the command line are those of the workload named there; the other keeps its own.
    named = (args.what == "train") == training
    size = {name: (named and getattr(args, name)) or value for name, value in default.items()}
    grids = (named and args.grids) or ("1,2,3,4,5,6,8" if training else "1,2,3,4,5,6,8,10,13,16")
    return size, (named and args.batch) or (16 if training else 1), tuple(int(side) for side in grids.split(","))


def make_transformer(args):
    size, batch, grids = size_of(args, "transformer")
    model = Transformer(**size).eval()
    labels = torch.arange(batch) % model.classes
    return lambda: model.generate(labels, grids), {**size, "batch": batch, "grids": grids, **count(model)}


def make_decoder(args):
    model = Decoder().eval()
    codes = F.normalize(torch.randn(args.batch or 1, 32, 16, 16), dim=1)
    return lambda: model(codes), {"batch": codes.shape[0], "pixels": 256, **count(model)}


def make_matmul(args):
    a, b = torch.randn(1360, 1536), torch.randn(1536, 6144)
    return lambda: a @ b, {"gflop": 2 * 1360 * 1536 * 6144 / 1e9}


def make_conv(args):
    x, weight = torch.randn(1, 128, 256, 256), torch.randn(128, 128, 3, 3)
    return lambda: F.conv2d(x, weight, padding=1), {"gflop": 2 * 128 * 128 * 9 * 256 * 256 / 1e9}


def make_train(args):
    size, batch, grids = size_of(args, "train")
    classes = 64
    model = Transformer(**size, classes=classes).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05)
    length = sum(side * side for side in grids)
    labels = torch.arange(batch) % classes
    inputs = torch.randn(batch, length - 1, 32)
    targets = torch.randint(size["vocab"], (batch * length,))

    def step():
        optimiser.zero_grad(set_to_none=True)
        logits = model.teacher_forced(labels, inputs, grids)
        F.cross_entropy(logits.flatten(0, 1), targets).backward()
        optimiser.step()

    return step, {**size, "batch": batch, "grids": grids, "tokens": length, **count(model)}


def make_train_tokenizer(args):
    trainer = TokenizerTrainer(batch=args.batch or 8)
    size = trainer.image.shape
    return trainer.step, {"batch": size[0], "pixels": size[-1], "sides": trainer.sides, **count(trainer.model)}


def make_frechet(args):
    import numpy as np
    from scipy import linalg

    rows, width = 10_000, 2048
    spread = 2 / (1 + np.arange(width) / 64)
    first, second = ((np.random.default_rng(seed).random((rows, width)) * spread).astype("f4") for seed in (1, 2))

    def distance():
        mean = [x.mean(0, dtype="f8") for x in (first, second)]
        cov = [np.cov(x, rowvar=False) for x in (first, second)]
        root = linalg.sqrtm(cov[0] @ cov[1])
        root = root[0] if isinstance(root, tuple) else root
        return ((mean[0] - mean[1]) ** 2).sum() + np.trace(cov[0] + cov[1] - 2 * root.real)

    return distance, {"rows": rows, "width": width}


def count(model):
    return {"parameters": sum(p.numel() for p in model.parameters())}


MAKERS = {
    "transformer": make_transformer,
    "decoder": make_decoder,
    "matmul": make_matmul,
    "conv": make_conv,
    "train": make_train,
    "train-tokenizer": make_train_tokenizer,
    "frechet": make_frechet,
}


class Bench:
    """Builds each workload once, warms it up by one run, and times one run at a time."""

    def __init__(self, args):
        self.args, self.made = args, {}

    def run(self, what):
        torch.manual_seed(0)
        with torch.inference_mode(not what.startswith("train")):
            first = what not in self.made
            if first:
                self.made[what] = MAKERS[what](self.args)
                self.made[what][0]()
            work, facts = self.made[what]
            begin = time.perf_counter()
            work()
            seconds = time.perf_counter() - begin
        return {"what": what, "seconds": seconds, "first": first, **facts}


def libraries(threads):
    """Names and settings of what computes, so that a figure can be judged."""
    with open("/proc/self/maps", encoding="utf8") as maps:
        loaded = {os.path.basename(line.split()[-1]) for line in maps if ".so" in line}
        maps.seek(0)
        blas_paths = {line.split()[-1] for line in maps if "blas" in line.lower() and ".so" in line}
    wanted = ("blas", "lapack", "mkl", "dnnl", "gomp", "omp5")
    return {
        "torch": torch.__version__,
        "scipy": importlib.util.find_spec("scipy") is not None,
        "threads": torch.get_num_threads(),
        "libraries": sorted(name for name in loaded if any(word in name.lower() for word in wanted)),
        "openblas": [facts for facts in map(openblas_facts, sorted(blas_paths)) if facts],
        "onednn": torch.backends.mkldnn.is_available(),
        "capability": next((l.split(":")[1].strip() for l in torch.__config__.show().splitlines() if "CPU capability" in l), None),
        "environment": {k: os.environ.get(k) for k in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")},
        "unset": forced,
        "asked_threads": threads,
    }


def openblas_facts(path):
    library = ctypes.CDLL(path)

    def ask(name, kind=ctypes.c_int):
        # Debian's names, and those of the wheels of scipy and numpy.
        for spelt in (f"openblas_{name}", f"scipy_openblas_{name}", f"scipy_openblas_{name}64_"):
            function = getattr(library, spelt, None)
            if function is not None:
                function.restype = kind
                return function()
        return None

    core = ask("get_corename", ctypes.c_char_p)
    if core is None:
        return None
    return {
        "path": os.path.realpath(path),
        "config": (ask("get_config", ctypes.c_char_p) or b"").decode(),
        "core": core.decode(),
        "threads": ask("get_num_threads"),
        "parallel": {0: "none", 1: "pthread", 2: "openmp"}.get(ask("get_parallel")),
    }


def answer(value):
    print(json.dumps(value), flush=True)


def serve(bench):
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if len(words) == 2 and words[0] == "run" and words[1] in WHAT:
            answer(bench.run(words[1]))
        elif words:
            answer({"error": f"peer: expected `run {'|'.join(WHAT)}` or `quit`, got `{line.strip()}`"})


def main():
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    bench = Bench(args)
    answer(libraries(args.threads))
    if args.interactive:
        serve(bench)
        return
    results = [bench.run(args.what) for _ in range(args.runs)]
    for result in results:
        answer(result)
    answer({"what": args.what, "best": min(result["seconds"] for result in results)})


if __name__ == "__main__":
    args = parse_args()
    # Thread counts are read when the libraries load, so they are set before torch is imported.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)
    # OpenBLAS's own choice of kernels, which users get; some environments force older ones.
    forced = {name: os.environ.pop(name) for name in FORCED if name in os.environ}
    import ctypes
    import importlib.util

    import torch
    from torch.nn import functional as F

    from decoder import Decoder
    from tokenizer import Trainer as TokenizerTrainer
    from transformer import Transformer

    if importlib.util.find_spec("scipy") is not None:
        # Its OpenBLAS is one of its own, named with the others below.
        import scipy.linalg

    main()
