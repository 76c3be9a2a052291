// Pictures of archives and runs. A picture is { data: Uint8Array [height, width, 3], width, height }.
import { planarToRgb, readNpz } from "../../dist/index.js";

/** An archive's arrays and pictures, which it repeats into RGB where they are grey, and the numbers of those held out. */
export async function openArchive(path) {
  const arrays = Object.fromEntries(await readNpz(path));
  const [count, height, width, channels] = arrays.images.shape;
  const size = height * width * channels;
  return {
    ...{ arrays, count, width, height },
    picture(i) {
      const own = arrays.images.data.subarray(i * size, (i + 1) * size);
      const data = channels === 3 ? own : Uint8Array.from({ length: 3 * own.length }, (_, k) => own[Math.floor(k / 3)]);
      return { data, width, height };
    },
    label: (i) => Number(arrays.labels.data[i]),
    heldOut: Array.from({ length: count }, (_, i) => i).filter((i) => arrays.split.data[i] !== 0),
  };
}

/** What a run of the pipeline draws or edits in the end: pictures, and what is known of each. */
export async function finished(events) {
  const end = { images: [], pictures: [] };
  for await (const event of events) {
    if (!event.isLast) continue;
    end.pictures.push(...event.pictures);
    if (event.images !== undefined) end.images.push(...(await event.images()).map(opaque));
    else {
      const planes = await event.image();
      end.images.push(...event.pictures.map((_, i) => planarToRgb(planes, i)));
    }
  }
  return end;
}

/** RGB of RGB or RGBA. */
const opaque = ({ data, width, height }) => ({
  data: data.length === 3 * width * height ? data : data.filter((_, i) => i % 4 !== 3),
  width,
  height,
});
