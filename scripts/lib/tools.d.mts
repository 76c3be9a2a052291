/** Path of an installed Chromium or Chrome, or undefined; `FLEXVAR_CHROMIUM` names one by hand. */
export function findChromium(): string | undefined;

/** Path of a Python that has PyTorch and numpy, or undefined; `FLEXVAR_PYTHON` names one by hand. */
export function findPythonTorch(): string | undefined;
