import { encodePng, FlexVAR, hasWebGpu, planarToRgb } from "flexvar";

const [form, status, picture] = ["form", "[role=status]", "img"].map((one) => document.querySelector(one));
const say = (text) => {
  status.textContent = text;
};

const opening = FlexVAR.fromPretrained("/model/", {
  device: (await hasWebGpu()) ? "webgpu" : "wasm",
  wasmPaths: "/node_modules/onnxruntime-web/dist/",
  onProgress: ({ message, loaded, total }) => say(total ? `${message}: ${Math.round((100 * loaded) / total)} %` : message),
});
opening.then((pipe) => say(`Ready: ${pipe.device}`), (error) => say(error.message));

let running = new AbortController();
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  running.abort(new Error("A newer drawing took over"));
  running = new AbortController();
  const { signal } = running;
  const name = form.elements.class.value.trim();
  const classLabels = [/^\d+$/.test(name) ? Number(name) : name];
  try {
    const pipe = await opening;
    for await (const step of pipe.generate({ classLabels, seed: Number(form.elements.seed.value), signal })) {
      const image = planarToRgb(await step.image());
      if (signal.aborted) return;
      URL.revokeObjectURL(picture.src);
      picture.src = URL.createObjectURL(new Blob([encodePng(image)], { type: "image/png" }));
      say(`Scale ${step.index + 1} of ${step.total}`);
    }
    say("Done");
  } catch (error) {
    if (!signal.aborted) say(error.message);
  }
});
