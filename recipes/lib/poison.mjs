// Loaded before a worker's own code (node --import): the process that draws ends at once when it is to draw a picture of the poisonous
// seed. Stands for a request that a library's native code does not survive.
const seed = Number(process.env.FLEXVAR_POISON_SEED);
const { emit } = process;
// A listener of its own would take messages before the worker listens.
process.emit = function (name, call, ...rest) {
  if (name === "message" && call.batch?.rows.some((row) => row.seed === seed)) process.kill(process.pid, "SIGKILL");
  return emit.call(this, name, call, ...rest);
};
